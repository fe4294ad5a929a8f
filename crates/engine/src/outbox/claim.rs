//! A row's way out: claimed by one sender, and what came of it.

use std::time::Duration;

use rusqlite::{OptionalExtension, Transaction, params};
use uuid::Uuid;

use super::{
    State, column, epoch_micros, epoch_millis,
    fault::Fault,
    lane, millis,
    record::{self, StoredOrder, StoredReceipt},
    seal::{Binding, Purpose},
    store::{Keyring, Store},
};
use crate::random;

/// A row that is the holder's to send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease {
    pub(super) seq: i64,
    pub(super) token: i64,
    pub(crate) id: Uuid,
    pub(super) lane: i64,
    pub(super) endpoint: i64,
    pub(super) deferrals: u32,
    pub(super) since: i64,
    pub(super) state: State,
}

impl Lease {
    /// An earlier attempt was not answered.
    pub(crate) fn is_unconfirmed(&self) -> bool {
        self.state == State::Unconfirmed
    }

    /// Of a row that was not sent.
    fn give_back(&self, transaction: &Transaction<'_>) -> Result<(), Fault> {
        transaction.execute(
            "UPDATE dispatch SET lease = NULL, due = ?3 WHERE seq = ?1 AND lease = ?2",
            params![self.seq, self.token, epoch_millis()],
        )?;
        lane::settle(transaction, self.lane, epoch_millis())
    }
}

/// A claimed row.
pub(crate) struct Claimed {
    pub(crate) lease: Lease,
    pub(crate) attempts: u32,
    /// Since it was accepted.
    pub(crate) waited: Duration,
    record: Vec<u8>,
}

impl Claimed {
    pub(crate) fn order(&self) -> Option<StoredOrder<'_>> {
        record::decode(&self.record)
    }
}

/// Whose turn it is.
pub(crate) enum Claim {
    Row(Box<Claimed>),
    /// Nobody's for so long: the rate is used up, or `may_send` said so.
    Wait(Duration),
    /// This row could not be sent, and is kept: ask again.
    Kept(Uuid, State),
    /// No row is due.
    Nothing,
}

/// What came of sending a row.
pub(crate) enum End<'a> {
    Delivered {
        status: u16,
        receipt: StoredReceipt<'a>,
    },
    Rejected {
        status: u16,
    },
    /// To be tried later. `unanswered`: the API may have taken it.
    Deferred {
        status: Option<u16>,
        unanswered: bool,
        retry_after: Option<Duration>,
    },
}

/// What became of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Delivered,
    Rejected,
    Deferred,
    /// The API may have taken it, and it is not sent again: kept for the operator.
    Unconfirmed,
    Dead,
    /// Another sender has it by now: its lease had ended.
    Lost,
}

/// When a row is tried again after its n-th failure, in seconds; the last one from then on.
const SCHEDULE: [u64; 6] = [5, 30, 120, 600, 3600, 7200];

/// The longest that an answer's Retry-After puts a row off.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

