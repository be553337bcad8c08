-- What the guards remember; host/migrations/tenant says what each column is.
CREATE TABLE source_states (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    at BIGINT NOT NULL,
    selection TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL
);
CREATE INDEX source_states_by_time ON source_states (tenant, at);

CREATE TABLE kept_fields (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    account_id TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, account_id, field)
);

ALTER TABLE source_states ENABLE ROW LEVEL SECURITY;
ALTER TABLE source_states FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON source_states USING (tenant = hibob_tenant()) WITH CHECK (tenant = hibob_tenant());

ALTER TABLE kept_fields ENABLE ROW LEVEL SECURITY;
ALTER TABLE kept_fields FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON kept_fields USING (tenant = hibob_tenant()) WITH CHECK (tenant = hibob_tenant());
