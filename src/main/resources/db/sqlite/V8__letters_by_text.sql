-- A dead letter is replaced by the same line again; another line of the same id stands beside it.
DROP INDEX letters_derived;
CREATE UNIQUE INDEX letters_derived ON letters (derived_id, reason, coalesce(profile, ''), raw);

PRAGMA user_version = 8;
