-- The usage is the database's own.
UPDATE entries SET value = x'0506' WHERE key = 'employee/2';
