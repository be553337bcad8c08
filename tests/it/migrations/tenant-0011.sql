INSERT INTO source_states (at, selection, state) VALUES (100, 'all', '[]');
