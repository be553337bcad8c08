INSERT INTO tenants (id, config, applied_at) VALUES ('acme', '{"id":"acme","hibob":{"url":"https://api.hibob.com/v1","service_user":"SERVICE-1","token":"store"},"travelperk":{"scim_url":"https://app.travelperk.com/api/v2/scim","key":"store"}}', 100), ('globex', '{}', 100);
INSERT INTO leases (tenant, holder, generation, expires_at) VALUES ('acme', 'process 1', 7, 130);
