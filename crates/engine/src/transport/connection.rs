//! One HTTP/1.1 connection, with at most one request in flight.
//!
//! hyper splits a connection into a sender and a driver, and expects the driver to run in a task of its own. Here nobody runs
//! between two calls from PHP, so there is no such task: both are polled side by side while a request is under way, and
//! [`Connection::is_fit`] catches up on what happened to the socket in between.

use std::{
    io,
    pin::{Pin, pin},
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use http::Response;
use http_body_util::Full;
use hyper::{
    body::{Body, Incoming},
    client::conn::http1,
};
use rustls::ClientConnection;

use super::{
    Request,
    executor::Executor,
    fault,
    socket::Socket,
    wire::{Arrived, Handle, Wire},
};
use crate::{
    config::Config,
    error::{Error, Phase},
    shared::{Counter, Counters},
};

/// A connection idle for longer is not trusted: firewalls forget silent flows without telling either end.
const MAX_IDLE: Duration = Duration::from_mins(1);

/// In how many pieces an idle socket may hold something (session tickets) before the peer counts as a babbler.
const MAX_CATCH_UP: usize = 16;

/// hyper gives up on a head once it holds this many bytes of it; the read that takes it there may bring more.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// Why a request was not answered on this connection.
pub(super) struct Failure {
    pub(super) error: Error,
    /// No byte of an answer arrived. On a reused connection: the server had most likely closed it before it saw the request.
    pub(super) unanswered: bool,
}

/// An open connection.
pub(super) struct Connection {
    wire: Rc<Wire>,
    executor: Executor,
    sender: http1::SendRequest<Full<Bytes>>,
    /// None when it has ended.
    driver: Option<Driver>,
    last_used: Instant,
    /// The last answer was read to its end.
    clean: bool,
}

impl Connection {
    /// HTTP over TLS.
    pub(super) fn open(tls: ClientConnection, socket: Socket, config: &Arc<Config>) -> Result<Self, Error> {
        let wire = Rc::new(Wire::new(tls, socket, Arc::clone(config)));
        let executor = Executor::new(&wire);
        let mut http = http1::Builder::new();
        // Some old servers compare header names literally.
        http.title_case_headers(true).max_buf_size(MAX_HEAD_BYTES);
        let mut made = pin!(http.handshake(Handle::new(&wire)));
        // Nothing is sent yet, so nothing is waited for.
        let Poll::Ready(made) = made.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
            return Err(Error::Internal);
        };
        let (sender, driver) = made.map_err(|error| fault::in_exchange(&error, true))?;
        let driver = Some(Box::pin(driver));
        Ok(Self { wire, executor, sender, driver, last_used: Instant::now(), clean: true })
    }

    /// What goes over the connection from here on, until that is dropped, is counted.
    pub(super) fn meter<'a>(&self, counters: &'a Counters) -> Meter<'a> {
        let wire = Rc::clone(&self.wire);
        Meter { read_before: wire.bytes_read(), written_before: wire.bytes_written(), wire, counters }
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) fn send(
        &mut self,
        request: Request,
        deadline: Instant,
    ) -> Result<Response<Incoming>, Failure> {
        self.clean = false;
        self.executor.exchange_begins();
        self.wire.request_begins();
        let bytes_before = self.wire.bytes_read();
        let mut answer = pin!(self.sender.send_request(request));
        let driver = &mut self.driver;
        let outcome = self.executor.run(deadline, |cx| {
            drive(driver, cx);
            answer.as_mut().poll(cx)
        });
        self.told(outcome, Phase::Waiting)
            .map_err(|error| Failure { error, unanswered: self.wire.bytes_read() == bytes_before })
    }

    /// Reads a body, of which it keeps at most `max_bytes`. A longer one is cut, and the connection is then not reusable.
    pub(super) fn read(
        &mut self,
        mut body: Incoming,
        max_bytes: usize,
        deadline: Instant,
    ) -> Result<Bytes, Error> {
        let mut kept = BytesMut::new();
        loop {
            let driver = &mut self.driver;
            let frame = self.executor.run(deadline, |cx| {
                // What is there already, first: each poll of the driver costs as much as some system calls.
                match Pin::new(&mut body).poll_frame(cx) {
                    Poll::Pending => {
                        drive(driver, cx);
                        Pin::new(&mut body).poll_frame(cx)
                    }
                    frame @ Poll::Ready(_) => frame,
                }
            });
            let Some(frame) = self.told(frame.map(Option::transpose), Phase::Reading)? else { break };
            let data = frame.into_data().unwrap_or_default();
            let room = max_bytes - kept.len();
            if data.len() > room {
                kept.extend_from_slice(&data.slice(..room));
                return Ok(kept.freeze());
            }
            kept.extend_from_slice(&data);
        }
        self.clean = true;
        self.last_used = Instant::now();
        Ok(kept.freeze())
    }

    /// What became of hyper's part, or of the waiting for it.
    fn told<T>(&self, outcome: io::Result<Result<T, hyper::Error>>, phase: Phase) -> Result<T, Error> {
        let is_silent = self.wire.bytes_read() == 0;
        outcome
            .map_err(|error| fault::on_the_wire(&error, phase, is_silent))?
            .map_err(|error| fault::in_exchange(&error, is_silent))
    }

    /// Whether it can be kept after an answer: read to its end, the request written to its end, and neither side has closed.
    pub(super) fn is_reusable(&self) -> bool {
        self.clean && self.wire.is_flushed() && self.driver.is_some() && !self.sender.is_closed()
    }

    /// Whether a kept connection can take the next request. Nobody watched the socket while PHP was idle, so this takes what has
    /// arrived since: a FIN, a reset, an alert, an answer to no request; or nothing, or a session ticket, which is fine.
    pub(super) fn is_fit(&mut self) -> bool {
        if self.last_used.elapsed() > MAX_IDLE {
            return false;
        }
        for _ in 0..MAX_CATCH_UP {
            match self.wire.catch_up() {
                Arrived::Nothing if self.sender.is_ready() => return true,
                Arrived::Nothing | Arrived::Bytes => {}
                Arrived::End => return false,
            }
            // Nobody waits here.
            drive(&mut self.driver, &mut Context::from_waker(Waker::noop()));
            if !self.is_reusable() {
                return false;
            }
        }
        false
    }
}

/// Counts bytes when it is dropped: an exchange ends in many places.
pub(super) struct Meter<'a> {
    wire: Rc<Wire>,
    read_before: u64,
    written_before: u64,
    counters: &'a Counters,
}

impl Drop for Meter<'_> {
    fn drop(&mut self) {
        self.counters.add(Counter::BytesSent, self.wire.bytes_written() - self.written_before);
        self.counters.add(Counter::BytesReceived, self.wire.bytes_read() - self.read_before);
    }
}

type Driver = Pin<Box<http1::Connection<Handle, Full<Bytes>>>>;

fn drive(driver: &mut Option<Driver>, cx: &mut Context<'_>) {
    // The driver's error, if any, also reaches the request or the body that waits for it.
    if driver.as_mut().is_some_and(|driver| driver.as_mut().poll(cx).is_ready()) {
        *driver = None;
    }
}
