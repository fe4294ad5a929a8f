//! The handle on the database that a thread keeps from call to call, since opening one costs more than an insert.
//!
//! What may happen to it in between: somebody reads the file and closes it (see [`locks`]), or moves, replaces, removes or cuts a file
//! (each call looks whether they are still those that were opened, and as they were left), or forks the process. A fork closes it first:
//! a child that inherited it would share its locks.

use std::{
    cell::RefCell,
    fs,
    mem::ManuallyDrop,
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, Once, OnceLock, TryLockError,
        atomic::{AtomicUsize, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant, SystemTime},
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{
    fault::Fault,
    file::{self, Identity},
    locks,
};
use crate::{fork::ForkMark, random};

thread_local! {
    static KEPT: RefCell<Option<Handle>> = const { RefCell::new(None) };
}

/// An open database that is to be written.
pub(super) struct Handle {
    pub(super) connection: Opened,
    path: PathBuf,
    /// As they were before they were opened, or when the last call that wrote ended.
    files: Files,
    /// All of them were there then, and are still the same.
    is_whole: bool,
    /// How many pages were in the log when the call began.
    pub(super) log_pages: u64,
    /// How many bytes a page has. Zero: not asked yet.
    page_bytes: u64,
}

/// Does something with this thread's handle, and waits for others' locks until `patience` is over.
pub(super) fn with<R>(
    path: &Path,
    patience: Instant,
    work: impl FnOnce(&mut Handle) -> Result<R, Fault>,
) -> Result<R, Fault> {
    look_for_a_fork()?;
    let kept = KEPT.with(|slot| slot.try_borrow_mut().ok()?.take());
    let kept = kept.filter(|handle| handle.is_of(path)).and_then(|mut handle| {
        handle.wait_until(patience).ok()?;
        handle.look().ok()?;
        Some(handle)
    });
    let mut handle = match kept {
        Some(handle) => {
            file::prepare(path)?;
            handle
        }
        None => Handle::open(path, patience)?,
    };
    let done = work(&mut handle);
    // After another fault, or a panic, the next call begins anew.
    let is_sound = matches!(done, Ok(_) | Err(Fault::Locked));
    if is_sound && handle.is_whole && locks::are_of_the_open_file() {
        close_before_forks();
        handle.connection.turn = None;
        KEPT.with(|slot| slot.replace(Some(handle)));
    }
    done
}

impl Handle {
    fn open(path: &Path, patience: Instant) -> Result<Self, Fault> {
        file::prepare(path)?;
        let files = Files::at(path);
        let connection = connect(path, patience)?;
        // As SQLite is built here (.cargo/config.toml) that is so; but what an order's safety rests on is said where it is needed.
        connection.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -512",
        )?;
        let mut handle =
            Self { connection, path: path.to_owned(), files, is_whole: false, log_pages: 0, page_bytes: 0 };
        handle.look()?;
        Ok(handle)
    }

    /// Looks whether the files have the lengths that SQLite takes them to have: it believes the log's index, and what it writes to files that
    /// somebody has cut, emptied or overwritten in place is lost.
    fn look(&mut self) -> Result<(), Fault> {
        // Others write and checkpoint between two of these questions; hardly each time.
        const TIMES: usize = 3;
        for _ in 0..TIMES {
            // What goes wrong here is the transaction's to find out: it may yet come to its end.
            let Ok(is_right) = self.has_right_lengths() else { return Ok(()) };
            if is_right {
                return Ok(());
            }
        }
        Err(Fault::Moved)
    }

    fn has_right_lengths(&mut self) -> rusqlite::Result<bool> {
        let ask = |sql, column| {
            let number: i64 = self.connection.prepare_cached(sql)?.query_row((), |row| row.get(column))?;
            // Without a log: -1.
            Ok::<u64, rusqlite::Error>(number.try_into().unwrap_or(0))
        };
        let length = |path: &Path| fs::symlink_metadata(path).map_or(0, |file| file.len());
        let page_bytes = if self.page_bytes > 0 { self.page_bytes } else { ask("PRAGMA page_size", 0)? };
        let log_pages = ask("PRAGMA wal_checkpoint(NOOP)", 1)?;
        let is_right = if log_pages > 0 {
            length(&file::wal(&self.path)) >= LOG_HEADER + log_pages * (LOG_PAGE_HEADER + page_bytes)
        } else {
            length(&self.path) >= ask("PRAGMA page_count", 0)? * page_bytes
        };
        (self.log_pages, self.page_bytes) = (log_pages, page_bytes);
        Ok(is_right)
    }

    /// Whether what is at that path is what it has open.
    fn is_of(&self, path: &Path) -> bool {
        self.path == path && self.files == Files::at(path)
    }

    /// The log, if it is known to be there and the one that is written to.
    pub(super) fn log(&self) -> Option<Identity> {
        if self.is_whole { self.files.log } else { Identity::at(&file::wal(&self.path)) }
    }

    /// Makes sure that what was written is where the next process looks. `log`: what was there when the database was ready.
    pub(super) fn verify(&mut self, log: Identity) -> Result<(), Fault> {
        let now = Files::at(&self.path);
        let is_same = |before: Option<Identity>, now| before.is_none_or(|before| now == Some(before));
        if now.database.is_none()
            || now.index.is_none()
            || now.log != Some(log)
            || !is_same(self.files.database, now.database)
            || !is_same(self.files.log, now.log)
            || !is_same(self.files.index, now.index)
        {
            return Err(Fault::Moved);
        }
        self.is_whole = now.names() == self.files.names();
        self.files = now;
        Ok(())
    }

    pub(super) fn wait_until(&mut self, deadline: Instant) -> Result<(), Fault> {
        wait_until(&mut self.connection, deadline)
    }
}

