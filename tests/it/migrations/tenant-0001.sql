INSERT INTO entries (key, value) VALUES ('employee/1', x'0102'), ('employee/2', x'0304');
INSERT INTO baseline (id, value) VALUES (1, '[{"name":"employees","value":{"Integer":2}}]');
INSERT INTO runs (kind, started_at, finished_at, exit_code, report)
VALUES ('sync', 100, 105, 0, '{"counts":{"created":3}}');
