INSERT INTO reference_departures (employee_id, ended_on, seen_at, why, details) VALUES ('9', '2026-11-30', 700, 'grace-time', x'7b7d');
