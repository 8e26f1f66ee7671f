-- Which ledger this file keeps. One row. The identity is made with the schema, also that of a copy:
-- a copy is another ledger from the moment on at which it is served. A version 4 UUID.

CREATE TABLE ledger (
  one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  id  TEXT    NOT NULL
) STRICT;

INSERT INTO ledger
SELECT 1, substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-4' || substr(h, 14, 3) || '-'
  || substr('89ab', 1 + (random() & 3), 1) || substr(h, 18, 3) || '-' || substr(h, 21, 12)
FROM (SELECT lower(hex(randomblob(16))) AS h);

-- Into how many parts each kind is divided, as the first process that served it was configured.
CREATE TABLE partition_counts (
  kind       TEXT    NOT NULL PRIMARY KEY,
  partitions INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 5;
