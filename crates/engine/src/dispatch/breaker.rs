//! Stops calling an API that is down: one breaker for all workers, in the memory that they share.
//!
//! Closed, it lets every call through and counts failures over a sliding window. When their share reaches the operator's, it
//! opens: calls are refused at once. After `breaker_open_ms` one call is let through as a probe; it closes the breaker, or leaves
//! it open for as long again.
//!
//! All of that is one word, the *gate*: zero is closed; else it holds the time until which nobody may call, and whether a probe is
//! under way. A probe claims its turn by moving that time on, past the longest a call can take, so that the claim of a worker that was
//! killed ends by itself.

use std::{
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    time::Duration,
};

use super::answer::is_not_the_orders_fault;
use crate::{
    config::BreakerSettings,
    error::{Error, TransportFault},
    shared::{BUCKETS, BreakerCells, uptime_millis},
};

/// The breaker, as one process sees it.
pub(super) struct Breaker<'a> {
    cells: &'a BreakerCells,
    settings: &'a BreakerSettings,
    now: u64,
}

/// Leave to call the API. How the call went is to be [settled](Breaker::settle).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Permit {
    /// The breaker is closed.
    Closed,
    /// A probe: the gate as this call left it.
    Probe(u64),
}

/// What a call tells of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    Good,
    Bad,
    /// The fault was ours.
    Unknown,
}

/// What may be told of the breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// Calls are refused, for so many milliseconds more.
    Open(u64),
    /// The next call is a probe, or one is under way.
    HalfOpen,
}

/// What a call did to the breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turned {
    /// One failure too many.
    Opened,
    /// The probe succeeded.
    Closed,
}

impl BreakerState {
    /// The state's name in `secure_dispatch_status()`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open(_) => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

const CLOSED: u64 = 0;

impl<'a> Breaker<'a> {
    pub(super) fn now(cells: &'a BreakerCells, settings: &'a BreakerSettings) -> Self {
        Self::at(cells, settings, uptime_millis())
    }

    fn at(cells: &'a BreakerCells, settings: &'a BreakerSettings, now: u64) -> Self {
        Self { cells, settings, now }
    }

    pub(super) fn state(&self) -> BreakerState {
        match Gate::of(self.cells.gate.load(SeqCst)) {
            None => BreakerState::Closed,
            Some(Gate { until, probing: false }) if until > self.now => BreakerState::Open(until - self.now),
            Some(_) => BreakerState::HalfOpen,
        }
    }

    /// When the breaker opened, in milliseconds of the epoch.
    pub(super) fn opened(&self) -> u64 {
        self.cells.opened.load(SeqCst)
    }

    /// Leave to call, or for how many milliseconds there is none. `longest_call` is how long the call can take.
    pub(super) fn permit(&self, longest_call: Duration) -> Result<Permit, u64> {
        let gate = self.cells.gate.load(SeqCst);
        let Some(Gate { until, .. }) = Gate::of(gate) else { return Ok(Permit::Closed) };
        if until > self.now {
            return Err(until - self.now);
        }
        let turn = self.settings.open.max(longest_call + Duration::from_secs(1));
        let claimed = Gate { until: self.now + millis(turn), probing: true }.word();
        match self.cells.gate.compare_exchange(gate, claimed, SeqCst, SeqCst) {
            Ok(_) => Ok(Permit::Probe(claimed)),
            // Another's probe, or it has just been closed; either way the next call knows.
            Err(_) => Err(1),
        }
    }

    /// Counts how a call went, and tells whether that turned the breaker. A probe that fails leaves it open.
    pub(super) fn settle(&self, permit: Permit, health: Health, epoch_millis: u64) -> Option<Turned> {
        match (permit, health) {
            (_, Health::Unknown) => None,
            (Permit::Closed, health) => {
                self.count(health == Health::Bad);
                let opened = health == Health::Bad && self.is_over_limit() && self.open(CLOSED, epoch_millis);
                opened.then_some(Turned::Opened)
            }
            (Permit::Probe(claim), Health::Bad) => {
                self.open(claim, epoch_millis);
                None
            }
            (Permit::Probe(claim), Health::Good) => self.close(claim).then_some(Turned::Closed),
        }
    }

    /// For a call that was not made after all: the next one may probe.
    pub(super) fn give_back(&self, permit: Permit) {
        if let Permit::Probe(claim) = permit {
            let gate = Gate { until: self.now, probing: false }.word();
            let _ = self.cells.gate.compare_exchange(claim, gate, SeqCst, SeqCst);
        }
    }

    /// Closes a breaker that somebody else has found reason to close. False: another has.
    pub(super) fn close_open(&self) -> bool {
        let gate = self.cells.gate.load(SeqCst);
        gate != CLOSED && self.close(gate)
    }

