//! What is sealed in a row.

use std::{borrow::Cow, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::order::Change;

/// An order as it is to be sent.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredOrder<'a> {
    /// The Idempotency-Key.
    #[serde(borrow)]
    pub(crate) key: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) order_id: Option<Cow<'a, str>>,
    /// The trace that it is part of.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) traceparent: Option<Cow<'a, str>>,
    pub(crate) changes: Cow<'a, [Change]>,
    pub(crate) dropped: Cow<'a, [String]>,
    #[serde(borrow)]
    pub(crate) body: &'a RawValue,
}

/// What there is to say of a delivered order.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredReceipt<'a> {
    #[serde(borrow)]
    pub(crate) order_id: Option<Cow<'a, str>>,
    pub(crate) elapsed_ms: f64,
    pub(crate) changes: Cow<'a, [Change]>,
    pub(crate) dropped: Cow<'a, [String]>,
    /// Base64: an answer may be in any encoding.
    body: Option<String>,
}

impl<'a> StoredReceipt<'a> {
    pub(crate) fn new(
        order_id: Option<&'a str>,
        elapsed: Duration,
        changes: &'a [Change],
        dropped: &'a [String],
        body: Option<&Bytes>,
    ) -> Self {
        Self {
            order_id: order_id.map(Cow::Borrowed),
            elapsed_ms: elapsed.as_secs_f64() * 1e3,
            changes: Cow::Borrowed(changes),
            dropped: Cow::Borrowed(dropped),
            body: body.map(|body| BASE64_STANDARD.encode(body)),
        }
    }

    pub(crate) fn body(&self) -> Option<Bytes> {
        self.body.as_ref().and_then(|body| BASE64_STANDARD.decode(body).ok()).map(Bytes::from)
    }
}

/// JSON, for either.
pub(super) fn encode(record: &impl Serialize) -> Vec<u8> {
    // Strings, numbers and lists: writing them to memory cannot fail.
    serde_json::to_vec(record).unwrap_or_default()
}

pub(super) fn decode<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    serde_json::from_slice(json).ok()
}
