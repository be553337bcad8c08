-- The API log has the commands of this machine too: who gave them. Null: it came through the API, or is of an earlier
-- version.
ALTER TABLE audit ADD COLUMN os_user TEXT; -- the system's user
ALTER TABLE audit ADD COLUMN asked_by TEXT; -- the person in whose name it was, as `--by` says; one of the operator's
