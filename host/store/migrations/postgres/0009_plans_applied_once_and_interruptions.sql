-- Which saved plans were applied, and which runs were interrupted; host/migrations/tenant says what each column is.
ALTER TABLE fence ADD COLUMN epoch TEXT NOT NULL DEFAULT '';

CREATE TABLE applied_plans (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    plan TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    journal BIGINT,
    run BIGINT,
    PRIMARY KEY (tenant, plan)
);
CREATE INDEX applied_plans_of ON applied_plans (tenant, journal);

ALTER TABLE approvals ADD COLUMN saved TEXT;

ALTER TABLE journals ADD COLUMN changes BIGINT;
ALTER TABLE journals ADD COLUMN job TEXT;
ALTER TABLE journals ADD COLUMN interrupted_at BIGINT;
ALTER TABLE journals ADD COLUMN interrupted_by TEXT;
ALTER TABLE journals ADD COLUMN interrupted_run BIGINT;
ALTER TABLE journals ADD COLUMN told_generation BIGINT;

ALTER TABLE applied_plans ENABLE ROW LEVEL SECURITY;
ALTER TABLE applied_plans FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON applied_plans USING (tenant = hibob_tenant()) WITH CHECK (tenant = hibob_tenant());
