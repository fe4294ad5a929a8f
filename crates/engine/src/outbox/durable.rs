//! What was committed gets onto the disk, and what to do if it does not.
//!
//! With `synchronous=FULL`, SQLite would sync each commit while it has the writer's lock, and who waits for that would wait for the disk. Here
//! the log is synced when the lock is given up, and before the call returns: others write meanwhile, and several wait for the disk at once.
//! Until then a power loss may undo what they see; but nothing that rests on it outlives it, as they write behind it in the log, and nobody
//! acknowledges what he has seen, or sends it, before he has synced the log himself.
//!
//! If that fails, what was written to the log since it was synced last may never reach the disk. That a page could not be written, Linux tells
//! once (those who have the file open then, and at their next sync), and takes it for written from then on. So all of the log is written once
//! more. If that fails as well, what was committed is undone, and the log is in doubt, which a row in the database says to all, until somebody has
//! written it once more.

use std::{
    fs::OpenOptions,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
    ptr,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, ffi};

use super::{
    connection::Opened,
    fault::Fault,
    file::{self, Identity},
};

const IS_IN_DOUBT: &str = "SELECT 1 FROM meta WHERE name = 'log_is_in_doubt'";
const BEGIN_DOUBT: &str = "INSERT OR REPLACE INTO meta VALUES ('log_is_in_doubt', 1)";
const END_DOUBT: &str = "DELETE FROM meta WHERE name = 'log_is_in_doubt'";

/// Syncs the log: all that was committed so far.
pub(super) fn sync(connection: &Connection) -> Result<(), Fault> {
    let mut log: *mut ffi::sqlite3_file = ptr::null_mut();
    // SAFETY: an open connection; SQLite answers this question with a pointer, and is told where to.
    let answer = unsafe {
        ffi::sqlite3_file_control(
            connection.handle(),
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_JOURNAL_POINTER,
            ptr::from_mut(&mut log).cast(),
        )
    };
    // SAFETY: null, or a file that SQLite keeps as long as the connection is open; one that is not open has no methods, and they are static.
    let methods = unsafe { log.as_ref().and_then(|log| log.pMethods.as_ref()) };
    let done = match methods.and_then(|methods| methods.xSync) {
        // SAFETY: the method belongs to this file, which no other thread uses: the connection is this thread's.
        Some(sync) if answer == ffi::SQLITE_OK => unsafe { sync(log, ffi::SQLITE_SYNC_NORMAL) },
        _ => ffi::SQLITE_IOERR_FSYNC,
    };
    if done == ffi::SQLITE_OK {
        Ok(())
    } else {
        Err(rusqlite::Error::SqliteFailure(ffi::Error::new(done), None).into())
    }
}

/// Whether some of the log may never reach the disk, whatever a sync says.
pub(super) fn is_in_doubt(connection: &Connection) -> Result<bool, Fault> {
    Ok(connection.prepare_cached(IS_IN_DOUBT)?.query_row((), |_| Ok(())).optional()?.is_some())
}

/// Has [`end_doubt`] ready.
pub(super) fn prepare_end_of_doubt(connection: &Connection) -> Result<(), Fault> {
    Ok(connection.prepare_cached(END_DOUBT).map(drop)?)
}

/// If the log is in doubt, writes all of it once more.
pub(super) fn end_doubt(transaction: &Transaction<'_>, path: &Path, log: Identity) -> Result<(), Fault> {
    if transaction.prepare_cached(END_DOUBT)?.execute(())? > 0 {
        write_again(transaction, path, log)
    } else {
        Ok(())
    }
}

/// Writes each byte of the log to its place once more, so that the next sync has something to write. As the transaction is one that writes,
/// nobody else does.
pub(super) fn write_again(_: &Transaction<'_>, path: &Path, log: Identity) -> Result<(), Fault> {
    let path = file::wal(path);
    let file = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOFOLLOW).open(path);
    let file = file.map_err(|_| Fault::Moved)?;
    if Identity::of(&file.metadata()?) != log {
        return Err(Fault::Moved);
    }
    let mut part = vec![0; 1 << 16];
    let mut offset = 0;
    loop {
        let length = file.read_at(&mut part, offset)?;
        let Some(read) = part.get(..length).filter(|read| !read.is_empty()) else { return Ok(()) };
        file.write_all_at(read, offset)?;
        offset += length as u64;
    }
}

/// After a fault of the disk: what is to be done again, while nobody else writes; or else the log is in doubt, and what others have seen
/// already is undone as far as the disk lets it, since the caller goes on without. In that case a call may take longer than it should.
pub(super) fn again_or_undo(
    connection: &mut Opened,
    fault: Fault,
    again: impl FnOnce(&Transaction<'_>) -> Result<(), Fault>,
    undo: impl FnOnce(&Transaction<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    /// For a commit or a checkpoint that waits for the same disk.
    const WAIT: Duration = Duration::from_millis(500);
    connection.wait_until(Instant::now() + WAIT)?;
    let Ok(transaction) = Transaction::new_unchecked(connection, TransactionBehavior::Immediate) else {
        return Err(fault);
    };
    if again(&transaction).is_ok() {
        return Ok(());
    }
    let _ = undo(&transaction);
    let _ = transaction.execute(BEGIN_DOUBT, ()).and_then(|_| transaction.commit());
    Err(fault)
}
