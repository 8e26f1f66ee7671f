-- Customers, their events and the bulk lane. Text is compared by its UTF-8 bytes (COLLATE "C").
-- Money is in minor units, `_micros` and `_millis` count from 1970. Runs within the schema that
-- belongs to Purser, which is the search path.

CREATE TABLE customers (
  id              text COLLATE "C" NOT NULL PRIMARY KEY,
  -- 0 while a transaction holds the id of a customer that it may make; never committed.
  version         bigint NOT NULL,
  change_id       bigint NOT NULL,
  -- Refunds of this version and below are settled: settling touches no refund.
  settled_version bigint NOT NULL,
  first_micros    bigint,
  last_micros     bigint
) WITH (fillfactor = 80);

CREATE TABLE totals (
  customer        text COLLATE "C" NOT NULL,
  currency        text COLLATE "C" NOT NULL,
  purchases       bigint NOT NULL,
  gross_minor     bigint NOT NULL,
  refunds         bigint NOT NULL,
  pending_refunds bigint NOT NULL,
  pending_minor   bigint NOT NULL,
  settled_minor   bigint NOT NULL,
  PRIMARY KEY (customer, currency)
) WITH (fillfactor = 80);

CREATE INDEX totals_pending ON totals (customer) WHERE pending_refunds > 0;

-- Names and values may have 4 KiB, more than an index entry can hold: they are found by their
-- hashes. Whoever writes a customer's preferences holds the customer's row, so that none is there
-- twice.
CREATE TABLE preferences (
  customer text COLLATE "C" NOT NULL,
  name     text COLLATE "C" NOT NULL,
  value    text COLLATE "C" NOT NULL
);

CREATE INDEX preferences_by_customer ON preferences (customer);
CREATE INDEX preferences_by_value
  ON preferences (hashtextextended(name, 0), hashtextextended(value, 0), customer);

CREATE TABLE purchases (
  customer       text COLLATE "C" NOT NULL,
  id             text COLLATE "C" NOT NULL,
  sku            text COLLATE "C" NOT NULL,
  description    text COLLATE "C",
  quantity       bigint NOT NULL,
  amount_minor   bigint NOT NULL,
  currency       text COLLATE "C" NOT NULL,
  at_micros      bigint NOT NULL,
  -- The save that inserted the row: a save run again knows its own rows by it.
  change_id      bigint NOT NULL,
  refunded_minor bigint NOT NULL DEFAULT 0,
  -- 1 if the customer has 1,000 purchases or more: only theirs are kept in the order of time.
  listed         smallint NOT NULL DEFAULT 0,
  PRIMARY KEY (customer, id)
);

CREATE INDEX purchases_by_time ON purchases (customer, at_micros DESC, id) WHERE listed = 1;

CREATE TABLE refunds (
  customer     text COLLATE "C" NOT NULL,
  id           text COLLATE "C" NOT NULL,
  purchase_id  text COLLATE "C",
  sku          text COLLATE "C",
  description  text COLLATE "C",
  quantity     bigint,
  amount_minor bigint NOT NULL,
  currency     text COLLATE "C" NOT NULL,
  reason       text COLLATE "C",
  at_micros    bigint NOT NULL,
  change_id    bigint NOT NULL,
  -- The version of the save that inserted the row; compared with customers.settled_version.
  version      bigint NOT NULL,
  PRIMARY KEY (customer, id)
);

CREATE INDEX refunds_by_time ON refunds (customer, at_micros DESC, id);

-- What each settlement with an id applied (refunds and amount_minor, 0 where nothing was pending)
-- and the totals it left, so that the same id again is told the first result. One row a currency of
-- the customer, or one of currency '' if there is none.
CREATE TABLE settlements (
  settlement    text COLLATE "C" NOT NULL,
  customer      text COLLATE "C" NOT NULL,
  currency      text COLLATE "C" NOT NULL,
  refunds       bigint NOT NULL,
  amount_minor  bigint NOT NULL,
  purchases     bigint NOT NULL,
  gross_minor   bigint NOT NULL,
  all_refunds   bigint NOT NULL,
  settled_minor bigint NOT NULL,
  change_id     bigint NOT NULL,
  PRIMARY KEY (settlement, customer, currency)
);

CREATE INDEX settlements_by_customer ON settlements (customer);

-- SHA-256 of the ids that may not come back.
CREATE TABLE suppressions (
  hash bytea NOT NULL PRIMARY KEY
);

-- Erasures that the cache has not confirmed yet.
CREATE TABLE erasures (
  customer  text COLLATE "C" NOT NULL PRIMARY KEY,
  version   bigint NOT NULL,
  change_id bigint NOT NULL
);

-- The highest version among erasures forgotten since: no customer made anew starts below it.
CREATE TABLE erased_floor (
  one     integer NOT NULL PRIMARY KEY CHECK (one = 1),
  version bigint  NOT NULL
);

INSERT INTO erased_floor VALUES (1, 0);

-- raw and header are what was sent, U+0000 and all, which text cannot hold.
CREATE TABLE letters (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run        text COLLATE "C" NOT NULL,
  line       bigint NOT NULL,
  reason     text COLLATE "C" NOT NULL,
  code       text COLLATE "C" NOT NULL,
  message    text COLLATE "C" NOT NULL,
  raw        bytea NOT NULL,
  profile    text COLLATE "C",
  header     bytea,
  derived_id text COLLATE "C" NOT NULL,
  customer   text COLLATE "C",
  at_millis  bigint NOT NULL
);

CREATE UNIQUE INDEX letters_derived ON letters (derived_id, reason, coalesce(profile, ''));
CREATE INDEX letters_by_run ON letters (run);
CREATE INDEX letters_by_customer ON letters (customer) WHERE customer IS NOT NULL;

CREATE TABLE runs (
  id              text COLLATE "C" NOT NULL PRIMARY KEY,
  kind            text COLLATE "C" NOT NULL,
  state           text COLLATE "C" NOT NULL,
  key             text COLLATE "C",
  started_millis  bigint NOT NULL,
  finished_millis bigint,
  report          text COLLATE "C" NOT NULL,
  seen_millis     bigint NOT NULL DEFAULT 0
);

CREATE UNIQUE INDEX runs_by_key ON runs (kind, key) WHERE key IS NOT NULL;

-- Running runs by their last sign of life: what is silent for long is dead, and is marked so.
CREATE INDEX runs_running ON runs (seen_millis) WHERE state = 'running';

-- What the owners of partitions hold in memory and keep here: documents and vectors. A record is
-- opaque content under an id of its collection.
CREATE TABLE records (
  collection text COLLATE "C" NOT NULL,
  -- 0 to 255, from a hash of the id and the same for ever. An owner has a range of slices, which
  -- this key reads back as one scan, however many owners there are.
  slice      bigint NOT NULL,
  id         text COLLATE "C" NOT NULL,
  version    bigint NOT NULL,
  -- The save that wrote the row: a save run again knows its own rows by it.
  change_id  bigint NOT NULL,
  content    bytea  NOT NULL,
  PRIMARY KEY (collection, slice, id)
);

-- The highest version of what was deleted: nothing made anew starts below it.
CREATE TABLE record_floors (
  collection text COLLATE "C" NOT NULL PRIMARY KEY,
  version    bigint NOT NULL
);

-- Whose table it is and the schema's version: what an opening connection looks at, and no more.
COMMENT ON TABLE customers IS 'Purser ledger 1';
