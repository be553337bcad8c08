-- 1 if the plan has only archivings of people whose records in HiBob say that they have left, which go out while nothing
-- else does. They are counted by themselves.
ALTER TABLE journals ADD COLUMN terminations INTEGER NOT NULL DEFAULT 0;
ALTER TABLE archivings ADD COLUMN terminations INTEGER NOT NULL DEFAULT 0;
