//! Whose turn it is to write. SQLite gives its lock to whoever asks while it is free: mostly to the one who has just had it, and never for
//! sure to the one who has waited longest. So he is next who has waited long: he locks a byte of the log's index that SQLite does not use,
//! and the others look there before they ask. (Go's `sync.Mutex` goes by the same rule.)
//!
//! That is courtesy among processes with this library: what is right rests on SQLite's own lock. Who is next and is killed loses the byte's
//! lock with his process; who is stopped is not waited for longer than [`TOO_LONG`].

use std::{
    cell::Cell,
    ffi::c_int,
    thread::sleep,
    time::{Duration, Instant},
};

use super::locks;
use crate::random;

/// Bytes of the log's index, by their locks (SQLite's file format, section 2.3.1: its own are 120 to 128).
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
/// waited so far, up to this. SQLite's own waits grow to a tenth of a second, by which the last of eight writers starves; shorter ones keep
/// the writer from his work.
const FIRST_POLL: Duration = Duration::from_micros(300);
const LONGEST_POLL: Duration = Duration::from_micros(700);
/// The same for the one who is next. Not shorter: it shall not find the lock free in the midst of each stint.
const NEXT_POLL: Duration = Duration::from_micros(150);

thread_local! {
    static WAITING: Cell<Waiting> = const { Cell::new(NO) };
    static STINTS: Cell<Option<Stint>> = const { Cell::new(None) };
}

/// Of this thread.
#[derive(Clone, Copy)]
struct Waiting {
    /// Since it asked in vain.
    since: Option<Instant>,
    /// By which descriptor of the log's index.
    by: Option<c_int>,
    is_next: bool,
}

const NO: Waiting = Waiting { since: None, by: None, is_next: false };

/// Turns of this thread, each soon after the other.
#[derive(Clone, Copy)]
struct Stint {
    began: Instant,
    /// When the last one began, or ended.
    last: Instant,
}

/// A call. Nobody lets it go first when it is over.
pub(super) struct Call;

impl Drop for Call {
    fn drop(&mut self) {
        stop_waiting();
    }
}

/// What was asked for is another's: waits until it is worth asking again. False: no more, `deadline` is over.
pub(super) fn wait(deadline: Instant) -> bool {
    let mut now = Instant::now();
    let waiting = WAITING.get();
    let since = waiting.since.unwrap_or(now);
    WAITING.set(Waiting { since: Some(since), ..waiting });
    while now < deadline {
        if WAITING.get().is_next {
            sleep(NEXT_POLL);
        } else {
            pause(now - since);
        }
        // To ask SQLite takes ten times as many system calls, and some of them are in the writer's way.
        if waiting.by.is_none_or(|index| may_ask(index) && locks::is_free(index, WRITER)) {
            return true;
        }
        now = Instant::now();
    }
    stop_waiting();
    false
}

/// Between two looks, if the first one was so long ago.
pub(super) fn pause(waited: Duration) {
    // Not all at the same moment.
    sleep(waited.clamp(FIRST_POLL, LONGEST_POLL).mul_f64(0.5 + random::share()));
}

/// Whether this thread may ask for the writer's lock, by this descriptor.
pub(super) fn may_ask(index: c_int) -> bool {
    let waiting = WAITING.get();
    let (may_ask, is_next) = match waiting.since.map(|since| since.elapsed()) {
        None if STINTS.get().is_some_and(Stint::goes_on) => (true, false),
        Some(waited) if waited >= TOO_LONG => (true, waiting.is_next),
        Some(waited) if waited >= LONG => {
            let is_next = locks::lock(index, NEXT);
            (is_next, is_next)
        }
        _ => (locks::is_free(index, NEXT), false),
    };
    WAITING.set(Waiting { by: Some(index), is_next, ..waiting });
    may_ask
}

/// This thread has the writer's lock.
pub(super) fn begin() {
    stop_waiting();
    let now = Instant::now();
    let stint = STINTS.get().filter(|stint| now - stint.last < BREATH);
    STINTS.set(Some(Stint { began: stint.map_or(now, |stint| stint.began), last: now }));
}

/// This thread has it no more.
pub(super) fn end() {
    STINTS.set(STINTS.get().map(|stint| Stint { last: Instant::now(), ..stint }));
}

/// The descriptor is about to be closed, and its locks with it.
pub(super) fn forget(index: c_int) {
    let waiting = WAITING.get();
    if waiting.by == Some(index) {
        WAITING.set(Waiting { since: waiting.since, ..NO });
    }
}

fn stop_waiting() {
    if let Waiting { by: Some(index), is_next: true, .. } = WAITING.replace(NO) {
        locks::unlock(index, NEXT);
    }
}

impl Stint {
    fn goes_on(self) -> bool {
        self.last.elapsed() < BREATH && self.began.elapsed() < STINT
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::File, os::fd::AsRawFd, thread};

    use super::*;

    /// Another process's, as far as the locks know.
    fn may_another_ask(file: &tempfile::NamedTempFile, waited: Option<Duration>) -> (bool, File) {
        let index = file.reopen().unwrap();
        WAITING
            .set(Waiting { since: waited.map(|waited| Instant::now().checked_sub(waited).unwrap()), ..NO });
        (may_ask(index.as_raw_fd()), index)
    }

    #[test]
    fn who_has_waited_long_goes_first() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let (may_ask_long, index) = may_another_ask(&file, Some(LONG));
        assert!(may_ask_long);
        thread::scope(|scope| {
            scope.spawn(|| {
                assert!(!may_another_ask(&file, None).0);
                assert!(!may_another_ask(&file, Some(LONG / 2)).0);
                assert!(!may_another_ask(&file, Some(LONG)).0, "two are next");
                assert!(
                    may_another_ask(&file, Some(TOO_LONG)).0,
                    "one who may have been stopped is waited for"
                );
            });
        });
        // It has what it waited for.
        begin();
        thread::scope(|scope| {
            scope.spawn(|| assert!(may_another_ask(&file, None).0));
        });
        drop(index);
    }

    #[test]
    fn who_gives_up_is_not_waited_for() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let give_up: [fn(); 2] = [|| assert!(!wait(Instant::now())), || drop(Call)];
        for give_up in give_up {
            let (may_ask_long, index) = may_another_ask(&file, Some(LONG));
            assert!(may_ask_long && !locks::is_free(file.as_file().as_raw_fd(), NEXT));
            give_up();
            assert!(locks::is_free(file.as_file().as_raw_fd(), NEXT));
            drop(index);
        }
    }

    #[test]
    fn a_stint_goes_on_for_a_while() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let next = file.reopen().unwrap();
        assert!(locks::lock(next.as_raw_fd(), NEXT));
        let may_ask_after = |began: Duration, last: Duration| {
            let ago = |time| Instant::now().checked_sub(time).unwrap();
            STINTS.set(Some(Stint { began: ago(began), last: ago(last) }));
            may_another_ask(&file, None).0
        };
        assert!(may_ask_after(STINT / 2, Duration::ZERO));
        assert!(!may_ask_after(STINT / 2, BREATH), "it has paused");
        assert!(!may_ask_after(STINT, Duration::ZERO), "it was long");
    }
}
