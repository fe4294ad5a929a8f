//! One event, and its fields.

use std::{cell::LazyCell, time::Duration};

use tracing::{Level, field, level_filters::LevelFilter};
use uuid::Uuid;

use crate::{
    dispatch::{Notice, Traceparent},
    transport::Times,
};

/// The events that are the log's. Other crates' have other targets.
pub(super) const TARGET: &str = "secure_dispatch";

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A call brought an order that may be sent.
    Accepted,
    /// It was sent to the API once.
    Attempt,
    /// The API took it.
    Delivered,
    /// The call returned, and the outbox has it.
    Queued,
    /// The call's idempotency key is known: it got the earlier receipt, and nothing was sent.
    Repeated,
    /// A drainer could not deliver it, and tries again later.
    Deferred,
    /// The API refused it.
    Rejected,
    /// It was given up after `outbox_max_age_days`, and is kept.
    Dead,
    /// It cannot be opened, and is kept.
    Held,
    /// The API may have taken it, it must not be sent again, and is kept.
    Unconfirmed,
    /// The call ended in an exception, and nothing keeps the order.
    Failed,
    /// The order does not fit the schema, or its key was used for another.
    Invalid,
    /// An operator made it due.
    Retried,
    /// An operator had it forgotten.
    Discarded,
    /// Somebody had the doctor look.
    Examined,
    /// The outbox could not be used as it should.
    OutboxFault,
    /// The API failed too often: it is left alone for a while.
    BreakerOpened,
    /// It answers again.
    BreakerClosed,
    /// Something does not protect the key as it should.
    CustodyWarning,
    /// A setting is wrong.
    ConfigurationError,
}

impl What {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Accepted,
        Self::Attempt,
        Self::Delivered,
        Self::Queued,
        Self::Repeated,
        Self::Deferred,
        Self::Rejected,
        Self::Dead,
        Self::Held,
        Self::Unconfirmed,
        Self::Failed,
        Self::Invalid,
        Self::Retried,
        Self::Discarded,
        Self::Examined,
        Self::OutboxFault,
        Self::BreakerOpened,
        Self::BreakerClosed,
        Self::CustodyWarning,
        Self::ConfigurationError,
    ];

    /// Its name in the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Attempt => "attempt",
            Self::Delivered => "delivered",
            Self::Queued => "queued",
            Self::Repeated => "repeated",
            Self::Deferred => "deferred",
            Self::Rejected => "rejected",
            Self::Dead => "dead",
            Self::Held => "held",
            Self::Unconfirmed => "unconfirmed",
            Self::Failed => "failed",
            Self::Invalid => "invalid",
            Self::Retried => "retried",
            Self::Discarded => "discarded",
            Self::Examined => "examined",
            Self::OutboxFault => "outbox_fault",
            Self::BreakerOpened => "breaker_opened",
            Self::BreakerClosed => "breaker_closed",
            Self::CustodyWarning => "custody_warning",
            Self::ConfigurationError => "configuration_error",
        }
    }

    /// How much it matters.
    #[must_use]
    pub fn level(self) -> Level {
        match self {
            Self::Rejected | Self::Dead | Self::Failed | Self::OutboxFault | Self::ConfigurationError => {
                Level::ERROR
            }
            Self::Deferred
            | Self::Held
            | Self::Unconfirmed
            | Self::Invalid
            | Self::BreakerOpened
            | Self::CustodyWarning => Level::WARN,
            Self::Delivered
            | Self::Queued
            | Self::Repeated
            | Self::Retried
            | Self::Discarded
            | Self::Examined
            | Self::BreakerClosed => Level::INFO,
            Self::Accepted | Self::Attempt => Level::DEBUG,
        }
    }
}

/// Whose event it is.
pub struct Subject<'a> {
    /// `Receipt::$id`.
    pub dispatch: Uuid,
    /// The order's id, looked for when somebody wants to know.
    pub order_id: OrderId<'a>,
    /// The endpoint's host.
    pub endpoint: &'a str,
    /// The trace that the dispatch is part of.
    pub traceparent: Option<Traceparent>,
}

/// An order's id, looked for at most once.
pub type OrderId<'a> = LazyCell<Option<String>, Box<dyn FnOnce() -> Option<String> + 'a>>;

