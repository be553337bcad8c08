-- The keys of persons, each wrapped with the tenant's. Forgetting somebody removes theirs, and what is sealed with it can
-- be read by nobody. Ids stand here as keyed hashes only.
CREATE TABLE people (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- the number by which what is sealed names its key; never used again
    tag BLOB NOT NULL UNIQUE, -- of the employee's id
    wrapped BLOB NOT NULL
) STRICT;

-- Who was forgotten.
CREATE TABLE forgotten (
    tag BLOB PRIMARY KEY NOT NULL, -- of the employee's id
    times INTEGER NOT NULL, -- how often
    at INTEGER NOT NULL, -- the last time, in Unix seconds
    is_lifted INTEGER NOT NULL, -- 1: they may come back
    is_swept INTEGER NOT NULL -- 1: what stood under the id itself is gone as well
) STRICT, WITHOUT ROWID;

-- The accounts that were theirs, so that their names are not taken from there.
CREATE TABLE forgotten_accounts (
    tag BLOB PRIMARY KEY NOT NULL, -- of the account's id
    person BLOB NOT NULL REFERENCES forgotten (tag)
) STRICT, WITHOUT ROWID;

-- Whom a line is about and the values, sealed: then the columns for them are empty.
ALTER TABLE run_updates ADD COLUMN sealed TEXT NOT NULL DEFAULT '';
