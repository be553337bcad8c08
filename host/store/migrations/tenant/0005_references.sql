-- Offboarding references. No address is in here, ever; names only inside of the documents.

-- Who works here and who has left, as the last run saw it.
CREATE TABLE reference_people (
    employee_id TEXT PRIMARY KEY NOT NULL,
    standing TEXT NOT NULL CHECK (standing IN ('employed', 'left'))
) STRICT, WITHOUT ROWID;

-- The issuer's keys. The secret halves are in the secret store.
CREATE TABLE reference_keys (
    selector TEXT PRIMARY KEY NOT NULL,
    public_key BLOB NOT NULL, -- 32 bytes
    created_at INTEGER NOT NULL, -- Unix seconds, as all times here
    signs_from INTEGER, -- none while it only waits to be used
    retired_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- The references in the order of the log: an entry of it is a digest.
CREATE TABLE issued_references (
    log_index INTEGER PRIMARY KEY NOT NULL,
    id TEXT NOT NULL UNIQUE, -- the credential's UUID
    employee_id TEXT NOT NULL,
    ended_on TEXT NOT NULL,
    basis TEXT NOT NULL, -- what it rests on, as the plugin says it
    document BLOB NOT NULL, -- the signed credential
    digest BLOB NOT NULL, -- its SHA-256
    selector TEXT NOT NULL REFERENCES reference_keys (selector),
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    plugin_digest TEXT NOT NULL, -- who said it,
    answers_digest BLOB NOT NULL, -- and from which answers of HiBob
    issued_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('valid', 'superseded', 'revoked')),
    state_reason TEXT NOT NULL,
    state_since INTEGER NOT NULL,
    UNIQUE (status_list, status_index)
) STRICT;

-- Once per departure, whatever crashes.
CREATE UNIQUE INDEX issued_once ON issued_references (employee_id, ended_on) WHERE state = 'valid';

-- The heads of the log that were signed. No head is signed that does not continue the largest. Older ones stay for what
-- witnesses said of them: it is good for a reference only where it was said soon after its issue.
CREATE TABLE reference_log_head (
    size INTEGER PRIMARY KEY NOT NULL,
    root BLOB NOT NULL,
    cosignatures TEXT NOT NULL -- the witnesses' lines, one after the other
) STRICT;

CREATE TABLE reference_deliveries (
    log_index INTEGER PRIMARY KEY NOT NULL REFERENCES issued_references (log_index),
    message_id TEXT NOT NULL UNIQUE, -- the same at each attempt
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'refused', 'withdrawn')),
    since INTEGER NOT NULL, -- tried
    attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL, -- not before
    said TEXT NOT NULL, -- what the other side said the last time, without addresses
    changed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX deliveries_due ON reference_deliveries (next_at) WHERE state = 'waiting';

-- Why the job does nothing until somebody has looked: the database was restored, and may lack references.
CREATE TABLE reference_pause (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    why TEXT NOT NULL
) STRICT;

CREATE INDEX issued_to ON issued_references (employee_id, log_index);
