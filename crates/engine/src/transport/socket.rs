//! The TCP socket under TLS. What tokio's own does not do: write several buffers without SIGPIPE, and look at what has arrived
//! without taking it.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, sendmsg};
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
};

/// A connected socket.
pub(super) struct Socket(TcpStream);

/// What a socket that nobody has watched holds.
pub(super) enum Pending {
    Nothing,
    Bytes,
    Closed,
}

impl Socket {
    pub(super) fn new(tcp: TcpStream) -> Self {
        Self(tcp)
    }

    /// What the kernel holds for us.
    pub(super) fn pending(&self) -> Pending {
        let mut byte = [0_u8; 1];
        match recv(&self.0, &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT) {
            Ok((_, 1..)) => Pending::Bytes,
            Err(rustix::io::Errno::AGAIN) => Pending::Nothing,
            Ok(_) | Err(_) => Pending::Closed,
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    /// tokio's is writev(2), which raises SIGPIPE on a connection that the server has reset. Rust programs ignore that signal;
    /// whether PHP does is up to any PHP code (`pcntl_signal`), and its default ends the process.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let send = || Ok(sendmsg(&self.0, bufs, &mut SendAncillaryBuffer::default(), SendFlags::NOSIGNAL)?);
        loop {
            ready!(self.0.poll_write_ready(cx))?;
            match self.0.try_io(Interest::WRITABLE, send) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
