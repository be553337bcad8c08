-- A keyed hash of each employee's job title; host/migrations/tenant says what for.
ALTER TABLE reference_people ADD COLUMN title_digest BYTEA;
