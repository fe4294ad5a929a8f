//! A dispatch by way of the outbox: in it before anything is sent, so that nothing that happens afterwards can lose it.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{
    Call, Dispatcher, Health, IdempotencyKey, Notice, Progress, Receipt, SHORTEST_ATTEMPT, State,
    Traceparent, answer::is_not_the_orders_fault, breaker::BreakerState,
};
use crate::{
    audit::{self, Event, What},
    error::Error,
    order::{Rule, Violation},
    outbox::{self, Accepted, End, Ended, Fault, Known, Lease, Offer, Settings, Signs, StoredReceipt},
    transport::Answer,
};

/// How long a call that does not wait for the API waits for others' locks: they are held for a tenth of a millisecond, and
/// by a checkpoint for a few milliseconds.
const LOCK_WAIT: Duration = Duration::from_millis(500);

/// How long others' locks are waited for at least, when the order is safe and only what became of it is to be written.
const LAST_LOCK_WAIT: Duration = Duration::from_millis(50);

impl Dispatcher {
    /// The outer error: the outbox cannot be used, and nothing was sent.
    pub(super) fn by_outbox(
        &mut self,
        call: &Call<'_>,
        outbox: &Settings,
    ) -> Result<Result<Receipt, Error>, Fault> {
        let wait = if call.waits { outbox.wait } else { Duration::ZERO };
        let deadline = call.start + wait;
        let offer = Offer {
            id: call.subject.dispatch,
            key: call.key.as_str(),
            order: call.order,
            order_id: call.subject.order_id.as_deref(),
            traceparent: call.subject.traceparent.as_ref().map(Traceparent::as_str),
        };
        let mut permit = None;
        let mut closed = false;
        let mut accept = || {
            let store = outbox.store(if wait.is_zero() { LOCK_WAIT } else { wait });
            let accepted = store.accept(&offer, |signs| {
                if permit.is_none() {
                    permit = self.may_send(outbox, deadline, signs, &mut closed);
                }
                permit.is_some()
            });
            if store.has_lost_index() {
                audit::tell_notice(Notice::IndexLost);
            }
            accepted
        };
        let accepted = match accept() {
            // What was written may be gone with the file: into the new one.
            Err(Fault::Moved) => accept(),
            accepted => accepted,
        };
        if closed {
            audit::tell(What::BreakerClosed, Event::default);
        }
        // Also if the outbox failed: else this call's own probe would keep it from sending directly.
        if let (Some(permit), false) = (permit, matches!(accepted, Ok(Accepted::Leased(_)))) {
            self.breaker().give_back(permit);
        }
        let accepted = accepted?;
        Ok(match (accepted, permit) {
            (Accepted::Leased(lease), Some(permit)) => self.attempt(call, outbox, &lease, permit, deadline),
            (Accepted::Leased(_) | Accepted::Queued, _) => {
                self.conclude(call, What::Queued, Progress::default(), None, None);
                Ok(Receipt::queued(call, 0, None))
            }
            (Accepted::Known(known), _) => {
                let progress = Progress { attempts: known.attempts, ..Progress::default() };
                self.conclude(call, What::Repeated, progress, None, known.status);
                Ok(earlier(call, &known))
            }
            (Accepted::KeyOfAnother, _) => {
                let error = Error::Validation(vec![Violation::new(String::new(), Rule::KeyReused)]);
                self.conclude(call, What::Invalid, Progress::default(), Some(&error), None);
                Err(error)
            }
        })
    }

    /// Whether this call would send its order, if it is the order's turn; and whether the breaker closed for that.
    fn may_send(
        &self,
        outbox: &Settings,
        deadline: Instant,
        signs: &dyn Fn() -> Signs,
        closed: &mut bool,
    ) -> Option<super::Permit> {
        if Instant::now() + SHORTEST_ATTEMPT >= deadline {
            return None;
        }
        let breaker = self.breaker();
        if breaker.state() != BreakerState::Closed {
            // A drainer may be another master's process, with a breaker of its own.
            let signs = signs();
            if signs.last_delivery > breaker.opened() {
                *closed |= breaker.close_open();
            } else if signs.drainer {
                return None;
            }
        }
        breaker.permit(outbox.wait).ok()
    }

