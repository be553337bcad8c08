-- Every configuration that was stored for a tenant; host/migrations/control says what each column is.
CREATE TABLE tenant_versions (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    config TEXT NOT NULL,
    stored_at BIGINT NOT NULL,
    stored_by TEXT NOT NULL,
    PRIMARY KEY (tenant, version)
);
INSERT INTO tenant_versions SELECT id, 1, config, applied_at, 'file' FROM tenants;
