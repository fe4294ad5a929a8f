//! Orders at rest: rows, their states, and whose turn it is. Knows no HTTP.
//!
//! Every function of a [`Store`] is one transaction. A row is sent by whoever holds its lease, and a lease ends by itself, so that a
//! process that is killed at any instant holds nothing up for longer.

mod accept;
mod checkup;
mod claim;
mod column;
#[expect(unsafe_code, reason = "what a fork inherited must not be dropped")]
mod connection;
#[expect(unsafe_code, reason = "the file of a connection's log is asked for, and synced, by pointers")]
mod durable;
mod fault;
mod file;
#[expect(unsafe_code, reason = "forks are told by pthread_atfork")]
mod handle;
mod lane;
#[expect(unsafe_code, reason = "SQLite takes another fcntl by its C interface alone")]
mod locks;
mod operate;
mod record;
mod seal;
mod store;

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

pub(crate) use accept::{Accepted, Known, Offer, Signs};
pub(crate) use checkup::{IndexKeyState, Integrity};
pub(crate) use claim::{Claim, Claimed, End, Ended, Lease};
pub use fault::Fault;
pub use file::DurableNames;
pub use operate::{Ever, Listed, Retried, Tally};
pub(crate) use record::{StoredOrder, StoredReceipt};

use crate::key::OutboxKeys;

/// `secure_dispatch.outbox` and what belongs to it.
pub struct Settings {
    /// The database's file.
    pub path: PathBuf,
    /// What its rows are sealed with.
    pub keys: OutboxKeys,
    /// The endpoint's URL: rows of another one are held.
    pub endpoint: String,
    /// How long a call may take before it returns `queued`.
    pub wait: Duration,
    /// Whether an order whose answer was lost is sent again, as `Config`'s.
    pub resend_unconfirmed: bool,
    /// How long an order is tried.
    pub max_age: Duration,
    /// How long a delivered order's receipt is kept.
    pub retention: Duration,
    /// How large the database may become, in bytes.
    pub max_bytes: u64,
    /// How many orders drainers send in a second, all together.
    pub drain_rate: u32,
    /// How long a row is its sender's. Longer than any call can take.
    pub lease: Duration,
    /// What is known of the directory.
    pub durable_names: DurableNames,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for its turn, or is being sent.
    Queued = 0,
    /// As [`State::Queued`], and the API may have taken it: it was sent, and no answer came.
    Unconfirmed = 1,
    /// The API took it.
    Delivered = 2,
    /// The API refused it.
    Rejected = 3,
    /// It was tried for `outbox_max_age_days`.
    Dead = 4,
    /// It cannot be opened.
    Held = 5,
    /// The API may have taken it, and `resend_unconfirmed` is off: the operator decides.
    Parked = 6,
}

impl State {
    /// All of them, by number.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Unconfirmed,
        Self::Delivered,
        Self::Rejected,
        Self::Dead,
        Self::Held,
        Self::Parked,
    ];

    fn of(number: i64) -> Option<Self> {
        usize::try_from(number).ok().and_then(|number| Self::ALL.get(number).copied())
    }

    /// Its name in `Outbox::list()`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Unconfirmed | Self::Parked => "unconfirmed",
            Self::Delivered => "delivered",
            Self::Rejected => "rejected",
            Self::Dead => "dead",
            Self::Held => "held",
        }
    }

    /// It will be sent without anybody's doing, and its lane waits for it.
    fn is_unfinished(self) -> bool {
        matches!(self, Self::Queued | Self::Unconfirmed)
    }
}

/// The version of SQLite that is built in.
#[must_use]
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX >> 2)
}

/// Now, in microseconds of the epoch.
fn epoch_micros() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_micros()).unwrap_or(i64::MAX >> 2)
}

/// Now, in milliseconds of the epoch.
pub(crate) fn epoch_millis() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, millis)
}
