-- Who has disabled a tenant, and why; host/migrations/control says what each column is.
ALTER TABLE tenants ADD COLUMN disabled_by TEXT;
ALTER TABLE tenants ADD COLUMN disabled_because TEXT;
