-- Who changed the settings of a tenant; host/migrations/control says what each column is.
ALTER TABLE tenant_versions ADD COLUMN person TEXT;
ALTER TABLE tenant_versions ADD COLUMN token TEXT;
