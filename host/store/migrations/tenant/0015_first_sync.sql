-- The accounts that were inactive when the tenant was first synced, and that a person has not said yes to yet: a JSON
-- list of TravelPerk's account ids. They are not reactivated before.
ALTER TABLE fence ADD COLUMN reactivations_asked_for TEXT NOT NULL DEFAULT '[]';
-- The first sync is over when a run of the history after this one has applied a plan to its end.
ALTER TABLE fence ADD COLUMN first_sync_after_run INTEGER NOT NULL DEFAULT 0;
