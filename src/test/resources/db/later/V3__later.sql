-- A migration as a later version would bring it; only tests know of it.
CREATE TABLE later (note TEXT NOT NULL) STRICT;
INSERT INTO later SELECT 'found ' || count(*) FROM purchases;
PRAGMA user_version = 3;
