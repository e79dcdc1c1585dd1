-- A random number of the commit that a row came with. An owner whose answer was lost knows its rows by it. Rows of earlier releases, fences and copies have none.
ALTER TABLE event ADD COLUMN commit_id bigint;

-- The store as a whole: one row. Its service is whoever opened it first. New streams begin behind the greatest epoch of all deleted
-- streams whose rows are gone. tx_raise is added to the server's transaction numbers; it is not 0 after a move to a server that counts
-- from a lower number.
CREATE TABLE store (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  service text,
  epoch_floor int NOT NULL DEFAULT 0,
  tx_raise bigint NOT NULL DEFAULT 0
);
INSERT INTO store DEFAULT VALUES;

-- Fences that may be deleted: what stands behind one, its transaction committed, does its work. Of a stream that was never written to
-- the whole is deleted, if the fence is the one of the owner that gave it up.
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
