-- Tokens of the API. Only a digest is kept: who reads this table can call nothing.
CREATE TABLE tokens (
    id TEXT PRIMARY KEY NOT NULL, -- the public part of the token
    digest BLOB NOT NULL, -- SHA-256 of the whole token
    role TEXT NOT NULL, -- operator, admin, reader
    tenant TEXT, -- the only one that it opens; null: all
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL, -- Unix seconds
    expires_at INTEGER, -- Unix seconds; null: never
    revoked_at INTEGER, -- Unix seconds
    used_on INTEGER -- the last day of use, in days since 1970
) STRICT, WITHOUT ROWID;

-- Who did what, or was refused it. Ids only: nothing of a person.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL, -- Unix seconds
    actor TEXT NOT NULL, -- a token's id, command-line, or unknown
    role TEXT, -- of the token
    action TEXT NOT NULL,
    tenant TEXT,
    object TEXT, -- what of the tenant, or of the host: a job, a run, a secret's name, a token's id
    outcome TEXT NOT NULL, -- begun, done, refused, failed
    code TEXT, -- why it was refused or failed
    request TEXT NOT NULL -- the same as in the answer and in the log
) STRICT;
CREATE INDEX audit_at ON audit (at);
