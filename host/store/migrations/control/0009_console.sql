-- Sessions of the console. Only digests are kept: who reads this table can use none of them.
CREATE TABLE console_sessions (
    digest BLOB PRIMARY KEY NOT NULL, -- SHA-256 of what the browser holds
    token TEXT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE, -- what it may do, and with which it ends
    person TEXT NOT NULL, -- the work email of whoever signed in; one of the operator's people
    started_at INTEGER NOT NULL, -- Unix seconds
    seen_at INTEGER NOT NULL, -- Unix seconds, to the minute
    proved_at INTEGER NOT NULL -- when the token, or a link, was shown last; Unix seconds
) STRICT, WITHOUT ROWID;
CREATE INDEX console_sessions_token ON console_sessions (token);

-- Links that sign in once: `hibob console`.
CREATE TABLE console_links (
    digest BLOB PRIMARY KEY NOT NULL, -- SHA-256 of the link's code
    token TEXT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE, -- the token of the session that it begins
    person TEXT NOT NULL, -- for whom it was made
    expires_at INTEGER NOT NULL -- Unix seconds
) STRICT, WITHOUT ROWID;
