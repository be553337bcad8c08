INSERT INTO accounts (account_id, employee_id, active) VALUES ('a-1', '1', 1), ('a-2', '2', 0);
INSERT INTO archivings (account_id, archived_at) VALUES ('a-2', 101);
