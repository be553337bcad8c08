INSERT INTO source_states (at, selection, state) VALUES (100, 'all', '[]');
INSERT INTO kept_fields (account_id, field) VALUES ('a-1', 'title');
