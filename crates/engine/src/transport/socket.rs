//! The TCP socket under TLS. What is to be read is waited for, in the first place, by the very recv(2) that takes it.

use std::{
    io::{self, IoSlice, Read, Write},
    net::{Shutdown, TcpStream},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, sendmsg},
};

/// For how long recv(2) waits. Nearly all answers come within it; what takes longer is waited for by poll(2), which is exact where
/// `SO_RCVTIMEO` may be an eighth too long.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// A connected socket.
pub(crate) struct Socket(TcpStream);

impl Socket {
    /// One that a runtime is done with.
    pub(super) fn new(tcp: tokio::net::TcpStream) -> io::Result<Self> {
        let tcp = tcp.into_std()?;
        tcp.set_nonblocking(false)?;
        tcp.set_read_timeout(Some(FIRST_WAIT))?;
        Ok(Self(tcp))
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
        let ready = self.wait_for(PollFlags::IN | PollFlags::OUT, deadline)?;
        Ok(ready.intersects(!PollFlags::OUT))
    }

    pub(super) fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.0.shutdown(how)
    }

    fn wait_for(&self, events: PollFlags, deadline: Instant) -> io::Result<PollFlags> {
        loop {
            let timeout = Timespec::try_from(left(deadline)?).map_err(|_| io::ErrorKind::InvalidInput)?;
            let mut sockets = [PollFd::new(&self.0, events)];
            match poll(&mut sockets, Some(&timeout)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => {
                    let [socket] = sockets;
                    return Ok(socket.revents());
                }
                Err(error) => return Err(error.into()),
            }
        }
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
        let mut flags = match self.deadline {
            Some(deadline) if left(deadline)? > FIRST_WAIT * 2 => RecvFlags::empty(),
            _ => RecvFlags::DONTWAIT,
        };
        loop {
            match (recv(&self.socket.0, &mut *buf, flags), self.deadline) {
                (Ok((_, read)), _) => return Ok(read),
                (Err(Errno::AGAIN | Errno::INTR), Some(deadline)) => {
                    self.socket.wait_for(PollFlags::IN, deadline)?;
                    flags = RecvFlags::DONTWAIT;
                }
                (Err(Errno::INTR), None) => {}
                (Err(error), _) => return Err(error.into()),
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
            match (sendmsg(&self.socket.0, bufs, &mut SendAncillaryBuffer::default(), flags), self.deadline) {
                (Ok(written), _) => return Ok(written),
                (Err(Errno::INTR), _) => {}
                (Err(Errno::AGAIN), Some(deadline)) => {
                    self.socket.wait_for(PollFlags::OUT, deadline)?;
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
