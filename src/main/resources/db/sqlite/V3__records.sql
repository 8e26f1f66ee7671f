-- What the owners of partitions hold in memory and keep here: documents and vectors. A record is
-- opaque content under an id of its collection.

CREATE TABLE records (
  collection TEXT    NOT NULL,
  -- 0 to 255, from a hash of the id and the same for ever. An owner has a range of slices, which
  -- this key reads back as one scan, however many owners there are.
  slice      INTEGER NOT NULL,
  id         TEXT    NOT NULL,
  version    INTEGER NOT NULL,
  -- The save that wrote the row: a save run again knows its own rows by it.
  change_id  INTEGER NOT NULL,
  content    BLOB    NOT NULL,
  PRIMARY KEY (collection, slice, id)
) STRICT, WITHOUT ROWID;

-- The highest version of what was deleted: nothing made anew starts below it.
CREATE TABLE record_floors (
  collection TEXT    NOT NULL PRIMARY KEY,
  version    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 3;
