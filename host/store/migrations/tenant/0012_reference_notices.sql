-- What the people are told of references that were delivered and were revoked since. No address is in here.
CREATE TABLE reference_notices (
    log_index INTEGER PRIMARY KEY NOT NULL REFERENCES issued_references (log_index),
    message_id TEXT NOT NULL UNIQUE, -- the same at each attempt
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'refused', 'withdrawn')),
    since INTEGER NOT NULL, -- Unix seconds, as all times here
    attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    said TEXT NOT NULL, -- what the other side said the last time, without addresses
    changed_at INTEGER NOT NULL
) STRICT;
