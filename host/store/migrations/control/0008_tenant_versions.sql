-- Every configuration that was stored for a tenant, so that an earlier one can be brought back.
CREATE TABLE tenant_versions (
    tenant TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    version INTEGER NOT NULL, -- 1, 2, 3 ... for each tenant
    config TEXT NOT NULL, -- JSON
    stored_at INTEGER NOT NULL, -- Unix seconds
    stored_by TEXT NOT NULL, -- file, command, api, rollback
    PRIMARY KEY (tenant, version)
) STRICT, WITHOUT ROWID;
INSERT INTO tenant_versions SELECT id, 1, config, applied_at, 'file' FROM tenants;
