//! What operators and drainers do with rows, sending apart: look at them, retry, discard, tidy up.

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use super::{
    Settings, State, column, connection,
    fault::Fault,
    file, lane, millis,
    record::{self, StoredOrder, StoredReceipt},
    seal::{Binding, Purpose, Unopenable},
    store::{self, Keyring, Store},
};

/// A row, as an operator sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The dispatch's id.
    pub id: Uuid,
    /// The state's name. `held` is also said of rows for another endpoint than the one that is set.
    pub state: &'static str,
    /// The order's id, if it has one and the row can be opened.
    pub order_id: Option<String>,
    /// How often sending it was tried.
    pub attempts: u32,
    /// The last answer's HTTP status.
    pub status: Option<u16>,
    /// When it was accepted (a delivered one: delivered), in seconds of the epoch.
    pub since: i64,
    /// When it is tried next, in seconds of the epoch. None: it waits for the one ahead in its lane, or is not tried.
    pub due: Option<i64>,
    /// A later dispatch of the same order was delivered: sending this one turns the clock back, and needs force.
    pub superseded: bool,
    /// Why it is held.
    pub reason: Option<&'static str>,
}

/// What became of a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retried {
    /// It is due.
    Armed,
    /// There is no such row that could be sent: it is delivered, being sent, or cannot be opened.
    No,
    /// A later dispatch of the same order was delivered.
    Superseded,
}

/// How many rows there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// To be sent.
    pub queued: u64,
    /// Sent, and not answered.
    pub unconfirmed: u64,
    /// Not to be opened, or for another endpoint than the one that is set.
    pub held: u64,
    /// Refused by the API, and kept.
    pub rejected: u64,
    /// Given up, and kept.
    pub dead: u64,
    /// When the oldest one that is to be sent was accepted, in milliseconds of the epoch.
    pub oldest: Option<i64>,
    /// How many were delivered, rejected and given up since the file was made.
    pub ever: Ever,
}

/// What was counted since the file was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ever {
    /// Orders that the API took.
    pub delivered: u64,
    /// Orders that it refused.
    pub rejected: u64,
    /// Orders that were given up.
    pub dead: u64,
}

impl Tally {
    /// How many rows of each state there are, by the names of `Outbox::list()`.
    #[must_use]
    pub fn by_state(&self) -> [(&'static str, u64); 5] {
        let Self { queued, unconfirmed, held, rejected, dead, .. } = *self;
        [
            ("queued", queued),
            ("unconfirmed", unconfirmed),
            ("held", held),
            ("rejected", rejected),
            ("dead", dead),
        ]
    }
}

const COLUMNS: &str =
    "seq, id, endpoint, lane, state, due, lease IS NOT NULL, attempts, status, since, sealed";

/// How long an operator waits for others' locks.
const LOCK_WAIT: Duration = Duration::from_secs(5);

impl Settings {
    /// Rows in the sequence in which they were accepted; of one state, or all that are not delivered.
    ///
    /// # Errors
    /// [`Fault`], as the other functions: the outbox cannot be used.
    pub fn list(&self, limit: u32, state: Option<&str>) -> Result<Vec<Listed>, Fault> {
        self.store(LOCK_WAIT).list(limit, state)
    }

    /// The row of an idempotency key, whatever its state.
    ///
    /// # Errors
    /// As [`Settings::list`].
    pub fn find(&self, idempotency_key: &str) -> Result<Option<Listed>, Fault> {
        self.store(LOCK_WAIT).find(idempotency_key)
    }

    /// Makes a row due, whatever it waits for.
    ///
    /// # Errors
    /// As [`Settings::list`].
    pub fn retry(&self, id: Uuid, force: bool) -> Result<Retried, Fault> {
        self.store(LOCK_WAIT).retry(id, force)
    }

