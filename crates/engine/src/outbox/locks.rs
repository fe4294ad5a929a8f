//! SQLite's locks, as the open file's in place of the process's: those are dropped by any close(2) of the file, by anyone in the process
//! (a plugin that has read it for a backup). Nor shall ours drop another's.
//!
//! Both kinds see one another, so that other programs' SQLite is kept out as ever.

use std::{
    ffi::{c_int, c_void},
    fs::File,
    os::fd::AsRawFd,
    process, ptr,
    sync::OnceLock,
};

use rusqlite::ffi;

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
    // SAFETY: SQLite's own function for it; no connection is open yet (`handle::connect` asks first), so no lock of the old kind is held.
    [(c"fcntl", fcntl), (c"close", close)].into_iter().all(|(name, call)| unsafe {
        set(ptr::from_ref(vfs).cast_mut(), name.as_ptr(), Some(call)) == ffi::SQLITE_OK
    })
}

/// As close(2), unless that ended a transaction of another SQLite in this process (PHP's own), whose locks are the process's: then the
/// descriptor stays open, and our own locks end.
unsafe extern "C" fn close(fd: c_int) -> c_int {
    if is_being_written(fd) {
        ask(fd, libc::F_OFD_SETLK, &mut over_all(libc::F_UNLCK));
        return 0;
    }
    // SAFETY: as it was asked for.
    unsafe { libc::close(fd) }
}

/// Whether this process has an exclusive lock on that file. (Of a shared one it cannot be told whose it is.)
fn is_being_written(fd: c_int) -> bool {
    let process = i32::try_from(process::id());
    let mut from = 0;
    loop {
        // What is in the way of a shared lock is exclusive, and so one process's alone.
        let mut lock = over_all(libc::F_RDLCK);
        lock.l_start = from;
        if !ask(fd, libc::F_OFD_GETLK, &mut lock) || c_int::from(lock.l_type) == libc::F_UNLCK {
            return false;
        }
        if process == Ok(lock.l_pid) {
            return true;
        }
        from = lock.l_start + lock.l_len;
        if lock.l_len <= 0 {
            return false;
        }
    }
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
