-- Which ledger this database keeps, and the nodes that serve it. Runs within the schema that belongs
-- to Purser, which is the search path.

-- One row. The identity is made with the schema, also that of a copy: a copy is another ledger from
-- the moment on at which it is served.
CREATE TABLE ledger (
  one integer          NOT NULL PRIMARY KEY CHECK (one = 1),
  id  text COLLATE "C" NOT NULL
);

INSERT INTO ledger VALUES (1, gen_random_uuid()::text);

-- Into how many parts each kind is divided, as the first node that served the ledger was configured.
CREATE TABLE partition_counts (
  kind       text COLLATE "C" NOT NULL PRIMARY KEY,
  partitions bigint           NOT NULL
);

-- The leases of nodes. A node renews its row about every second. Who finds a row unchanged for
-- lease_millis, by its own monotonic clock, may delete it: a node whose row is gone writes nothing
-- and answers nothing from memory.
CREATE TABLE nodes (
  -- The node's incarnation: random for each start, and that of its cluster membership.
  uid          bigint           NOT NULL PRIMARY KEY,
  address      text COLLATE "C" NOT NULL,
  lease_millis bigint           NOT NULL,
  -- Counts the renewals.
  beat         bigint           NOT NULL DEFAULT 0,
  -- Whether it may own partitions: it has formed the cluster, or is a member.
  owner        boolean          NOT NULL DEFAULT false,
  -- Whether another node has ended its renewals.
  fenced       boolean          NOT NULL DEFAULT false
) WITH (fillfactor = 50);

COMMENT ON TABLE customers IS 'Purser ledger 2';