impl Store<'_> {
    /// The next row that is due. Every claim uses up a part of the second, all drainers' together. `may_send` is asked when there is a
    /// row, whether it could be sent now; if not, for how long.
    pub(crate) fn claim(&self, may_send: impl FnOnce() -> Result<(), Duration>) -> Result<Claim, Fault> {
        let settings = self.settings();
        let claim = |transaction: &Transaction<'_>, keyring: &Keyring<'_>, now: i64, (): &()| {
            // In microseconds.
            let next_send: i64 = transaction
                .query_row("SELECT value FROM meta WHERE name = 'next_send'", (), |row| row.get(0))
                .unwrap_or_default();
            let now_micros = epoch_micros();
            let wait = next_send.saturating_sub(now_micros);
            // More than a second: the clock was set back.
            if (1..=1_000_000).contains(&wait) {
                return Ok(Claim::Wait(Duration::from_micros(wait.unsigned_abs())));
            }
            let Some(due) = Due::first(transaction, keyring.endpoint(), now)? else {
                return Ok(Claim::Nothing);
            };
            let mut state = due.state;
            if due.was_leased {
                // Its sender has not come back, and may have sent it.
                state = State::Unconfirmed;
            }
            if state == State::Unconfirmed && !settings.resend_unconfirmed {
                return due.keep(transaction, State::Parked, now);
            }
            let binding = Binding { purpose: Purpose::Order, row: due.id.as_bytes(), endpoint: due.endpoint };
            let opened = keyring.open(binding, &due.sealed).ok();
            let Some(record) = opened.filter(|record| record::decode::<StoredOrder<'_>>(record).is_some())
            else {
                return due.keep(transaction, State::Held, now);
            };
            if let Err(wait) = may_send() {
                return Ok(Claim::Wait(wait));
            }
            let token = random::token().ok_or(Fault::Io)?;
            transaction.execute(
                "UPDATE dispatch SET lease = ?2, due = ?3, state = ?4 WHERE seq = ?1",
                params![due.seq, token, now + millis(settings.lease), state as i64],
            )?;
            let interval = 1_000_000_u32.div_ceil(settings.drain_rate.max(1));
            transaction.execute(
                "UPDATE meta SET value = ?1 WHERE name = 'next_send'",
                [now_micros + i64::from(interval)],
            )?;
            Ok(Claim::Row(Box::new(Claimed {
                lease: Lease {
                    seq: due.seq,
                    token,
                    id: due.id,
                    lane: due.lane,
                    endpoint: due.endpoint,
                    deferrals: due.deferrals,
                    since: due.since,
                    state,
                },
                attempts: due.attempts,
                waited: Duration::from_millis(
                    u64::try_from(now.saturating_sub(due.since)).unwrap_or_default(),
                ),
                record,
            })))
        };
        self.write_prepared(
            |_, _| Ok(()),
            claim,
            |transaction, (), claim| match claim {
                Claim::Row(row) => row.lease.give_back(transaction),
                _ => Ok(()),
            },
        )
    }

    /// Records what came of a row.
    pub(crate) fn finish(&self, lease: &Lease, attempts: u32, end: &End<'_>) -> Result<Ended, Fault> {
        let settings = self.settings();
        self.write(|transaction, keyring, now| {
            let ended = match end {
                End::Delivered { status, receipt } => {
                    let binding =
                        Binding { purpose: Purpose::Receipt, row: lease.id.as_bytes(), endpoint: lease.endpoint };
                    let sealed = keyring.seal(binding, &record::encode(receipt))?;
                    // Whoever holds the lease by now: the API has it.
                    let changed = transaction.execute(
                        "UPDATE dispatch SET state = 2, due = NULL, lease = NULL, attempts = ?3, status = ?4, since = ?5, sealed = ?6
                         WHERE seq = ?1 AND id = ?2 AND state <> 2",
                        params![lease.seq, lease.id.as_bytes(), attempts, status, now, sealed],
                    )?;
                    if changed == 0 {
                        Ended::Lost
                    } else {
                        transaction.execute("UPDATE meta SET value = ?1 WHERE name = 'last_delivery'", [now])?;
                        Ended::Delivered
                    }
                }
                End::Rejected { status } => {
                    leave(transaction, lease, State::Rejected, None, attempts, Some(*status))?
                        .unwrap_or(Ended::Rejected)
                }
                End::Deferred { status, unanswered, retry_after } => {
                    let is_too_old = now.saturating_sub(lease.since) > millis(settings.max_age);
                    let state = match (is_too_old, *unanswered || lease.is_unconfirmed()) {
                        (_, true) if !settings.resend_unconfirmed => State::Parked,
                        (true, _) => State::Dead,
                        (false, true) => State::Unconfirmed,
                        (false, false) => State::Queued,
                    };
                    let due = state.is_unfinished().then(|| now + millis(delay(lease.deferrals, *retry_after, random::share())));
                    let ended = match state {
                        State::Dead => Ended::Dead,
                        State::Parked => Ended::Unconfirmed,
                        _ => Ended::Deferred,
                    };
                    leave(transaction, lease, state, due, attempts, *status)?.unwrap_or(ended)
                }
            };
            let counted = match ended {
                Ended::Delivered => "delivered",
                Ended::Rejected => "rejected",
                Ended::Dead => "dead",
                Ended::Deferred | Ended::Unconfirmed | Ended::Lost => "",
            };
            transaction.execute("UPDATE meta SET value = value + 1 WHERE name = ?1", [counted])?;
            lane::settle(transaction, lease.lane, now)?;
            Ok(ended)
        })
    }
}