    /// Makes all rows of a state due, but those that need force, and tells of each. Returns how many.
    ///
    /// # Errors
    /// As [`Settings::list`]; what was told is done.
    pub fn retry_all(&self, state: &str, armed: impl FnMut(Uuid)) -> Result<u64, Fault> {
        self.store(LOCK_WAIT).retry_all(state, armed)
    }

    /// Forgets a row that is neither delivered nor being sent.
    ///
    /// # Errors
    /// As [`Settings::list`].
    pub fn discard(&self, id: Uuid) -> Result<bool, Fault> {
        self.store(LOCK_WAIT).discard(id)
    }

    /// How many rows there are. Waits for nobody, and changes nothing: makes no file, no table and no key.
    ///
    /// # Errors
    /// As [`Settings::list`].
    pub fn tally(&self) -> Result<Tally, Fault> {
        if file::inspect(&self.path)?.is_none() {
            return Ok(Tally::default());
        }
        let (connection, _) = connection::connect(&self.path, Instant::now())?;
        connection.pragma_update(None, "query_only", true)?;
        if !store::is_made(&connection)? {
            return Ok(Tally::default());
        }
        self.count(&connection)
    }

    /// The tally, by a connection to a file that has the tables.
    pub(super) fn count(&self, connection: &Connection) -> Result<Tally, Fault> {
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Deferred)?;
        let keyring = Keyring::load(&transaction, self)?;
        tally(&transaction, keyring.map(|keyring| keyring.endpoint()))
    }

    pub(crate) fn store(&self, lock_wait: Duration) -> Store<'_> {
        Store::new(self, lock_wait)
    }
}

/// How many rows one transaction changes.
const BATCH: u32 = 100;

/// How many receipts one transaction deletes.
const RECEIPTS: usize = 1000;

