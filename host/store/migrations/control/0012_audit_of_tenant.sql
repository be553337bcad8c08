-- For the timeline of a tenant, which reads the rows of a few actions.
CREATE INDEX audit_of_tenant ON audit (tenant, action, at);
