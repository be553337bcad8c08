INSERT INTO secrets VALUES ('acme', 'hibob.token', 'https://api.hibob.com', 'key', x'00', x'00', 300);
