-- Employees whose accounts are left as they are; host/migrations/tenant says what each column is.
CREATE TABLE holds (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    employee_id TEXT COLLATE "C" NOT NULL,
    until TEXT NOT NULL,
    ends_at BIGINT NOT NULL,
    details BYTEA NOT NULL,
    PRIMARY KEY (tenant, employee_id)
);

ALTER TABLE holds ENABLE ROW LEVEL SECURITY;
ALTER TABLE holds FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON holds USING (tenant = hibob_tenant()) WITH CHECK (tenant = hibob_tenant());
