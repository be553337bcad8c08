-- The tenants' tables; host/migrations/tenant says what each column is. All tenants share them, and the database itself keeps
-- them apart: a connection reads and writes the rows of the tenant whose name it was given (`hibob.tenant`), and none where
-- it was given none. Keys begin with the tenant, which is filled in, so the statements are those of SQLite.

CREATE FUNCTION hibob_tenant() RETURNS TEXT LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('hibob.tenant', true), '') $$;

-- Numbers that count from 1 for each tenant and are never used again.
CREATE TABLE numbers (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    name TEXT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);

CREATE FUNCTION hibob_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO numbers (tenant, name, last) VALUES (new.tenant, tg_table_name, 1)
        ON CONFLICT (tenant, name) DO UPDATE SET last = numbers.last + 1 RETURNING last INTO new.id;
    RETURN new;
END $$;

-- Keys are any text of the plugin's, which PostgreSQL's own type for text is not: it holds no U+0000. So they are bytes.
CREATE TABLE entries (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    key BYTEA NOT NULL,
    value BYTEA NOT NULL,
    PRIMARY KEY (tenant, key)
);

CREATE TABLE entries_usage (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant() PRIMARY KEY,
    keys BIGINT NOT NULL,
    bytes BIGINT NOT NULL
);

CREATE FUNCTION hibob_entries_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE tg_op
    WHEN 'INSERT' THEN
        UPDATE entries_usage SET keys = keys + 1, bytes = bytes + length(new.key) + length(new.value)
            WHERE tenant = new.tenant;
    WHEN 'UPDATE' THEN
        UPDATE entries_usage SET bytes = bytes + length(new.value) - length(old.value) WHERE tenant = new.tenant;
    ELSE
        UPDATE entries_usage SET keys = keys - 1, bytes = bytes - length(old.key) - length(old.value)
            WHERE tenant = old.tenant;
    END CASE;
    RETURN NULL;
END $$;

CREATE TRIGGER entries_counted AFTER INSERT OR UPDATE OR DELETE ON entries
    FOR EACH ROW EXECUTE FUNCTION hibob_entries_counted();

CREATE TABLE baseline (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    id BIGINT NOT NULL CHECK (id = 1),
    value TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE runs (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    trigger TEXT NOT NULL,
    job TEXT,
    started_at BIGINT NOT NULL,
    finished_at BIGINT NOT NULL,
    exit_code BIGINT NOT NULL,
    report TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX runs_of_kind ON runs (tenant, kind, id);
CREATE UNIQUE INDEX runs_of_jobs ON runs (tenant, job) WHERE job IS NOT NULL;
CREATE TRIGGER runs_numbered BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION hibob_number();

CREATE TABLE run_updates (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    run BIGINT NOT NULL,
    position BIGINT NOT NULL,
    employee_id TEXT NOT NULL,
    name TEXT NOT NULL,
    action TEXT NOT NULL,
    field TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (tenant, run, position),
    FOREIGN KEY (tenant, run) REFERENCES runs (tenant, id) ON DELETE CASCADE
);

CREATE TABLE accounts (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    account_id TEXT COLLATE "C" NOT NULL,
    employee_id TEXT COLLATE "C" NOT NULL,
    active BIGINT NOT NULL,
    PRIMARY KEY (tenant, account_id)
);
CREATE INDEX accounts_of ON accounts (tenant, employee_id);

CREATE TABLE archivings (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    account_id TEXT COLLATE "C" NOT NULL,
    archived_at BIGINT NOT NULL
);
CREATE INDEX archivings_by_time ON archivings (tenant, archived_at);

CREATE TABLE fence (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant() PRIMARY KEY,
    generation BIGINT NOT NULL
);

CREATE TABLE plans (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    digest TEXT COLLATE "C" NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (tenant, digest)
);

CREATE TABLE journals (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    plan TEXT COLLATE "C" NOT NULL,
    held TEXT NOT NULL,
    settings TEXT NOT NULL,
    plugin TEXT NOT NULL,
    run BIGINT,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, plan) REFERENCES plans (tenant, digest),
    FOREIGN KEY (tenant, run) REFERENCES runs (tenant, id)
);
CREATE INDEX journals_of_plan ON journals (tenant, plan);
CREATE INDEX journals_of_run ON journals (tenant, run);
CREATE UNIQUE INDEX journal_open ON journals (tenant) WHERE run IS NULL;
CREATE TRIGGER journals_numbered BEFORE INSERT ON journals FOR EACH ROW EXECUTE FUNCTION hibob_number();

CREATE TABLE journal_events (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    sequence BIGINT GENERATED ALWAYS AS IDENTITY,
    journal BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    change TEXT COLLATE "C" NOT NULL,
    event TEXT NOT NULL CHECK (event IN ('started', 'finished')),
    made TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant, sequence),
    FOREIGN KEY (tenant, journal) REFERENCES journals (tenant, id) ON DELETE CASCADE
);
CREATE INDEX journal_events_of ON journal_events (tenant, journal, sequence);
CREATE UNIQUE INDEX journal_finished_once ON journal_events (tenant, journal, change) WHERE event = 'finished';

