INSERT INTO audit (at, actor, role, action, tenant, object, outcome, code, request, os_user, asked_by)
VALUES (600, 'command-line', NULL, 'tenant-disable', 'acme', NULL, 'done', NULL, 'process-1', 'ana as hibob', 'ana@acme.example');
