-- Where the rows are: the server, the database, the table and the timeline. Rows that are found in another place came from a dump or a backup.
ALTER TABLE store ADD COLUMN place text;

-- Transactions that followers of the change feed may have read, and that a restore took back: those after after_tx and before next_tx, which
-- is the first one after the restore.
CREATE TABLE taken_back (
  after_tx bigint NOT NULL,
  next_tx bigint NOT NULL
);
