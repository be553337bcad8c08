-- Who may write: a run that takes the tenant over raises the generation first, and every write of a run is made only
-- while its own is still here.
CREATE TABLE fence (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL
) STRICT;

INSERT INTO fence (id, generation) VALUES (1, 0);

-- Plans by the SHA-256 of their content, which never changes.
CREATE TABLE plans (
    digest TEXT PRIMARY KEY NOT NULL,
    content BLOB NOT NULL -- JSON
) STRICT;

-- A plan that is being applied, or was.
CREATE TABLE journals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    started_at INTEGER NOT NULL, -- Unix seconds
    plan TEXT NOT NULL REFERENCES plans (digest),
    held TEXT NOT NULL, -- what the guards held of it: JSON
    settings TEXT NOT NULL, -- digests of the settings and of the plugin that it was made with
    plugin TEXT NOT NULL,
    run INTEGER REFERENCES runs (id) -- in the history; none while it is not over
) STRICT;

CREATE UNIQUE INDEX journal_open ON journals (run IS NULL) WHERE run IS NULL;

-- What happened to the changes, in order: each is started before its first request leaves, and finished once.
CREATE TABLE journal_events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    journal INTEGER NOT NULL REFERENCES journals (id) ON DELETE CASCADE,
    generation INTEGER NOT NULL, -- of the run that wrote it
    change TEXT NOT NULL, -- its id in the plan
    event TEXT NOT NULL CHECK (event IN ('started', 'finished')),
    made TEXT NOT NULL, -- what came of it: JSON; empty while nothing has
    at INTEGER NOT NULL -- Unix seconds
) STRICT;

CREATE INDEX journal_events_of ON journal_events (journal, sequence);

CREATE UNIQUE INDEX journal_finished_once ON journal_events (journal, change) WHERE event = 'finished';
