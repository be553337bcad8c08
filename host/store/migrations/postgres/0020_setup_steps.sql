-- Steps of setting a tenant up; host/migrations/control says what each column is.
CREATE TABLE setup_steps (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    step TEXT COLLATE "C" NOT NULL,
    person TEXT NOT NULL,
    token TEXT NOT NULL,
    settled_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, step)
);
