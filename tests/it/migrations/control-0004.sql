INSERT INTO jobs (id, tenant, kind, lane, trigger, arguments, start_at, priority, state, queued_at)
VALUES (7, 'acme', 'sync', 'directory', 'manual', '{}', 400, 1, 'queued', 400);
INSERT INTO schedules VALUES ('acme', 'sync', '0 2 * * *', 'Europe/Berlin', 0, 9000000000000, 9000000000000);
