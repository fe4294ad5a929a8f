//! The TLS stream under hyper: counted, looked at between requests, and the place where the key enters a request.
//!
//! hyper, like every HTTP library, copies headers into buffers that it keeps for as long as the connection lives. So that the key is
//! never in them, requests carry a stand-in, which is exchanged for the key on its way into TLS: rustls copies it into a record,
//! and encrypts it there.

use std::{
    cell::{Cell, RefCell},
    io::{self, IoSlice},
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, ready},
};

use memchr::memmem;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;

use super::socket::{Pending, Socket};
use crate::config::Config;

/// What a request carries in the key's place. It has spaces, which no other field value of ours and no request target has: nothing
/// that comes from PHP code can be mistaken for it.
pub const KEY_STAND_IN: &str = "the key goes here";

/// [`KEY_STAND_IN`] as it lies in a request's head.
const NEEDLE: &[u8] = b"the key goes here\r\n";

/// A TLS stream.
pub(super) struct Wire {
    stream: RefCell<TlsStream<Socket>>,
    config: Arc<Config>,
    /// Decrypted bytes, which handshake messages are not part of.
    bytes_read: Cell<u64>,
    /// hyper's bytes: with the stand-in, not with the key.
    bytes_written: Cell<u64>,
    progress: Cell<Progress>,
}

/// How far a request's key is written.
#[derive(Clone, Copy)]
enum Progress {
    /// Not at all: the stand-in is still to come.
    Ahead,
    /// So many bytes of it. The stand-in is what hyper writes next.
    Within(usize),
    /// Wholly.
    Behind,
}

impl Wire {
    pub(super) fn new(stream: TlsStream<Socket>, config: Arc<Config>) -> Self {
        let (bytes_read, bytes_written) = (Cell::new(0), Cell::new(0));
        let progress = Cell::new(Progress::Behind);
        Self { stream: RefCell::new(stream), config, bytes_read, bytes_written, progress }
    }

    /// To be called before each request.
    pub(super) fn request_begins(&self) {
        self.progress.set(Progress::Ahead);
    }

    /// How many decrypted bytes came so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read.get()
    }

    /// How many bytes hyper wrote so far.
    pub(super) fn bytes_written(&self) -> u64 {
        self.bytes_written.get()
    }

    /// What the kernel holds for us, without taking it.
    pub(super) fn pending(&self) -> Pending {
        let stream = self.stream.borrow();
        stream.get_ref().0.pending()
    }

    fn poll_write_through(&self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.stream.borrow_mut()).poll_write_vectored(cx, bufs)
    }

    /// Writes the head that hyper has buffered (and what follows it), the key in the stand-in's place, in one TLS record. Answers in
    /// hyper's bytes, not in ours.
    fn poll_write_head(&self, cx: &mut Context<'_>, head: &[u8], rest: &[u8]) -> Poll<io::Result<usize>> {
        // hyper hands a whole head over at once. Without the stand-in it is no request of ours, and must not go out without a key.
        let Some(at) = memmem::find(head, NEEDLE) else {
            return Poll::Ready(Err(io::ErrorKind::InvalidInput.into()));
        };
        let (before, from_stand_in) = head.split_at_checked(at).unwrap_or_default();
        let after = from_stand_in.get(KEY_STAND_IN.len()..).unwrap_or_default();
        let key = self.config.key.expose();
        #[cfg(feature = "naive")]
        crate::naive::panic_in("transport", key);
        let slices = [before, key, after, rest].map(IoSlice::new);
        let written = ready!(self.poll_write_through(cx, &slices))?;
        Poll::Ready(Ok(match written.checked_sub(at) {
            None => written,
            Some(of_key) if of_key < key.len() => {
                self.progress.set(Progress::Within(of_key));
                at
            }
            Some(more) => {
                self.progress.set(Progress::Behind);
                at + KEY_STAND_IN.len() + (more - key.len())
            }
        }))
    }

    /// Goes on with a key of which a part was written.
    fn poll_write_rest_of_key(&self, cx: &mut Context<'_>, mut sent: usize) -> Poll<io::Result<usize>> {
        let key = self.config.key.expose();
        while let Some(rest) = key.get(sent..).filter(|rest| !rest.is_empty()) {
            sent += ready!(self.poll_write_through(cx, &[IoSlice::new(rest)]))?;
            self.progress.set(Progress::Within(sent));
        }
        self.progress.set(Progress::Behind);
        Poll::Ready(Ok(KEY_STAND_IN.len()))
    }
}

/// hyper's handle on the wire.
pub(super) struct Handle(Rc<Wire>);

impl Handle {
    pub(super) fn new(wire: &Rc<Wire>) -> Self {
        Self(Rc::clone(wire))
    }
}

impl AsyncRead for Handle {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let filled_before = buf.filled().len();
        ready!(Pin::new(&mut *self.0.stream.borrow_mut()).poll_read(cx, buf))?;
        let read = (buf.filled().len() - filled_before) as u64;
        self.0.bytes_read.set(self.0.bytes_read.get().saturating_add(read));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Handle {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.stream.borrow_mut()).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.stream.borrow_mut()).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(match (self.0.progress.get(), bufs) {
            (Progress::Behind, bufs) => self.0.poll_write_through(cx, bufs),
            (Progress::Within(sent), _) => self.0.poll_write_rest_of_key(cx, sent),
            (Progress::Ahead, [head, rest @ ..]) => {
                let rest = rest.first().map_or(&[][..], |rest| rest);
                self.0.poll_write_head(cx, head, rest)
            }
            (Progress::Ahead, []) => Poll::Ready(Ok(0)),
        })?;
        self.0.bytes_written.set(self.0.bytes_written.get().saturating_add(written as u64));
        Poll::Ready(Ok(written))
    }
}
