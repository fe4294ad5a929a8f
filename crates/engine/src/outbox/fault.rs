//! Why the outbox cannot be used: what happened, and what to do.

use std::io;

use rusqlite::{ErrorCode, ffi};

/// Reads as the end of a sentence that begins with "the outbox".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// No setting names one.
    #[error("is not set up: secure_dispatch.outbox names no file")]
    NotConfigured,
    /// The directory is not there.
    #[error("cannot be opened: its directory does not exist; make one of PHP's user, with mode 0700")]
    NoDirectory,
    /// Others may read the directory.
    #[error("is not used: its directory is open to others; chmod it to 0700")]
    OpenDirectory,
    /// The file, or the directory that it is to be made in, is another user's.
    #[error(
        "is not used: its file (or the directory, as long as there is no file) belongs to another user than this process runs as; run PHP's \
         web server and its drainers as one user (bin/secure-dispatch has --user), and chown the directory and all that is in it to that user"
    )]
    WrongOwner,
    /// Others may read the file.
    #[error("is not used: its file is open to others; chmod it to 0600")]
    OpenFile,
    /// It is no regular file: a link, a directory, a device.
    #[error("is not used: its path is no regular file")]
    NotAFile,
    /// Not allowed by the file system.
    #[error("cannot be written: the file system or its permissions do not allow it")]
    ReadOnly,
    /// Another process holds it for longer than this call can wait.
    #[error(
        "is locked by another process for longer than this call may wait; a backup should use SQLite's own .backup"
    )]
    Locked,
    /// No room on the disk.
    #[error("cannot be written: the disk (or a quota) is full")]
    DiskFull,
    /// No room within `outbox_max_bytes`.
    #[error(
        "is full: it holds secure_dispatch.outbox_max_bytes of orders; drain it (is the API down?), or raise that setting"
    )]
    Full,
    /// It is damaged.
    #[error(
        "is damaged or no SQLite database; move it (with its -wal and -shm) out of the way, so that a new one is made, and try sqlite3's .recover on it"
    )]
    Corrupt,
    /// Another program's database, or one of a newer version.
    #[error(
        "is a database of another program, or of a newer secure_dispatch; set secure_dispatch.outbox to a file of its own"
    )]
    Foreign,
    /// Somebody removed or changed a file while it was in use.
    #[error(
        "was removed, replaced or cut while it was in use; leave its files alone while PHP runs; if this persists, restart PHP"
    )]
    Moved,
    /// It was open when this process was forked.
    #[error(
        "cannot be used in this process, which was forked while the outbox was open: by another thread, or past fork(3) (by FFI, say); let the parent process dispatch"
    )]
    Forked,
    /// No entropy, no memory, or a fault of the disk.
    #[error("cannot be used: the system reports an input/output error, or is out of memory")]
    Io,
}

impl Fault {
    pub(crate) const ALL: [Self; 15] = [
        Self::NotConfigured,
        Self::NoDirectory,
        Self::OpenDirectory,
        Self::WrongOwner,
        Self::OpenFile,
        Self::NotAFile,
        Self::ReadOnly,
        Self::Locked,
        Self::DiskFull,
        Self::Full,
        Self::Corrupt,
        Self::Foreign,
        Self::Moved,
        Self::Forked,
        Self::Io,
    ];

    /// As [`Error::code`](crate::error::Error::code).
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotConfigured => "outbox_not_configured",
            Self::NoDirectory => "outbox_no_directory",
            Self::OpenDirectory => "outbox_open_directory",
            Self::WrongOwner => "outbox_wrong_owner",
            Self::OpenFile => "outbox_open_file",
            Self::NotAFile => "outbox_not_a_file",
            Self::ReadOnly => "outbox_read_only",
            Self::Locked => "outbox_locked",
            Self::DiskFull => "outbox_disk_full",
            Self::Full => "outbox_full",
            Self::Corrupt => "outbox_corrupt",
            Self::Foreign => "outbox_foreign",
            Self::Moved => "outbox_moved",
            Self::Forked => "outbox_forked",
            Self::Io => "outbox_io",
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        // No room for the file that goes with the log in memory is reported as this.
        if error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_IOERR_SHMSIZE) {
            return Self::DiskFull;
        }
        match error.sqlite_error_code() {
            // The last one: somebody who is stopped holds the locks under which the log's index is made anew.
            Some(
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Locked,
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => Self::ReadOnly,
            Some(ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory) => Self::Io,
            // No database; or a table or a column that is not there, or holds what it should not: not a database that we have made.
            _ => Self::Corrupt,
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NoDirectory,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            io::ErrorKind::NotADirectory => Self::NotAFile,
            _ => Self::Io,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_damaged_is_called_so() {
        let fault = |code| Fault::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        // Somebody's locks are all that is wrong there.
        for code in [ffi::SQLITE_BUSY, ffi::SQLITE_BUSY_RECOVERY, ffi::SQLITE_LOCKED, ffi::SQLITE_PROTOCOL] {
            assert_eq!(fault(code), Fault::Locked, "{code}");
        }
        assert_eq!(fault(ffi::SQLITE_CORRUPT), Fault::Corrupt);
        assert_eq!(fault(ffi::SQLITE_NOTADB), Fault::Corrupt);
    }
}
