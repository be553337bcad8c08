INSERT INTO applied_plans (plan, at, journal, run) VALUES ('5ea1', 600, NULL, 3);
UPDATE journals SET changes = 2, interrupted_at = 610, interrupted_by = 'Ctrl-C', interrupted_run = 3, told_generation = 5;
