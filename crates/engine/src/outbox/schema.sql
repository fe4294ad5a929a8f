-- One row for each dispatch that was accepted. Every statement that opens a database is read again at each call, and every index that a new
-- row is in is one more page to write: there are no more of either than are needed.
CREATE TABLE dispatch (
    -- The sequence in which they were accepted.
    seq INTEGER PRIMARY KEY,
    -- Receipt::$id, a UUIDv7. Only operators look for it, among what is not delivered.
    id BLOB NOT NULL,
    -- Keyed hashes of idempotency key and body.
    key BLOB NOT NULL UNIQUE,
    body BLOB NOT NULL,
    -- Keyed hashes of the endpoint, and of endpoint and order id (or else of the id): rows of one lane leave in their sequence.
    endpoint INTEGER NOT NULL,
    lane INTEGER NOT NULL,
    -- outbox::State
    state INTEGER NOT NULL,
    -- When it is to be sent, in milliseconds of the epoch. While it is being sent: when that lease ends. None: not before the row
    -- ahead in its lane is done, or never.
    due INTEGER,
    -- Who sends it.
    lease INTEGER,
    attempts INTEGER NOT NULL,
    -- How often it was put off: its place in the schedule.
    deferrals INTEGER NOT NULL,
    -- The last answer's HTTP status.
    status INTEGER,
    -- When it was accepted; when it was delivered, once it is.
    since INTEGER NOT NULL,
    -- The sealed order; the sealed receipt, once it is delivered.
    sealed BLOB NOT NULL
) STRICT;
CREATE INDEX dispatch_unfinished ON dispatch (lane, seq, state) WHERE state < 2;
CREATE INDEX dispatch_due ON dispatch (endpoint, due) WHERE due IS NOT NULL;
CREATE INDEX dispatch_delivered ON dispatch (lane, since) WHERE state = 2;
CREATE INDEX dispatch_kept ON dispatch (state, seq) WHERE state > 2;

-- What drainers share, what was counted, and the sealed key of the keyed hashes.
CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES
    ('drainer_until', 0), ('last_delivery', 0), ('next_send', 0), ('delivered', 0), ('rejected', 0), ('dead', 0);
