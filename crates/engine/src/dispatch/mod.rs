//! One order, from accepted to certain: what the binding calls, and later the agent.
//!
//! A [`Dispatcher`] belongs to one process and one thread. Its life begins at the first dispatch; a process that was forked
//! from one that has a dispatcher must *forget* the inherited one (`std::mem::forget`) and make its own: dropping it would
//! write to the parent's TLS connection and take the parent's sockets out of the epoll instance that both share.

mod idempotency;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::Full;
use tokio::{
    runtime::{Builder, Runtime},
    time::Instant,
};
use uuid::Uuid;

pub use idempotency::IdempotencyKey;

use crate::{
    config::Config,
    error::Error,
    order::{Change, Order},
    redact,
    transport::{Answer, KEY_STAND_IN, Request, Transport},
};

/// Sends orders, one at a time, over one kept connection.
pub struct Dispatcher {
    config: Arc<Config>,
    // Before the runtime, so that sockets are dropped before the reactor that they are registered with.
    transport: Transport,
    runtime: Runtime,
}

/// What became of an order.
#[derive(Debug)]
pub struct Receipt {
    /// The dispatch's own id, a UUIDv7.
    pub id: Uuid,
    /// What was sent as Idempotency-Key.
    pub idempotency_key: IdempotencyKey,
    /// The HTTP status of the answer, 2xx.
    pub status: StatusCode,
    /// How many times the order was sent.
    pub attempts: u32,
    /// How long it all took.
    pub elapsed: Duration,
    /// The answer's body without the key, cut at `max_response_bytes`. None if it is in a content coding, which was not asked for.
    pub body: Option<Bytes>,
    /// Where the order was not sent as it was given.
    pub changes: Vec<Change>,
    /// JSON Pointers of what the schema does not name, and was not sent.
    pub dropped: Vec<String>,
}

impl Dispatcher {
    /// A runtime and the way to the endpoint. No thread, and no socket yet.
    ///
    /// # Errors
    /// [`Error::Transport`] when the process has no descriptor left for epoll.
    pub fn new(config: Arc<Config>) -> Result<Self, Error> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|_| Error::Transport(crate::error::TransportFault::Local))?;
        Ok(Self { transport: Transport::new(&config)?, config, runtime })
    }

    /// Sends an order and waits for the answer, no longer than `timeout_ms`.
    ///
    /// # Errors
    /// Everything in [`Error`] but `Configuration` and `Validation`.
    pub fn dispatch(
        &mut self,
        order: &Order,
        idempotency_key: Option<IdempotencyKey>,
    ) -> Result<Receipt, Error> {
        let start = Instant::now();
        let deadline = start + self.config.timeout;
        let id = Uuid::now_v7();
        let idempotency_key = idempotency_key.unwrap_or_else(|| IdempotencyKey::from(id));
        #[cfg(feature = "naive")]
        crate::naive::panic_in("dispatch", &order.json());
        let request = self.request(order, &idempotency_key)?;
        let answer = self.runtime.block_on(self.transport.send(&request, deadline))?;
        judge(&answer)?;
        Ok(Receipt {
            id,
            idempotency_key,
            status: answer.status,
            attempts: answer.times_sent,
            elapsed: start.elapsed(),
            body: self.readable(&answer),
            changes: order.changes().to_vec(),
            dropped: order.dropped().to_vec(),
        })
    }

    fn readable(&self, answer: &Answer) -> Option<Bytes> {
        let is_plain = |coding: &HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
        answer
            .headers
            .get_all(header::CONTENT_ENCODING)
            .iter()
            .all(is_plain)
            .then(|| redact::redact(&answer.body, self.config.key.expose(), self.config.max_response_bytes))
    }

    fn request(&self, order: &Order, idempotency_key: &IdempotencyKey) -> Result<Request, Error> {
        let endpoint = &self.config.endpoint;
        let json = HeaderValue::from_static("application/json");
        http::Request::post(endpoint.path().clone())
            .header(header::HOST, endpoint.host_header())
            .header(header::USER_AGENT, concat!("secure_dispatch/", env!("CARGO_PKG_VERSION")))
            // Before anything that PHP code chooses: an API that echoes so many bytes of a request always cuts the key in the same place.
            .header(&self.config.key_header, HeaderValue::from_static(KEY_STAND_IN))
            .header(header::ACCEPT, json.clone())
            // An answer in another coding could hold anything.
            .header(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))
            .header(header::CONTENT_TYPE, json)
            .header("idempotency-key", idempotency_key.header_value())
            .body(Full::new(order.json()))
            .map_err(|_| Error::Internal)
    }
}

/// What a status means for the order.
fn judge(answer: &Answer) -> Result<(), Error> {
    let status = answer.status.as_u16();
    match status {
        200..=299 => Ok(()),
        408 | 425 | 429 | 500.. => {
            Err(Error::Unavailable { status, retry_after: retry_after(&answer.headers, SystemTime::now()) })
        }
        _ => Err(Error::Rejected { status }),
    }
}

/// RFC 9110, section 10.2.3: a number of seconds or an HTTP-date. Anything else counts as absent, a date in the past as now.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<u64> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let wait = date.duration_since(now).unwrap_or_default();
    // Rounded up: a second too early is too early.
    Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::UNIX_EPOCH;

    fn after(value: &str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        retry_after(&headers, UNIX_EPOCH + Duration::from_millis(784_111_767_500))
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(after("120"), Some(120));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(10));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:27 GMT"), Some(0));
        assert_eq!(after("-1"), None);
        assert_eq!(after(""), None);
        assert_eq!(after("99999999999999999999"), None);
        assert_eq!(after("soon"), None);
    }

    #[test]
    fn a_status_is_delivered_rejected_or_unavailable() {
        let judged = |status: u16| {
            judge(&Answer {
                status: StatusCode::from_u16(status).unwrap(),
                headers: HeaderMap::new(),
                body: Bytes::new(),
                times_sent: 1,
            })
        };
        for status in 200..600 {
            let outcome = judged(status);
            match status {
                200..=299 => assert!(outcome.is_ok(), "{status}"),
                408 | 425 | 429 | 500..=599 => {
                    assert!(matches!(outcome, Err(Error::Unavailable { .. })), "{status}");
                }
                _ => assert!(matches!(outcome, Err(Error::Rejected { .. })), "{status}"),
            }
        }
    }

    proptest! {
        #[test]
        fn no_retry_after_panics(value in any::<String>()) {
            let _ = after(&value);
        }
    }
}
