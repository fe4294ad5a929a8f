//! Whose turn it is to write. SQLite gives its lock to whoever asks while it is free: mostly to the one who has just had it, and never for
//! sure to the one who has waited longest. So he is next who has waited long: he locks a byte of the log's index that SQLite does not lock,
//! and the others look there before they ask. (Go's `sync.Mutex` goes by the same rule.)
//!
//! That is courtesy among processes, for the transactions of [`Store::write`](super::store::Store): what is right rests on SQLite's own
//! lock, and nobody who is next (and was stopped, or has left the lock to a child) is waited for longer than [`TOO_LONG`]. Threads of one
//! process have these locks in common; among them nothing is put in order.

use std::{
    cell::Cell,
    ffi::c_int,
    thread::sleep,
    time::{Duration, Instant},
};

use super::locks;
use crate::random;

/// Bytes of the log's index, by their locks (`UNIX_SHM_BASE` in SQLite's `os_unix.c`: its own are on 120 to 128).
pub(super) const WRITER: libc::off_t = 120;
const NEXT: libc::off_t = 136;

/// Who has waited for so long is next, or waits to be: about as long as two turns.
const LONG: Duration = Duration::from_micros(700);
/// Who has waited for so long asks though another one is next.
const TOO_LONG: Duration = Duration::from_millis(30);

/// Who has just written goes on for this long, if he finds the lock free: when another process takes over, it reads first what this one has
/// written. Eight that write one order after the other, and take over at each, write a third less.
const STINT: Duration = Duration::from_millis(20);
/// What is at most between two turns of a stint.
const BREATH: Duration = Duration::from_micros(200);

/// How long a lock is waited for before it is looked at again, on average: at first about as long as one is held, then as long again as was
/// waited so far, up to the longest. SQLite's own waits grow to a tenth of a second, by which the last of eight writers starves; shorter ones keep
/// the writer from his work.
const FIRST_POLL: Duration = Duration::from_micros(300);
const LONGEST_POLL: Duration = Duration::from_micros(700);
/// The same for the one who is next. Not shorter: it shall not find the lock free in the midst of each stint.
const NEXT_POLL: Duration = Duration::from_micros(150);

thread_local! {
    static WAITING: Cell<Option<Waiting>> = const { Cell::new(None) };
    static STINTS: Cell<Option<Stint>> = const { Cell::new(None) };
}

/// This thread, while it asks for a turn.
#[derive(Clone, Copy)]
struct Waiting {
    since: Instant,
    /// From then on it waits for nobody who is next.
    patience: Instant,
    /// By which descriptor of the log's index it has asked.
    index: Option<c_int>,
    is_next: bool,
}

/// Turns of this thread, each soon after the other.
#[derive(Clone, Copy)]
struct Stint {
    began: Instant,
    /// When the last turn began, or ended.
    last: Instant,
}

/// As long as it lives, this thread asks for the writer's lock by turns: while a transaction begins.
pub(super) struct Asking;

impl Asking {
    /// It gives up at the deadline.
    pub(super) fn until(deadline: Instant) -> Self {
        let now = Instant::now();
        let patience = now + TOO_LONG.min(deadline.saturating_duration_since(now) / 2);
        WAITING.set(Some(Waiting { since: now, patience, index: None, is_next: false }));
        Self
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        step_back();
        WAITING.set(None);
    }
}

/// What was asked for is another's: waits until it is worth asking again. False: not before the deadline.
pub(super) fn wait(deadline: Instant) -> bool {
    let mut now = Instant::now();
    while now < deadline {
        let waiting = WAITING.get();
        if waiting.is_some_and(|waiting| waiting.is_next) {
            sleep(NEXT_POLL);
        } else {
            pause(waiting.map_or(LONGEST_POLL, |waiting| now - waiting.since));
        }
        now = Instant::now();
        // To ask SQLite takes ten times as many system calls, and some of them are in the writer's way.
        let index = waiting.and_then(|waiting| waiting.index);
        if index.is_none_or(|index| may_ask(index, now) && locks::is_free(index, WRITER)) {
            return true;
        }
    }
    false
}

/// Between two looks, if the first one was so long ago.
pub(super) fn pause(waited: Duration) {
    // Not all at the same moment.
    sleep(waited.clamp(FIRST_POLL, LONGEST_POLL).mul_f64(0.5 + random::share()));
}

/// Whether this thread may ask for the writer's lock, by this descriptor. If it has waited long, it is next from then on.
pub(super) fn may_ask(index: c_int, now: Instant) -> bool {
    let Some(waiting) = WAITING.get() else { return true };
    let is_first = waiting.index.is_none();
    let mut is_next = false;
    let may_ask = if is_first && STINTS.get().is_some_and(|stint| stint.goes_on(now)) {
        true
    } else if now - waiting.since < LONG {
        locks::is_free(index, NEXT)
    } else {
        is_next = locks::lock(index, NEXT);
        is_next
    };
    WAITING.set(Some(Waiting { index: Some(index), is_next, ..waiting }));
    may_ask || now >= waiting.patience
}

/// This thread has the writer's lock; if for something else than a transaction (a checkpoint), its stint is over.
pub(super) fn begin() {
    let now = Instant::now();
    let stint = STINTS.get().filter(|stint| now - stint.last < BREATH);
    let began = stint.map_or(now, |stint| stint.began);
    STINTS.set(WAITING.get().map(|_| Stint { began, last: now }));
}

/// This thread has it no more.
pub(super) fn end() {
    STINTS.set(STINTS.get().map(|stint| Stint { last: Instant::now(), ..stint }));
}