/// Of a write-ahead log, and of each page in it (SQLite's file format, section 4.1).
const LOG_HEADER: u64 = 32;
const LOG_PAGE_HEADER: u64 = 24;

/// The files that make up a database.
#[derive(PartialEq, Eq)]
struct Files {
    database: Option<Identity>,
    log: Option<Identity>,
    /// The log's index, in which SQLite has most of its locks.
    index: Option<Identity>,
    /// When the database was written last: by a checkpoint; or by somebody who has put another one's content there, so that pages which are
    /// cached are no longer its.
    written: Option<SystemTime>,
    /// The index's length. What is mapped beyond that is SIGBUS.
    index_length: u64,
}

impl Files {
    fn at(path: &Path) -> Self {
        let [database, log, index] =
            [path, &file::wal(path), &file::index(path)].map(|path| fs::symlink_metadata(path).ok());
        // SQLite removes a log that lies beside an empty file, as a power loss can leave them.
        let is_empty = database.as_ref().is_some_and(|file| file.len() == 0);
        Self {
            database: database.as_ref().map(Identity::of),
            log: log.as_ref().filter(|_| !is_empty).map(Identity::of),
            index: index.as_ref().map(Identity::of),
            written: database.and_then(|file| file.modified().ok()),
            index_length: index.map_or(0, |file| file.len()),
        }
    }

    fn names(&self) -> [Option<Identity>; 3] {
        [self.database, self.log, self.index]
    }

    fn is_whole(&self) -> bool {
        self.names().iter().all(Option::is_some)
    }
}

/// How many connections are open, or about to be: in this process, or when it was forked.
static BEGUN: AtomicUsize = AtomicUsize::new(0);
/// How many of them are open.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// The process that opened them.
fn process() -> &'static ForkMark {
    static PROCESS: OnceLock<ForkMark> = OnceLock::new();
    PROCESS.get_or_init(ForkMark::new)
}

/// SQLite has one set of locks for all of a process's connections, those that it inherited included.
fn look_for_a_fork() -> Result<(), Fault> {
    if !process().is_of_this_process() {
        if BEGUN.load(Ordering::Relaxed) > 0 {
            return Err(Fault::Forked);
        }
        process().renew();
    }
    Ok(())
}

