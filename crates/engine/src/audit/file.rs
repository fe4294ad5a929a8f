//! The log's file, opened for each line. Links are not followed, and a FIFO that nobody reads is not waited for.
//!
//! Root writes here too (php-fpm's and Apache's masters, the console), and the directory is commonly another user's, who can put there
//! whatever leads root to other files. So root comes to the directory only by links that root alone can have put there, makes the file or
//! takes one that has no other name, and gives away only what it has made.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
    os::{fd::OwnedFd, unix::ffi::OsStringExt},
    path::{Component, Path, PathBuf},
};

use rustix::{
    fs::{
        AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, Stat, fchown, fstat, open as open_path, openat,
        openat2, readlinkat, statat, unlinkat,
    },
    io::Errno,
    process::{Gid, Uid, geteuid},
};

const FOR_A_LINE: OFlags = OFlags::WRONLY
    .union(OFlags::APPEND)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);
const TO_WALK: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// As many links as the kernel itself follows.
const MAX_LINKS: usize = 40;

/// For writing at its end; made, if it is not there.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mode = Mode::from_raw_mode(0o640);
    if !geteuid().is_root() {
        return Ok(open_path(path, FOR_A_LINE | OFlags::CREATE, mode)?.into());
    }
    let (directory, name) = place(path)?;
    // It is nearly always there, and a creation that fails costs more than an opening.
    match existing(&directory, name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        opened => return opened,
    }
    match openat(&directory, name, FOR_A_LINE | OFlags::CREATE | OFlags::EXCL, mode) {
        Ok(file) => {
            // The workers', who write there after root does.
            let given = fstat(&directory).and_then(|owner| {
                fchown(&file, Some(Uid::from_raw(owner.st_uid)), Some(Gid::from_raw(owner.st_gid)))
            });
            if let Err(error) = given {
                // One of root's would keep them from ever writing.
                let _ = unlinkat(&directory, name, AtFlags::empty());
                return Err(error.into());
            }
            Ok(file.into())
        }
        // Somebody else has made it meanwhile.
        Err(Errno::EXIST) => existing(&directory, name),
        Err(error) => Err(error.into()),
    }
}

/// As [`open`], and makes nothing.
pub(crate) fn open_existing(path: &Path) -> io::Result<File> {
    if !geteuid().is_root() {
        return Ok(open_path(path, FOR_A_LINE, Mode::empty())?.into());
    }
    let (directory, name) = place(path)?;
    existing(&directory, name)
}

/// A file's directory, by root's way, and its name.
fn place(path: &Path) -> io::Result<(OwnedFd, &OsStr)> {
    let (directory, name) = path.parent().zip(path.file_name()).ok_or(io::ErrorKind::InvalidInput)?;
    Ok((walk(directory)?, name))
}

