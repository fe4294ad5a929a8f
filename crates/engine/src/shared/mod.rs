//! Memory that a master and all its workers share: counters, how long calls took, the breaker's words, and the doctor's.
//!
//! Mapped once at start and inherited by forks; no file, no daemon, no lock. Everything in it is an atomic word that is right after every
//! single store, so that a worker killed at any instruction leaves nothing half done.

mod histogram;

use std::{
    ops::Deref,
    ptr::{self, NonNull},
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use rustix::{
    mm::{MapFlags, ProtFlags, mmap_anonymous, munmap},
    time::{ClockId, clock_gettime},
};

pub use histogram::{Histogram, Latency};

/// What is in the shared memory. All zeroes is its beginning.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Cells {
    /// What was done since start.
    pub counters: Counters,
    /// How long calls took, whatever came of them.
    pub calls: Histogram,
    /// `dispatch::breaker`'s.
    pub(crate) breaker: BreakerCells,
    /// `doctor`'s: when it last asked the API for a web server's PHP code, by [`uptime_millis`].
    pub(crate) examined: AtomicU64,
    /// `audit`'s: its file ends in half a line.
    pub(crate) log_is_torn: AtomicBool,
}

/// A clock that all processes share and nobody sets. Never zero, which in the shared memory says never.
pub(crate) fn uptime_millis() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    let millis = u64::try_from(now.tv_nsec).unwrap_or_default() / 1_000_000;
    // Even on a machine that has just been started.
    seconds * 1000 + millis + 1
}

/// The breaker's words; what they mean is `dispatch::breaker`'s to say.
#[derive(Debug, Default)]
pub(crate) struct BreakerCells {
    pub(crate) gate: AtomicU64,
    pub(crate) opened: AtomicU64,
    pub(crate) window: [AtomicU64; BUCKETS],
}

/// Into how many parts the breaker's window is divided.
pub(crate) const BUCKETS: usize = 10;

/// What is counted since start, by all workers together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Orders that passed the schema.
    Accepted,
    /// Orders that the API took.
    Delivered,
    /// Calls that brought the outbox an order, which is still in it.
    Queued,
    /// Calls under a key that the outbox knows: they got the earlier receipt.
    Repeated,
    /// Orders that the API refused.
    Rejected,
    /// Orders that were given up after `outbox_max_age_days`.
    Dead,
    /// Calls that ended in an exception, refused orders apart.
    Failed,
    /// Times an order was sent again.
    Retries,
    /// Attempts that ran out of time.
    Timeouts,
    /// Times the breaker opened.
    BreakerOpened,
    /// New connections.
    ConnectionsOpened,
    /// Requests on a connection that was kept.
    ConnectionsReused,
    /// Bytes of requests, before TLS. The key counts as its stand-in does: nobody is told how long it is.
    BytesSent,
    /// Bytes of answers, as TLS gave them: before the key is redacted from them. Where an API tells the request back, this tells how long
    /// the key is (docs/SECURITY.md, Limits).
    BytesReceived,
    /// Lines that could not be written to the log.
    LogLinesLost,
}

impl Counter {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 15] = [
        Self::Accepted,
        Self::Delivered,
        Self::Queued,
        Self::Repeated,
        Self::Rejected,
        Self::Dead,
        Self::Failed,
        Self::Retries,
        Self::Timeouts,
        Self::BreakerOpened,
        Self::ConnectionsOpened,
        Self::ConnectionsReused,
        Self::BytesSent,
        Self::BytesReceived,
        Self::LogLinesLost,
    ];

    /// Its name in `secure_dispatch_status()`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Queued => "queued",
            Self::Repeated => "repeated",
            Self::Rejected => "rejected",
            Self::Dead => "dead",
            Self::Failed => "failed",
            Self::Retries => "retries",
            Self::Timeouts => "timeouts",
            Self::BreakerOpened => "breaker_opened",
            Self::ConnectionsOpened => "connections_opened",
            Self::ConnectionsReused => "connections_reused",
            Self::BytesSent => "bytes_sent",
            Self::BytesReceived => "bytes_received",
            Self::LogLinesLost => "log_lines_lost",
        }
    }
}

/// One word for each [`Counter`].
#[derive(Debug, Default)]
pub struct Counters([AtomicU64; Counter::ALL.len()]);

impl Counters {
    /// Counts.
    pub fn add(&self, counter: Counter, n: u64) {
        if let Some(word) = self.0.get(counter as usize) {
            word.fetch_add(n, Relaxed);
        }
    }

    /// How many so far.
    #[must_use]
    pub fn get(&self, counter: Counter) -> u64 {
        self.0.get(counter as usize).map_or(0, |word| word.load(Relaxed))
    }
}

/// The mapping.
pub struct Shared {
    cells: NonNull<Cells>,
    /// Whether forks share it; without memory to map, each process has its own.
    shared: bool,
}

// SAFETY: it leads to atomic words, which live until Drop.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    /// Maps it, all zeroes.
    #[must_use]
    pub fn new() -> Self {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, at a place of the kernel's choice.
        let mapped =
            unsafe { mmap_anonymous(ptr::null_mut(), size_of::<Cells>(), protection, MapFlags::SHARED) };
        match mapped.ok().and_then(|start| NonNull::new(start.cast::<Cells>())) {
            // Pages are zeroed and aligned to more than any word, and all zeroes is a `Cells`.
            Some(cells) => Self { cells, shared: true },
            None => Self { cells: NonNull::from(Box::leak(Box::default())), shared: false },
        }
    }

    /// Whether forks share it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.shared
    }
}

impl Default for Shared {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for Shared {
    type Target = Cells;

    fn deref(&self) -> &Cells {
        // SAFETY: mapped (or leaked) for at least as long as `self`, and nobody has a reference that is not shared.
        unsafe { self.cells.as_ref() }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let start = self.cells.as_ptr();
        if self.shared {
            // SAFETY: our own mapping, of which no borrow outlives `self`. Other processes keep theirs.
            let _ = unsafe { munmap(start.cast(), size_of::<Cells>()) };
        } else {
            // SAFETY: leaked by `new`, of which no borrow outlives `self`.
            drop(unsafe { Box::from_raw(start) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_begin_at_zero_and_have_their_own_words() {
        let shared = Shared::new();
        for (n, counter) in (1..).zip(Counter::ALL) {
            shared.counters.add(counter, n);
        }
        assert!((1..).zip(Counter::ALL).all(|(n, counter)| shared.counters.get(counter) == n));
        assert!(shared.is_shared());
    }
}
