INSERT INTO reference_notices (log_index, message_id, state, since, attempts, next_at, said, changed_at) VALUES (0, '<0190b3c0.revoked@acme.example>', 'waiting', 800, 0, 800, '', 800);
