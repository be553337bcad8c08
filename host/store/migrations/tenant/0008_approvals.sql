-- Plans about which a person decides. What they would do is in `plans`, by digest. Times are Unix seconds.
CREATE TABLE approvals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    plan TEXT NOT NULL REFERENCES plans (digest),
    settings TEXT NOT NULL, -- digests of the settings and of the plugin that it was made with
    plugin TEXT NOT NULL,
    reasons TEXT NOT NULL, -- what the guards saw: JSON
    changes INTEGER NOT NULL, -- how many
    trigger TEXT NOT NULL, -- of the run that made it
    requested_by TEXT, -- who asked for that run; null: nobody is named
    created_at INTEGER NOT NULL,
    lapses_at INTEGER NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('waiting', 'approved', 'applied', 'rejected', 'superseded', 'lapsed', 'stale')),
    decided_by TEXT, -- the person who approved or rejected it, as they are named
    decided_with TEXT, -- by what they could: a token's id, or the command line
    decided_at INTEGER,
    reason TEXT, -- why it was rejected
    superseded_by TEXT, -- the digest of the plan that waits in its place
    ended_at INTEGER,
    journal INTEGER, -- with which it was applied
    run INTEGER -- of the history, that applied it or found it stale
) STRICT;

-- At most one plan waits, or is approved and not applied yet.
CREATE UNIQUE INDEX approvals_open ON approvals (state IN ('waiting', 'approved'))
    WHERE state IN ('waiting', 'approved');

CREATE INDEX approvals_of_plan ON approvals (plan, id);
