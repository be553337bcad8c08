-- Of an employee who works here: a keyed hash of the job title (of its id in HiBob's list) when the latest run saw them, so
-- that a title which is changed after they have left is noticed. The hash says nothing without the tenant's key.
ALTER TABLE reference_people ADD COLUMN title_digest BLOB;
