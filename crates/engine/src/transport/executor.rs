//! Runs hyper's futures on this thread, which has nothing else to do: between two polls it waits for the wire.

use std::{
    cell::Cell,
    io,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Instant,
};

use super::{
    socket::is_deadline,
    wire::{Arrived, Wire},
};

/// How often what has arrived is read after the deadline, in an exchange: some 1 MB of it.
const MAX_LATE_READS: usize = 256;

/// For the futures of one connection.
pub(super) struct Executor {
    wire: Rc<Wire>,
    late_reads: Cell<usize>,
    woken: Arc<Woken>,
    waker: Waker,
}

impl Executor {
    pub(super) fn new(wire: &Rc<Wire>) -> Self {
        let woken = Arc::<Woken>::default();
        Self {
            wire: Rc::clone(wire),
            late_reads: Cell::new(0),
            waker: Waker::from(Arc::clone(&woken)),
            woken,
        }
    }

    /// To be called before each exchange.
    pub(super) fn exchange_begins(&self) {
        self.late_reads.set(0);
    }

    /// Polls until that is ready. The error is the wire's, or the deadline's.
    pub(super) fn run<T>(
        &self,
        deadline: Instant,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> io::Result<T> {
        loop {
            self.woken.0.store(false, Ordering::Relaxed);
            if let Poll::Ready(done) = poll(&mut Context::from_waker(&self.waker)) {
                return Ok(done);
            }
            // hyper's parts wake each other, and the driver itself when it has done much in one poll.
            if self.woken.0.load(Ordering::Relaxed) {
                continue;
            }
            if let Err(error) = self.wire.wait(deadline)
                && !(is_deadline(&error) && self.catches_up())
            {
                return Err(error);
            }
        }
    }

    /// A process that was stopped over its deadline may have been answered in time. True: something was there.
    fn catches_up(&self) -> bool {
        let reads = self.late_reads.replace(self.late_reads.get() + 1);
        reads < MAX_LATE_READS && matches!(self.wire.catch_up(), Arrived::Bytes)
    }
}

/// Whether someone asked to be polled once more.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}
