-- What people decide about single accounts, and warnings that last; host/migrations/tenant says what each column is.
CREATE TABLE ordered_links (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    employee_id TEXT COLLATE "C" NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL,
    ordered_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, employee_id),
    UNIQUE (tenant, account_id)
);

CREATE TABLE unlinked_accounts (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    account_id TEXT COLLATE "C" NOT NULL,
    employee_id TEXT COLLATE "C" NOT NULL,
    unlinked_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, account_id)
);

CREATE TABLE open_cases (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    employee_id TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (tenant, employee_id, code)
);

ALTER TABLE journals ADD COLUMN released_archivings BIGINT NOT NULL DEFAULT 0;
ALTER TABLE archivings ADD COLUMN released BIGINT NOT NULL DEFAULT 0;

DO $$
DECLARE
    name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY['ordered_links', 'unlinked_accounts', 'open_cases'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY of_tenant ON %I USING (tenant = hibob_tenant()) WITH CHECK (tenant = hibob_tenant())', name
        );
    END LOOP;
END $$;