/// The descriptor is about to be closed.
pub(super) fn forget(index: c_int) {
    if WAITING.get().is_some_and(|waiting| waiting.index == Some(index)) {
        step_back();
        WAITING.set(WAITING.get().map(|waiting| Waiting { index: None, ..waiting }));
    }
}

/// Is no more next.
fn step_back() {
    if let Some(waiting @ Waiting { index: Some(index), is_next: true, .. }) = WAITING.get() {
        locks::unlock(index, NEXT);
        WAITING.set(Some(Waiting { is_next: false, ..waiting }));
    }
}

impl Stint {
    fn goes_on(self, now: Instant) -> bool {
        now - self.last < BREATH && now - self.began < STINT
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::File, os::fd::AsRawFd, thread};

    use super::{
        super::{connection, file},
        *,
    };

    /// Whether another process may ask that began to wait so long ago: the locks know descriptors, and the rest is a thread's.
    fn may_another_ask(file: &tempfile::NamedTempFile, waited: Duration) -> bool {
        thread::scope(|scope| {
            let another = scope.spawn(|| {
                let (index, asking) = ask(file, waited);
                let may_ask = may_ask(index.as_raw_fd(), begun(&asking) + waited);
                drop(asking);
                may_ask
            });
            another.join().unwrap()
        })
    }

    /// In this sequence: who is next is so by an open file.
    fn ask(file: &tempfile::NamedTempFile, waited: Duration) -> (File, Asking) {
        let (index, asking) = (file.reopen().unwrap(), Asking::until(Instant::now() + 4 * TOO_LONG));
        may_ask(index.as_raw_fd(), begun(&asking) + waited);
        (index, asking)
    }

    fn begun(_: &Asking) -> Instant {
        WAITING.get().unwrap().since
    }

    fn is_anybody_next(file: &tempfile::NamedTempFile) -> bool {
        !locks::is_free(file.as_file().as_raw_fd(), NEXT)
    }

    #[test]
    fn who_has_waited_long_is_next() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let (_index, asking) = ask(&file, LONG / 2);
        assert!(!is_anybody_next(&file));
        drop(asking);
        let (index, asking) = ask(&file, LONG);
        assert!(is_anybody_next(&file) && may_ask(index.as_raw_fd(), begun(&asking) + LONG));
        assert!(!may_another_ask(&file, Duration::ZERO));
        assert!(!may_another_ask(&file, LONG), "two are next");
        assert!(may_another_ask(&file, TOO_LONG), "one who may have been stopped is waited for");
        // A checkpoint asks as ever.
        thread::scope(|scope| {
            scope.spawn(|| assert!(may_ask(file.reopen().unwrap().as_raw_fd(), Instant::now())));
        });
        // It has what it waited for.
        drop(asking);
        assert!(!is_anybody_next(&file) && may_another_ask(&file, Duration::ZERO));
    }

    #[test]
    fn sqlite_asks_by_turns_and_goes_on_when_nobody_else_does() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("database");
        assert!(locks::are_of_the_open_file());
        let made = rusqlite::Connection::open(&path).unwrap();
        made.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (a)").unwrap();
        let begin = || {
            let start = Instant::now();
            let deadline = start + Duration::from_mins(1);
            let (connection, _) = connection::connect(&path, deadline).unwrap();
            let asking = Asking::until(deadline);
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            drop(asking);
            start.elapsed()
        };
        // Of a process that was stopped before its turn.
        let stopped = File::options().write(true).open(file::index(&path)).unwrap();
        assert!(locks::lock(stopped.as_raw_fd(), NEXT));
        // In a thread of its own, so that it is in no stint.
        thread::scope(|scope| assert!(scope.spawn(begin).join().unwrap() >= TOO_LONG));
        // It writes.
        assert!(locks::lock(stopped.as_raw_fd(), WRITER));
        thread::scope(|scope| {
            let waiting = scope.spawn(begin);
            sleep(2 * TOO_LONG);
            drop(stopped);
            waiting.join().unwrap();
        });
    }

    #[test]
    fn who_gives_up_is_next_no_more() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let (index, _asking) = ask(&file, LONG);
        assert!(is_anybody_next(&file));
        forget(index.as_raw_fd());
        assert!(!is_anybody_next(&file));
    }

    #[test]
    fn who_has_little_time_waits_for_half_of_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let (_index, _next) = ask(&file, LONG);
        thread::scope(|scope| {
            scope.spawn(|| {
                let index = file.reopen().unwrap();
                let asking = Asking::until(Instant::now() + TOO_LONG);
                assert!(!may_ask(index.as_raw_fd(), begun(&asking) + TOO_LONG / 5));
                assert!(may_ask(index.as_raw_fd(), begun(&asking) + TOO_LONG / 2));
            });
        });
    }

    #[test]
    fn a_stint_goes_on_for_a_while() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let (_index, next) = ask(&file, LONG);
        let may_ask_after = |since: Duration, pause: Duration| {
            thread::scope(|scope| {
                let another = scope.spawn(|| {
                    let (now, index) = (Instant::now(), file.reopen().unwrap());
                    let ago = |time| now.checked_sub(time).unwrap();
                    STINTS.set(Some(Stint { began: ago(since), last: ago(pause) }));
                    let _asking = Asking::until(now + TOO_LONG);
                    may_ask(index.as_raw_fd(), now)
                });
                another.join().unwrap()
            })
        };
        assert!(may_ask_after(STINT / 2, Duration::ZERO));
        assert!(!may_ask_after(STINT / 2, BREATH), "it has paused");
        assert!(!may_ask_after(STINT, Duration::ZERO), "it was long");
        // A checkpoint is none.
        begin();
        assert!(STINTS.get().is_some());
        drop(next);
        begin();
        end();
        assert!(STINTS.get().is_none());
    }
}
