//! One request, one answer, over a connection that is kept for the next one.
//!
//! A [`Transport`] belongs to one process and one thread: it holds at most one connection, with at most one request in
//! flight. It never follows a redirect, never sends anything twice, and reads nothing from the environment. `dispatch` calls it; `doctor`
//! goes its way step by step, with a [`Probe`].

mod connect;
mod connection;
mod dns;
mod executor;
mod fault;
mod probe;
mod socket;
mod tls;
mod wire;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body_util::Full;

use crate::{
    config::Config,
    error::{Error, TransportFault},
    redact,
    shared::{Counter, Counters},
};
use connect::Connector;
use connection::Connection;
use tls::Witness;

pub(crate) use probe::Probe;
pub use wire::KEY_STAND_IN;

/// What is sent: a request to the endpoint, less what the transport adds. In the place of the key it carries [`KEY_STAND_IN`].
pub type Request = http::Request<Full<Bytes>>;

/// How long the rest of an answer that nobody will see may take, for the sake of the connection.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(100);

/// The head of an answer, and the beginning of its body.
#[derive(Debug)]
pub struct Answer {
    /// 200 to 599.
    pub status: StatusCode,
    /// The answer's headers.
    pub headers: HeaderMap,
    /// The body: `max_response_bytes` of it, and what [`redact`](crate::redact) needs beyond. Empty unless the status is 2xx: nobody reads the others.
    pub body: Bytes,
}

/// What the parts of an exchange took; None of a part that was not reached, or not needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Whether it was a kept connection.
    pub reused: Option<bool>,
    /// Name, TCP, and the proxy's tunnel.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the request's first byte to the whole head of its answer.
    pub first_byte: Option<Duration>,
}

/// Why there is no answer.
#[derive(Debug)]
pub struct Failure {
    /// What happened.
    pub error: Error,
    /// A kept connection ended before any byte of an answer: most likely the server had closed it before it saw the request. Anyone may
    /// send a request again at once then (RFC 9112, section 9.3.1), and the next connection will be a new one.
    pub stale: bool,
}

impl Failure {
    fn of(error: Error) -> Self {
        Self { error, stale: false }
    }
}

/// The way to the endpoint.
pub struct Transport {
    connector: Connector,
    kept: Option<Connection>,
    max_body_bytes: usize,
}

impl Transport {
    /// Prepares the way; opens nothing.
    ///
    /// # Errors
    /// [`Error::Internal`] if the TLS library refuses what the configuration has checked already.
    pub fn new(config: &Arc<Config>) -> Result<Self, Error> {
        Self::watched(config, None)
    }

    fn watched(config: &Arc<Config>, witness: Option<Arc<Witness>>) -> Result<Self, Error> {
        Ok(Self {
            connector: Connector::new(config, witness)?,
            kept: None,
            max_body_bytes: config.max_response_bytes + redact::look_ahead(config.key.expose()),
        })
    }

    /// Sends `request` and reads the answer, all of it before `deadline`. `times` is filled in as far as it comes.
    ///
    /// A connection is taken out while it is in use and put back only when it is fit for the next request, so that one whose request
    /// was cut by the deadline is never used again.
    ///
    /// # Errors
    /// [`Error::Transport`] and [`Error::Timeout`]; what an HTTP status means is the caller's to say.
    pub fn send(
        &mut self,
        request: Request,
        deadline: Instant,
        counters: &Counters,
        times: &mut Times,
    ) -> Result<Answer, Failure> {
        *times = Times::default();
        let mut kept = self.kept.take();
        if kept.as_mut().is_some_and(|connection| !connection.is_fit()) {
            kept = None;
        }
        let is_kept = kept.is_some();
        times.reused = Some(is_kept);
        let mut connection = match kept {
            Some(connection) => connection,
            None => self.connector.connect(deadline, times).map_err(Failure::of)?,
        };
        counters.add(if is_kept { Counter::ConnectionsReused } else { Counter::ConnectionsOpened }, 1);
        let _meter = connection.meter(counters);
        match self.exchange(&mut connection, request, deadline, times) {
            Ok(answer) => {
                self.kept = connection.is_reusable().then_some(connection);
                Ok(answer)
            }
            Err(connection::Failure { error, unanswered }) => {
                let stale = is_kept && unanswered && matches!(error, Error::Transport(_));
                Err(Failure { error, stale })
            }
        }
    }

    fn exchange(
        &self,
        connection: &mut Connection,
        request: Request,
        deadline: Instant,
        times: &mut Times,
    ) -> Result<Answer, connection::Failure> {
        let broken = |error| connection::Failure { error, unanswered: false };
        let begun = Instant::now();
        let (head, body) = connection.send(request, deadline)?.into_parts();
        times.first_byte = Some(begun.elapsed());
        // 101 was never asked for, 1xx is no answer, and hyper lets a server make up statuses as far as 999.
        if !matches!(head.status.as_u16(), 200..=599) {
            return Err(broken(Error::Transport(TransportFault::NotHttp)));
        }
        let body = if head.status.is_success() {
            connection.read(body, self.max_body_bytes, deadline).map_err(broken)?
        } else {
            // The status says it all; the rest is read only to have the connection back.
            let deadline = deadline.min(Instant::now() + DRAIN_TIMEOUT);
            let _ = connection.read(body, self.max_body_bytes, deadline);
            Bytes::new()
        };
        Ok(Answer { status: head.status, headers: head.headers, body })
    }
}
