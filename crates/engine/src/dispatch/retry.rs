//! One call's attempts at one order, under one deadline.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    answer::{is_worth_another_attempt, judge},
    parcel::Parcel,
};
use crate::{
    audit::{self, Event, Subject, What},
    error::{Error, Phase, TransportFault},
    random,
    shared::{Counter, Counters},
    transport::{Answer, Failure, Times, Transport},
};

/// The longest wait before the second attempt; doubled for each further one, up to [`MAX_BACKOFF`].
const BACKOFF: Duration = Duration::from_millis(100);

const MAX_BACKOFF: Duration = Duration::from_secs(2);

/// How far an order has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// How often sending it was tried.
    pub(super) attempts: u32,
    /// One of those was not answered: the API may have taken it.
    pub(super) unanswered: bool,
    /// What the parts of the last one took.
    pub(super) times: Times,
}

impl Progress {
    /// An event that tells of it; `status`, if no error has one.
    pub(super) fn event<'a, 's>(
        self,
        subject: &'a Subject<'s>,
        error: Option<&Error>,
        status: Option<u16>,
    ) -> Event<'a, 's> {
        Event {
            attempt: Some(self.attempts),
            status: status.or_else(|| error.and_then(Error::status)),
            error: error.map(Error::code),
            times: self.times,
            ..Event::of(subject)
        }
    }
}

/// What a call may spend.
pub(super) struct Budget {
    pub(super) deadline: Instant,
    pub(super) max_attempts: u32,
    /// Whether it is sent again once the API may have taken it.
    pub(super) resend: bool,
}

/// One order on its way.
pub(super) struct Sending<'a, 's> {
    pub(super) transport: &'a mut Transport,
    pub(super) counters: &'a Counters,
    pub(super) subject: &'a Subject<'s>,
    pub(super) progress: &'a mut Progress,
}

impl Sending<'_, '_> {
    /// Sends `parcel` until it is answered for good, or the budget is spent.
    pub(super) fn send(&mut self, parcel: &Parcel<'_>, budget: &Budget) -> Result<Answer, Error> {
        let unanswered_before = self.progress.unanswered;
        let mut tries = 0;
        loop {
            let error = match self.attempt(parcel, budget.deadline) {
                Ok(answer) => return Ok(answer),
                Err(Failure { stale: true, .. }) if budget.resend => continue,
                Err(Failure { error, .. }) => error,
            };
            tries += 1;
            let may_resend = budget.resend || !self.progress.unanswered;
            let wait = backoff(tries).max(Duration::from_secs(asked_wait(&error)));
            let fits = Instant::now().checked_add(wait).is_some_and(|then| then < budget.deadline);
            if tries >= budget.max_attempts || !may_resend || !is_worth_another_attempt(&error) || !fits {
                return Err(if self.progress.unanswered && !unanswered_before {
                    of_all_attempts(error)
                } else {
                    error
                });
            }
            self.counters.add(Counter::Retries, 1);
            sleep(wait);
        }
    }

    fn attempt(&mut self, parcel: &Parcel<'_>, deadline: Instant) -> Result<Answer, Failure> {
        let begun = Instant::now();
        let progress = &mut *self.progress;
        // What is in a row may be anything.
        progress.attempts = progress.attempts.saturating_add(1);
        let request = parcel.request(progress.attempts);
        let sent = self.transport.send(request, deadline, self.counters, &mut progress.times);
        let attempted = match sent {
            Ok(answer) => match judge(answer.status, &answer.headers, progress.unanswered) {
                Ok(()) => Ok(answer),
                Err(error) => Err(Failure { error, stale: false }),
            },
            Err(failure) => {
                progress.unanswered |= failure.error.leaves_unconfirmed();
                self.counters.add(Counter::Timeouts, matches!(failure.error, Error::Timeout(_)).into());
                Err(failure)
            }
        };
        let (answer, error) =
            (attempted.as_ref().ok(), attempted.as_ref().err().map(|failure| &failure.error));
        let status = answer.map(|answer| answer.status.as_u16());
        audit::tell(What::Attempt, || Event {
            total: Some(begun.elapsed()),
            ..progress.event(self.subject, error, status)
        });
        attempted
    }
}

/// "Nothing was sent" would be wrong of a call whose earlier attempt was.
fn of_all_attempts(last: Error) -> Error {
    match last {
        Error::Timeout(Phase::Connecting) => Error::Timeout(Phase::Waiting),
        Error::Transport(_) if !last.leaves_unconfirmed() => Error::Transport(TransportFault::ConnectionLost),
        last => last,
    }
}

/// What the answer asks for, in seconds.
fn asked_wait(error: &Error) -> u64 {
    match error {
        Error::Unavailable { retry_after, .. } => retry_after.unwrap_or_default(),
        _ => 0,
    }
}

/// Full jitter: anything from nothing to the longest, so that clients that failed together do not come back together.
fn backoff(tries: u32) -> Duration {
    let longest = BACKOFF.saturating_mul(1 << (tries - 1).min(16)).min(MAX_BACKOFF);
    longest.mul_f64(random::share())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_doubles_up_to_its_limit_and_is_spread_from_nothing() {
        let longest = |tries| (0..1000).map(|_| backoff(tries)).max().unwrap();
        let shortest = |tries| (0..1000).map(|_| backoff(tries)).min().unwrap();
        for (tries, limit) in [(1, 100), (2, 200), (3, 400), (6, 2000), (60, 2000), (u32::MAX, 2000)] {
            let limit = Duration::from_millis(limit);
            assert!(longest(tries) <= limit && longest(tries) > limit / 2, "{tries}");
            assert!(shortest(tries) < limit / 10, "{tries}");
        }
    }

    #[test]
    fn nothing_was_sent_is_only_said_of_orders_that_were_not() {
        let told = of_all_attempts(Error::Transport(TransportFault::Refused)).to_string();
        assert!(!told.contains("Nothing was sent"), "{told}");
        let told = of_all_attempts(Error::Timeout(Phase::Connecting)).to_string();
        assert!(!told.contains("Nothing was sent"), "{told}");
    }
}
