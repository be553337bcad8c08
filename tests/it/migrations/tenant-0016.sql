UPDATE accounts SET active = 0 WHERE account_id = 'a-2';
INSERT INTO archivings (account_id, archived_at, terminations) VALUES ('a-2', 900, 1);
