-- The accounts that were inactive when the tenant was first synced, and that a person has not said yes to yet: a JSON
-- list of TravelPerk's account ids. They are not reactivated before.
ALTER TABLE fence ADD COLUMN reactivations_asked_for TEXT NOT NULL DEFAULT '[]';
