INSERT INTO ordered_links VALUES ('5', 'a-5', 700);
INSERT INTO unlinked_accounts VALUES ('a-6', '6', 710);
INSERT INTO open_cases VALUES ('7', 'EMPLOYEE_VANISHED', 720);
