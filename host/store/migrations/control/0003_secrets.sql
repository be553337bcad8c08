-- Secrets, each sealed for its tenant, name and origins: a row that is put elsewhere does not open.
CREATE TABLE secrets (
    tenant TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name TEXT NOT NULL, -- the setting: hibob.token, travelperk.key, hibob.references.token
    origins TEXT NOT NULL, -- where it may be sent: scheme, host and port, with a space between them
    key_id TEXT NOT NULL, -- which key sealed it; the same in all rows
    nonce BLOB NOT NULL,
    ciphertext BLOB NOT NULL,
    entered_at INTEGER NOT NULL, -- Unix seconds
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;
