//! The process around a key: whether others may look into it. For all processes of a user the kernel asks one question
//! (ptrace(2), "Ptrace access mode checking"), and a process that is not dumpable answers no.

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, dumpable_behavior, getrlimit, set_dumpable_behavior, setrlimit,
};

/// Keeps debuggers, `/proc/<pid>/mem`, `process_vm_readv` and core dumps of this user's out. Inherited by forks, undone by execve(2) and
/// by whoever sets it anew (php-fpm's `process.dumpable`), so it is said again in each process.
pub fn harden() {
    // Both fail only for arguments that they do not know. What holds is asked of the kernel, by the functions below.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// Whether other processes of this user are kept out of this one's memory.
#[must_use]
pub fn is_closed() -> bool {
    matches!(
        dumpable_behavior(),
        Ok(DumpableBehavior::NotDumpable | DumpableBehavior::DumpableReadableOnlyByRoot)
    )
}

/// Whether a crash leaves no core dump.
#[must_use]
pub fn dumps_no_core() -> bool {
    getrlimit(Resource::Core).current == Some(0)
}

/// Whether this process runs as root.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
