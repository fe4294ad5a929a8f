//! The sources of the key that only PHP's process knows: its configuration, its arguments, its environment, systemd's credentials
//! directory. What they hold is taken once, at start, and erased where PHP code could look; files are never changed.
//!
//! `posture` calls this in MINIT, `lib` tells of forks and of the module's end.

mod heirloom;
mod process;

use engine::config::{KeySources, SecretFile};
use zeroize::Zeroizing;

use crate::zend::{self, Sapi};

pub use heirloom::{module_stops, request_starts};

/// The ini name of the key. Never registered as an ini entry: those are for anyone to read.
pub const INI_NAME: &str = "secure_dispatch.api_key";

/// The environment variable of the key.
pub const VARIABLE: &str = "SECURE_DISPATCH_API_KEY";

/// What the sources held, and what became of their traces.
pub struct Taken {
    /// The sources' values. The file among them is the engine's to read.
    pub sources: KeySources,
    /// Where the key was, and may be seen again.
    pub traces: Traces,
}

/// Where the key was found at start.
#[derive(Default)]
pub struct Traces {
    /// Places that could not be erased, for people.
    pub left: Vec<&'static str>,
    /// The ini files that name [`INI_NAME`].
    pub ini_files: Vec<SecretFile>,
    /// It was among the process's arguments.
    pub on_command_line: bool,
    /// It was in php.ini where it has no effect: in a `[PATH=…]` or `[HOST=…]` section, as an array, or in other letter case.
    pub misplaced: bool,
}

/// Takes the key from its sources, and erases it there. For MINIT, before the process is closed to itself.
pub fn take() -> Taken {
    let mut traces = Traces::default();
    let mut found = zend::take_configuration(INI_NAME, !cfg!(feature = "naive"));
    let mut ini = found.value.take();
    traces.misplaced = found.misplaced;
    let mut environment = process::variable(VARIABLE);
    if !cfg!(feature = "naive") {
        if ini.is_some() || found.misplaced {
            zend::blank_sapi_settings(INI_NAME);
            traces.ini_files = ini_files();
        }
        let erased = process::erase(INI_NAME, VARIABLE);
        traces.on_command_line = erased.on_command_line;
        traces.left = erased.left;
    }
    if Sapi::current().forks_from_master() {
        environment = heirloom::keep_or_find(environment);
    }
    #[cfg(feature = "naive")]
    heirloom::leave_lying(environment.as_ref());
    // PHP's parser leaves an empty value for `secure_dispatch.api_key =`; that is no key, and as good as none set.
    if ini.as_ref().is_some_and(|value| value.is_empty()) {
        ini = None;
    }
    let sources =
        KeySources { ini, credentials_directory: std::env::var("CREDENTIALS_DIRECTORY").ok(), environment };
    Taken { sources, traces }
}

/// Those of PHP's ini files that set the key.
fn ini_files() -> Vec<SecretFile> {
    let mut files = zend::ini_files();
    files.retain(|path| {
        let content = Zeroizing::new(std::fs::read(path).unwrap_or_default());
        process::names(&content, INI_NAME)
    });
    files.into_iter().map(|path| SecretFile { setting: INI_NAME, path }).collect()
}

/// Whether the environment has the key now: then something put it there after PHP's start, where PHP code can see it.
pub fn is_in_environment() -> bool {
    std::env::var_os(VARIABLE).is_some()
}