    fn open(&self, from: u64, epoch_millis: u64) -> bool {
        self.cells.opened.store(epoch_millis, SeqCst);
        let gate = Gate { until: self.now + millis(self.settings.open), probing: false }.word();
        self.cells.gate.compare_exchange(from, gate, SeqCst, SeqCst).is_ok()
    }

    fn close(&self, from: u64) -> bool {
        // Before: a worker killed in between leaves a gate that the next probe opens.
        for bucket in &self.cells.window {
            bucket.store(0, SeqCst);
        }
        self.cells.gate.compare_exchange(from, CLOSED, SeqCst, SeqCst).is_ok()
    }

    fn count(&self, failed: bool) {
        let epoch = self.epoch();
        let index = usize::try_from(epoch).unwrap_or_default() % BUCKETS;
        if let Some(bucket) = self.cells.window.get(index) {
            let add = |word| {
                let mut bucket = Bucket::of(word);
                if bucket.epoch != epoch {
                    bucket = Bucket { epoch, calls: 0, failures: 0 };
                }
                bucket.calls = bucket.calls.saturating_add(1);
                bucket.failures = bucket.failures.saturating_add(u16::from(failed));
                Some(bucket.word())
            };
            let _ = bucket.fetch_update(SeqCst, SeqCst, add);
        }
    }

    fn is_over_limit(&self) -> bool {
        let epoch = self.epoch();
        let within = |bucket: &Bucket| {
            usize::try_from(epoch.wrapping_sub(bucket.epoch)).is_ok_and(|age| age < BUCKETS)
        };
        let load = |word: &AtomicU64| Bucket::of(word.load(SeqCst));
        let (calls, failures) =
            self.cells.window.iter().map(load).filter(within).fold((0, 0), |(calls, failures), bucket| {
                (calls + u64::from(bucket.calls), failures + u64::from(bucket.failures))
            });
        calls >= self.settings.min_calls && failures * 100 >= self.settings.failure_percent * calls
    }

    /// The part of the window that it is now; counted on for ever, with gaps, and wrapping.
    fn epoch(&self) -> u32 {
        let part = (millis(self.settings.window) / BUCKETS as u64).max(1);
        u32::try_from((self.now / part) & u64::from(u32::MAX)).unwrap_or_default()
    }
}

impl Health {
    /// What the outcome of a call tells. `defers`: with an outbox, an answer that is the endpoint's or the key's fault keeps the order
    /// for later, so that the API counts as down.
    pub(super) fn of(error: Option<&Error>, defers: bool) -> Self {
        let Some(error) = error else { return Self::Good };
        match error {
            Error::Rejected { status } if defers && is_not_the_orders_fault(*status) => Self::Bad,
            // 409: it still works on the order.
            Error::Rejected { .. } | Error::Unavailable { status: 409, .. } => Self::Good,
            Error::Transport(fault) if *fault != TransportFault::Local => Self::Bad,
            Error::Unavailable { .. } | Error::Timeout(_) => Self::Bad,
            _ => Self::Unknown,
        }
    }
}

/// What the gate's word holds while it is not closed.
struct Gate {
    until: u64,
    probing: bool,
}

impl Gate {
    fn of(word: u64) -> Option<Self> {
        (word != CLOSED).then_some(Self { until: word >> 1, probing: word & 1 == 1 })
    }

    fn word(&self) -> u64 {
        self.until << 1 | u64::from(self.probing)
    }
}

/// Calls and failures of one part of the window.
struct Bucket {
    epoch: u32,
    calls: u16,
    failures: u16,
}

impl Bucket {
    fn of(word: u64) -> Self {
        let [e0, e1, e2, e3, c0, c1, f0, f1] = word.to_be_bytes();
        Self {
            epoch: u32::from_be_bytes([e0, e1, e2, e3]),
            calls: u16::from_be_bytes([c0, c1]),
            failures: u16::from_be_bytes([f0, f1]),
        }
    }

