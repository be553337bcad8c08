INSERT INTO tokens VALUES ('8dd866216702', x'0000000000000000000000000000000000000000000000000000000000000000', 'admin', 'acme', 'HR', 500, NULL, NULL, NULL);
INSERT INTO audit (at, actor, role, action, tenant, object, outcome, code, request)
VALUES (500, 'command-line', NULL, 'new token', 'acme', '8dd866216702', 'done', NULL, '0190b3c0');
