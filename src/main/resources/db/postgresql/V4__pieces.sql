-- Maintenance goes in pieces, each of few rows, in the order of an index.

-- Dead letters and settlements go by their age; those of a run or a customer are paged by their ids.
CREATE INDEX letters_by_time ON letters (at_millis, id);
DROP INDEX letters_by_run;
CREATE INDEX letters_by_run ON letters (run, id);
DROP INDEX letters_by_customer;
CREATE INDEX letters_by_customer ON letters (customer, id) WHERE customer IS NOT NULL;

-- Nobody knows how old those are that were made before: they are kept as if they were made now.
ALTER TABLE settlements
  ADD COLUMN at_millis bigint NOT NULL DEFAULT (extract(epoch FROM now()) * 1000)::bigint;
ALTER TABLE settlements ALTER COLUMN at_millis DROP DEFAULT;
CREATE INDEX settlements_by_time ON settlements (at_millis);
DROP INDEX settlements_by_customer;
CREATE INDEX settlements_by_customer ON settlements (customer, settlement, currency);

-- 1 while rows of the customer are left: nobody sees them, and the customer cannot be made anew.
ALTER TABLE erasures ADD COLUMN purging smallint NOT NULL DEFAULT 0;
CREATE INDEX erasures_purging ON erasures (customer) WHERE purging = 1;

COMMENT ON TABLE customers IS 'Purser ledger 4';
