UPDATE fence SET generation = 5;
INSERT INTO plans (digest, content) VALUES ('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', x'7b7d');
INSERT INTO journals (kind, started_at, plan, held, settings, plugin)
VALUES ('sync', 400, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', '{}', 'settings', 'plugin');
INSERT INTO journal_events (journal, generation, change, event, made, at)
VALUES (1, 5, 'create/3', 'started', '', 401), (1, 5, 'create/3', 'finished', '{}', 402);
