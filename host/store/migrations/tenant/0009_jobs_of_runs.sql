-- The job of the queue that this run did: once, also where the host crashed before the queue knew.
ALTER TABLE runs ADD COLUMN job TEXT;

CREATE UNIQUE INDEX runs_of_jobs ON runs (job) WHERE job IS NOT NULL;
