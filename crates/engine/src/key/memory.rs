//! Memory for a secret at rest: pages that the kernel shows to nobody but the process's own instructions.
//!
//! `memfd_secret(2)` takes the pages out of the kernel's own map, so that neither ptrace, `/proc/self/mem`, `process_vm_readv` nor a core
//! dump can read them, for root either. Where the kernel lacks it, ordinary pages are locked and kept out of core dumps.
//!
//! All of this crate's unsafe code is here.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
    ptr::{self, NonNull},
    slice,
};

use rustix::{
    fs::{MemfdFlags, ftruncate, memfd_create},
    mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mlock, mmap, mprotect, munmap},
    param::page_size,
};

/// What keeps others from reading the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelter {
    /// `memfd_secret(2)`: nothing but this process's own instructions reads it.
    Secret,
    /// Ordinary memory, never swapped or dumped. Whoever may ptrace the process can read it.
    Locked,
    /// Ordinary memory that could not be locked: `RLIMIT_MEMLOCK` is used up.
    Ordinary,
}

/// A secret at rest, read-only. Forked processes share its pages; the kernel zeroes them when the last one lets go.
pub struct SecretMemory {
    start: NonNull<u8>,
    /// Whole pages.
    mapped: usize,
    /// The secret's bytes, after the header.
    length: usize,
    shelter: Shelter,
}

// SAFETY: after construction the memory is mapped read-only, and only unmapped by Drop.
unsafe impl Send for SecretMemory {}
// SAFETY: as above.
unsafe impl Sync for SecretMemory {}

/// Marks our own descriptors among those that a process inherits.
const MAGIC: [u8; 16] = *b"secure_dispatch\x01";

/// [`MAGIC`], then the length as 8 bytes.
const HEADER: usize = MAGIC.len() + size_of::<u64>();

/// The longest secret: key files are bounded to less.
const MAX_LENGTH: usize = 8 << 20;

impl SecretMemory {
    /// Takes a copy of a secret; zeroing the original is the caller's.
    ///
    /// # Errors
    /// No memory, or no descriptor left.
    pub fn new(secret: &[u8]) -> io::Result<Self> {
        Self::with_descriptor(secret).map(|(memory, _)| memory)
    }

    /// As [`SecretMemory::new`], with the descriptor of its pages (close-on-exec), by which a later program in the same process can
    /// find the secret again: [`SecretMemory::from_descriptor`].
    ///
    /// # Errors
    /// As [`SecretMemory::new`].
    pub fn with_descriptor(secret: &[u8]) -> io::Result<(Self, OwnedFd)> {
        if !cfg!(feature = "naive")
            && let Ok(fd) = memfd_secret()
            && let Ok(memory) = Self::fill(&fd, secret, Shelter::Secret)
        {
            return Ok((memory, fd));
        }
        let fd = memfd_create(c"secure_dispatch", MemfdFlags::CLOEXEC)?;
        let memory = Self::fill(&fd, secret, Shelter::Locked)?;
        Ok((memory, fd))
    }

    /// The secret behind a descriptor that an earlier program in this process left, if it is one of ours.
    #[must_use]
    pub fn from_descriptor(fd: BorrowedFd<'_>) -> Option<Self> {
        let size = usize::try_from(rustix::fs::fstat(fd).ok()?.st_size).ok()?;
        if size < HEADER || size > MAX_LENGTH + HEADER + page_size() {
            return None;
        }
        let shelter = if is_secret(fd) { Shelter::Secret } else { Shelter::Locked };
        // Nothing but the pages' own size bounds what is read here.
        let mut memory = Self::map(fd, size, ProtFlags::READ, shelter).ok()?;
        memory.length = size - HEADER;
        let header = memory.pages().get(..HEADER)?;
        let (magic, length) = header.split_at_checked(MAGIC.len())?;
        let length = usize::try_from(u64::from_ne_bytes(length.try_into().ok()?)).ok()?;
        if magic != MAGIC || length > size - HEADER {
            return None;
        }
        memory.length = length;
        Some(memory.sheltered())
    }

