//! A key that came from the environment, and was erased there, must be found again when PHP starts anew in the same process: after
//! php-fpm's reload (its master calls execvp with its current environment, `fpm_pctl_exec`), and after an Apache graceful restart.
//!
//! It is passed on in secret memory, by the descriptor of that memory, which nobody can read(2) or open again by way of
//! `/proc/<pid>/fd`. Only the master has it: the descriptor is close-on-exec until the master itself is about to replace itself,
//! and a forked process closes it before its first line of PHP code.

use std::{
    fs,
    os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
    sync::Mutex,
};

use engine::key::{SecretMemory, Shelter};
use zeroize::Zeroizing;

use crate::zend::{self, Sapi};

/// The descriptor.
static HEIRLOOM: Mutex<Option<OwnedFd>> = Mutex::new(None);

/// Passes on the key that the environment has, or else finds the one that was passed on to us.
///
/// `preloads`: PHP code runs in the master, where it could open the descriptor of ordinary memory (by ext/curl's `file:`, say).
pub fn keep_or_find(environment: Option<Zeroizing<Vec<u8>>>, preloads: bool) -> Option<Zeroizing<Vec<u8>>> {
    let passed_on = inherited();
    let (value, fd) = match environment {
        Some(value) => match SecretMemory::with_descriptor(&value) {
            Ok((memory, fd)) if !preloads || memory.shelter() == Shelter::Secret => (value, fd),
            // Good until the next reload, at least.
            _ => return Some(value),
        },
        None => passed_on?,
    };
    if let Ok(mut heirloom) = HEIRLOOM.lock() {
        *heirloom = Some(fd);
    }
    Some(value)
}

/// For the first RINIT of a process that was forked since the module started, before any PHP code: it is no master, and needs no
/// heirloom.
pub fn forked_request_starts() {
    if let Ok(mut heirloom) = HEIRLOOM.try_lock() {
        *heirloom = None;
    }
}

/// For MSHUTDOWN, after all PHP code: what php-fpm's master does next is to exit, or to replace itself.
pub fn module_stops() {
    if Sapi::current() == Sapi::Fpm
        && let Ok(heirloom) = HEIRLOOM.try_lock()
        && let Some(heirloom) = heirloom.as_ref()
    {
        zend::set_close_on_exec(heirloom.as_fd(), false);
    }
}

/// What an earlier start in this process left. Ours are closed-on-exec again from here on; the descriptor number says nothing, so
/// all are looked at.
fn inherited() -> Option<(Zeroizing<Vec<u8>>, OwnedFd)> {
    if let Ok(mut heirloom) = HEIRLOOM.lock()
        && let Some(fd) = heirloom.take()
    {
        return taken(fd);
    }
    let numbers: Vec<RawFd> = fs::read_dir("/proc/self/fd")
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    numbers.into_iter().filter(|number| is_ours(*number)).find_map(|number| {
        // SAFETY: open, by its name one that this module made before the process replaced itself, and nobody else's.
        taken(unsafe { OwnedFd::from_raw_fd(number) })
    })
}

fn is_ours(number: RawFd) -> bool {
    const NAMES: [&str; 2] = ["/secretmem (deleted)", "/memfd:secure_dispatch (deleted)"];
    let by_name = fs::read_link(format!("/proc/self/fd/{number}"))
        .is_ok_and(|name| NAMES.iter().any(|known| name.as_os_str() == *known));
    // SAFETY: open, as the link of that number was just read, in MINIT, where nobody closes it.
    by_name && SecretMemory::from_descriptor(unsafe { BorrowedFd::borrow_raw(number) }).is_some()
}

fn taken(fd: OwnedFd) -> Option<(Zeroizing<Vec<u8>>, OwnedFd)> {
    zend::set_close_on_exec(fd.as_fd(), true);
    let memory = SecretMemory::from_descriptor(fd.as_fd())?;
    Some((Zeroizing::new(memory.expose().to_vec()), fd))
}

/// What a naive extension would do: a descriptor that everybody inherits.
#[cfg(feature = "naive")]
pub fn leave_lying(environment: Option<&Zeroizing<Vec<u8>>>) {
    if let Some((_, fd)) = environment.and_then(|value| SecretMemory::with_descriptor(value).ok()) {
        zend::set_close_on_exec(fd.as_fd(), false);
        std::mem::forget(fd);
    }
}
