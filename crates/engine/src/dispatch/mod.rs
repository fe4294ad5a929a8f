//! One order, from accepted to certain: what the binding calls, and later the agent.
//!
//! A [`Dispatcher`] belongs to one process and one thread. Its life begins at the first dispatch; a process that was forked
//! from one that has a dispatcher must *forget* the inherited one (`std::mem::forget`) and make its own: no library promises that
//! dropping a connection writes nothing to it, and this one is the parent's.

mod answer;
mod breaker;
mod drain;
mod idempotency;
mod notice;
mod parcel;
mod queue;
mod receipt;
mod retry;
mod traceparent;

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http::{HeaderValue, header};
use uuid::{NoContext, Timestamp, Uuid};

pub use breaker::BreakerState;
pub use drain::Drained;
pub use idempotency::IdempotencyKey;
pub(crate) use notice::Notice;
pub use receipt::{Receipt, State};
pub use traceparent::Traceparent;

use crate::{
    audit::{self, Event, OrderId, Subject, What},
    config::Config,
    error::Error,
    order::Order,
    outbox, redact,
    shared::{Counter, Shared},
    transport::{Answer, Transport},
};
use breaker::{Breaker, Health, Permit, Turned};
use parcel::Parcel;
use retry::{Budget, Progress, Sending};

/// Sends orders, one at a time, over one kept connection.
pub struct Dispatcher {
    config: Arc<Config>,
    shared: Arc<Shared>,
    transport: Transport,
}

/// One call: which order, under which names, since when.
struct Call<'a> {
    order: &'a Order,
    subject: Subject<'a>,
    key: IdempotencyKey,
    start: Instant,
    /// Whether the API's answer is waited for, though an outbox has the order.
    waits: bool,
}

/// What became of the breaker, for `secure_dispatch_status()`.
#[must_use]
pub fn breaker_state(shared: &Shared, config: &Config) -> BreakerState {
    Breaker::now(&shared.breaker, &config.breaker).state()
}

impl Dispatcher {
    /// The way to the endpoint. No thread, and no socket yet.
    ///
    /// # Errors
    /// [`Error::Internal`] if the TLS library refuses what the configuration has checked already.
    pub fn new(config: Arc<Config>, shared: Arc<Shared>) -> Result<Self, Error> {
        Ok(Self { transport: Transport::new(&config)?, config, shared })
    }

    /// Sends an order and waits for the answer, no longer than `timeout_ms`; with an outbox, puts it there first, and waits no longer than
    /// `wait_ms`. What happens is told to the [`audit`] log.
    ///
    /// # Errors
    /// Everything in [`Error`] but `Configuration`. With an outbox, only `Rejected` (for what is the order's fault) and `Validation` (for a
    /// key that was used for another body); all else only if the outbox cannot be used either.
    pub fn dispatch(
        &mut self,
        order: &Order,
        idempotency_key: Option<IdempotencyKey>,
        traceparent: Option<Traceparent>,
    ) -> Result<Receipt, Error> {
        self.take(order, idempotency_key, traceparent, true)
    }

    /// As [`Dispatcher::dispatch`], but with an outbox waits for the disk alone, as with `wait_ms=0`: a drainer sends the order.
    ///
    /// # Errors
    /// As [`Dispatcher::dispatch`]; and [`Error::Outbox`] if the outbox cannot be used: nothing was sent.
    pub fn enqueue(
        &mut self,
        order: &Order,
        idempotency_key: Option<IdempotencyKey>,
        traceparent: Option<Traceparent>,
    ) -> Result<Receipt, Error> {
        self.take(order, idempotency_key, traceparent, false)
    }

