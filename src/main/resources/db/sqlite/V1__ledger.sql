-- Customers, their events and the bulk lane. Text is compared by its UTF-8 bytes (BINARY).
-- Money is in minor units, `_micros` and `_millis` count from 1970. Tables are STRICT, and those
-- with a natural key are kept in its order (WITHOUT ROWID): one B-tree less to write.

CREATE TABLE customers (
  id              TEXT    NOT NULL PRIMARY KEY,
  version         INTEGER NOT NULL,
  change_id       INTEGER NOT NULL,
  -- Refunds of this version and below are settled: settling touches no refund.
  settled_version INTEGER NOT NULL,
  first_micros    INTEGER,
  last_micros     INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE totals (
  customer        TEXT    NOT NULL,
  currency        TEXT    NOT NULL,
  purchases       INTEGER NOT NULL,
  gross_minor     INTEGER NOT NULL,
  refunds         INTEGER NOT NULL,
  pending_refunds INTEGER NOT NULL,
  pending_minor   INTEGER NOT NULL,
  settled_minor   INTEGER NOT NULL,
  PRIMARY KEY (customer, currency)
) STRICT, WITHOUT ROWID;

CREATE INDEX totals_pending ON totals (customer) WHERE pending_refunds > 0;

CREATE TABLE preferences (
  customer TEXT NOT NULL,
  name     TEXT NOT NULL,
  value    TEXT NOT NULL,
  PRIMARY KEY (customer, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX preferences_by_value ON preferences (name, value, customer);

CREATE TABLE purchases (
  customer       TEXT    NOT NULL,
  id             TEXT    NOT NULL,
  sku            TEXT    NOT NULL,
  description    TEXT,
  quantity       INTEGER NOT NULL,
  amount_minor   INTEGER NOT NULL,
  currency       TEXT    NOT NULL,
  at_micros      INTEGER NOT NULL,
  -- The save that inserted the row: a save run again knows its own rows by it.
  change_id      INTEGER NOT NULL,
  refunded_minor INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (customer, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX purchases_by_time ON purchases (customer, at_micros DESC, id);

CREATE TABLE refunds (
  customer     TEXT    NOT NULL,
  id           TEXT    NOT NULL,
  purchase_id  TEXT,
  sku          TEXT,
  description  TEXT,
  quantity     INTEGER,
  amount_minor INTEGER NOT NULL,
  currency     TEXT    NOT NULL,
  reason       TEXT,
  at_micros    INTEGER NOT NULL,
  change_id    INTEGER NOT NULL,
  -- The version of the save that inserted the row; compared with customers.settled_version.
  version      INTEGER NOT NULL,
  PRIMARY KEY (customer, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX refunds_by_time ON refunds (customer, at_micros DESC, id);

-- What each settlement with an id applied (refunds and amount_minor, 0 where nothing was pending)
-- and the totals it left, so that the same id again is told the first result. One row a currency of
-- the customer, or one of currency '' if there is none.
CREATE TABLE settlements (
  settlement    TEXT    NOT NULL,
  customer      TEXT    NOT NULL,
  currency      TEXT    NOT NULL,
  refunds       INTEGER NOT NULL,
  amount_minor  INTEGER NOT NULL,
  purchases     INTEGER NOT NULL,
  gross_minor   INTEGER NOT NULL,
  all_refunds   INTEGER NOT NULL,
  settled_minor INTEGER NOT NULL,
  change_id     INTEGER NOT NULL,
  PRIMARY KEY (settlement, customer, currency)
) STRICT, WITHOUT ROWID;

CREATE INDEX settlements_by_customer ON settlements (customer);

-- SHA-256 of the ids that may not come back.
CREATE TABLE suppressions (
  hash BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Erasures that the cache has not confirmed yet.
CREATE TABLE erasures (
  customer  TEXT    NOT NULL PRIMARY KEY,
  version   INTEGER NOT NULL,
  change_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The highest version among erasures forgotten since: no customer made anew starts below it.
CREATE TABLE erased_floor (
  one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  version INTEGER NOT NULL
) STRICT;

INSERT INTO erased_floor VALUES (1, 0);

CREATE TABLE letters (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  run        TEXT    NOT NULL,
  line       INTEGER NOT NULL,
  reason     TEXT    NOT NULL,
  code       TEXT    NOT NULL,
  message    TEXT    NOT NULL,
  raw        TEXT    NOT NULL,
  profile    TEXT,
  header     TEXT,
  derived_id TEXT    NOT NULL,
  customer   TEXT,
  at_millis  INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX letters_derived ON letters (derived_id, reason, coalesce(profile, ''));
CREATE INDEX letters_by_run ON letters (run);
CREATE INDEX letters_by_customer ON letters (customer) WHERE customer IS NOT NULL;

CREATE TABLE runs (
  id              TEXT    NOT NULL PRIMARY KEY,
  kind            TEXT    NOT NULL,
  state           TEXT    NOT NULL,
  key             TEXT,
  started_millis  INTEGER NOT NULL,
  finished_millis INTEGER,
  report          TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX runs_by_key ON runs (kind, key) WHERE key IS NOT NULL;

-- 'PURS' and the schema's version: what an opening connection looks at, and nothing else.
PRAGMA application_id = 1347768915;
PRAGMA user_version = 1;
