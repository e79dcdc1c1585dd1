-- Names of streams, as the bytes that they are: convert_from(name, 'UTF8') shows one. An id is never used for another stream: a deleted stream keeps its row until its events are gone.
CREATE TABLE stream (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name bytea NOT NULL,
  deleted_at timestamptz,
  last_epoch int NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX stream_name ON stream (name) WHERE deleted_at IS NULL;
CREATE INDEX stream_deleted ON stream (name, last_epoch) WHERE deleted_at IS NOT NULL;

-- A stream is a chain of rows: behind a row with events comes (seq + count, 0), behind one without (seq, sub + 1). Two rows can't
-- have one place, so of an append and of a fence that wants to go before it, one loses.
CREATE TABLE event (
  stream_id bigint NOT NULL,
  seq bigint NOT NULL,
  owner bigint NOT NULL,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  recorded_at timestamptz NOT NULL,
  first_seq bigint NOT NULL,
  sub int NOT NULL,
  count int NOT NULL,
  epoch int NOT NULL,
  ordinal int NOT NULL,
  kind smallint NOT NULL,
  checkpoint_seq bigint,
  base_seq bigint,
  base_sub int,
  payload bytea,
  PRIMARY KEY (stream_id, seq, sub)
) /*partitions*/;
CREATE INDEX event_feed ON event (tx);

-- What may be deleted: events before a sequence, once nobody can be writing there any more.
CREATE TABLE trim (
  stream_id bigint PRIMARY KEY,
  before_seq bigint NOT NULL,
  since timestamptz NOT NULL DEFAULT now()
);
