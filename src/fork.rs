//! Whether this process was forked since. getpid(2) alone does not tell: in a PID namespace of its own, or when numbers are used up,
//! a child can have its parent's number.

use std::{
    process,
    ptr::{self, NonNull},
};

use rustix::{
    mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap},
    param::page_size,
};

/// A mark that a fork erases: a page that the kernel zeroes in every child (`MADV_WIPEONFORK`, since Linux 4.14).
pub struct ForkMark {
    page: Option<NonNull<u8>>,
    pid: u32,
}

// SAFETY: the page is written to once, before anyone else knows of it.
unsafe impl Send for ForkMark {}
// SAFETY: as above.
unsafe impl Sync for ForkMark {}

impl ForkMark {
    /// Marks this process.
    pub fn new() -> Self {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, at a place of the kernel's choice.
        let page = unsafe { mmap_anonymous(ptr::null_mut(), page_size(), protection, MapFlags::PRIVATE) };
        let page = page.ok().and_then(|page| NonNull::new(page.cast::<u8>())).filter(|page| {
            // SAFETY: our own page.
            let wiped =
                unsafe { madvise(page.as_ptr().cast(), page_size(), Advice::LinuxWipeOnFork) }.is_ok();
            if wiped {
                // SAFETY: as above, and writable.
                unsafe { page.write(1) };
            } else {
                // SAFETY: as above, and given up here.
                let _ = unsafe { munmap(page.as_ptr().cast(), page_size()) };
            }
            wiped
        });
        Self { page, pid: process::id() }
    }

    /// Whether this is the process that was marked, and no child of it.
    pub fn is_of_this_process(&self) -> bool {
        // SAFETY: mapped until Drop; volatile, since the kernel writes to it behind the compiler's back.
        self.pid == process::id() && self.page.is_none_or(|page| unsafe { page.read_volatile() } == 1)
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