impl Store<'_> {
    fn list(&self, limit: u32, state: Option<&str>) -> Result<Vec<Listed>, Fault> {
        self.read(|transaction, keyring, _| {
            let rows = found(transaction, keyring.endpoint(), state, 0, limit)?;
            rows.iter().map(|row| row.listed(transaction, keyring)).collect()
        })
    }

    fn find(&self, idempotency_key: &str) -> Result<Option<Listed>, Fault> {
        self.read(|transaction, keyring, _| {
            let row = Kept::find_by_key(transaction, &keyring.key(idempotency_key))?;
            row.map(|row| row.listed(transaction, keyring)).transpose()
        })
    }

    fn retry(&self, id: Uuid, force: bool) -> Result<Retried, Fault> {
        self.write(|transaction, keyring, now| {
            let row = Kept::find(transaction, id)?;
            row.map_or(Ok(Retried::No), |row| row.retry(transaction, keyring, now, force))
        })
    }

    fn retry_all(&self, state: &str, mut tell: impl FnMut(Uuid)) -> Result<u64, Fault> {
        let mut retried = 0;
        let mut after = 0;
        loop {
            let (rows, armed) = self.write(|transaction, keyring, now| {
                let rows = found(transaction, keyring.endpoint(), Some(state), after, BATCH)?;
                let mut armed = Vec::new();
                for row in &rows {
                    if row.retry(transaction, keyring, now, false)? == Retried::Armed {
                        armed.push(row.id);
                    }
                }
                Ok((rows, armed))
            })?;
            retried += armed.len() as u64;
            armed.into_iter().for_each(&mut tell);
            match rows.last() {
                Some(last) if rows.len() == BATCH as usize => after = last.seq,
                _ => return Ok(retried),
            }
        }
    }

    fn discard(&self, id: Uuid) -> Result<bool, Fault> {
        self.write(|transaction, _, now| {
            let lane = transaction
                .query_row(
                    "DELETE FROM dispatch WHERE state <> 2 AND id = ?1 AND lease IS NULL RETURNING lane",
                    [id.as_bytes()],
                    |row| row.get(0),
                )
                .optional()?;
            if let Some(lane) = lane {
                lane::settle(transaction, lane, now)?;
            }
            Ok(lane.is_some())
        })
    }

    /// How many rows are to be sent without anybody's doing.
    pub(crate) fn remaining(&self) -> Result<u64, Fault> {
        self.read(|transaction, keyring, _| {
            let sql = "SELECT count(*) FROM dispatch WHERE state <> 2 AND state IN (0, 1) AND endpoint = ?1";
            Ok(transaction.query_row(sql, [keyring.endpoint()], |row| row.get(0))?)
        })
    }

    /// Says that a drainer is at work for so long, so that nobody else probes a dead API.
    pub(crate) fn announce_drainer(&self, duration: Duration) -> Result<(), Fault> {
        self.write(|transaction, _, now| {
            let until = now + millis(duration);
            transaction.execute("UPDATE meta SET value = ?1 WHERE name = 'drainer_until'", [until])?;
            Ok(())
        })
    }

    /// Deletes receipts at the end of their retention, and calls rows to order whose time lies further ahead than any that is ever set:
    /// somebody set the clock back.
    pub(crate) fn tidy(&self) -> Result<(), Fault> {
        const FURTHEST: Duration = Duration::from_hours(48);
        let retention = self.settings().retention;
        self.write(|transaction, keyring, now| {
            transaction.execute(
                "UPDATE dispatch SET due = ?2 WHERE endpoint = ?1 AND due > ?3",
                [keyring.endpoint(), now, now + millis(FURTHEST)],
            )?;
            Ok(())
        })?;
        loop {
            // Looked for without the lock, which others wait for: there may be a month's receipts.
            let old = self.read(|transaction, _, now| {
                let mut statement = transaction.prepare(
                    "SELECT seq FROM dispatch INDEXED BY dispatch_delivered WHERE state = 2 AND since < ?1 LIMIT ?2",
                )?;
                let rows =
                    statement.query_map(params![now - millis(retention), RECEIPTS], |row| row.get::<_, i64>(0))?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?)
            })?;
            if old.is_empty() {
                return Ok(());
            }
            self.write(|transaction, _, now| {
                // A row may be another by now.
                let mut statement = transaction
                    .prepare("DELETE FROM dispatch WHERE seq = ?1 AND state = 2 AND since < ?2")?;
                for seq in &old {
                    statement.execute(params![seq, now - millis(retention)])?;
                }
                Ok(())
            })?;
            if old.len() < RECEIPTS {
                return Ok(());
            }
        }
    }
}

/// Counts rows; without an endpoint, since no key opens the index key, all that are to be sent are held.
fn tally(transaction: &Transaction<'_>, endpoint: Option<i64>) -> Result<Tally, Fault> {
    // Counting is fastest where no column is looked at; so what is queued is what is none of the others, of which there are few.
    let counts = "WITH kept AS NOT MATERIALIZED (SELECT seq, state, endpoint FROM dispatch INDEXED BY dispatch_state WHERE state <> 2)
         SELECT (SELECT count(*) FROM kept),
             (SELECT count(*) FROM kept WHERE state = 1 AND endpoint = ?1),
             (SELECT count(*) FROM kept WHERE state = 0 AND endpoint < ?1) + (SELECT count(*) FROM kept WHERE state = 0 AND endpoint > ?1)
             + (SELECT count(*) FROM kept WHERE state = 1 AND endpoint < ?1) + (SELECT count(*) FROM kept WHERE state = 1 AND endpoint > ?1),
             (SELECT count(*) FROM kept WHERE state = 3), (SELECT count(*) FROM kept WHERE state = 4),
             (SELECT count(*) FROM kept WHERE state = 5), (SELECT count(*) FROM kept WHERE state = 6),
             min(ifnull((SELECT min(seq) FROM kept WHERE state = 0 AND endpoint = ?1), ?2),
                 ifnull((SELECT min(seq) FROM kept WHERE state = 1 AND endpoint = ?1), ?2))";
    let (mut tally, oldest) = transaction.query_row(counts, params![endpoint, i64::MAX], |row| {
        let number = |column| row.get::<_, u64>(column);
        let (all, unconfirmed, others) = (number(0)?, number(1)?, number(2)?);
        let (rejected, dead, unopenable, parked) = (number(3)?, number(4)?, number(5)?, number(6)?);
        let unfinished = all.saturating_sub(rejected + dead + unopenable + parked);
        let others = endpoint.map_or(unfinished, |_| others);
        let tally = Tally {
            queued: unfinished.saturating_sub(unconfirmed + others),
            unconfirmed: unconfirmed + parked,
            held: others + unopenable,
            rejected,
            dead,
            ..Tally::default()
        };
        Ok((tally, row.get::<_, i64>(7)?))
    })?;
    let since = "SELECT since FROM dispatch WHERE seq = ?1";
    tally.oldest = transaction.query_row(since, [oldest], |row| row.get(0)).optional()?;
    let ever = |name| {
        let value = transaction.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0));
        value.unwrap_or_default()
    };
    tally.ever = Ever { delivered: ever("delivered"), rejected: ever("rejected"), dead: ever("dead") };
    Ok(tally)
}

