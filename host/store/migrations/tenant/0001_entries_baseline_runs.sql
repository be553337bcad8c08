-- What the plugin keeps: keys and values that mean nothing to the host.
CREATE TABLE entries (
    key TEXT PRIMARY KEY NOT NULL,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What the last accepted run looked like, as the plugin returned it.
CREATE TABLE baseline (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    value TEXT NOT NULL
) STRICT;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    started_at INTEGER NOT NULL, -- Unix seconds
    finished_at INTEGER NOT NULL, -- Unix seconds
    exit_code INTEGER NOT NULL,
    report TEXT NOT NULL -- JSON
) STRICT;
