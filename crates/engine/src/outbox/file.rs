//! The outbox's file: whose it must be, and whether it is still the one that was opened.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use rustix::process::geteuid;

use super::fault::Fault;

/// A file's place on its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    /// Numbers of files that are gone are given again. None: this file system does not tell.
    created: Option<SystemTime>,
}

/// Makes sure that there is a file of ours, and tells which.
pub(super) fn prepare(path: &Path) -> Result<Identity, Fault> {
    if let Some(identity) = inspect(path)? {
        return Ok(identity);
    }
    create(path)?;
    judge(&fs::symlink_metadata(path)?, geteuid().as_raw())
}

/// What is there, if it may be used. None: no file yet, and one can be made.
pub(super) fn inspect(path: &Path) -> Result<Option<Identity>, Fault> {
    let directory = path.parent().ok_or(Fault::NoDirectory)?;
    let metadata = fs::metadata(directory)?;
    if metadata.mode() & 0o007 != 0 {
        return Err(Fault::OpenDirectory);
    }
    let owner = geteuid().as_raw();
    match fs::symlink_metadata(path) {
        Ok(file) => judge(&file, owner).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // Else root, who may write anywhere, would make a file that PHP's own user cannot open.
            if metadata.uid() == owner { Ok(None) } else { Err(Fault::WrongOwner) }
        }
        Err(error) => Err(error.into()),
    }
}

fn judge(file: &fs::Metadata, owner: u32) -> Result<Identity, Fault> {
    if !file.is_file() {
        Err(Fault::NotAFile)
    } else if file.uid() != owner {
        Err(Fault::WrongOwner)
    } else if file.mode() & 0o077 != 0 {
        Err(Fault::OpenFile)
    } else {
        Ok(Identity::of(file))
    }
}

/// SQLite itself would make it with 0644, and gives its companions the mode of the file.
fn create(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// The log whose name this process has put onto the disk, with that of its database. A file's fdatasync(2) is no promise for its name; and
/// who made the file may have been killed before it could give one.
#[derive(Default)]
pub struct DurableNames(Mutex<Option<Identity>>);

impl DurableNames {
    /// Makes sure of it, once for each log and process.
    pub(super) fn ensure(&self, path: &Path, log: Identity) -> io::Result<()> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *known != Some(log) {
            path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())?;
            *known = Some(log);
        }
        Ok(())
    }
}

/// The write-ahead log beside a database.
pub(super) fn wal(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// The log's index.
fn index(path: &Path) -> PathBuf {
    beside(path, "-shm")
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

impl Identity {
    pub(super) fn of(metadata: &fs::Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino(), created: metadata.created().ok() }
    }

    /// What is at a path now.
    pub(super) fn at(path: &Path) -> Option<Self> {
        fs::symlink_metadata(path).ok().as_ref().map(Self::of)
    }
}

/// The files that make up a database.
#[derive(PartialEq, Eq)]
pub(super) struct Files {
    pub(super) database: Option<Identity>,
    pub(super) log: Option<Identity>,
    /// The log's index, in which SQLite has most of its locks.
    pub(super) index: Option<Identity>,
    /// When the database was written last: by a checkpoint; or by somebody who has put another one's content there, so that pages which are
    /// cached are no longer its.
    written: Option<SystemTime>,
    /// The index's length. What is mapped beyond that is SIGBUS.
    index_length: u64,
}

impl Files {
    pub(super) fn at(path: &Path) -> Self {
        let [database, log, index] =
            [path, &wal(path), &index(path)].map(|path| fs::symlink_metadata(path).ok());
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

    pub(super) fn names(&self) -> [Option<Identity>; 3] {
        [self.database, self.log, self.index]
    }

    pub(super) fn is_whole(&self) -> bool {
        self.names().iter().all(Option::is_some)
    }

    /// Whether the index that connections to the same database have mapped is another one now, or has been cut.
    pub(super) fn has_lost_its_index(&self, now: &Self) -> bool {
        self.index != now.index || now.index_length < self.index_length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_file_is_made_private_in_a_private_directory() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("outbox.sqlite");
        let mode = |path: &Path, mode| fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        mode(dir.path(), 0o755);
        assert_eq!(prepare(&path), Err(Fault::OpenDirectory));
        mode(dir.path(), 0o750);
        let identity = prepare(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(prepare(&path), Ok(identity));
        mode(&path, 0o640);
        assert_eq!(prepare(&path), Err(Fault::OpenFile));
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", &path).unwrap();
        assert_eq!(prepare(&path), Err(Fault::NotAFile));
        assert_eq!(prepare(Path::new("/no/such/outbox")), Err(Fault::NoDirectory));
    }
}