/// Not an error of any call's: none of the keys opens the outbox.
const INDEX_LOST: &str = "outbox_key";

/// How much of an order's id is told: it may lead to anything, if `secure_dispatch.order_id` is wrong.
const MAX_ORDER_ID_CHARS: usize = 64;

/// What is told of what happened.
#[derive(Default)]
pub struct Event<'a, 's> {
    /// The dispatch.
    pub dispatch: Option<Uuid>,
    /// Whose it is, if more is known of it.
    pub subject: Option<&'a Subject<'s>>,
    /// Which attempt it was, or how many there were.
    pub attempt: Option<u32>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// A code of the closed list, as `Error::code`'s.
    pub error: Option<&'static str>,
    /// How long it waited to be sent.
    pub queue: Option<Duration>,
    /// What the attempt's parts took.
    pub times: Times,
    /// What the attempt took, or the call.
    pub total: Option<Duration>,
    /// Words for whoever reads it: what it means, and what to do. Fixed texts and names of settings.
    pub message: Option<&'a str>,
}

/// One event, of one of the levels: `tracing` has them in its macros' static data.
macro_rules! event {
    ($level:expr, $what:expr, $event:expr) => {{
        let Event { dispatch, subject, attempt, status, error, queue, times, total, message } = $event;
        let dispatch = subject.map(|subject| subject.dispatch).or(dispatch);
        let order_id = subject.and_then(|subject| subject.order_id.as_deref()).map(cut);
        let trace_id = subject.and_then(|subject| subject.traceparent.as_ref()).map(Traceparent::trace_id);
        tracing::event!(
            target: TARGET,
            $level,
            event = $what.name(),
            dispatch = dispatch.map(field::display),
            order_id,
            endpoint = subject.map(|subject| subject.endpoint),
            attempt,
            status,
            error,
            reused = times.reused,
            queue_ms = millis(queue),
            connect_ms = millis(times.connect),
            tls_ms = millis(times.tls),
            first_byte_ms = millis(times.first_byte),
            total_ms = millis(total),
            trace_id,
            message
        );
    }};
}

impl<'a, 's> Event<'a, 's> {
    /// Of a subject.
    #[must_use]
    pub fn of(subject: &'a Subject<'s>) -> Self {
        Self { subject: Some(subject), ..Self::default() }
    }
}

/// Tells what happened, to the log within whose [`scope`](super::Audit::scope) this is; `event` is only made if anybody listens.
pub fn tell<'a, 's: 'a>(what: What, event: impl FnOnce() -> Event<'a, 's>) {
    let level = what.level();
    if level > LevelFilter::current() {
        return;
    }
    match level {
        Level::ERROR => event!(Level::ERROR, what, event()),
        Level::WARN => event!(Level::WARN, what, event()),
        Level::INFO => event!(Level::INFO, what, event()),
        _ => event!(Level::DEBUG, what, event()),
    }
}

/// Tells of what did not make a call fail, and of which the operator should know.
pub(crate) fn tell_notice(notice: Notice) {
    let message = notice.to_string();
    let (what, dispatch, error) = match notice {
        Notice::SentDirectly(fault, id) | Notice::NotRecorded(fault, id) => {
            (What::OutboxFault, Some(id), Some(fault.code()))
        }
        Notice::Held(id) => (What::Held, Some(id), None),
        Notice::Parked(id) => (What::Unconfirmed, Some(id), None),
        Notice::IndexLost => (What::OutboxFault, None, Some(INDEX_LOST)),
    };
    tell(what, || Event { dispatch, error, message: Some(&message), ..Event::default() });
}

fn cut(id: &str) -> &str {
    id.char_indices().nth(MAX_ORDER_ID_CHARS).map_or(id, |(end, _)| id.get(..end).unwrap_or_default())
}

/// To a thousandth of a millisecond.
fn millis(duration: Option<Duration>) -> Option<f64> {
    let micros = u32::try_from(duration?.as_micros()).map_or(f64::INFINITY, f64::from);
    Some(if micros.is_finite() { micros / 1e3 } else { duration?.as_secs_f64().round() * 1e3 })
}
