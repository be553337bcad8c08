-- A random word that a restore draws anew: a plan that was saved under another one is void. It is empty where a
-- version without it has run the tenant, so that the plans which that version has saved can still be applied.
ALTER TABLE fence ADD COLUMN epoch TEXT NOT NULL DEFAULT '';
UPDATE fence SET epoch = lower(hex(randomblob(16))) WHERE generation = 0;

-- The saved plans that were applied, by their seals. A row is kept for good: whoever raises sync.plan_age_hours_max could
-- otherwise apply an old plan again. It has nothing personal.
CREATE TABLE applied_plans (
    plan TEXT PRIMARY KEY NOT NULL,
    at INTEGER NOT NULL, -- Unix seconds: when it was begun
    journal INTEGER, -- null if the plan had no changes
    run INTEGER -- of the history; null while it is not over
) STRICT;

-- The saved plan's seal, where the plan that waits came from a file.
ALTER TABLE approvals ADD COLUMN saved TEXT;

ALTER TABLE journals ADD COLUMN changes INTEGER; -- how many the plan has; null in rows of earlier versions
ALTER TABLE journals ADD COLUMN job TEXT; -- the key of the job that applies it
ALTER TABLE journals ADD COLUMN interrupted_at INTEGER; -- Unix seconds; null unless it was interrupted on purpose
ALTER TABLE journals ADD COLUMN interrupted_by TEXT; -- a signal, a cancelled job, or a restore
ALTER TABLE journals ADD COLUMN interrupted_run INTEGER; -- the run of the history that says so
ALTER TABLE journals ADD COLUMN told_generation INTEGER; -- the history has the changes that ended up to this generation
