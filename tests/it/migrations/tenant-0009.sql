INSERT INTO runs (kind, trigger, job, started_at, finished_at, exit_code, report)
VALUES ('sync', 'schedule', '7@400', 500, 505, 0, '{"counts":{"updated":1}}');
