-- For the timeline of a tenant; host/migrations/control says more.
CREATE INDEX audit_of_tenant ON audit (tenant, action, at);
