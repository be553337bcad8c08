-- Who gave a command; host/migrations/control says what each column is.
ALTER TABLE audit ADD COLUMN os_user TEXT;
ALTER TABLE audit ADD COLUMN asked_by TEXT;
