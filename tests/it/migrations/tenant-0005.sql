INSERT INTO reference_people (employee_id, standing) VALUES ('1', 'employed'), ('2', 'left');
INSERT INTO reference_keys (selector, public_key, created_at, signs_from)
VALUES ('k1', x'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 300, 300);
INSERT INTO issued_references VALUES (0, '0190b3c0-0000-7000-8000-000000000001', '2', '2026-10-31', 'status', x'7b7d',
    x'44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 'k1', 1, 17, 'plugin',
    x'0000000000000000000000000000000000000000000000000000000000000000', 301, 'valid', '', 301);
INSERT INTO reference_log_head (size, root, cosignatures)
VALUES (1, x'0101010101010101010101010101010101010101010101010101010101010101', '');
INSERT INTO reference_deliveries VALUES (0, 'one@acme.example', 'waiting', 301, 1, 400, 'busy', 301);
