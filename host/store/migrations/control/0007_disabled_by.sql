-- Who has disabled the tenant, and why. Null: nobody said so. The reason is the operator's, and names nobody whose
-- account is synced.
ALTER TABLE tenants ADD COLUMN disabled_by TEXT;
ALTER TABLE tenants ADD COLUMN disabled_because TEXT;
