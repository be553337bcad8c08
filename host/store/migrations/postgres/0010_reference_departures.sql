-- The departures that have no reference yet; host/migrations/tenant says what each column is.
CREATE TABLE reference_departures (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    employee_id TEXT COLLATE "C" NOT NULL,
    ended_on TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    why TEXT NOT NULL,
    details BYTEA NOT NULL,
    PRIMARY KEY (tenant, employee_id)
);

ALTER TABLE reference_departures ENABLE ROW LEVEL SECURITY;
ALTER TABLE reference_departures FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON reference_departures USING (tenant = hibob_tenant()) WITH CHECK (tenant = hibob_tenant());
