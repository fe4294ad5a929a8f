//! The outbox: may it be used, is it whole, do its keys open it, is there room, is it being drained.

use std::time::Duration;

use super::{Finding, Verdict};
use crate::{
    config::Config,
    outbox::{IndexKeyState, Integrity, Settings, Tally},
};

pub(super) const CHECK: &str = "outbox";
const INTEGRITY: &str = "outbox_integrity";
const KEY: &str = "outbox_key";
const ROOM: &str = "outbox_room";
const QUEUE: &str = "outbox_queue";
const LEFT: &str = "outbox_left";

/// An order that waits for longer is either deferred for the second time at least, or nobody drains.
const OLD: Duration = Duration::from_mins(15);

/// Less than this on the disk takes no further order.
const NO_ROOM: u64 = 1 << 20;

pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let Some(outbox) = &config.outbox else {
        return vec![Finding::ok(CHECK, "none is set up: what cannot be sent is the caller's to send again")];
    };
    let mut findings = Vec::new();
    match outbox.check_up(config.timeout) {
        Err(fault) => findings.push(Finding::of(CHECK, Verdict::Failure, &format!("the outbox {fault}"))),
        Ok(None) => {
            findings.push(Finding::ok(CHECK, "nothing is in it yet; its file is made for the first order"));
        }
        Ok(Some(checkup)) => {
            findings.push(Finding::ok(CHECK, "its file is this user's, and closed to others"));
            findings.push(integrity(&checkup.integrity));
            findings.extend(checkup.key.map(key));
            findings.extend(checkup.tally.iter().flat_map(|tally| rows(tally, checkup.oldest)));
        }
    }
    findings.extend(room(outbox));
    findings
}

fn integrity(integrity: &Integrity) -> Finding {
    match integrity {
        Integrity::Sound => Finding::ok(INTEGRITY, "SQLite's integrity check finds nothing"),
        Integrity::Damaged => Finding::of(
            INTEGRITY,
            Verdict::Failure,
            "the outbox is damaged; move it (with its -wal and -shm) out of the way, so that a new one is made, and try sqlite3's .recover on it",
        ),
        Integrity::Unknown => Finding::of(
            INTEGRITY,
            Verdict::Warning,
            "checked in part only: it is too large for secure_dispatch.timeout_ms; sqlite3's PRAGMA integrity_check, on a copy, checks all of it",
        ),
    }
}

fn key(key: IndexKeyState) -> Finding {
    match key {
        IndexKeyState::Current => Finding::ok(KEY, "the first key of outbox_key_file opens the outbox's own"),
        IndexKeyState::Behind => Finding::ok(
            KEY,
            "an older key of outbox_key_file opens the outbox's own, which the next order seals anew; keep the older one for outbox_retention_days",
        ),
        IndexKeyState::UnknownKey => Finding::of(
            KEY,
            Verdict::Failure,
            "no key of outbox_key_file opens the outbox's own: what it keeps cannot be sent, and no idempotency key is known again; put the old \
             key into the file, on a line after the new one, and restart PHP before the next order",
        ),
        IndexKeyState::Altered => Finding::of(
            KEY,
            Verdict::Failure,
            "the outbox's own key is not what was sealed: somebody has changed the file; restore it from a backup, or move it out of the way",
        ),
    }
}

fn room(outbox: &Settings) -> Option<Finding> {
    let (wanted, free) = outbox.room()?;
    let mib = |bytes: u64| bytes >> 20;
    Some(if free < NO_ROOM {
        Finding::of(ROOM, Verdict::Failure, "the disk is full; make room: further orders cannot be kept")
    } else if free < wanted {
        let text = format!(
            "the disk has {} MiB left, and the outbox may grow by {} MiB; make room, or lower secure_dispatch.outbox_max_bytes",
            mib(free),
            mib(wanted)
        );
        Finding::of(ROOM, Verdict::Warning, &text)
    } else {
        Finding::ok(ROOM, format!("it may grow by {} MiB, and the disk has that", mib(wanted)))
    })
}

fn rows(tally: &Tally, oldest: Option<Duration>) -> [Finding; 2] {
    let Tally { queued, unconfirmed, held, rejected, dead, .. } = *tally;
    let waiting = format!("{queued} queued, {unconfirmed} unconfirmed");
    let queue = match oldest.filter(|oldest| *oldest > OLD && queued + unconfirmed > 0) {
        Some(oldest) => Finding::of(
            QUEUE,
            Verdict::Warning,
            &format!(
                "{waiting}, the oldest for {} minutes; is anything draining? Have cron run, each minute: secure-dispatch outbox drain \
                 --user=www-data --seconds=50. If it does: secure-dispatch outbox list",
                oldest.as_secs() / 60
            ),
        ),
        None => Finding::ok(QUEUE, waiting),
    };
    let left = format!("{rejected} rejected, {dead} dead, {held} held");
    let left = if rejected + dead + held > 0 {
        Finding::of(
            LEFT,
            Verdict::Warning,
            &format!("{left}; they wait for somebody to retry or discard them: secure-dispatch outbox list"),
        )
    } else {
        Finding::ok(LEFT, left)
    };
    [queue, left]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_orders_and_those_that_wait_for_somebody_are_told() {
        let verdicts =
            |tally: Tally, oldest: u64| rows(&tally, Some(Duration::from_secs(oldest))).map(|f| f.verdict);
        let waiting = Tally { queued: 1, ..Tally::default() };
        assert_eq!(verdicts(waiting, 900), [Verdict::Ok; 2]);
        assert_eq!(verdicts(waiting, 901), [Verdict::Warning, Verdict::Ok]);
        // What is held waits for somebody, not for a drainer.
        assert_eq!(verdicts(Tally { held: 1, ..Tally::default() }, 901), [Verdict::Ok, Verdict::Warning]);
        for tally in [
            Tally { held: 1, ..Tally::default() },
            Tally { dead: 1, ..Tally::default() },
            Tally { rejected: 1, ..Tally::default() },
        ] {
            assert_eq!(verdicts(tally, 0), [Verdict::Ok, Verdict::Warning]);
        }
    }
}
