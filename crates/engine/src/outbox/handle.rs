//! The handle on the database that a thread keeps from call to call, since opening one costs more than an insert.
//!
//! What may happen to it in between: somebody reads the file and closes it (see [`locks`]), or moves, replaces, removes or cuts a file
//! (each call looks whether they are still those that were opened, and as they were left), or forks the process. A fork closes it first:
//! a child that inherited it would share its locks.

use std::{
    cell::RefCell,
    fs,
    path::{Path, PathBuf},
    sync::Once,
    time::Instant,
};

use super::{
    connection::{Opened, connect, look_for_a_fork},
    fault::Fault,
    file::{self, Files, Identity},
    locks,
};

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
        handle.connection.wait_until(patience).ok()?;
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
        handle.connection.end_turn();
        KEPT.with(|slot| slot.replace(Some(handle)));
    }
    done
}

impl Handle {
    fn open(path: &Path, patience: Instant) -> Result<Self, Fault> {
        file::prepare(path)?;
        let (connection, files) = connect(path, patience)?;
        // As SQLite is built here (.cargo/config.toml) most of that is so; but what an order's safety rests on is said where it is needed.
        // NORMAL: commits are synced by ourselves (`durable`), all else by SQLite.
        connection.execute_batch(
            "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA cache_size = -512",
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
        let is_another = |(before, now): (Option<Identity>, _)| before.is_some() && before != now;
        if !now.is_whole()
            || now.log != Some(log)
            || self.files.names().into_iter().zip(now.names()).any(is_another)
        {
            return Err(Fault::Moved);
        }
        self.is_whole = now.names() == self.files.names();
        self.files = now;
        Ok(())
    }
}

/// Of a write-ahead log, and of each page in it (SQLite's file format, section 4.1).
const LOG_HEADER: u64 = 32;
const LOG_PAGE_HEADER: u64 = 24;

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