    fn word(&self) -> u64 {
        u64::from(self.epoch) << 32 | u64::from(self.calls) << 16 | u64::from(self.failures)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX >> 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: BreakerSettings = BreakerSettings {
        failure_percent: 50,
        min_calls: 5,
        window: Duration::from_secs(30),
        open: Duration::from_secs(15),
    };
    const CALL: Duration = Duration::from_secs(5);

    fn call(cells: &BreakerCells, now: u64, health: Health) -> Result<Permit, u64> {
        let breaker = Breaker::at(cells, &SETTINGS, now);
        let permit = breaker.permit(CALL)?;
        breaker.settle(permit, health, 1);
        Ok(permit)
    }

    #[test]
    fn it_opens_at_its_share_of_failures_and_a_probe_closes_it() {
        let cells = BreakerCells::default();
        let mut now = 1_000_000;
        for health in [Health::Good, Health::Good, Health::Bad, Health::Bad, Health::Bad] {
            assert_eq!(call(&cells, now, health), Ok(Permit::Closed));
            now += 10;
        }
        assert_eq!(Breaker::at(&cells, &SETTINGS, now).state(), BreakerState::Open(14_990));
        assert_eq!(call(&cells, now, Health::Good), Err(14_990));
        now += 15_000;
        assert_eq!(Breaker::at(&cells, &SETTINGS, now).state(), BreakerState::HalfOpen);
        assert!(matches!(call(&cells, now, Health::Bad), Ok(Permit::Probe(_))));
        assert_eq!(call(&cells, now + 1, Health::Good), Err(14_999));
        assert!(matches!(call(&cells, now + 15_000, Health::Good), Ok(Permit::Probe(_))));
        // What failed before is forgotten.
        assert_eq!(call(&cells, now + 15_001, Health::Bad), Ok(Permit::Closed));
        assert_eq!(Breaker::at(&cells, &SETTINGS, now + 15_002).state(), BreakerState::Closed);
    }

    #[test]
    fn too_few_calls_or_too_few_failures_leave_it_closed() {
        let cells = BreakerCells::default();
        for n in 0..4 {
            assert_eq!(call(&cells, 1000 + n, Health::Bad), Ok(Permit::Closed));
        }
        // The window has passed.
        for n in 0..4 {
            assert_eq!(call(&cells, 40_000 + n, Health::Bad), Ok(Permit::Closed));
        }
        for n in 0..100 {
            let health = if n % 5 > 2 { Health::Bad } else { Health::Good };
            assert_eq!(call(&cells, 100_000 + n, health), Ok(Permit::Closed), "{n}");
        }
    }

    #[test]
    fn one_probe_at_a_time_and_a_dead_ones_turn_ends() {
        let cells = BreakerCells::default();
        for _ in 0..5 {
            call(&cells, 1000, Health::Bad).unwrap();
        }
        let at = |now| Breaker::at(&cells, &SETTINGS, now);
        // Claimed, and never settled: its worker was killed.
        assert!(at(20_000).permit(Duration::from_mins(1)).is_ok());
        assert_eq!(at(20_000).permit(CALL), Err(61_000));
        assert_eq!(at(80_999).permit(CALL), Err(1));
        let second = at(81_000).permit(CALL).unwrap();
        at(81_000).give_back(second);
        let second = at(81_000).permit(CALL).unwrap();
        // The first comes back to life: its claim is not the gate's any more.
        at(81_001).settle(Permit::Probe(1), Health::Good, 1);
        assert!(at(81_002).permit(CALL).is_err());
        at(81_003).settle(second, Health::Good, 1);
        assert_eq!(at(81_004).permit(CALL), Ok(Permit::Closed));
    }

    #[test]
    fn calls_that_began_before_it_opened_change_nothing() {
        let cells = BreakerCells::default();
        let at = |now| Breaker::at(&cells, &SETTINGS, now);
        let early = at(1000).permit(CALL).unwrap();
        for _ in 0..5 {
            call(&cells, 1000, Health::Bad).unwrap();
        }
        at(1001).settle(early, Health::Good, 1);
        assert_eq!(at(1002).state(), BreakerState::Open(14_998));
        at(1003).settle(early, Health::Bad, 1);
        assert_eq!(at(1004).state(), BreakerState::Open(14_996));
    }

    #[test]
    fn eight_threads_open_it_once_and_probe_once() {
        let cells = BreakerCells::default();
        let opened = AtomicU64::new(0);
        let probes = AtomicU64::new(0);
        let all = |work: &(dyn Fn() + Sync)| {
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(work);
                }
            });
        };
        all(&|| {
            let breaker = Breaker::at(&cells, &SETTINGS, 1000);
            for _ in 0..1000 {
                let opened_it = breaker.settle(Permit::Closed, Health::Bad, 1) == Some(Turned::Opened);
                opened.fetch_add(opened_it.into(), SeqCst);
            }
        });
        assert_eq!(opened.load(SeqCst), 1);
        assert_eq!(
            cells.window.iter().map(|word| u64::from(Bucket::of(word.load(SeqCst)).calls)).sum::<u64>(),
            8000
        );
        all(&|| {
            let is_probe = Breaker::at(&cells, &SETTINGS, 20_000).permit(CALL).is_ok();
            probes.fetch_add(is_probe.into(), SeqCst);
        });
        assert_eq!(probes.load(SeqCst), 1);
    }
}
