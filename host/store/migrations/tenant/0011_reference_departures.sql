-- The departures that a run has seen and that have no reference yet, or get none. No address is in here.
CREATE TABLE reference_departures (
    employee_id TEXT PRIMARY KEY NOT NULL,
    ended_on TEXT NOT NULL, -- the last day as the latest run has read it
    seen_at INTEGER NOT NULL, -- Unix seconds: when the first run saw it; the grace time counts from here
    why TEXT NOT NULL, -- why there is no reference: a word of the host
    details BLOB NOT NULL -- encrypted under the person's key: the name; if it was waived, by whom and why
) STRICT, WITHOUT ROWID;
