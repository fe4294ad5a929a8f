-- One row for each dispatch that was accepted.
--
--   seq        the sequence in which they were accepted
--   id         Receipt::$id, a UUIDv7; only operators look for it, among what is not delivered
--   key, body  keyed hashes of idempotency key and body
--   endpoint   keyed hash of the endpoint
--   lane       keyed hash of endpoint and order id, or else of id: rows of one lane leave in their sequence
--   state      outbox::State
--   due        when it is to be sent, in milliseconds of the epoch; while it is being sent, when that lease ends; NULL: not before the row ahead
--              in its lane is done, or never
--   lease      who sends it
--   attempts   how often sending it was tried
--   deferrals  how often it was put off: its place in the schedule
--   status     the last answer's HTTP status
--   since      when it was accepted; when it was delivered, once it is
--   sealed     the sealed order; the sealed receipt, once it is delivered
--
-- SQLite keeps the text of these statements, and reads it at each opening: so it is short. Each index costs every order a page or two.
CREATE TABLE dispatch (seq INTEGER PRIMARY KEY, id BLOB NOT NULL, key BLOB NOT NULL UNIQUE, body BLOB NOT NULL, endpoint INTEGER NOT NULL,
lane INTEGER NOT NULL, state INTEGER NOT NULL, due INTEGER, lease INTEGER, attempts INTEGER NOT NULL, deferrals INTEGER NOT NULL,
status INTEGER, since INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
CREATE INDEX dispatch_lane ON dispatch (lane) WHERE state < 2;
CREATE INDEX dispatch_state ON dispatch (state, endpoint) WHERE state <> 2;
CREATE INDEX dispatch_due ON dispatch (endpoint, due) WHERE due IS NOT NULL;
CREATE INDEX dispatch_delivered ON dispatch (lane, since) WHERE state = 2;

-- What drainers share, what was counted, the sealed key of the keyed hashes, and whether the log is in doubt.
CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES
    ('drainer_until', 0), ('last_delivery', 0), ('next_send', 0), ('delivered', 0), ('rejected', 0), ('dead', 0);