/// Rows of one state by its name, or all that are not delivered, after a place in the sequence.
fn found(
    transaction: &Transaction<'_>,
    endpoint: i64,
    state: Option<&str>,
    after: i64,
    limit: u32,
) -> Result<Vec<Kept>, Fault> {
    let of = match state {
        None => "INDEXED BY dispatch_state WHERE state <> 2",
        Some("queued") => "INDEXED BY dispatch_state WHERE state <> 2 AND state = 0 AND endpoint = ?1",
        Some("unconfirmed") => {
            "INDEXED BY dispatch_state WHERE state <> 2 AND ((state = 1 AND endpoint = ?1) OR state = 6)"
        }
        Some("held") => {
            "INDEXED BY dispatch_state WHERE state <> 2 AND ((state < 2 AND endpoint <> ?1) OR state = 5)"
        }
        Some("rejected") => "INDEXED BY dispatch_state WHERE state <> 2 AND state = 3",
        Some("dead") => "INDEXED BY dispatch_state WHERE state <> 2 AND state = 4",
        Some("delivered") => "WHERE state = 2",
        Some(_) => return Ok(Vec::new()),
    };
    let sql = format!("SELECT {COLUMNS} FROM dispatch {of} AND seq > ?2 ORDER BY seq LIMIT ?3");
    let mut statement = transaction.prepare(&sql)?;
    let rows = statement.query_map(params![endpoint, after, limit], Kept::read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A row, whole.
struct Kept {
    seq: i64,
    id: Uuid,
    endpoint: i64,
    lane: i64,
    state: State,
    due: Option<i64>,
    is_leased: bool,
    attempts: u32,
    status: Option<u16>,
    since: i64,
    sealed: Vec<u8>,
}

impl Kept {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            id: column::id(row, 1)?,
            endpoint: row.get(2)?,
            lane: row.get(3)?,
            state: column::state(row, 4)?,
            due: row.get(5)?,
            is_leased: row.get(6)?,
            attempts: column::count(row, 7)?,
            status: column::status(row, 8)?,
            since: row.get(9)?,
            sealed: row.get(10)?,
        })
    }

    fn find(transaction: &Transaction<'_>, id: Uuid) -> Result<Option<Self>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM dispatch WHERE state <> 2 AND id = ?1");
        Ok(transaction.query_row(&sql, [id.as_bytes()], Self::read).optional()?)
    }

    fn find_by_key(transaction: &Transaction<'_>, key: &[u8; 16]) -> Result<Option<Self>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM dispatch WHERE key = ?1");
        Ok(transaction.query_row(&sql, [key], Self::read).optional()?)
    }

    fn open(&self, keyring: &Keyring<'_>) -> Result<Vec<u8>, Unopenable> {
        let purpose = if self.state == State::Delivered { Purpose::Receipt } else { Purpose::Order };
        keyring.open(Binding { purpose, row: self.id.as_bytes(), endpoint: self.endpoint }, &self.sealed)
    }

    fn listed(&self, transaction: &Transaction<'_>, keyring: &Keyring<'_>) -> Result<Listed, Fault> {
        let record = self.open(keyring);
        let order_id = record.as_ref().ok().and_then(|record| {
            let order_id = if self.state == State::Delivered {
                record::decode::<StoredReceipt<'_>>(record)?.order_id
            } else {
                record::decode::<StoredOrder<'_>>(record)?.order_id
            };
            order_id.map(Cow::into_owned)
        });
        let is_of_other_endpoint = self.is_of_other_endpoint(keyring);
        let lane = match &record {
            Ok(_) if self.state != State::Delivered => {
                keyring.lane(keyring.endpoint(), self.id, order_id.as_deref())
            }
            _ => self.lane,
        };
        let reason = match &record {
            Err(Unopenable::UnknownKey) => Some("it is sealed with a key that is not in outbox_key_file"),
            Err(Unopenable::Altered) => Some("it is damaged"),
            Ok(_) if is_of_other_endpoint => Some("it was accepted for another endpoint"),
            Ok(_) => None,
        };
        Ok(Listed {
            id: self.id,
            state: if is_of_other_endpoint { State::Held.name() } else { self.state.name() },
            order_id,
            attempts: self.attempts,
            status: self.status,
            since: self.since / 1000,
            due: self.due.filter(|_| !self.is_leased && !is_of_other_endpoint).map(|due| due / 1000),
            superseded: self.is_superseded(transaction, keyring, lane)?,
            reason,
        })
    }

    fn is_of_other_endpoint(&self, keyring: &Keyring<'_>) -> bool {
        self.state.is_unfinished() && self.endpoint != keyring.endpoint()
    }

    /// Whether a later dispatch of the same order was delivered. None is, while this one is still in its lane.
    fn is_superseded(
        &self,
        transaction: &Transaction<'_>,
        keyring: &Keyring<'_>,
        lane: i64,
    ) -> Result<bool, Fault> {
        if self.state == State::Delivered
            || (self.state.is_unfinished() && !self.is_of_other_endpoint(keyring))
        {
            return Ok(false);
        }
        let sql = "SELECT EXISTS (SELECT 1 FROM dispatch WHERE lane = ?1 AND state = 2 AND since > ?2)";
        Ok(transaction.query_row(sql, params![lane, self.since], |row| row.get(0))?)
    }

    /// Seals it anew, for the endpoint and with the key that are set now.
    fn retry(
        &self,
        transaction: &Transaction<'_>,
        keyring: &Keyring<'_>,
        now: i64,
        force: bool,
    ) -> Result<Retried, Fault> {
        if self.state == State::Delivered || self.is_leased {
            return Ok(Retried::No);
        }
        let Ok(opened) = self.open(keyring) else { return Ok(Retried::No) };
        let Some(order) = record::decode::<StoredOrder<'_>>(&opened) else { return Ok(Retried::No) };
        let endpoint = keyring.endpoint();
        let lane = keyring.lane(endpoint, self.id, order.order_id.as_deref());
        if !force && self.is_superseded(transaction, keyring, lane)? {
            return Ok(Retried::Superseded);
        }
        let sealed =
            keyring.seal(Binding { purpose: Purpose::Order, row: self.id.as_bytes(), endpoint }, &opened)?;
        let state = if self.state == State::Unconfirmed { State::Unconfirmed } else { State::Queued };
        transaction.execute(
            "UPDATE dispatch SET state = ?2, endpoint = ?3, lane = ?4, sealed = ?5, deferrals = 0, since = ?6, due = NULL WHERE seq = ?1",
            params![self.seq, state as i64, endpoint, lane, sealed, now],
        )?;
        lane::settle(transaction, self.lane, now)?;
        lane::settle(transaction, lane, now)?;
        Ok(Retried::Armed)
    }
}