/// Counts as long as it lives.
struct Counted(&'static AtomicUsize);

impl Counted {
    fn by(counter: &'static AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if process().is_of_this_process() {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// An open connection. One that a fork inherited is forgotten, not closed: that would end its parent's locks.
pub(super) struct Opened {
    connection: ManuallyDrop<Connection>,
    turn: Option<Turn>,
    _counted: [Counted; 2],
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
/// It holds the files as the first connection of those that are open found them: SQLite has one index for all of a process's.
type Turn = MutexGuard<'static, Option<Files>>;

/// How long a turn is waited for at least: by those, too, who wait for no other process.
const FOR_A_TURN: Duration = Duration::from_millis(100);

fn turn(patience: Instant) -> Result<Turn, Fault> {
    static TURN: Mutex<Option<Files>> = Mutex::new(None);
    let patience = patience.max(Instant::now() + FOR_A_TURN);
    loop {
        match TURN.try_lock() {
            Ok(turn) => return Ok(turn),
            Err(TryLockError::Poisoned(turn)) => return Ok(turn.into_inner()),
            Err(TryLockError::WouldBlock) if Instant::now() < patience => pause(0),
            Err(TryLockError::WouldBlock) => return Err(Fault::Locked),
        }
    }
}

/// Opens a file that is there. Locks are waited for until `patience` is over.
pub(super) fn connect(path: &Path, patience: Instant) -> Result<Opened, Fault> {
    look_for_a_fork()?;
    let begun = Counted::by(&BEGUN);
    let mut turn = turn(patience)?;
    if OPEN.load(Ordering::Relaxed) == 0 {
        *turn = None;
    }
    let before = Files::at(path);
    if turn.as_ref().is_some_and(|first| first.has_lost_its_index(&before)) {
        return Err(Fault::Moved);
    }
    // Before the first connection.
    let _ = locks::are_of_the_open_file();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = ManuallyDrop::new(Connection::open_with_flags(path, flags)?);
    let mut connection = Opened { connection, turn: Some(turn), _counted: [Counted::by(&OPEN), begun] };
    wait_until(&mut connection, patience)?;
    // What a stranger wrote into the file shall not run here.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    // The log stays, so that the next one need not make one.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.give_up_turn(path, &before);
    Ok(connection)
}

impl Opened {
    /// If all files are there and open: others may come in.
    fn give_up_turn(&mut self, path: &Path, before: &Files) {
        // SQLite opens the log, and its index, when it reads first. What goes wrong here is the next question's to find out.
        let has_read = self.connection.query_row("PRAGMA schema_version", (), |_| Ok(())).is_ok();
        let now = Files::at(path);
        if has_read && now.is_whole() && now.names() == before.names() {
            if let Some(first) = self.turn.as_mut().filter(|first| first.is_none()) {
                **first = Some(now);
            }
            self.turn = None;
        }
    }
}

impl Files {
    /// Whether the index that connections to the same database have mapped is another one now, or has been cut.
    fn has_lost_its_index(&self, now: &Self) -> bool {
        self.database == now.database && (self.index != now.index || now.index_length < self.index_length)
    }
}

/// Has every fork(2) of this thread close the handle that it keeps.
fn close_before_forks() {
    extern "C" fn close() {
        // try_with: a thread may fork while it ends.
        let _ = KEPT.try_with(|slot| slot.try_borrow_mut().map(|mut slot| slot.take()));
    }
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the function cannot unwind, and this library is never unloaded (build.rs).
        let _ = unsafe { libc::pthread_atfork(Some(close), None, None) };
    });
}

/// How long a lock is waited for before it is asked for again, on average: at first about as long as one is held, then, where many wait,
/// up to four times that, since asking keeps the one that has it from its work. SQLite's own waits grow to a tenth of a second, by which
/// the last of eight writers starves.
const FIRST_POLL: Duration = Duration::from_micros(300);
const LONGEST_POLL: Duration = Duration::from_micros(1200);

fn wait_until(connection: &mut Connection, deadline: Instant) -> Result<(), Fault> {
    let handler = move |asked: i32| {
        let is_left = Instant::now() < deadline;
        if is_left {
            pause(asked.unsigned_abs());
        }
        is_left
    };
    Ok(connection.busy_handler(Some(handler))?)
}

/// After a lock was asked for in vain once more than `asked` times.
pub(super) fn pause(asked: u32) {
    let poll = FIRST_POLL.saturating_mul(asked.saturating_add(1)).min(LONGEST_POLL);
    sleep(poll.mul_f64(0.5 + random::share()));
}
