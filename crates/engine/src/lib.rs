//! Dispatching: one shop order, sent once, to one HTTPS endpoint. This crate knows no PHP.
//!
//! # Layout
//!
//! From the door down; each module stands on those below it and knows none above.
//!
//! * [`doctor`]: what stands between an order and its API, looked at and told.
//! * [`dispatch`]: one order, from accepted to certain, and draining. What the binding (and later the agent) calls.
//! * [`audit`]: what happened to each order, told to the log.
//! * [`outbox`]: orders at rest. Knows no HTTP.
//! * [`transport`]: one request, one answer, over a kept connection.
//! * [`order`]: what may leave of an order, and in which form.
//! * [`redact`]: nothing of the key comes back in an answer.
//! * [`config`]: the settings, parsed once into values that cannot be wrong.
//! * [`key`]: the API key's custody, and the process around it.
//! * [`metrics`]: what was counted, as Prometheus reads it.
//! * [`fork`]: is this still the same process?
//! * [`shared`]: memory across workers: counters, how long calls took, and the breaker's words.
//! * [`error`]: every way in which a dispatch can fail, free of anything private.
// Allowed where the kernel or SQLite demand it: fork, key::memory, shared, and outbox's connection, handle and locks.
#![deny(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod audit;
pub mod config;
pub mod dispatch;
pub mod doctor;
pub mod error;
#[expect(unsafe_code, reason = "a page that the kernel wipes needs mmap")]
pub mod fork;
pub mod key;
pub mod metrics;
#[cfg(feature = "naive")]
pub mod naive;
pub mod order;
pub mod outbox;
mod random;
pub mod redact;
#[expect(unsafe_code, reason = "memory across processes needs mmap")]
pub mod shared;
pub mod transport;
