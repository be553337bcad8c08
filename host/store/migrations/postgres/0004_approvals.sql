-- Plans about which a person decides; host/migrations/tenant says what each column is.
CREATE TABLE approvals (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    id BIGINT NOT NULL,
    plan TEXT COLLATE "C" NOT NULL,
    settings TEXT NOT NULL,
    plugin TEXT NOT NULL,
    reasons TEXT NOT NULL,
    changes BIGINT NOT NULL,
    trigger TEXT NOT NULL,
    requested_by TEXT,
    created_at BIGINT NOT NULL,
    lapses_at BIGINT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('waiting', 'approved', 'applied', 'rejected', 'superseded', 'lapsed', 'stale')),
    decided_by TEXT,
    decided_with TEXT,
    decided_at BIGINT,
    reason TEXT,
    superseded_by TEXT,
    ended_at BIGINT,
    journal BIGINT,
    run BIGINT,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, plan) REFERENCES plans (tenant, digest)
);
CREATE UNIQUE INDEX approvals_open ON approvals (tenant) WHERE state IN ('waiting', 'approved');
CREATE INDEX approvals_of_plan ON approvals (tenant, plan, id);
CREATE TRIGGER approvals_numbered BEFORE INSERT ON approvals FOR EACH ROW EXECUTE FUNCTION hibob_number();

ALTER TABLE approvals ENABLE ROW LEVEL SECURITY;
ALTER TABLE approvals FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON approvals USING (tenant = hibob_tenant()) WITH CHECK (tenant = hibob_tenant());
