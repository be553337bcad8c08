INSERT INTO people (tag, wrapped) VALUES (zeroblob(32), x'0102');
INSERT INTO forgotten (tag, times, at, is_lifted, is_swept)
VALUES (x'0101010101010101010101010101010101010101010101010101010101010101', 2, 450, 0, 1);
INSERT INTO forgotten_accounts (tag, person)
VALUES (zeroblob(32), x'0101010101010101010101010101010101010101010101010101010101010101');
INSERT INTO run_updates (run, position, employee_id, name, action, field, before, after, result, sealed)
VALUES (1, 9, '', '', 'Created', '', '', '', 'Done', '{"person":1,"sealed":"AAAA"}');
