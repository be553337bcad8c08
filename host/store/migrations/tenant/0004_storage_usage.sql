-- How much the plugin's entries take, kept by the database itself: counting them at each write would read all of them.
CREATE TABLE entries_usage (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    keys INTEGER NOT NULL,
    bytes INTEGER NOT NULL -- of keys and values
) STRICT;

INSERT INTO entries_usage (id, keys, bytes)
SELECT 1, count(*), coalesce(sum(length(CAST(key AS BLOB)) + length(value)), 0) FROM entries;

CREATE TRIGGER entries_added AFTER INSERT ON entries BEGIN
    UPDATE entries_usage SET keys = keys + 1, bytes = bytes + length(CAST(new.key AS BLOB)) + length(new.value);
END;

CREATE TRIGGER entries_changed AFTER UPDATE ON entries BEGIN
    UPDATE entries_usage SET bytes = bytes + length(new.value) - length(old.value);
END;

CREATE TRIGGER entries_removed AFTER DELETE ON entries BEGIN
    UPDATE entries_usage SET keys = keys - 1, bytes = bytes - length(CAST(old.key AS BLOB)) - length(old.value);
END;
