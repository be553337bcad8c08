CREATE TABLE tenants (
    id TEXT PRIMARY KEY NOT NULL,
    config TEXT NOT NULL, -- JSON; names where secrets are, never a secret
    applied_at INTEGER NOT NULL -- Unix seconds
) STRICT;

-- At most one run of a tenant at a time. The generation grows with every new holder.
CREATE TABLE leases (
    tenant TEXT PRIMARY KEY NOT NULL,
    holder TEXT NOT NULL,
    generation INTEGER NOT NULL,
    expires_at INTEGER NOT NULL -- Unix seconds
) STRICT;
