-- Sessions of the console, and links that sign in once; host/migrations/control says what each column is.
CREATE TABLE console_sessions (
    digest BYTEA PRIMARY KEY,
    token TEXT COLLATE "C" NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    person TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    proved_at BIGINT NOT NULL
);
CREATE INDEX console_sessions_token ON console_sessions (token);
CREATE TABLE console_links (
    digest BYTEA PRIMARY KEY,
    token TEXT COLLATE "C" NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    person TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
