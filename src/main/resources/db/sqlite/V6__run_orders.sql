-- Whose row a run is and whether it shall end. A settlement that is continued gets a new attempt: what
-- the earlier one still writes finds another number there and moves nothing. Cancelling a run marks its
-- row, which the node that works on it reads while it does.

ALTER TABLE runs ADD COLUMN attempt INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0;

PRAGMA user_version = 6;