/// Gives up a lease, if it is still ours; else tells that it is lost.
fn leave(
    transaction: &Transaction<'_>,
    lease: &Lease,
    state: State,
    due: Option<i64>,
    attempts: u32,
    status: Option<u16>,
) -> Result<Option<Ended>, Fault> {
    let changed = transaction.execute(
        "UPDATE dispatch SET state = ?3, due = ?4, lease = NULL, attempts = ?5, status = ?6, deferrals = min(deferrals, 1000000) + 1
         WHERE seq = ?1 AND lease = ?2",
        params![lease.seq, lease.token, state as i64, due, attempts, status],
    )?;
    Ok((changed == 0).then_some(Ended::Lost))
}

/// How long a row is put off: its place in the schedule, give or take a tenth, or what the API asked for if that is longer.
fn delay(deferrals: u32, retry_after: Option<Duration>, jitter: f64) -> Duration {
    let place = usize::try_from(deferrals).unwrap_or(usize::MAX).min(SCHEDULE.len() - 1);
    let scheduled = Duration::from_secs(SCHEDULE.get(place).copied().unwrap_or_default());
    let asked = retry_after.unwrap_or_default().min(MAX_RETRY_AFTER);
    scheduled.max(asked).mul_f64(0.9 + 0.2 * jitter.clamp(0.0, 1.0)).max(asked)
}

/// A row that is due.
struct Due {
    seq: i64,
    id: Uuid,
    endpoint: i64,
    lane: i64,
    state: State,
    was_leased: bool,
    attempts: u32,
    deferrals: u32,
    since: i64,
    sealed: Vec<u8>,
}

impl Due {
    fn first(transaction: &Transaction<'_>, endpoint: i64, now: i64) -> Result<Option<Self>, Fault> {
        let row = transaction.query_row(
            "SELECT seq, id, endpoint, lane, state, lease IS NOT NULL, attempts, deferrals, since, sealed FROM dispatch
             WHERE endpoint = ?1 AND due <= ?2 ORDER BY due LIMIT 1",
            [endpoint, now],
            |row| {
                Ok(Self {
                    seq: row.get(0)?,
                    id: column::id(row, 1)?,
                    endpoint: row.get(2)?,
                    lane: row.get(3)?,
                    state: column::state(row, 4)?,
                    was_leased: row.get(5)?,
                    attempts: column::count(row, 6)?,
                    deferrals: column::count(row, 7)?,
                    since: row.get(8)?,
                    sealed: row.get(9)?,
                })
            },
        );
        Ok(row.optional()?)
    }

    /// Leaves the row for the operator.
    fn keep(&self, transaction: &Transaction<'_>, state: State, now: i64) -> Result<Claim, Fault> {
        transaction.execute(
            "UPDATE dispatch SET state = ?2, due = NULL, lease = NULL WHERE seq = ?1",
            params![self.seq, state as i64],
        )?;
        lane::settle(transaction, self.lane, now)?;
        Ok(Claim::Kept(self.id, state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_spread_by_a_tenth_and_obeys_the_api() {
        let seconds = |deferrals, after: Option<u64>, jitter| {
            delay(deferrals, after.map(Duration::from_secs), jitter).as_secs_f64()
        };
        for (n, scheduled) in
            [(0, 5.0), (1, 30.0), (2, 120.0), (3, 600.0), (4, 3600.0), (5, 7200.0), (900, 7200.0)]
        {
            assert!((seconds(n, None, 0.0) - scheduled * 0.9).abs() < 1e-6);
            assert!((seconds(n, None, 1.0) - scheduled * 1.1).abs() < 1e-6);
        }
        assert!((seconds(0, Some(60), 0.0) - 60.0).abs() < 1e-6);
        assert!(seconds(0, Some(u64::MAX), 1.0) <= 1.1 * 86_400.0);
    }
}
