-- Steps of setting a tenant up that a person has settled. A step whose result is stored elsewhere (a secret, a check, a run)
-- has no row.
CREATE TABLE setup_steps (
    tenant TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    step TEXT NOT NULL, -- people, details, cost-centers, companies, approvals
    person TEXT NOT NULL, -- the work email of whoever settled it
    token TEXT NOT NULL, -- the id of the token with which that was done
    settled_at INTEGER NOT NULL, -- Unix seconds
    PRIMARY KEY (tenant, step)
) STRICT, WITHOUT ROWID;
