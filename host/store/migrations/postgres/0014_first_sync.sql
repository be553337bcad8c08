-- The accounts that are reactivated only after a person's yes; host/migrations/tenant says more.
ALTER TABLE fence ADD COLUMN reactivations_asked_for TEXT NOT NULL DEFAULT '[]';
ALTER TABLE fence ADD COLUMN first_sync_after_run BIGINT NOT NULL DEFAULT 0;
