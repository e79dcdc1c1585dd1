-- The random number of the row's commit. An owner whose answer was lost finds its rows by it. Null in rows of earlier releases, fences and copies.
ALTER TABLE event ADD COLUMN commit_id bigint;

-- One row for the whole store. service is the Orleans service that opened it first. epoch_floor is the greatest epoch of all deleted
-- streams whose rows are gone; a new stream begins with a greater one. tx_raise is added to the server's transaction numbers; it is not 0
-- after a move to a server that counts from a lower number.
CREATE TABLE store (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  service text,
  epoch_floor int NOT NULL DEFAULT 0,
  tx_raise bigint NOT NULL DEFAULT 0
);
INSERT INTO store DEFAULT VALUES;

-- Fences that may be deleted, because a committed row stands behind them, or because their owner closed a stream without events. In the
-- second case the whole stream is deleted, if the fence is still the one of this owner.
CREATE TABLE spent_fence (
  stream_id bigint NOT NULL,
  seq bigint NOT NULL,
  sub int NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  owner bigint NOT NULL,
  PRIMARY KEY (stream_id, seq, sub)
);
CREATE INDEX spent_fence_since ON spent_fence (since);
CREATE INDEX trim_since ON trim (since);
