//! SQLite's locks, as the open file's in place of the process's: those are dropped by any close(2) of the file, by anyone in the process
//! (a plugin that has read it for a backup).
//!
//! Both kinds see one another, so that other programs' SQLite is kept out as ever.

use std::{
    ffi::{c_int, c_void},
    fs::File,
    os::fd::AsRawFd,
    ptr,
    sync::OnceLock,
};

use rusqlite::ffi;

/// Has this library's SQLite take such locks. False: this kernel has none (they came with Linux 3.15; gVisor has none), and the locks are
/// the process's.
pub(super) fn are_of_the_open_file() -> bool {
    static REPLACED: OnceLock<bool> = OnceLock::new();
    *REPLACED.get_or_init(|| kernel_has_them() && replace_fcntl())
}

fn kernel_has_them() -> bool {
    // Any file will do, but the outbox: its other locks may be the process's yet.
    let Ok(file) = File::open("/dev/null") else { return false };
    // SAFETY: zeroes are a valid flock: F_RDLCK, over all of the file.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    // SAFETY: an open descriptor, and a flock that outlives the call.
    unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_GETLK, &raw mut lock) == 0 }
}

fn replace_fcntl() -> bool {
    type SystemCall = unsafe extern "C" fn();
    // SAFETY: SQLite casts it back to `int (*)(int, int, ...)` and calls it with one argument more, an int or a pointer. Linux' calling
    // conventions (x86-64, AArch64, RISC-V) pass that as they do where the function has no "...".
    let fcntl = unsafe {
        std::mem::transmute::<unsafe extern "C" fn(c_int, c_int, *mut c_void) -> c_int, SystemCall>(fcntl)
    };
    // SAFETY: null means the default VFS, which is there for as long as the process.
    let Some(vfs) = (unsafe { ffi::sqlite3_vfs_find(ptr::null()).as_ref() }) else { return false };
    let Some(set) = vfs.xSetSystemCall else { return false };
    // SAFETY: SQLite's own function for it; no connection is open yet (`handle::connect` asks first), so no lock of the old kind is held.
    unsafe { set(ptr::from_ref(vfs).cast_mut(), c"fcntl".as_ptr(), Some(fcntl)) == ffi::SQLITE_OK }
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
