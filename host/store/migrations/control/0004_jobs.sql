-- The queue: what is to be done, being done, and was done, for which tenant. Times are Unix milliseconds by the database's
-- own clock. host/migrations/queue has the same tables for PostgreSQL.
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    lane TEXT, -- jobs of a tenant in the same lane exclude each other; null: this one excludes nobody
    trigger TEXT NOT NULL, -- manual, schedule
    arguments TEXT NOT NULL, -- JSON; never a secret, nor anything of a person but HiBob's ids
    requested_by TEXT,
    due_at INTEGER, -- of the schedule; null for a manual job
    start_at INTEGER NOT NULL, -- not before
    priority INTEGER NOT NULL,
    state TEXT NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0, -- grows with every claim, and with every end of one
    holder TEXT,
    lease_until INTEGER,
    crashes INTEGER NOT NULL DEFAULT 0, -- holders that stopped renewing their lease
    queued_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    cancel_requested_at INTEGER,
    result TEXT -- JSON
) STRICT;
CREATE UNIQUE INDEX jobs_once_a_due_time ON jobs (tenant, kind, due_at);
CREATE UNIQUE INDEX jobs_one_at_a_time ON jobs (tenant, lane) WHERE state = 'running';
-- Manual jobs that ask for the same are one, until it has been claimed.
CREATE UNIQUE INDEX jobs_merged ON jobs (tenant, kind, arguments)
    WHERE state = 'queued' AND due_at IS NULL AND generation = 0;
CREATE INDEX jobs_queue ON jobs (priority DESC, start_at, id) WHERE state = 'queued';
CREATE INDEX jobs_start ON jobs (start_at) WHERE state = 'queued';
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX jobs_of_tenant ON jobs (tenant, id);

-- When a tenant's jobs start by themselves.
CREATE TABLE schedules (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    cron TEXT NOT NULL,
    zone TEXT NOT NULL,
    jitter INTEGER NOT NULL, -- milliseconds after the due time; always the same for a tenant and kind
    next_due INTEGER NOT NULL,
    next_start INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX schedules_next ON schedules (next_start);
