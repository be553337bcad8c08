-- The keys of persons, and who was forgotten; host/migrations/tenant says what each column is.
CREATE TABLE people (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    id BIGINT NOT NULL,
    tag BYTEA NOT NULL,
    wrapped BYTEA NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, tag)
);
CREATE TRIGGER people_numbered BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION hibob_number();

CREATE TABLE forgotten (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    tag BYTEA NOT NULL,
    times BIGINT NOT NULL,
    at BIGINT NOT NULL,
    is_lifted BIGINT NOT NULL,
    is_swept BIGINT NOT NULL,
    PRIMARY KEY (tenant, tag)
);

CREATE TABLE forgotten_accounts (
    tenant TEXT COLLATE "C" NOT NULL DEFAULT hibob_tenant(),
    tag BYTEA NOT NULL,
    person BYTEA NOT NULL,
    PRIMARY KEY (tenant, tag),
    FOREIGN KEY (tenant, person) REFERENCES forgotten (tenant, tag)
);

ALTER TABLE run_updates ADD COLUMN sealed TEXT NOT NULL DEFAULT '';

DO $$
DECLARE
    name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY['people', 'forgotten', 'forgotten_accounts'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY of_tenant ON %I USING (tenant = hibob_tenant()) WITH CHECK (tenant = hibob_tenant())', name
        );
    END LOOP;
END $$;
