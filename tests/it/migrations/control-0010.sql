INSERT INTO tenant_versions VALUES ('acme', 8, '{"id":"acme"}', 800, 'settings', 'ana@acme.example', '8dd866216702');
