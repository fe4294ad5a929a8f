//! The TLS stream under hyper: counted, looked at between requests, and the place where the key enters a request.
//!
//! hyper, like every HTTP library, copies headers into buffers that it keeps for as long as the connection lives. So that the key is
//! never in them, requests carry a stand-in, which is exchanged for the key on its way into TLS: rustls copies it into a record,
//! and encrypts it there.

use std::{
    cell::{Cell, RefCell},
    io::{self, BufRead, IoSlice, Write as _},
    net::Shutdown,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use hyper::rt::{Read, ReadBufCursor, Write};
use memchr::memmem;
use rustls::ClientConnection;

use super::socket::{Access, Socket};
use crate::config::Config;

/// What a request carries in the key's place. It has spaces, which no other field value of ours and no request target has: nothing
/// that comes from PHP code can be mistaken for it.
pub const KEY_STAND_IN: &str = "the key goes here";

/// [`KEY_STAND_IN`] as it lies in a request's head.
const NEEDLE: &[u8] = b"the key goes here\r\n";

/// TLS over a socket.
pub(super) struct Wire {
    tls: RefCell<ClientConnection>,
    socket: Socket,
    /// The peer's end was read.
    ended: Cell<bool>,
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

/// What a socket that nobody has watched held.
pub(super) enum Arrived {
    Nothing,
    Bytes,
    End,
}

impl Wire {
    pub(super) fn new(tls: ClientConnection, socket: Socket, config: Arc<Config>) -> Self {
        Self {
            tls: RefCell::new(tls),
            socket,
            ended: Cell::new(false),
            config,
            bytes_read: Cell::new(0),
            bytes_written: Cell::new(0),
            progress: Cell::new(Progress::Behind),
        }
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

    /// Whether the socket has taken all that was written.
    pub(super) fn is_flushed(&self) -> bool {
        !self.tls.borrow().wants_write()
    }

    /// Takes some of what has arrived, without waiting.
    pub(super) fn catch_up(&self) -> Arrived {
        match self.take(self.socket.at_once()) {
            Ok(1..) => Arrived::Bytes,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Arrived::Nothing,
            Ok(0) | Err(_) => Arrived::End,
        }
    }

    /// Waits for what hyper waits for. To be called when it has taken all that was there.
    pub(super) fn wait(&self, deadline: Instant) -> io::Result<()> {
        if self.ended.get() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if self.is_flushed() {
            self.take(self.socket.until(deadline))?;
        } else if self.socket.wait_for_either(deadline)? {
            // An API may answer before it has read it all.
            self.catch_up();
        }
        Ok(())
    }

    fn take(&self, mut from: Access<'_>) -> io::Result<usize> {
        let mut tls = self.tls.borrow_mut();
        let read = tls.read_tls(&mut from)?;
        // What is wrong with it may come behind a whole answer: `poll_read` tells it once all before is read.
        if tls.process_new_packets().is_err() {
            // The alert that tells the peer, if there is room for it.
            let _ = tls.write_tls(&mut self.socket.at_once());
        }
        self.ended.set(read == 0);
        Ok(read)
    }

    fn poll_read(&self, buf: &mut ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let mut tls = self.tls.borrow_mut();
        let mut reader = tls.reader();
        let read = match reader.fill_buf() {
            Ok(plain) => {
                let fits = plain.get(..buf.remaining()).unwrap_or(plain);
                buf.put_slice(fits);
                fits.len()
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                // After an error rustls says the same again.
                let state = tls.process_new_packets();
                return state.map_or_else(
                    |error| Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, error))),
                    |_| Poll::Pending,
                );
            }
            Err(error) => return Poll::Ready(Err(error)),
        };
        reader.consume(read);
        self.bytes_read.set(self.bytes_read.get().saturating_add(read as u64));
        Poll::Ready(Ok(()))
    }

    fn poll_write_through(&self, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        loop {
            let written = self.tls.borrow_mut().writer().write_vectored(bufs)?;
            let flushed = self.poll_flush()?;
            if written > 0 || bufs.iter().all(|buf| buf.is_empty()) {
                return Poll::Ready(Ok(written));
            }
            // TLS holds as much as it may.
            ready!(flushed);
        }
    }

    fn poll_flush(&self) -> Poll<io::Result<()>> {
        let mut tls = self.tls.borrow_mut();
        while tls.wants_write() {
            match tls.write_tls(&mut self.socket.at_once()) {
                Ok(1..) => {}
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&self) -> Poll<io::Result<()>> {
        self.tls.borrow_mut().send_close_notify();
        ready!(self.poll_flush())?;
        Poll::Ready(self.socket.shutdown(Shutdown::Write))
    }

    /// Writes the head that hyper has buffered (and what follows it), the key in the stand-in's place, in one TLS record. Answers in
    /// hyper's bytes, not in ours.
    fn poll_write_head(&self, head: &[u8], rest: &[u8]) -> Poll<io::Result<usize>> {
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
        let written = ready!(self.poll_write_through(&slices))?;
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
    fn poll_write_rest_of_key(&self, mut sent: usize) -> Poll<io::Result<usize>> {
        let key = self.config.key.expose();
        while let Some(rest) = key.get(sent..).filter(|rest| !rest.is_empty()) {
            sent += ready!(self.poll_write_through(&[IoSlice::new(rest)]))?;
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

// Wakers are for those who are polled by whoever comes by: here the executor asks the wire itself when to go on.
impl Read for Handle {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.poll_read(&mut buf)
    }
}

impl Write for Handle {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush()
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_shutdown()
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wire = &self.0;
        let written = ready!(match (wire.progress.get(), bufs) {
            (Progress::Behind, bufs) => wire.poll_write_through(bufs),
            (Progress::Within(sent), _) => wire.poll_write_rest_of_key(sent),
            (Progress::Ahead, [head, rest @ ..]) => {
                let rest = rest.first().map_or(&[][..], |rest| rest);
                wire.poll_write_head(head, rest)
            }
            (Progress::Ahead, []) => Poll::Ready(Ok(0)),
        })?;
        wire.bytes_written.set(wire.bytes_written.get().saturating_add(written as u64));
        Poll::Ready(Ok(written))
    }
}
