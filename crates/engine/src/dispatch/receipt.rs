//! What a call returns.

use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use super::{Call, IdempotencyKey};
use crate::{order::Change, transport::Answer};

/// How certain it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The API took the order.
    Delivered,
    /// The order is in the outbox, on disk.
    Queued,
}

/// What became of an order.
#[derive(Debug)]
pub struct Receipt {
    /// The dispatch's own id, a UUIDv7.
    pub id: Uuid,
    /// What was, or will be, sent as Idempotency-Key.
    pub idempotency_key: IdempotencyKey,
    /// How certain it is.
    pub state: State,
    /// The HTTP status of the last answer; None if there was none.
    pub status: Option<u16>,
    /// How many times sending it was tried.
    pub attempts: u32,
    /// How long it all took.
    pub elapsed: Duration,
    /// The answer's body without the key, cut at `max_response_bytes`. None if it is in a content coding, which was not asked for, or if
    /// there is no answer.
    pub body: Option<Bytes>,
    /// Where the order is not sent as it was given.
    pub changes: Vec<Change>,
    /// JSON Pointers of what the schema does not name, and is not sent.
    pub dropped: Vec<String>,
}

impl Receipt {
    pub(super) fn delivered(call: &Call<'_>, answer: &Answer, attempts: u32, body: Option<Bytes>) -> Self {
        let status = Some(answer.status.as_u16());
        Self { state: State::Delivered, body, ..Self::queued(call, attempts, status) }
    }

    pub(super) fn queued(call: &Call<'_>, attempts: u32, status: Option<u16>) -> Self {
        Self {
            id: call.subject.dispatch,
            idempotency_key: call.key.clone(),
            state: State::Queued,
            status,
            attempts,
            elapsed: call.start.elapsed(),
            body: None,
            changes: call.order.changes().to_vec(),
            dropped: call.order.dropped().to_vec(),
        }
    }
}
