//! Taking an order in: known by its key or new, with a lease for the caller's own attempt or without.

use std::{borrow::Cow, cell::Cell, fs, path::Path};

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{
    State,
    claim::Lease,
    column, epoch_millis,
    fault::Fault,
    lane, millis,
    record::{self, StoredOrder, StoredReceipt},
    seal::{Binding, Purpose},
    store::{Keyring, Store},
};
use crate::{order::Order, random};

/// An order, and the name under which it is to be taken.
pub(crate) struct Offer<'a> {
    pub(crate) id: Uuid,
    pub(crate) key: &'a str,
    pub(crate) order: &'a Order,
    /// Its own id, which is its lane.
    pub(crate) order_id: Option<&'a str>,
    /// The trace that it is part of.
    pub(crate) traceparent: Option<&'a str>,
}

/// What became of an offer.
pub(crate) enum Accepted {
    /// It is in, and the caller's to send.
    Leased(Lease),
    /// It is in, and its turn will come.
    Queued,
    /// It was in before, under the same key and with the same body.
    Known(Known),
    /// The key was used for another body.
    KeyOfAnother,
}

/// What is known of an earlier dispatch.
pub(crate) struct Known {
    pub(crate) id: Uuid,
    pub(crate) state: State,
    pub(crate) status: Option<u16>,
    pub(crate) attempts: u32,
    /// Sealed; None if it cannot be opened.
    pub(crate) record: Option<Vec<u8>>,
}

impl Known {
    /// Of a delivered order.
    pub(crate) fn receipt(&self) -> Option<StoredReceipt<'_>> {
        record::decode(self.record.as_ref()?)
    }

    /// Of another.
    pub(crate) fn order(&self) -> Option<StoredOrder<'_>> {
        record::decode(self.record.as_ref()?)
    }
}

/// What other processes have left word of.
pub(crate) struct Signs {
    /// A drainer is at work.
    pub(crate) drainer: bool,
    /// When a drainer last delivered an order, in milliseconds of the epoch.
    pub(crate) last_delivery: u64,
}

impl Store<'_> {
    /// Takes an order in, durably. `may_send` is asked whether the caller would send it at once, if it were its turn.
    pub(crate) fn accept(
        &self,
        offer: &Offer<'_>,
        may_send: impl FnOnce(&dyn Fn() -> Signs) -> bool,
    ) -> Result<Accepted, Fault> {
        let settings = self.settings();
        let is_armed_anew = Cell::new(false);
        self.write_prepared(
            |connection, keyring| New::of(offer, connection, keyring),
            |transaction, keyring, now, new| {
                if !has_room(transaction, &settings.path, new.sealed.len(), settings.max_bytes)? {
                    return Err(Fault::Full);
                }
                let token = if may_send(&|| signs(transaction, now)) { random::token() } else { None };
                let insert =
                    || new.insert(transaction, now, token.map(|token| (token, now + millis(settings.lease))));
                let mut inserted = insert()?;
                if inserted.is_none() {
                    let row = Row::find(transaction, &new.key)?.ok_or(Fault::Corrupt)?;
                    if row.body != new.body {
                        return Ok(Accepted::KeyOfAnother);
                    }
                    if !row.is_to_be_armed_anew(new.endpoint) {
                        return Ok(Accepted::Known(row.known(keyring)));
                    }
                    is_armed_anew.set(true);
                    transaction.execute("DELETE FROM dispatch WHERE seq = ?1", [row.seq])?;
                    lane::settle(transaction, row.lane, now)?;
                    inserted = insert()?;
                }
                Ok(match (inserted, token) {
                    (Some((seq, true)), Some(token)) => Accepted::Leased(Lease {
                        seq,
                        token,
                        id: new.id,
                        lane: new.lane,
                        endpoint: new.endpoint,
                        deferrals: 0,
                        since: now,
                        state: State::Queued,
                    }),
                    _ => Accepted::Queued,
                })
            },
            // What was kept before is kept on: its caller has its key.
            |transaction, new, accepted| {
                if is_armed_anew.get() { Ok(()) } else { new.take_out(transaction, accepted) }
            },
        )
    }
}

/// A row to be.
struct New {
    id: Uuid,
    key: [u8; 16],
    body: [u8; 16],
    endpoint: i64,
    lane: i64,
    sealed: Vec<u8>,
}

const INSERT: &str =
    "INSERT OR IGNORE INTO dispatch VALUES (NULL, ?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, 0, 0, NULL, ?8, ?9)";

