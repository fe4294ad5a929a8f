//! The TCP socket under TLS. It blocks, but never for longer than its caller says: what is to be read is waited for by the very
//! recv(2) that takes it.

use std::{
    cell::Cell,
    io::{self, IoSlice, Read, Write},
    net::{Shutdown, TcpStream},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, sendmsg},
};

/// Read timeouts are multiples of this. The kernel counts them in ticks of 1 to 10 ms anyway, and a call that comes as soon after its
/// beginning as the last one finds its own set already.
const TIMEOUT_STEP: Duration = Duration::from_millis(5);

/// A connected socket.
pub(crate) struct Socket {
    tcp: TcpStream,
    /// What `SO_RCVTIMEO` is set to. Zero: to nothing.
    read_timeout: Cell<Duration>,
}

impl Socket {
    /// One that a runtime is done with.
    pub(super) fn new(tcp: tokio::net::TcpStream) -> io::Result<Self> {
        let tcp = tcp.into_std()?;
        tcp.set_nonblocking(false)?;
        Ok(Self { tcp, read_timeout: Cell::default() })
    }

    /// Reads and writes without waiting.
    pub(super) fn at_once(&self) -> Access<'_> {
        Access { socket: self, deadline: None }
    }

    /// Reads and writes, and waits for it until `deadline`; [`is_deadline`] tells the error that then comes from others.
    pub(super) fn until(&self, deadline: Instant) -> Access<'_> {
        Access { socket: self, deadline: Some(deadline) }
    }

    /// Waits until something can be read, or written; true: read (or the connection is at its end).
    pub(super) fn wait_for_either(&self, deadline: Instant) -> io::Result<bool> {
        let ready = self.poll(PollFlags::IN | PollFlags::OUT, deadline)?;
        Ok(ready.intersects(!PollFlags::OUT))
    }

    pub(super) fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.tcp.shutdown(how)
    }

    fn poll(&self, events: PollFlags, deadline: Instant) -> io::Result<PollFlags> {
        loop {
            let timeout = Timespec::try_from(left(deadline)?).map_err(|_| io::ErrorKind::InvalidInput)?;
            let mut fds = [PollFd::new(&self.tcp, events)];
            match poll(&mut fds, Some(&timeout)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(fds.iter().fold(PollFlags::empty(), |all, fd| all | fd.revents())),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn limit_read(&self, left: Duration) -> io::Result<()> {
        let steps = left.as_nanos() / TIMEOUT_STEP.as_nanos() + 1;
        let timeout = TIMEOUT_STEP.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX));
        if self.read_timeout.get() != timeout {
            self.tcp.set_read_timeout(Some(timeout))?;
            self.read_timeout.set(timeout);
        }
        Ok(())
    }
}

/// A socket, and how long may be waited for it.
pub(super) struct Access<'a> {
    socket: &'a Socket,
    /// None: not at all.
    deadline: Option<Instant>,
}

impl Read for Access<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let flags = match self.deadline {
                None => RecvFlags::DONTWAIT,
                Some(deadline) => {
                    self.socket.limit_read(left(deadline)?)?;
                    RecvFlags::empty()
                }
            };
            match recv(&self.socket.tcp, &mut *buf, flags) {
                Ok((_, read)) => return Ok(read),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) if self.deadline.is_some() => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Write for Access<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(buf)])
    }

    /// The standard library's is writev(2), which raises SIGPIPE on a connection that the server has reset. Rust programs ignore that
    /// signal; whether PHP does is up to any PHP code (`pcntl_signal`), and its default ends the process.
    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        loop {
            match (sendmsg(&self.socket.tcp, bufs, &mut SendAncillaryBuffer::default(), flags), self.deadline)
            {
                (Ok(written), _) => return Ok(written),
                (Err(Errno::INTR), _) => {}
                (Err(Errno::AGAIN), Some(deadline)) => {
                    self.socket.poll(PollFlags::OUT, deadline)?;
                }
                (Err(error), _) => return Err(error.into()),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a wait ended because its time was over. TCP gives up by ETIMEDOUT, which is another matter.
pub(super) fn is_deadline(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::TimedOut && error.raw_os_error().is_none()
}

fn left(deadline: Instant) -> io::Result<Duration> {
    match deadline.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(io::ErrorKind::TimedOut.into()),
        left => Ok(left),
    }
}