    fn attempt(
        &mut self,
        call: &Call<'_>,
        outbox: &Settings,
        lease: &Lease,
        permit: super::Permit,
        deadline: Instant,
    ) -> Result<Receipt, Error> {
        let mut progress = Progress::default();
        // What became of it is written within the same time.
        let rest = (outbox.wait / 20).min(LAST_LOCK_WAIT);
        let budget = self.budget(deadline.checked_sub(rest).unwrap_or(deadline), self.config.max_attempts);
        let answered = self.send(call.order.json(), &call.key, &call.subject, &mut progress, &budget);
        self.settle(permit, Health::of(answered.as_ref().err(), true));
        let receipt = match &answered {
            Ok(answer) => Some(Receipt::delivered(call, answer, progress.attempts, self.readable(answer))),
            Err(_) => None,
        };
        let end = end(&answered, progress, receipt.as_ref(), call.subject.order_id.as_deref());
        let lock_wait = deadline.saturating_duration_since(Instant::now()).max(LAST_LOCK_WAIT);
        let finished = outbox.store(lock_wait).finish(lease, progress.attempts, &end);
        let is_refused = matches!(end, End::Rejected { .. });
        let what = match (&finished, &end) {
            (Ok(Ended::Unconfirmed), _) => What::Unconfirmed,
            (Ok(Ended::Dead), _) => What::Dead,
            (_, End::Delivered { .. }) => What::Delivered,
            (_, End::Rejected { .. }) => What::Rejected,
            (_, End::Deferred { .. }) => What::Queued,
        };
        drop(end);
        if let Err(fault) = finished {
            audit::tell_notice(Notice::NotRecorded(fault, lease.id));
        }
        let status = answered.as_ref().ok().map(|answer| answer.status.as_u16());
        self.conclude(call, what, progress, answered.as_ref().err(), status);
        match (answered, receipt) {
            (Ok(_), Some(receipt)) => Ok(receipt),
            (Err(error), _) if is_refused => Err(error),
            (answered, _) => {
                Ok(Receipt::queued(call, progress.attempts, answered.err().as_ref().and_then(Error::status)))
            }
        }
    }
}

/// What sending a row came to.
pub(super) fn end<'a>(
    answered: &Result<Answer, Error>,
    progress: Progress,
    receipt: Option<&'a Receipt>,
    order_id: Option<&'a str>,
) -> End<'a> {
    match (answered, receipt) {
        (Ok(answer), Some(receipt)) => End::Delivered {
            status: answer.status.as_u16(),
            receipt: StoredReceipt::new(
                order_id,
                receipt.elapsed,
                &receipt.changes,
                &receipt.dropped,
                receipt.body.as_ref(),
            ),
        },
        (Err(Error::Rejected { status }), _) if !is_not_the_orders_fault(*status) => {
            End::Rejected { status: *status }
        }
        (answered, _) => {
            let error = answered.as_ref().err();
            let retry_after = match error {
                Some(Error::Unavailable { retry_after, .. }) => retry_after.map(Duration::from_secs),
                _ => None,
            };
            End::Deferred {
                status: error.and_then(Error::status),
                unanswered: progress.unanswered,
                retry_after,
            }
        }
    }
}

/// The receipt of an earlier dispatch under the same key.
fn earlier(call: &Call<'_>, known: &Known) -> Receipt {
    let receipt = Receipt { id: known.id, ..Receipt::queued(call, known.attempts, known.status) };
    if known.state != outbox::State::Delivered {
        return match known.order() {
            Some(order) => Receipt {
                changes: order.changes.into_owned(),
                dropped: order.dropped.into_owned(),
                ..receipt
            },
            None => receipt,
        };
    }
    match known.receipt() {
        Some(stored) => Receipt {
            state: State::Delivered,
            elapsed: Duration::try_from_secs_f64(stored.elapsed_ms / 1e3).unwrap_or_default(),
            body: stored.body(),
            changes: stored.changes.into_owned(),
            dropped: stored.dropped.into_owned(),
            ..receipt
        },
        // Sealed with a key that is gone: that it was delivered is known all the same.
        None => Receipt { state: State::Delivered, ..receipt },
    }
}

/// A row's idempotency key and body, as they are sent.
pub(super) fn parts(order: &outbox::StoredOrder<'_>) -> Option<(IdempotencyKey, Bytes)> {
    let key = IdempotencyKey::parse(order.key.as_bytes()).ok()?;
    Some((key, Bytes::copy_from_slice(order.body.get().as_bytes())))
}