/// Opens a directory, one name after the other.
fn walk(path: &Path) -> Result<OwnedFd, Errno> {
    // Without a link on the way the kernel goes it at once; before Linux 5.6 it cannot.
    if let Ok(directory) = openat2(CWD, path, TO_WALK, Mode::empty(), ResolveFlags::NO_SYMLINKS) {
        return Ok(directory);
    }
    let root = || open_path("/", TO_WALK, Mode::empty());
    let mut at = root()?;
    let mut left = names(path);
    let mut links = 0;
    while let Some(name) = left.pop() {
        match openat(&at, &name, TO_WALK, Mode::empty()) {
            Ok(next) => at = next,
            // With O_DIRECTORY and O_NOFOLLOW a link is none (open(2)).
            Err(Errno::NOTDIR) => {
                let target = readlinkat(&at, &name, Vec::new()).map_err(|_| Errno::NOTDIR)?;
                links += 1;
                if links > MAX_LINKS || !is_roots_alone(&fstat(&at)?) {
                    return Err(Errno::LOOP);
                }
                let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
                if target.is_absolute() {
                    at = root()?;
                }
                left.extend(names(&target));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(at)
}

/// A path's names, the last one first.
fn names(path: &Path) -> Vec<OsString> {
    let is_name = |part: &Component<'_>| matches!(part, Component::Normal(_) | Component::ParentDir);
    path.components().filter(is_name).map(|part| part.as_os_str().to_owned()).rev().collect()
}

fn existing(directory: &OwnedFd, name: &OsStr) -> io::Result<File> {
    let file = openat(directory, name, FOR_A_LINE, Mode::empty())?;
    if !is_roots_alone(&fstat(directory)?) {
        let opened = fstat(&file)?;
        // The count is looked at together with the name: of the opened file alone it could be that of another file whose second name was
        // taken away again.
        let named = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let is_same = (opened.st_dev, opened.st_ino) == (named.st_dev, named.st_ino);
        if !is_same || named.st_nlink != 1 || FileType::from_raw_mode(named.st_mode) != FileType::RegularFile
        {
            return Err(Errno::MLINK.into());
        }
    }
    Ok(file.into())
}

/// Nobody else can put anything into this directory.
fn is_roots_alone(directory: &Stat) -> bool {
    directory.st_uid == 0 && directory.st_mode & 0o022 == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        fs,
        os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink},
    };

    const OTHER: u32 = 4321;

    /// A directory of root's, in which there is one of another user's. None: these tests take root, and so does
    /// `php-tests/log/root_is_not_led_astray.phpt`, which says so where it is skipped.
    fn directories() -> Option<(tempfile::TempDir, PathBuf)> {
        if !geteuid().is_root() {
            return None;
        }
        // Not where everybody may put links.
        let roots = tempfile::tempdir_in("/root").unwrap();
        let others = roots.path().join("others");
        fs::create_dir(&others).unwrap();
        chown(&others, Some(OTHER), Some(OTHER)).unwrap();
        Some((roots, others))
    }

    fn errno(opened: &io::Result<File>) -> Option<Errno> {
        opened.as_ref().err().and_then(Errno::from_io_error)
    }

    #[test]
    fn what_root_makes_is_the_directorys_owners_and_what_it_finds_stays_whose_it_is() {
        let Some((roots, others)) = directories() else { return };
        let path = others.join("audit.log");
        assert_eq!(errno(&open_existing(&path)), Some(Errno::NOENT));
        open(&path).unwrap();
        let made = fs::metadata(&path).unwrap();
        assert_eq!((made.uid(), made.gid()), (OTHER, OTHER));
        assert_eq!(made.permissions().mode() & 0o137, 0);
        let found = others.join("found");
        fs::write(&found, "").unwrap();
        open(&found).unwrap();
        assert_eq!(fs::metadata(&found).unwrap().uid(), 0);
        open(&roots.path().join("own")).unwrap();
        assert_eq!(fs::metadata(roots.path().join("own")).unwrap().uid(), 0);
    }

    #[test]
    fn root_follows_no_link_that_others_can_have_put_there() {
        let Some((roots, others)) = directories() else { return };
        let target = roots.path().join("target");
        fs::create_dir(&target).unwrap();
        // Another user's, at the directory's own place, on the way to it, and by way of a link of root's.
        symlink(&target, others.join("link")).unwrap();
        symlink(others.join("link"), roots.path().join("to_link")).unwrap();
        fs::create_dir(target.join("below")).unwrap();
        for path in ["others/link/audit.log", "others/link/below/audit.log", "to_link/audit.log"] {
            assert_eq!(errno(&open(&roots.path().join(path))), Some(Errno::LOOP), "{path}");
        }
        symlink(target.join("audit.log"), others.join("audit.log")).unwrap();
        assert_eq!(errno(&open(&others.join("audit.log"))), Some(Errno::LOOP));
        assert!(!target.join("audit.log").exists() && !target.join("below/audit.log").exists());
        // A directory that everybody may write is nobody's.
        fs::set_permissions(&target, PermissionsExt::from_mode(0o1777)).unwrap();
        symlink(&others, target.join("link")).unwrap();
        assert_eq!(errno(&open(&target.join("link/audit.log2"))), Some(Errno::LOOP));
        // Root's own.
        symlink("others", roots.path().join("relative")).unwrap();
        symlink(roots.path().join("relative"), roots.path().join("absolute")).unwrap();
        open(&roots.path().join("absolute/made")).unwrap();
        assert_eq!(fs::metadata(others.join("made")).unwrap().uid(), OTHER);
        symlink("circle", roots.path().join("circle")).unwrap();
        assert_eq!(errno(&open(&roots.path().join("circle/made"))), Some(Errno::LOOP));
    }

    #[test]
    fn root_writes_to_no_file_that_has_another_name() {
        let Some((roots, others)) = directories() else { return };
        let (secret, path) = (roots.path().join("secret"), others.join("audit.log"));
        fs::write(&secret, "").unwrap();
        fs::hard_link(&secret, &path).unwrap();
        for opened in [open(&path), open_existing(&path)] {
            assert_eq!(errno(&opened), Some(Errno::MLINK));
        }
        assert_eq!(fs::metadata(&secret).unwrap().uid(), 0);
        fs::remove_file(&secret).unwrap();
        open(&path).unwrap();
        // Where root alone can have made it, it is meant.
        fs::hard_link(&path, &secret).unwrap();
        open(&secret).unwrap();
    }

    #[test]
    fn root_writes_to_nothing_of_others_but_files() {
        let Some((_roots, others)) = directories() else { return };
        let fifo = others.join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let _reader = rustix::fs::open(&fifo, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty()).unwrap();
        assert_eq!(errno(&open(&fifo)), Some(Errno::MLINK));
        assert!(open(&others).is_err());
    }
}
