//! Whether this process was forked since. getpid(2) alone does not tell: in a PID namespace of its own, or when numbers are used up,
//! a child can have its parent's number.

use std::{
    process,
    ptr::{self, NonNull},
    sync::atomic::{AtomicU8, AtomicU32, Ordering},
};

use rustix::{
    mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap},
    param::page_size,
};

/// A mark that a fork erases: a page that the kernel zeroes in every child (`MADV_WIPEONFORK`, since Linux 4.14).
pub struct ForkMark {
    page: Option<NonNull<AtomicU8>>,
    pid: AtomicU32,
}

// SAFETY: the page is an atomic byte, mapped until Drop.
unsafe impl Send for ForkMark {}
// SAFETY: as above.
unsafe impl Sync for ForkMark {}

impl ForkMark {
    /// Marks this process.
    #[must_use]
    pub fn new() -> Self {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, at a place of the kernel's choice.
        let page = unsafe { mmap_anonymous(ptr::null_mut(), page_size(), protection, MapFlags::PRIVATE) };
        let page = page.ok().and_then(|page| NonNull::new(page.cast::<AtomicU8>())).filter(|page| {
            // SAFETY: our own page.
            let wiped =
                unsafe { madvise(page.as_ptr().cast(), page_size(), Advice::LinuxWipeOnFork) }.is_ok();
            if !wiped {
                // SAFETY: as above, and given up here.
                let _ = unsafe { munmap(page.as_ptr().cast(), page_size()) };
            }
            wiped
        });
        let mark = Self { page, pid: AtomicU32::new(0) };
        mark.renew();
        mark
    }

    /// Marks this process in place of the one that was marked.
    pub fn renew(&self) {
        self.pid.store(process::id(), Ordering::Relaxed);
        if let Some(page) = self.byte() {
            page.store(1, Ordering::Relaxed);
        }
    }

    /// Whether this is the process that was marked, and no child of it.
    #[must_use]
    pub fn is_of_this_process(&self) -> bool {
        self.pid.load(Ordering::Relaxed) == process::id()
            && self.byte().is_none_or(|page| page.load(Ordering::Relaxed) == 1)
    }

    fn byte(&self) -> Option<&AtomicU8> {
        // SAFETY: mapped until Drop, zeroed at first, and nobody's but ours and the kernel's, which writes to it only where no thread of
        // ours runs yet.
        self.page.map(|page| unsafe { page.as_ref() })
    }
}

impl Default for ForkMark {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for ForkMark {
    fn drop(&mut self) {
        if let Some(page) = self.page {
            // SAFETY: our own mapping, of which no reference is left; a child's is its own.
            let _ = unsafe { munmap(page.as_ptr().cast(), page_size()) };
        }
    }
}
