-- Maintenance goes in pieces, each of few rows, in the order of an index.

-- Dead letters and settlements go by their age.
CREATE INDEX letters_by_time ON letters (at_millis);

ALTER TABLE settlements ADD COLUMN at_millis INTEGER NOT NULL DEFAULT 0;

-- Nobody knows how old those are that were made before: they are kept as if they were made now.
UPDATE settlements SET at_millis = CAST(unixepoch('subsec') * 1000 AS INTEGER);

CREATE INDEX settlements_by_time ON settlements (at_millis);

-- 1 while rows of the customer are left: nobody sees them, and the customer cannot be made anew.
ALTER TABLE erasures ADD COLUMN purging INTEGER NOT NULL DEFAULT 0;

CREATE INDEX erasures_purging ON erasures (customer) WHERE purging = 1;

PRAGMA user_version = 7;