    fn take(
        &mut self,
        order: &Order,
        idempotency_key: Option<IdempotencyKey>,
        traceparent: Option<Traceparent>,
        waits: bool,
    ) -> Result<Receipt, Error> {
        let config = Arc::clone(&self.config);
        let dispatch = id();
        let subject = Subject {
            dispatch,
            order_id: OrderId::new(Box::new(|| order.id(&config.order_id))),
            endpoint: config.endpoint.host(),
            traceparent,
        };
        let key = idempotency_key.unwrap_or_else(|| IdempotencyKey::from(dispatch));
        let call = Call { order, subject, key, start: Instant::now(), waits };
        #[cfg(feature = "naive")]
        crate::naive::panic_in("dispatch", &order.json());
        audit::tell(What::Accepted, || Event::of(&call.subject));
        self.shared.counters.add(Counter::Accepted, 1);
        let dispatched = match &config.outbox {
            None => self.directly(&call),
            Some(outbox) => self.by_outbox(&call, outbox).unwrap_or_else(|fault| {
                if waits {
                    audit::tell_notice(Notice::SentDirectly(fault, dispatch));
                    self.directly(&call)
                } else {
                    // Sending takes as long as the API does, and the caller is not to wait for that.
                    let error = Error::Outbox(fault);
                    self.conclude(&call, What::Failed, Progress::default(), Some(&error), None);
                    Err(error)
                }
            }),
        };
        self.shared.calls.observe(call.start.elapsed());
        dispatched
    }

    /// Without an outbox: the answer, or an error.
    fn directly(&mut self, call: &Call<'_>) -> Result<Receipt, Error> {
        let timeout = self.config.timeout;
        let permit = self
            .breaker()
            .permit(timeout)
            .map_err(|wait| Error::BreakerOpen { retry_after: wait.div_ceil(1000) })
            .inspect_err(|error| self.conclude(call, What::Failed, Progress::default(), Some(error), None))?;
        let mut progress = Progress::default();
        let budget = self.budget(call.start + timeout, self.config.max_attempts);
        let answered = self.send(call.order.json(), &call.key, &call.subject, &mut progress, &budget);
        self.settle(permit, Health::of(answered.as_ref().err(), false));
        let (what, status) = match &answered {
            Ok(answer) => (What::Delivered, Some(answer.status.as_u16())),
            Err(Error::Rejected { .. }) => (What::Rejected, None),
            Err(_) => (What::Failed, None),
        };
        self.conclude(call, what, progress, answered.as_ref().err(), status);
        let answer = answered?;
        Ok(Receipt::delivered(call, &answer, progress.attempts, self.readable(&answer)))
    }

    fn send(
        &mut self,
        json: Bytes,
        idempotency_key: &IdempotencyKey,
        subject: &Subject<'_>,
        progress: &mut Progress,
        budget: &Budget,
    ) -> Result<Answer, Error> {
        let Self { config, transport, shared } = self;
        let parcel = Parcel { config, json, idempotency_key, traceparent: subject.traceparent.as_ref() };
        let mut sending = Sending { transport, counters: &shared.counters, subject, progress };
        sending.send(&parcel, budget)
    }

    fn budget(&self, deadline: Instant, max_attempts: u32) -> Budget {
        Budget { deadline, max_attempts, resend: self.config.resend_unconfirmed }
    }

    fn breaker(&self) -> Breaker<'_> {
        Breaker::now(&self.shared.breaker, &self.config.breaker)
    }

    fn settle(&self, permit: Permit, health: Health) {
        let now = u64::try_from(outbox::epoch_millis()).unwrap_or_default();
        match self.breaker().settle(permit, health, now) {
            Some(Turned::Opened) => {
                self.shared.counters.add(Counter::BreakerOpened, 1);
                audit::tell(What::BreakerOpened, Event::default);
            }
            Some(Turned::Closed) => audit::tell(What::BreakerClosed, Event::default),
            None => {}
        }
    }

    /// Tells and counts what became of a call; `status`, if no error has one.
    fn conclude(
        &self,
        call: &Call<'_>,
        what: What,
        progress: Progress,
        error: Option<&Error>,
        status: Option<u16>,
    ) {
        audit::tell(what, || Event {
            total: Some(call.start.elapsed()),
            ..progress.event(&call.subject, error, status)
        });
        let counter = match what {
            What::Delivered => Counter::Delivered,
            What::Repeated => Counter::Repeated,
            What::Rejected => Counter::Rejected,
            What::Failed | What::Invalid => Counter::Failed,
            What::Dead => Counter::Dead,
            // Whatever else became of it, the outbox has it.
            _ => Counter::Queued,
        };
        self.shared.counters.add(counter, 1);
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
}

/// A UUIDv7, all of its random bits from the system: `now_v7()` would ask it twice, for the sake of a sequence within a millisecond.
fn id() -> Uuid {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, now.as_secs(), now.subsec_nanos()))
}

/// The shortest time in which an attempt is worth beginning.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(5);
