//! A connection to the database: how it is opened, which threads and processes may have one, how long locks are waited for.

use std::{
    mem::ManuallyDrop,
    ops::{Deref, DerefMut},
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, TryLockError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{fault::Fault, file::Files, locks};
use crate::{fork::ForkMark, random};

/// How many connections are open, or about to be: in this process, or when it was forked.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// The process that opened them.
fn process() -> &'static ForkMark {
    static PROCESS: OnceLock<ForkMark> = OnceLock::new();
    PROCESS.get_or_init(ForkMark::new)
}

/// SQLite has one set of locks for all of a process's connections, those that it inherited included.
pub(super) fn look_for_a_fork() -> Result<(), Fault> {
    if !process().is_of_this_process() {
        if OPEN.load(Ordering::Relaxed) > 0 {
            return Err(Fault::Forked);
        }
        process().renew();
    }
    Ok(())
}

/// Is counted as long as it lives.
struct Counted;

impl Counted {
    fn begin() -> Self {
        OPEN.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if process().is_of_this_process() {
            OPEN.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// An open connection. One that a fork inherited is forgotten, not closed: that would end its parent's locks.
pub(super) struct Opened {
    connection: ManuallyDrop<Connection>,
    turn: Option<Turn>,
    /// All connections to one database have the same.
    together: Arc<()>,
    _counted: Counted,
}

impl Deref for Opened {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Opened {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if process().is_of_this_process() {
            // SAFETY: dropped here and nowhere else; `self` is gone after this.
            unsafe { ManuallyDrop::drop(&mut self.connection) }
        }
    }
}

/// One thread at a time opens a connection, or has one to a file that may not have its log yet. Of the locks that two share then, SQLite
/// takes one by the first one's descriptor, and gives it up by the last one's, which is no use where locks are the open file's.
///
/// It holds what the first one found of those that are open: SQLite has one index for all of a process's connections to a database.
type Turn = MutexGuard<'static, Option<First>>;

struct First {
    files: Files,
    together: Weak<()>,
}

/// How long a turn is waited for at least: by those, too, who wait for no other process. A turn takes long only where files are being made.
const FOR_A_TURN: Duration = Duration::from_secs(1);

fn turn(patience: Instant) -> Result<Turn, Fault> {
    static TURN: Mutex<Option<First>> = Mutex::new(None);
    let patience = patience.max(Instant::now() + FOR_A_TURN);
    loop {
        match TURN.try_lock() {
            Ok(turn) => return Ok(turn),
            Err(TryLockError::Poisoned(turn)) => return Ok(turn.into_inner()),
            Err(TryLockError::WouldBlock) if Instant::now() < patience => pause(),
            Err(TryLockError::WouldBlock) => return Err(Fault::Locked),
        }
    }
}

/// Opens a file that is there; tells which files there were before. Locks are waited for until `patience` is over.
pub(super) fn connect(path: &Path, patience: Instant) -> Result<(Opened, Files), Fault> {
    look_for_a_fork()?;
    let counted = Counted::begin();
    let turn = turn(patience)?;
    let before = Files::at(path);
    let first = turn.as_ref().filter(|first| first.files.database == before.database);
    let together = first.and_then(|first| Some((first, first.together.upgrade()?)));
    if together.as_ref().is_some_and(|(first, _)| first.files.has_lost_its_index(&before)) {
        return Err(Fault::Moved);
    }
    let together = together.map(|(_, together)| together).unwrap_or_default();
    // Before the first connection.
    let _ = locks::are_of_the_open_file();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = ManuallyDrop::new(Connection::open_with_flags(path, flags)?);
    let mut connection = Opened { connection, turn: Some(turn), together, _counted: counted };
    connection.wait_until(patience)?;
    // What a stranger wrote into the file shall not run here.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    // The log stays, so that the next one need not make one.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.give_up_turn(path, &before);
    Ok((connection, before))
}

impl Opened {
    /// Others may come in: all files are there.
    pub(super) fn end_turn(&mut self) {
        self.turn = None;
    }

    pub(super) fn wait_until(&mut self, deadline: Instant) -> Result<(), Fault> {
        let handler = move |_| {
            let is_left = Instant::now() < deadline;
            if is_left {
                pause();
            }
            is_left
        };
        Ok(self.connection.busy_handler(Some(handler))?)
    }

    /// If all files are there and open: others may come in.
    fn give_up_turn(&mut self, path: &Path, before: &Files) {
        // SQLite opens the log, and its index, when it reads first. What goes wrong here is the next question's to find out.
        let has_read = self.connection.query_row("PRAGMA schema_version", (), |_| Ok(())).is_ok();
        let now = Files::at(path);
        if has_read && now.is_whole() && now.names() == before.names() {
            if let Some(turn) = &mut self.turn
                && Arc::strong_count(&self.together) == 1
            {
                **turn = Some(First { files: now, together: Arc::downgrade(&self.together) });
            }
            self.end_turn();
        }
    }
}

/// How long a lock is waited for before it is asked for again, on average: as long as two or three transactions take. SQLite's own waits grow
/// to a tenth of a second, by which the last of eight writers starves.
const POLL: Duration = Duration::from_micros(250);

/// After a lock was asked for in vain.
pub(super) fn pause() {
    // Not all at the same moment.
    sleep(POLL.mul_f64(0.5 + random::share()));
}
