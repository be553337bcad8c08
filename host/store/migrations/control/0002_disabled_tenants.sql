-- When a tenant was disabled; null while it is enabled. Unix seconds.
ALTER TABLE tenants ADD COLUMN disabled_at INTEGER;
