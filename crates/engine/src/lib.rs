//! Dispatching: one shop order, sent once, to one HTTPS endpoint. This crate knows no PHP.
//!
//! # Layout
//!
//! From the door down; each module stands on those below it and knows none above.
//!
//! * [`dispatch`]: one order, from accepted to certain. What the binding (and later the agent) calls.
//! * [`transport`]: one request, one answer, over a kept connection.
//! * [`order`]: what may leave of an order, and in which form.
//! * [`redact`]: nothing of the key comes back in an answer.
//! * [`config`]: the settings, parsed once into values that cannot be wrong.
//! * [`key`]: the API key's custody, and the process around it.
//! * [`error`]: every way in which a dispatch can fail, free of anything private.
//!
//! Retries, the circuit breaker, the outbox and the audit log have their rooms in
//! `docs/ARCHITECTURE.md`; they come with the issues that build them.
// Allowed in key::memory alone.
#![deny(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod config;
pub mod dispatch;
pub mod error;
pub mod key;
#[cfg(feature = "naive")]
pub mod naive;
pub mod order;
pub mod redact;
pub mod transport;
