-- What the people are told of references that were revoked; host/migrations/tenant says what each column is.
CREATE TABLE reference_notices (
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

ALTER TABLE reference_notices ENABLE ROW LEVEL SECURITY;
ALTER TABLE reference_notices FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON reference_notices USING (tenant = hibob_tenant()) WITH CHECK (tenant = hibob_tenant());
