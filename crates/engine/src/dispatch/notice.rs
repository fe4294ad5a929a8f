//! What an operator should know of a call that did not fail. Nothing private, as [`crate::error`].

use uuid::Uuid;

use crate::outbox::Fault;

/// One line for the log.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum Notice {
    /// The outbox could not be used for a dispatch.
    #[error(
        "the outbox (secure_dispatch.outbox) {0}. The order was sent directly: that it leaves once, and in its sequence, is not proven"
    )]
    SentDirectly(Fault, Uuid),
    /// The outbox could not be used after an attempt.
    #[error(
        "the outbox (secure_dispatch.outbox) {0}. What became of dispatch {1} could not be written there: it will be sent again under the same \
         idempotency key"
    )]
    NotRecorded(Fault, Uuid),
    /// A row cannot be opened.
    #[error(
        "dispatch {0} cannot be opened, and is held: the key that it was sealed with is not in secure_dispatch.outbox_key_file, or it was \
         altered. With the key back there, retry it; else discard it"
    )]
    Held(Uuid),
    /// A row's answer was lost, or its sender was killed.
    #[error(
        "the API may have taken dispatch {0}, whose answer was lost, and secure_dispatch.resend_unconfirmed is off: look there, then retry or \
         discard it"
    )]
    Parked(Uuid),
    /// None of the keys opens the outbox.
    #[error(
        "no key in secure_dispatch.outbox_key_file opens the outbox: what it holds is kept, but neither sent nor recognised; add the key \
         that it was sealed with as a further line, restart PHP, and retry what is held"
    )]
    IndexLost,
}