    /// The secret. Copy it nowhere.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.pages().get(HEADER..).unwrap_or_default()
    }

    /// What keeps others from reading it.
    #[must_use]
    pub fn shelter(&self) -> Shelter {
        self.shelter
    }

    /// Locks the pages in this process too: forks do not inherit that of ordinary pages.
    pub fn lock(&self) {
        if self.shelter == Shelter::Locked {
            // SAFETY: our own mapping, whole; locking changes nothing that is in it.
            let _ = unsafe { mlock(self.start.as_ptr().cast(), self.mapped) };
        }
    }

    fn fill(fd: &OwnedFd, secret: &[u8], shelter: Shelter) -> io::Result<Self> {
        if secret.len() > MAX_LENGTH {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mapped = (HEADER + secret.len()).next_multiple_of(page_size());
        ftruncate(fd, mapped as u64)?;
        let mut memory = Self::map(fd.as_fd(), mapped, ProtFlags::READ | ProtFlags::WRITE, shelter)?;
        memory.length = secret.len();
        let length = (secret.len() as u64).to_ne_bytes();
        let mut at = memory.start.as_ptr();
        for part in [&MAGIC[..], &length, secret] {
            // SAFETY: mapped writable, for us alone as yet, and long enough for the three parts; they lie elsewhere.
            unsafe {
                ptr::copy_nonoverlapping(part.as_ptr(), at, part.len());
                at = at.add(part.len());
            }
        }
        // SAFETY: our own mapping; nothing writes to it from here on.
        unsafe { mprotect(memory.start.as_ptr().cast(), memory.mapped, MprotectFlags::READ)? };
        Ok(memory.sheltered())
    }

    fn map(fd: BorrowedFd<'_>, mapped: usize, protection: ProtFlags, shelter: Shelter) -> io::Result<Self> {
        // SAFETY: a new mapping, at a place of the kernel's choice.
        let start = unsafe { mmap(ptr::null_mut(), mapped, protection, MapFlags::SHARED, fd, 0)? };
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, mapped, length: 0, shelter })
    }

    /// `memfd_secret`'s pages are locked and left out of core dumps by the kernel; others are by us.
    fn sheltered(mut self) -> Self {
        if self.shelter != Shelter::Secret {
            let start = self.start.as_ptr().cast();
            // SAFETY: our own mapping, whole; neither call changes what is in it.
            let sheltered = unsafe {
                madvise(start, self.mapped, Advice::LinuxDontDump).and_then(|()| mlock(start, self.mapped))
            };
            self.shelter = if sheltered.is_ok() { Shelter::Locked } else { Shelter::Ordinary };
        }
        self
    }

    /// Header and secret.
    fn pages(&self) -> &[u8] {
        // SAFETY: mapped readable for at least this long until Drop, and nobody writes to it.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), HEADER + self.length) }
    }
}

impl Drop for SecretMemory {
    fn drop(&mut self) {
        // SAFETY: our own mapping, of which no borrow outlives `self`. Other processes keep theirs.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.mapped) };
    }
}

fn memfd_secret() -> io::Result<OwnedFd> {
    // rustix has no name for it. The kernel takes O_CLOEXEC here (mm/secretmem.c), whatever the manual page says.
    // SAFETY: takes flags, returns a descriptor or -1.
    let fd = unsafe { libc::syscall(libc::SYS_memfd_secret, libc::O_CLOEXEC) };
    match i32::try_from(fd) {
        // SAFETY: new, and nobody else's.
        Ok(fd) if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Whether a descriptor is of `memfd_secret`: its name in `/proc`, which no file of a file system can have.
fn is_secret(fd: BorrowedFd<'_>) -> bool {
    std::fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd()))
        .is_ok_and(|name| name.as_os_str() == "/secretmem (deleted)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_again_by_its_descriptor() {
        let (memory, fd) = SecretMemory::with_descriptor(b"the secret").unwrap();
        assert_eq!(memory.expose(), b"the secret");
        drop(memory);
        let again = SecretMemory::from_descriptor(fd.as_fd()).unwrap();
        assert_eq!(again.expose(), b"the secret");
    }

    #[test]
    fn what_is_not_ours_is_not_taken_for_a_secret() {
        for content in
            [&b""[..], b"short", &[0; 4096], b"secure_dispatch\x01\xff\xff\xff\xff\xff\xff\xff\xff"]
        {
            let fd = memfd_create(c"x", MemfdFlags::CLOEXEC).unwrap();
            rustix::io::write(&fd, content).unwrap();
            assert!(SecretMemory::from_descriptor(fd.as_fd()).is_none(), "{content:?}");
        }
        let pipe = rustix::pipe::pipe().unwrap();
        assert!(SecretMemory::from_descriptor(pipe.0.as_fd()).is_none());
    }

    #[test]
    fn neither_proc_nor_read_shows_a_secret() {
        use std::os::unix::fs::FileExt;
        let (memory, fd) = SecretMemory::with_descriptor(b"the secret").unwrap();
        if memory.shelter() != Shelter::Secret {
            // A kernel without `memfd_secret`: the fallback does not promise this.
            return;
        }
        let mut buffer = [0; 64];
        assert!(rustix::io::read(&fd, &mut buffer).is_err());
        let own = std::fs::File::open("/proc/self/mem").unwrap();
        assert!(own.read_at(&mut buffer, memory.start.as_ptr().addr() as u64).is_err());
    }

    #[test]
    fn an_empty_secret_and_one_of_many_pages_are_kept_whole() {
        let page = page_size();
        for length in [0, 1, page - HEADER, page, 3 * page] {
            let secret = vec![b'x'; length];
            assert_eq!(SecretMemory::new(&secret).unwrap().expose(), secret);
        }
    }
}
