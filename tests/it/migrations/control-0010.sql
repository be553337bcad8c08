INSERT INTO tenant_versions (tenant, version, config, stored_at, stored_by, person, token)
    VALUES ('acme', 8, '{"id":"acme"}', 800, 'settings', 'ana@acme.example', '8dd866216702');
