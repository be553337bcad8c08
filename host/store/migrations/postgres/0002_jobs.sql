-- The queue; host/migrations/control says what each column is.
CREATE TABLE jobs (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    lane TEXT,
    trigger TEXT NOT NULL,
    arguments TEXT NOT NULL,
    requested_by TEXT,
    due_at BIGINT,
    start_at BIGINT NOT NULL,
    priority BIGINT NOT NULL,
    state TEXT NOT NULL,
    generation BIGINT NOT NULL DEFAULT 0,
    holder TEXT,
    lease_until BIGINT,
    crashes BIGINT NOT NULL DEFAULT 0,
    queued_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    cancel_requested_at BIGINT,
    result TEXT
);
CREATE UNIQUE INDEX jobs_once_a_due_time ON jobs (tenant, kind, due_at);
CREATE UNIQUE INDEX jobs_one_at_a_time ON jobs (tenant, lane) WHERE state = 'running';

-- An index holds no row of more than about 2,700 bytes, and arguments may name thousands of employees. The database's encoding
-- is always UTF8, so that the same text has the same digest for ever.
CREATE FUNCTION hibob_digest(text) RETURNS BYTEA LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT sha256(convert_to($1, 'UTF8')) $$;
CREATE UNIQUE INDEX jobs_merged ON jobs (tenant, kind, hibob_digest(arguments))
    WHERE state = 'queued' AND due_at IS NULL AND generation = 0;
CREATE INDEX jobs_queue ON jobs (priority DESC, start_at, id) WHERE state = 'queued';
CREATE INDEX jobs_start ON jobs (start_at) WHERE state = 'queued';
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX jobs_of_tenant ON jobs (tenant, id);

CREATE TABLE schedules (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    cron TEXT NOT NULL,
    zone TEXT NOT NULL,
    jitter BIGINT NOT NULL,
    next_due BIGINT NOT NULL,
    next_start BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind)
);
CREATE INDEX schedules_next ON schedules (next_start);
