//! What stands between an order and its API, looked at from here: the way to it, its certificates, the clock, the outbox; and the log.
//!
//! Every step is the one that a dispatch takes, within its time limits; no order is sent, nothing is changed. The findings are for
//! operators, and hold nothing secret: of the endpoint its host and port, of an answer its status and its date.

mod log;
mod outbox;
mod route;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

pub use log::examine_log;

use crate::{
    config::Config,
    shared::{Cells, uptime_millis},
};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its name, for programs.
    pub check: &'static str,
    /// What is to be thought of it.
    pub verdict: Verdict,
    /// What was found.
    pub what: String,
    /// What to do.
    pub remedy: Option<String>,
}

/// What is to be thought of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Orders may leave, and somebody should look at it; or it was not looked at.
    Warning,
    /// Orders do not leave.
    Failure,
}

impl Verdict {
    /// Its name, for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failure => "failure",
        }
    }
}

impl Finding {
    /// What is as it should be.
    pub fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, what: what.into(), remedy: None }
    }

    /// What is not; `text` reads "what was found; what to do", as this project's messages do.
    #[must_use]
    pub fn of(check: &'static str, verdict: Verdict, text: &str) -> Self {
        let (what, remedy) = text.split_once("; ").unzip();
        Self {
            check,
            verdict,
            what: what.unwrap_or(text).to_owned(),
            remedy: remedy.map(|remedy| remedy.trim_end_matches('.').to_owned()),
        }
    }

    fn not_checked(check: &'static str, why: &str) -> Self {
        Self { check, verdict: Verdict::Warning, what: format!("not checked: {why}"), remedy: None }
    }
}

/// How often the API is asked for PHP code in a web server, where any visitor may be behind the call; by all workers together.
const INTERVAL: Duration = Duration::from_secs(10);

/// Whether PHP code in a web server may have the API asked now; if so, nobody else may for a while.
#[must_use]
pub fn takes_turn(cells: &Cells) -> bool {
    takes_turn_at(&cells.examined, uptime_millis())
}

fn takes_turn_at(last: &AtomicU64, now: u64) -> bool {
    let before = last.load(SeqCst);
    let is_over = before == 0 || u128::from(now.saturating_sub(before)) >= INTERVAL.as_millis();
    is_over && last.compare_exchange(before, now, SeqCst, SeqCst).is_ok()
}

/// Looks at everything, for a few times `connect_timeout_ms` and `timeout_ms` at most; at the way to the API only if it is to be asked.
#[must_use]
pub fn examine(config: &Arc<Config>, asks: bool) -> Vec<Finding> {
    let mut findings = if asks { route::examine(config) } else { route::spared() };
    findings.extend(outbox::examine(config));
    findings
}

/// What is told of all that where there is no configuration to look with.
#[must_use]
pub fn unexamined() -> Vec<Finding> {
    let checks = route::CHECKS.into_iter().chain([outbox::CHECK]);
    checks.map(|check| Finding::not_checked(check, "the settings are wrong")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_is_asked_once_in_ten_seconds() {
        let last = AtomicU64::new(0);
        let asked = [1, 2, 10_000, 10_001, 10_002, 9_000, 20_001].map(|now| takes_turn_at(&last, now));
        assert_eq!(asked, [true, false, false, true, false, false, true]);
    }

    #[test]
    fn a_text_is_what_was_found_and_what_to_do() {
        let finding = Finding::of("x", Verdict::Failure, "it is open; close it; then go.");
        assert_eq!(
            (finding.what.as_str(), finding.remedy.as_deref()),
            ("it is open", Some("close it; then go"))
        );
        assert_eq!(Finding::of("x", Verdict::Warning, "it is open").what, "it is open");
    }
}
