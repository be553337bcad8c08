-- Terminations that go out while nothing else does; host/migrations/tenant says more.
ALTER TABLE journals ADD COLUMN terminations BIGINT NOT NULL DEFAULT 0;
ALTER TABLE archivings ADD COLUMN terminations BIGINT NOT NULL DEFAULT 0;
