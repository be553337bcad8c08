INSERT INTO setup_steps VALUES ('acme', 'people', 'ana@acme.example', '8dd866216702', 900);
