ALTER TABLE runs ADD COLUMN trigger TEXT NOT NULL DEFAULT 'manual';

-- What each run did or left alone, line by line as the workbook shows it.
CREATE TABLE run_updates (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    employee_id TEXT NOT NULL,
    name TEXT NOT NULL,
    action TEXT NOT NULL,
    field TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;
