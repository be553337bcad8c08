-- The host's own account of what it has done, which guards count over. It does not depend on what the plugin keeps.
CREATE TABLE accounts (
    account_id TEXT PRIMARY KEY NOT NULL,
    employee_id TEXT NOT NULL,
    active INTEGER NOT NULL -- 1 or 0
) STRICT, WITHOUT ROWID;

CREATE TABLE archivings (
    account_id TEXT NOT NULL,
    archived_at INTEGER NOT NULL -- Unix seconds
) STRICT;

CREATE INDEX archivings_by_time ON archivings (archived_at);
