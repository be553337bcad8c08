-- Who changed the settings of a tenant, where they came from a person by the API or the console.
ALTER TABLE tenant_versions ADD COLUMN person TEXT; -- a work email; one of the operator's or the company's people
ALTER TABLE tenant_versions ADD COLUMN token TEXT; -- the id of the token, which may be gone by now
