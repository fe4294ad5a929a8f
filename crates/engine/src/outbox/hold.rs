//! A hold on the log's index (`-shm`), so that it outlives the connections, which live no longer than a call.
//!
//! Whoever opens a database that nobody else has open makes the index anew, and reads all of the log for it. That somebody has it open, SQLite
//! tells by a shared lock on one byte of the index (`UNIX_SHM_DMS` in its `os_unix.c`); so each process that has written keeps such a lock,
//! and nothing else of SQLite's. It is a lock of the open file description: no close(2) in the process ends it, as it would end SQLite's
//! own, and a fork shares it. Where it cannot be had, opening takes longer, and that is all.
//!
//! An index that is held may not fit the files that are there by now: somebody may have taken them away and left it. So a process has the
//! index made anew before it uses files for the first time: without a valid header, SQLite does that under its own locks, whatever other
//! processes do meanwhile.

use std::{
    fs::{File, OpenOptions},
    io,
    os::{
        fd::AsRawFd,
        unix::fs::{FileExt, OpenOptionsExt},
    },
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::file::{Identity, companion};

/// The index that this process holds.
#[derive(Default)]
pub struct IndexHold(Mutex<Option<Held>>);

struct Held {
    /// Not closed while it is at its path: that would end the locks of another thread's connection.
    file: File,
    index: Identity,
    /// What it was used with.
    fits: Option<Files>,
}

/// The files whose index it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Files {
    pub(super) database: Identity,
    pub(super) log: Identity,
}

/// `WalIndexHdr`, twice.
const HEADERS: [u8; 96] = [0; 96];

impl IndexHold {
    /// Before files are opened: has their index made anew, if this process has not used it with them. `files`: none, if there is no log.
    pub(super) fn before(&self, database: &Path, files: Option<Files>) {
        let mut held = self.lock();
        let is_known = held.as_ref().is_some_and(|held| files.is_some() && held.fits == files);
        if !is_known && let Some(held) = at(&mut held, database) {
            held.fits = None;
            // Where it cannot be written, SQLite cannot use it either.
            let _ = held.file.write_all_at(&HEADERS, 0);
        }
    }

    /// Holds the index. Only while a connection of this process's has it in use with these files: an index that nobody had in use may be
    /// what a power failure left, and nobody would make it anew.
    pub(super) fn keep(&self, database: &Path, files: Files) {
        let mut held = self.lock();
        if held.as_ref().is_none_or(|held| held.fits != Some(files))
            && let Some(held) = at(&mut held, database)
        {
            held.fits = share_lock(&held.file).is_ok().then_some(files);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The index that is there now, opened.
fn at<'a>(held: &'a mut Option<Held>, database: &Path) -> Option<&'a mut Held> {
    let path = companion(database, "-shm");
    let index = Identity::at(&path)?;
    if held.as_ref().is_none_or(|held| held.index != index) {
        let file =
            OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOFOLLOW).open(path).ok()?;
        let index = Identity::of(&file.metadata().ok()?);
        *held = Some(Held { file, index, fits: None });
    }
    held.as_mut()
}

#[expect(unsafe_code, reason = "neither std nor rustix has locks of open file descriptions")]
fn share_lock(file: &File) -> io::Result<()> {
    /// `WALINDEX_LOCK_OFFSET + SQLITE_SHM_NLOCK`, part of SQLite's file format since 3.7.0.
    const UNIX_SHM_DMS: libc::off_t = 128;
    // SAFETY: all zeroes is a `flock`: it has numbers only.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    // Both are 0.
    lock.l_type = libc::F_RDLCK.try_into().unwrap_or_default();
    lock.l_whence = libc::SEEK_SET.try_into().unwrap_or_default();
    lock.l_start = UNIX_SHM_DMS;
    lock.l_len = 1;
    // SAFETY: an open descriptor, and a `flock` that lives for the time of the call.
    let done = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const lock) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    /// Far behind what few pages need.
    const MARK: u64 = 32_767;

    struct Outbox {
        _directory: tempfile::TempDir,
        path: std::path::PathBuf,
    }

    impl Outbox {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("outbox.sqlite");
            let outbox = Self { _directory: directory, path };
            outbox.open(|connection| {
                connection.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (n)").unwrap();
            });
            outbox
        }

        fn open(&self, work: impl FnOnce(&Connection)) {
            let connection = Connection::open(&self.path).unwrap();
            let keep = rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
            connection.set_db_config(keep, true).unwrap();
            work(&connection);
        }

        fn write(&self, hold: Option<&IndexHold>) {
            self.open(|connection| {
                connection.execute("INSERT INTO t VALUES (1)", ()).unwrap();
                if let Some(hold) = hold {
                    hold.keep(&self.path, self.files());
                }
            });
        }

        fn count(&self) -> i64 {
            let mut count = 0;
            self.open(|connection| {
                count = connection.query_row("SELECT count(*) FROM t", (), |row| row.get(0)).unwrap();
            });
            count
        }

        fn files(&self) -> Files {
            let at = |end| Identity::at(&companion(&self.path, end)).unwrap();
            Files { database: at(""), log: at("-wal") }
        }

        fn index(&self) -> File {
            OpenOptions::new().read(true).write(true).open(companion(&self.path, "-shm")).unwrap()
        }

        fn mark(&self) {
            self.index().write_all_at(&[1], MARK).unwrap();
        }

        fn is_marked(&self) -> bool {
            let mut mark = [0];
            self.index().read_exact_at(&mut mark, MARK).unwrap();
            mark == [1]
        }
    }

    #[test]
    fn an_index_that_is_held_outlives_its_connections() {
        let outbox = Outbox::new();
        outbox.write(None);
        outbox.mark();
        outbox.write(None);
        assert!(!outbox.is_marked(), "made anew");
        let hold = IndexHold::default();
        outbox.write(Some(&hold));
        outbox.mark();
        // Any close(2) of the file would end SQLite's own lock.
        drop(outbox.index());
        assert_eq!(outbox.count(), 3);
        assert!(outbox.is_marked());
        drop(hold);
        assert_eq!(outbox.count(), 3);
        assert!(!outbox.is_marked(), "made anew");
    }

    #[test]
    fn an_index_that_others_hold_is_made_to_fit_other_files() {
        let (outbox, other) = (Outbox::new(), Outbox::new());
        let (theirs, ours) = (IndexHold::default(), IndexHold::default());
        for _ in 0..20 {
            outbox.write(Some(&theirs));
        }
        other.write(None);
        for end in ["", "-wal"] {
            std::fs::rename(companion(&other.path, end), companion(&outbox.path, end)).unwrap();
        }
        ours.before(&outbox.path, Some(outbox.files()));
        assert_eq!(outbox.count(), 1);
        outbox.write(Some(&ours));
        theirs.before(&outbox.path, Some(outbox.files()));
        assert_eq!(outbox.count(), 2);
    }
}
