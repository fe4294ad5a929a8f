//! What the doctor looks at. Changes nothing: makes no file, no table and no key.

use std::{
    fs,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode};
use rustix::fs::statvfs;

use super::{
    Settings, Tally, connection, epoch_millis,
    fault::Fault,
    file,
    seal::Unopenable,
    store::{self, IndexKey},
};

/// How an outbox is.
pub(crate) struct Checkup {
    /// What SQLite's own check says.
    pub(crate) integrity: Integrity,
    /// The index key, if there is one yet.
    pub(crate) key: Option<IndexKeyState>,
    /// How many rows there are, if they can be counted.
    pub(crate) tally: Option<Tally>,
    /// For how long the oldest row that is to be sent has waited.
    pub(crate) oldest: Option<Duration>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Integrity {
    Sound,
    Damaged,
    /// The time was up.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexKeyState {
    /// The first key of `outbox_key_file` opens it.
    Current,
    /// An older one does.
    Behind,
    /// None does.
    UnknownKey,
    /// It is not what was sealed.
    Altered,
}

/// How many of SQLite's instructions pass between two looks at the clock: some tens of microseconds' worth.
const INSTRUCTIONS: i32 = 10_000;

impl Settings {
    /// Looks at the file for so long at most. None: there is none yet, or nothing in it, and one can be made.
    pub(crate) fn check_up(&self, patience: Duration) -> Result<Option<Checkup>, Fault> {
        if file::inspect(&self.path)?.is_none() {
            return Ok(None);
        }
        let deadline = Instant::now() + patience;
        let (mut connection, _) = connection::connect(&self.path, deadline)?;
        connection.pragma_update(None, "query_only", true)?;
        // SQLite opens what cannot be written for reading, without a word.
        if connection.is_readonly("main")? {
            return Err(Fault::ReadOnly);
        }
        if !store::is_made(&connection)? {
            return Ok(None);
        }
        let key = IndexKey::read(&connection, self)?.map(|key| match key {
            Ok(key) if key.is_up_to_date() => IndexKeyState::Current,
            Ok(_) => IndexKeyState::Behind,
            Err(Unopenable::UnknownKey) => IndexKeyState::UnknownKey,
            Err(Unopenable::Altered) => IndexKeyState::Altered,
        });
        connection.progress_handler(INSTRUCTIONS, Some(move || Instant::now() >= deadline))?;
        let integrity = integrity(&connection)?;
        // It would end the counting too, once the time is up.
        connection.progress_handler(0, None::<fn() -> bool>)?;
        let tally = (integrity != Integrity::Damaged).then(|| self.count(&connection)).transpose()?;
        let oldest = tally.as_ref().and_then(|tally| tally.oldest).map(|since| {
            Duration::from_millis(u64::try_from(epoch_millis().saturating_sub(since)).unwrap_or_default())
        });
        Ok(Some(Checkup { integrity, key, tally, oldest }))
    }

    /// How many bytes more the file may become, and how many the disk has for it.
    pub(crate) fn room(&self) -> Option<(u64, u64)> {
        let has = fs::metadata(&self.path).map_or(0, |file| file.len());
        let disk = statvfs(self.path.parent()?).ok()?;
        Some((self.max_bytes.saturating_sub(has), disk.f_bavail.saturating_mul(disk.f_frsize)))
    }
}

fn integrity(connection: &Connection) -> Result<Integrity, Fault> {
    let found = connection.query_row("PRAGMA integrity_check(1)", (), |row| row.get::<_, String>(0));
    match found {
        Ok(found) if found == "ok" => Ok(Integrity::Sound),
        Ok(_) => Ok(Integrity::Damaged),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
            Ok(Integrity::Unknown)
        }
        Err(error) => match error.into() {
            Fault::Corrupt => Ok(Integrity::Damaged),
            fault => Err(fault),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{key::OutboxKeys, outbox::DurableNames};
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};
    use zeroize::Zeroizing;

    #[test]
    fn what_takes_too_long_to_check_is_counted_all_the_same() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o700)).unwrap();
        let outbox = Settings {
            path: dir.path().join("outbox.sqlite"),
            keys: OutboxKeys::parse(&Zeroizing::new(
                b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_vec(),
            ))
            .unwrap(),
            endpoint: "https://localhost/".to_owned(),
            wait: Duration::ZERO,
            resend_unconfirmed: true,
            max_age: Duration::MAX,
            retention: Duration::MAX,
            max_bytes: 1 << 30,
            drain_rate: 1,
            lease: Duration::from_mins(1),
            durable_names: DurableNames::default(),
        };
        outbox.store(Duration::from_secs(1)).announce_drainer(Duration::ZERO).unwrap();
        // Counting them, and checking them, takes more instructions than pass between two looks at the clock.
        connection::connect(&outbox.path, Instant::now())
            .unwrap()
            .0
            .execute_batch(
                "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000)
                 INSERT INTO dispatch SELECT n, CAST(n AS BLOB), CAST(n AS BLOB), x'', 0, n, 4, NULL, NULL, 1, 0, NULL, 0, x'' FROM n",
            )
            .unwrap();
        let checkup = outbox.check_up(Duration::ZERO).unwrap().unwrap();
        assert_eq!(checkup.integrity, Integrity::Unknown);
        assert_eq!(checkup.tally.map(|tally| tally.dead), Some(5000));
        let checkup = outbox.check_up(Duration::from_mins(1)).unwrap().unwrap();
        assert_eq!(checkup.integrity, Integrity::Sound);
    }
}