CREATE TABLE reference_people (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    employee_id TEXT COLLATE "C" NOT NULL,
    standing TEXT NOT NULL CHECK (standing IN ('employed', 'left')),
    PRIMARY KEY (tenant, employee_id)
);

CREATE TABLE reference_keys (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    selector TEXT COLLATE "C" NOT NULL,
    public_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    signs_from BIGINT,
    retired_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (tenant, selector)
);

CREATE TABLE issued_references (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    log_index BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    employee_id TEXT COLLATE "C" NOT NULL,
    ended_on TEXT NOT NULL,
    basis TEXT NOT NULL,
    document BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    selector TEXT COLLATE "C" NOT NULL,
    status_list BIGINT NOT NULL,
    status_index BIGINT NOT NULL,
    plugin_digest TEXT NOT NULL,
    answers_digest BYTEA NOT NULL,
    issued_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('valid', 'superseded', 'revoked')),
    state_reason TEXT NOT NULL,
    state_since BIGINT NOT NULL,
    PRIMARY KEY (tenant, log_index),
    UNIQUE (tenant, id),
    UNIQUE (tenant, status_list, status_index),
    FOREIGN KEY (tenant, selector) REFERENCES reference_keys (tenant, selector)
);
CREATE UNIQUE INDEX issued_once ON issued_references (tenant, employee_id, ended_on) WHERE state = 'valid';
CREATE INDEX issued_to ON issued_references (tenant, employee_id, log_index);
CREATE INDEX issued_with ON issued_references (tenant, selector);

CREATE TABLE reference_log_head (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    size BIGINT NOT NULL,
    root BYTEA NOT NULL,
    cosignatures TEXT NOT NULL,
    PRIMARY KEY (tenant, size)
);

CREATE TABLE reference_deliveries (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    log_index BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'refused', 'withdrawn')),
    since BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    said TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, log_index),
    UNIQUE (tenant, message_id),
    FOREIGN KEY (tenant, log_index) REFERENCES issued_references (tenant, log_index)
);
CREATE INDEX deliveries_due ON reference_deliveries (tenant, next_at) WHERE state = 'waiting';

CREATE TABLE reference_pause (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    id BIGINT NOT NULL CHECK (id = 1),
    why TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);

-- Nobody's rows but those of the tenant that the connection is for, not even for the owner of the tables.
DO $$
DECLARE
    name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'numbers', 'entries', 'entries_usage', 'baseline', 'runs', 'run_updates', 'accounts', 'archivings', 'fence', 'plans',
        'journals', 'journal_events', 'reference_people', 'reference_keys', 'issued_references', 'reference_log_head',
        'reference_deliveries', 'reference_pause'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY of_tenant ON %I USING (tenant = hibob_tenant()) WITH CHECK (tenant = hibob_tenant())', name
        );
    END LOOP;
END $$;
