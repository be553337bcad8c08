INSERT INTO approvals (plan, settings, plugin, reasons, changes, trigger, requested_by, created_at, lapses_at, state, decided_by, decided_with, decided_at)
VALUES ('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 'settings', 'plugin', '{"source":null,"guards":[]}', 1, 'schedule', NULL, 400, 1000, 'approved', 'ana@acme.example', 'token 1', 450);
