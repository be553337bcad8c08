-- What one database on PostgreSQL has of all tenants; host/migrations/control says what each column is. Text is compared by
-- its bytes, as SQLite does.
CREATE TABLE tenants (
    id TEXT COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    config TEXT NOT NULL,
    applied_at BIGINT NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE leases (
    tenant TEXT COLLATE "C" PRIMARY KEY,
    holder TEXT NOT NULL,
    generation BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE secrets (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    origins TEXT NOT NULL,
    key_id TEXT NOT NULL,
    nonce BYTEA NOT NULL,
    ciphertext BYTEA NOT NULL,
    entered_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);

CREATE TABLE tokens (
    id TEXT COLLATE "C" PRIMARY KEY,
    digest BYTEA NOT NULL,
    role TEXT NOT NULL,
    tenant TEXT,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    used_on BIGINT
);

CREATE TABLE audit (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    role TEXT,
    action TEXT NOT NULL,
    tenant TEXT,
    object TEXT,
    outcome TEXT NOT NULL,
    code TEXT,
    request TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at);
