-- A dead letter is replaced by the same line again; another line of the same id stands beside it.
-- The text itself may be longer than what an entry of an index can hold.
DROP INDEX letters_derived;
CREATE UNIQUE INDEX letters_derived
  ON letters (derived_id, reason, coalesce(profile, ''), sha256(raw));

COMMENT ON TABLE customers IS 'Purser ledger 5';
