-- What people decide about single accounts. The plugin gets it with each plan, and the write scope refuses what is given up.
CREATE TABLE ordered_links (
    employee_id TEXT PRIMARY KEY NOT NULL,
    account_id TEXT UNIQUE NOT NULL, -- is adopted for the employee by the next plan that is applied
    ordered_at INTEGER NOT NULL -- Unix seconds
) STRICT;

CREATE TABLE unlinked_accounts (
    account_id TEXT PRIMARY KEY NOT NULL, -- is given up, and not adopted again until somebody links it
    employee_id TEXT NOT NULL,
    unlinked_at INTEGER NOT NULL -- Unix seconds
) STRICT;

-- Warnings that become errors when they last: since when each is there, in one plan after the other.
CREATE TABLE open_cases (
    employee_id TEXT NOT NULL,
    code TEXT NOT NULL,
    since INTEGER NOT NULL, -- Unix seconds
    PRIMARY KEY (employee_id, code)
) STRICT;

-- 1 if a person has released the archivings of the plan, so that they do not count among those of the last days.
ALTER TABLE journals ADD COLUMN released_archivings INTEGER NOT NULL DEFAULT 0;
ALTER TABLE archivings ADD COLUMN released INTEGER NOT NULL DEFAULT 0;