impl New {
    /// All of it that does not depend on what is in the file, and the statements that do.
    fn of(offer: &Offer<'_>, connection: &Connection, keyring: &Keyring<'_>) -> Result<Self, Fault> {
        let json = offer.order.json();
        #[cfg(feature = "naive")]
        crate::naive::panic_in("outbox", &json);
        let endpoint = keyring.endpoint();
        // Whatever the checks of an Order say, its text is JSON.
        let raw: &RawValue = serde_json::from_slice(&json).map_err(|_| Fault::Io)?;
        let stored = StoredOrder {
            key: Cow::Borrowed(offer.key),
            order_id: offer.order_id.map(Cow::Borrowed),
            traceparent: offer.traceparent.map(Cow::Borrowed),
            changes: Cow::Borrowed(offer.order.changes()),
            dropped: Cow::Borrowed(offer.order.dropped()),
            body: raw,
        };
        let binding = Binding { purpose: Purpose::Order, row: offer.id.as_bytes(), endpoint };
        lane::prepare_head(connection)?;
        connection.prepare_cached(INSERT)?;
        Ok(Self {
            id: offer.id,
            key: keyring.key(offer.key),
            body: keyring.body(&json),
            endpoint,
            lane: keyring.lane(endpoint, offer.id, offer.order_id),
            sealed: keyring.seal(binding, &record::encode(&stored))?,
        })
    }

    /// Its place in the sequence, and whether it is the first in its lane, and so leased (by whom, and until when, says `lease`); none if the
    /// key is known.
    fn insert(
        &self,
        transaction: &Transaction<'_>,
        now: i64,
        lease: Option<(i64, i64)>,
    ) -> Result<Option<(i64, bool)>, Fault> {
        let is_first = lane::head(transaction, self.lane)?.is_none();
        let (token, end) = lease.filter(|_| is_first).unzip();
        let due = is_first.then(|| end.unwrap_or(now));
        let inserted = transaction.prepare_cached(INSERT)?.execute(params![
            self.id.as_bytes(),
            self.key,
            self.body,
            self.endpoint,
            self.lane,
            due,
            token,
            now,
            self.sealed
        ])?;
        Ok((inserted > 0).then(|| (transaction.last_insert_rowid(), token.is_some())))
    }

    /// Unless somebody else has seen it there and sent it, or is about to.
    fn take_out(&self, transaction: &Transaction<'_>, accepted: &Accepted) -> Result<(), Fault> {
        let lease = if let Accepted::Leased(lease) = accepted { Some(lease.token) } else { None };
        transaction.execute(
            "DELETE FROM dispatch WHERE key = ?1 AND id = ?2 AND state = 0 AND lease IS ?3 AND attempts = 0 AND deferrals = 0",
            params![self.key, self.id.as_bytes(), lease],
        )?;
        lane::settle(transaction, self.lane, epoch_millis())
    }
}

/// A row with this key.
struct Row {
    seq: i64,
    id: Uuid,
    body: Vec<u8>,
    endpoint: i64,
    lane: i64,
    state: State,
    attempts: u32,
    status: Option<u16>,
    sealed: Vec<u8>,
}

impl Row {
    fn find(transaction: &Transaction<'_>, key: &[u8; 16]) -> Result<Option<Self>, Fault> {
        let mut statement = transaction.prepare(
            "SELECT seq, id, body, endpoint, lane, state, attempts, status, sealed FROM dispatch WHERE key = ?1",
        )?;
        let row = statement.query_row([key], |row| {
            Ok(Self {
                seq: row.get(0)?,
                id: column::id(row, 1)?,
                body: row.get(2)?,
                endpoint: row.get(3)?,
                lane: row.get(4)?,
                state: column::state(row, 5)?,
                attempts: column::count(row, 6)?,
                status: column::status(row, 7)?,
                sealed: row.get(8)?,
            })
        });
        Ok(row.optional()?)
    }

    /// Rejected and dead ones, since their caller asks for them again; those that cannot be sent as they lie here, since now they can.
    fn is_to_be_armed_anew(&self, endpoint: i64) -> bool {
        match self.state {
            State::Rejected | State::Dead | State::Held => true,
            State::Queued | State::Unconfirmed => self.endpoint != endpoint,
            State::Delivered | State::Parked => false,
        }
    }

    fn known(self, keyring: &Keyring<'_>) -> Known {
        let purpose = if self.state == State::Delivered { Purpose::Receipt } else { Purpose::Order };
        let binding = Binding { purpose, row: self.id.as_bytes(), endpoint: self.endpoint };
        Known {
            id: self.id,
            state: self.state,
            status: self.status,
            attempts: self.attempts,
            record: keyring.open(binding, &self.sealed).ok(),
        }
    }
}

/// Freed pages are used again before the file grows, so that a file that has reached its limit may still have room.
fn has_room(transaction: &Transaction<'_>, path: &Path, bytes: usize, max_bytes: u64) -> Result<bool, Fault> {
    let fits = |used: u64| used.saturating_add(bytes as u64) <= max_bytes;
    if fits(fs::metadata(path)?.len()) {
        return Ok(true);
    }
    let pragma = |name| transaction.query_row(name, (), |row| row.get::<_, u64>(0));
    let pages = pragma("PRAGMA page_count")?.saturating_sub(pragma("PRAGMA freelist_count")?);
    Ok(fits(pages * pragma("PRAGMA page_size")?))
}

fn signs(transaction: &Transaction<'_>, now: i64) -> Signs {
    let meta = |name: &str| {
        let value = transaction.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0));
        value.unwrap_or(0_i64)
    };
    Signs {
        drainer: meta("drainer_until") > now,
        last_delivery: u64::try_from(meta("last_delivery")).unwrap_or_default(),
    }
}
