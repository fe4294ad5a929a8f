//! Draining: sending what is due in the outbox.

use std::{
    ops::ControlFlow,
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    Dispatcher, Health, IdempotencyKey, Notice, Permit, Progress, Receipt, State, Traceparent, queue,
};
use crate::{
    audit::{self, Event, OrderId, Subject, What},
    error::Error,
    outbox::{Claim, Claimed, Ended, Fault, Settings, State as RowState},
    shared::Counter,
};

/// What a drainer did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Orders that the API took.
    pub delivered: u64,
    /// Orders that are tried again later.
    pub deferred: u64,
    /// Orders that the API refused.
    pub rejected: u64,
    /// Orders that were tried for `outbox_max_age_days`.
    pub dead: u64,
    /// Orders that are still to be sent.
    pub remaining: u64,
    /// In how long the next of them may be sent, if the time was over before; zero: at once. None: nothing is due.
    pub next: Option<Duration>,
}

/// How long a drainer waits for others' locks.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// How long a drainer counts as at work after its time is up, so that one that runs in a loop has no gaps.
const GRACE: Duration = Duration::from_secs(2);

impl Dispatcher {
    /// Sends what is due, until nothing is, or `duration` is over: then no further order is begun, and the last one takes `timeout_ms` at
    /// most. With the API down, it waits for its time to be probed. Before each order, and before it waits, it asks `goes_on`.
    ///
    /// # Errors
    /// [`Error::Outbox`].
    pub fn drain(
        &mut self,
        duration: Duration,
        mut goes_on: impl FnMut() -> ControlFlow<()>,
    ) -> Result<Drained, Error> {
        let config = std::sync::Arc::clone(&self.config);
        let outbox = config.outbox.as_ref().ok_or(Fault::NotConfigured)?;
        let end = Instant::now() + duration;
        let mut drained = Drained::default();
        let store = outbox.store(LOCK_WAIT);
        store.tidy()?;
        if store.has_lost_index() {
            audit::tell_notice(Notice::IndexLost);
        }
        store.announce_drainer(duration + GRACE)?;
        drained.next = loop {
            if Instant::now() >= end || goes_on().is_break() {
                break Some(Duration::ZERO);
            }
            let mut permit = None;
            let claim = outbox.store(LOCK_WAIT).claim(|| {
                let permitted = self.breaker().permit(self.config.timeout);
                permitted.map(|given| permit = Some(given)).map_err(Duration::from_millis)
            });
            if let (Err(_), Some(permit)) = (&claim, permit) {
                self.breaker().give_back(permit);
            }
            match claim? {
                Claim::Row(row) => {
                    let ended = self.send_row(outbox, &row, permit)?;
                    drained.count(ended);
                }
                Claim::Kept(id, RowState::Held) => audit::tell_notice(Notice::Held(id)),
                Claim::Kept(id, _) => audit::tell_notice(Notice::Parked(id)),
                Claim::Nothing => break None,
                Claim::Wait(wait) if Instant::now() + wait >= end => break Some(wait),
                Claim::Wait(wait) => sleep(wait),
            }
        };
        let store = outbox.store(LOCK_WAIT);
        // Left for others to do, if it cannot be done now.
        let _ = store.announce_drainer(GRACE);
        if drained.delivered > 0 {
            // What is checkpointed is gone from the log, the sealed payloads of delivered orders with it.
            let _ = store.empty_log();
        }
        drained.remaining = store.remaining()?;
        Ok(drained)
    }

    fn send_row(
        &mut self,
        outbox: &Settings,
        row: &Claimed,
        permit: Option<Permit>,
    ) -> Result<Option<Ended>, Error> {
        let order = row.order().ok_or(Error::Internal)?;
        let (key, json) = queue::parts(&order).ok_or(Error::Internal)?;
        let config = std::sync::Arc::clone(&self.config);
        let subject = Subject {
            dispatch: row.lease.id,
            order_id: OrderId::new(Box::new(|| order.order_id.as_deref().map(str::to_owned))),
            endpoint: config.endpoint.host(),
            traceparent: order.traceparent.as_deref().and_then(|text| Traceparent::parse(text.as_bytes())),
        };
        let start = Instant::now();
        let mut progress = Progress {
            attempts: row.attempts,
            unanswered: row.lease.is_unconfirmed(),
            ..Progress::default()
        };
        let budget = self.budget(start + self.config.timeout, 1);
        let answered = self.send(json, &key, &subject, &mut progress, &budget);
        if let Some(permit) = permit {
            self.settle(permit, Health::of(answered.as_ref().err(), true));
        }
        let receipt = answered.as_ref().ok().map(|answer| Receipt {
            id: row.lease.id,
            idempotency_key: IdempotencyKey::from(row.lease.id),
            state: State::Delivered,
            status: Some(answer.status.as_u16()),
            attempts: progress.attempts,
            elapsed: start.elapsed(),
            body: self.readable(answer),
            changes: order.changes.to_vec(),
            dropped: order.dropped.to_vec(),
        });
        let end = queue::end(&answered, progress, receipt.as_ref(), order.order_id.as_deref());
        let finished = outbox.store(LOCK_WAIT).finish(&row.lease, progress.attempts, &end);
        match finished {
            Ok(ended) => {
                let (what, counter) = match ended {
                    Ended::Delivered => (Some(What::Delivered), Some(Counter::Delivered)),
                    Ended::Rejected => (Some(What::Rejected), Some(Counter::Rejected)),
                    Ended::Dead => (Some(What::Dead), Some(Counter::Dead)),
                    Ended::Unconfirmed => (Some(What::Unconfirmed), None),
                    Ended::Deferred => (Some(What::Deferred), None),
                    // Whoever has it tells.
                    Ended::Lost => (None, None),
                };
                if let Some(counter) = counter {
                    self.shared.counters.add(counter, 1);
                }
                let error = answered.as_ref().err();
                let status = receipt.as_ref().and_then(|receipt| receipt.status);
                if let Some(what) = what {
                    audit::tell(what, || Event {
                        queue: Some(row.waited),
                        total: Some(start.elapsed()),
                        ..progress.event(&subject, error, status)
                    });
                }
                Ok(Some(ended))
            }
            Err(fault) => {
                audit::tell_notice(Notice::NotRecorded(fault, row.lease.id));
                Ok(None)
            }
        }
    }
}

impl Drained {
    fn count(&mut self, ended: Option<Ended>) {
        match ended {
            Some(Ended::Delivered) => self.delivered += 1,
            Some(Ended::Deferred | Ended::Unconfirmed) => self.deferred += 1,
            Some(Ended::Rejected) => self.rejected += 1,
            Some(Ended::Dead) => self.dead += 1,
            Some(Ended::Lost) | None => {}
        }
    }
}
