INSERT INTO runs (kind, trigger, started_at, finished_at, exit_code, report)
VALUES ('sync', 'schedule', 200, 205, 0, '{"counts":{"updated":1}}');
INSERT INTO run_updates VALUES (2, 0, '1', 'Ada Example', 'update', 'city', 'Bonn', 'Berlin', 'done');
