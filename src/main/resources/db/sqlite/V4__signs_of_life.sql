-- When a running run last gave a sign of life, by the database's clock: what is silent for long is
-- dead, and is marked so. Few runs are running, so the index is nearly empty.

ALTER TABLE runs ADD COLUMN seen_millis INTEGER NOT NULL DEFAULT 0;

CREATE INDEX runs_running ON runs (seen_millis) WHERE state = 'running';

PRAGMA user_version = 4;
