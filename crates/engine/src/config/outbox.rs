//! `secure_dispatch.outbox` and the settings that belong to it.

use std::{path::PathBuf, time::Duration};

use super::{Problem, Problems, files, is_on, parse_number, parse_size};
use crate::outbox::{DurableNames, Settings};

/// The first version of SQLite without the WAL-reset bug, by which a commit could vanish with a checkpoint beside it (sqlite.org/wal.html,
/// section "The WAL-Reset Bug").
const MIN_SQLITE: i32 = 3_051_003;

const DAY: Duration = Duration::from_hours(24);

/// How much longer than any call a row is its sender's.
const LEASE_MARGIN: Duration = Duration::from_secs(5);

/// None: there is no outbox, or something is wrong, and told. `timeout` is `timeout_ms`, if that is right.
pub(super) fn parse(
    setting: &impl Fn(&'static str) -> String,
    timeout: Option<Duration>,
    problems: &mut Problems,
) -> Option<Settings> {
    let keys = problems.keep(files::outbox_keys(&setting("outbox_key_file")));
    let path = problems.keep(parse_path(&setting("outbox")));
    let wait = problems.keep(parse_wait(&setting("wait_ms")));
    let days = |name, text: &str| parse_number(name, text, 1..=3650).map(|days| DAY * days);
    let max_age = problems.keep(days("secure_dispatch.outbox_max_age_days", &setting("outbox_max_age_days")));
    let retention =
        problems.keep(days("secure_dispatch.outbox_retention_days", &setting("outbox_retention_days")));
    let max_bytes = problems.keep(parse_max_bytes(&setting("outbox_max_bytes")));
    let drain_rate =
        problems.keep(parse_number("secure_dispatch.drain_rate", &setting("drain_rate"), 1..=10_000));
    let path = path??;
    let keys = problems.keep(keys?.ok_or_else(|| {
        Problem::new(
            "secure_dispatch.outbox_key_file",
            "is not set, though outbox is; orders are only kept sealed: make a key with openssl rand -base64 32",
        )
    }))?;
    problems.keep(check_sqlite(rusqlite::version_number()))?;
    let (wait, timeout) = (wait?, timeout?);
    Some(Settings {
        path,
        keys,
        endpoint: setting("endpoint"),
        // A call never takes longer than timeout_ms.
        wait: wait.min(timeout),
        resend_unconfirmed: is_on(&setting("resend_unconfirmed")),
        max_age: max_age?,
        retention: retention?,
        max_bytes: max_bytes?,
        drain_rate: drain_rate?,
        lease: timeout + LEASE_MARGIN,
        durable_names: DurableNames::default(),
    })
}

fn parse_path(text: &str) -> Result<Option<PathBuf>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let path = PathBuf::from(text);
    let is_file_of_a_directory = path.is_absolute() && path.file_name().is_some() && path.parent().is_some();
    is_file_of_a_directory.then_some(Some(path)).ok_or_else(|| {
        Problem::new(
            "secure_dispatch.outbox",
            "must be the absolute path of a file, which is made when it is not there",
        )
    })
}

fn parse_wait(text: &str) -> Result<Duration, Problem> {
    parse_number("secure_dispatch.wait_ms", text, 0..=3_600_000)
        .map(|millis| Duration::from_millis(millis.into()))
}

fn parse_max_bytes(text: &str) -> Result<u64, Problem> {
    const MIN: u64 = 1 << 20;
    parse_size(text).filter(|bytes| *bytes >= MIN).ok_or_else(|| {
        Problem::new(
            "secure_dispatch.outbox_max_bytes",
            "must be a number of bytes, 1M or more; K, M and G are understood",
        )
    })
}

fn check_sqlite(version: i32) -> Result<(), Problem> {
    if version >= MIN_SQLITE {
        return Ok(());
    }
    Err(Problem::new(
        "secure_dispatch.outbox",
        "is not used: this build's SQLite is older than 3.51.3, and can lose what it has acknowledged (the WAL-reset bug)",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_sqlite_is_refused() {
        assert!(check_sqlite(3_051_002).is_err() && check_sqlite(3_051_003).is_ok());
        check_sqlite(rusqlite::version_number()).unwrap();
    }

    #[test]
    fn a_path_is_absolute_and_names_a_file() {
        assert!(parse_path("").unwrap().is_none());
        assert!(parse_path("/var/lib/x/outbox.sqlite").unwrap().is_some());
        assert!(parse_path("outbox.sqlite").is_err() && parse_path("/").is_err());
    }
}
