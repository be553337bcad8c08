INSERT INTO tenant_versions VALUES ('acme', 7, '{}', 600, 'command');
