//! SQLite's locks, as the open file's in place of the process's: those are dropped by any close(2) of the file, by anyone in the process
//! (a plugin that has read it for a backup). Nor shall ours drop another's.
//!
//! Both kinds see one another, so that other programs' SQLite is kept out as ever.

use std::{
    ffi::{c_int, c_void},
    fs::{self, File},
    os::fd::{AsRawFd, BorrowedFd},
    ptr,
    sync::{Mutex, OnceLock},
};

use rusqlite::ffi;
use rustix::fs::fstat;

/// Has this library's SQLite take such locks. False: this kernel has none (they came with Linux 3.15; gVisor has none), and the locks are
/// the process's.
pub(super) fn are_of_the_open_file() -> bool {
    static REPLACED: OnceLock<bool> = OnceLock::new();
    *REPLACED.get_or_init(|| kernel_has_them() && replace_system_calls())
}

fn kernel_has_them() -> bool {
    // Any file will do, but the outbox: its other locks may be the process's yet.
    File::open("/dev/null")
        .is_ok_and(|file| ask(file.as_raw_fd(), libc::F_OFD_GETLK, &mut over_all(libc::F_RDLCK)))
}

/// A lock over all of a file.
fn over_all(kind: c_int) -> libc::flock {
    // SAFETY: zeroes are a valid flock, from the file's first byte to its last.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = kind.try_into().unwrap_or_default();
    lock
}

fn ask(fd: c_int, command: c_int, lock: &mut libc::flock) -> bool {
    // SAFETY: a flock that outlives the call; a descriptor that is not open is an error.
    unsafe { libc::fcntl(fd, command, ptr::from_mut(lock)) == 0 }
}

fn replace_system_calls() -> bool {
    type SystemCall = unsafe extern "C" fn();
    // SAFETY: SQLite casts it back to `int (*)(int, int, ...)` and calls it with one argument more, an int or a pointer. Linux' calling
    // conventions (x86-64, AArch64, RISC-V) pass that as they do where the function has no "...".
    let fcntl = unsafe {
        std::mem::transmute::<unsafe extern "C" fn(c_int, c_int, *mut c_void) -> c_int, SystemCall>(fcntl)
    };
    // SAFETY: SQLite casts it back to what it is, `int (*)(int)`.
    let close = unsafe { std::mem::transmute::<unsafe extern "C" fn(c_int) -> c_int, SystemCall>(close) };
    // SAFETY: null means the default VFS, which is there for as long as the process.
    let Some(vfs) = (unsafe { ffi::sqlite3_vfs_find(ptr::null()).as_ref() }) else { return false };
    let Some(set) = vfs.xSetSystemCall else { return false };
    // SAFETY: SQLite's own function for it; no connection is open yet (`connection::connect` asks first), so no lock of the old kind is held.
    [(c"fcntl", fcntl), (c"close", close)].into_iter().all(|(name, call)| unsafe {
        set(ptr::from_ref(vfs).cast_mut(), name.as_ptr(), Some(call)) == ffi::SQLITE_OK
    })
}

/// Descriptors that stayed open.
static LEFT_OPEN: Mutex<Vec<c_int>> = Mutex::new(Vec::new());

/// As close(2), unless that took another SQLite in this process (PHP's own) its locks, which are the process's: then the descriptor stays
/// open as long, without our own locks.
unsafe extern "C" fn close(fd: c_int) -> c_int {
    // A fork may have caught another thread in here; then it stays open.
    let mut left_open = LEFT_OPEN.try_lock().ok();
    if let Some(left_open) = &mut left_open {
        // SAFETY: kept open by us, and closed once.
        left_open.retain(|fd| has_locks_of_the_process(*fd) || unsafe { libc::close(*fd) } != 0);
    }
    if has_locks_of_the_process(fd) {
        ask(fd, libc::F_OFD_SETLK, &mut over_all(libc::F_UNLCK));
        if let Some(mut left_open) = left_open {
            left_open.push(fd);
        }
        return 0;
    }
    // SAFETY: as it was asked for.
    unsafe { libc::close(fd) }
}

/// Whether another descriptor of this process has locks of the old kind on the same file.
fn has_locks_of_the_process(fd: c_int) -> bool {
    let file = |fd| {
        // SAFETY: used for this call alone, which says if it is not open.
        fstat(unsafe { BorrowedFd::borrow_raw(fd) }).map(|file| (file.st_dev, file.st_ino)).ok()
    };
    let Some(ours) = file(fd) else { return false };
    let Ok(descriptors) = fs::read_dir("/proc/self/fdinfo") else { return false };
    descriptors.filter_map(Result::ok).any(|descriptor| {
        let number = descriptor.file_name().to_str().and_then(|number| number.parse().ok());
        // proc_pid_fdinfo(5): "lock:	1: POSIX  ADVISORY  WRITE …"; ours are "OFDLCK".
        number.is_some_and(|number| number != fd && file(number) == Some(ours))
            && fs::read_to_string(descriptor.path()).is_ok_and(|info| {
                info.lines().any(|line| line.starts_with("lock:") && line.contains("POSIX"))
            })
    })
}

/// As fcntl(2), with the commands for locks exchanged.
unsafe extern "C" fn fcntl(fd: c_int, command: c_int, argument: *mut c_void) -> c_int {
    let command = match command {
        libc::F_SETLK => libc::F_OFD_SETLK,
        libc::F_SETLKW => libc::F_OFD_SETLKW,
        libc::F_GETLK => libc::F_OFD_GETLK,
        // SAFETY: as it was asked for.
        _ => return unsafe { libc::fcntl(fd, command, argument) },
    };
    // SAFETY: with these commands, SQLite gives a flock of its own. The kernel wants this field to be zero, and SQLite leaves it unset.
    unsafe { (*argument.cast::<libc::flock>()).l_pid = 0 };
    // SAFETY: as above.
    unsafe { libc::fcntl(fd, command, argument) }
}
