-- Employees whose accounts are left as they are until the end of a day, because a person has decided so (`hibob hold`).
CREATE TABLE holds (
    employee_id TEXT PRIMARY KEY NOT NULL,
    until TEXT NOT NULL, -- the last day of the hold, in the tenant's time zone
    ends_at INTEGER NOT NULL, -- Unix seconds: the end of that day
    details BLOB NOT NULL -- encrypted under the person's key: who decided it, and why
) STRICT, WITHOUT ROWID;
