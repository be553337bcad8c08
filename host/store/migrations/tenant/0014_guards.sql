-- The states of the source in the accepted runs of the last days: the guard holds a new one against the largest of them.
CREATE TABLE source_states (
    at INTEGER NOT NULL, -- Unix seconds
    selection TEXT NOT NULL, -- a digest of what decides who is synced; states of another selection do not count
    state TEXT NOT NULL -- JSON: named numbers
) STRICT;

CREATE INDEX source_states_by_time ON source_states (at);

-- Fields of adopted accounts whose value is older than the adoption, while HiBob had none: they are not cleared before
-- HiBob has had a value. Never the value itself.
CREATE TABLE kept_fields (
    account_id TEXT NOT NULL,
    field TEXT NOT NULL,
    PRIMARY KEY (account_id, field)
) STRICT, WITHOUT ROWID;
