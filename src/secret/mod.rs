//! The sources of the key that only PHP's process knows: its configuration, its arguments, its environment, systemd's credentials
//! directory. What they hold is taken once, at start, and erased where PHP code could look; files are never changed.
//!
//! `posture` calls this in MINIT, `lib` tells of forks and of the module's end.

mod heirloom;
mod process;

use std::sync::atomic::{AtomicBool, Ordering};

use engine::config::{KeySources, SecretFile};
use zeroize::Zeroizing;

use crate::zend::{self, Sapi};

pub use heirloom::{forked_request_starts, module_stops};

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
    /// Places that hold the key under other names, which are not ours to erase, for people.
    pub elsewhere: Vec<String>,
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
    let found = zend::take_configuration(INI_NAME, !cfg!(feature = "naive"));
    traces.misplaced = found.misplaced;
    let environment = process::variable(VARIABLE);
    if !cfg!(feature = "naive") {
        let values: Vec<&[u8]> = [found.value.as_deref(), environment.as_deref()]
            .into_iter()
            .flatten()
            .map(Vec::as_slice)
            .collect();
        if found.value.is_some() || found.misplaced {
            zend::blank_sapi_settings(INI_NAME);
            traces.ini_files = ini_files(found.value.as_deref().map(Vec::as_slice));
        }
        let erased = process::erase(INI_NAME, VARIABLE, &values);
        traces.elsewhere = process::elsewhere(&values);
        let configured = zend::configured_with(|text| process::holds(text, &values));
        traces.elsewhere.extend(configured.into_iter().map(|name| format!("php.ini (as {name})")));
        traces.on_command_line = erased.on_command_line;
        traces.left = erased.left;
    }
    // An empty value is no key, and as good as none set: PHP's parser makes one of `secure_dispatch.api_key =`.
    let ini = found.value.filter(|value| !value.is_empty());
    let mut environment = environment.filter(|value| !value.is_empty());
    if Sapi::current().forks_from_master() {
        environment = heirloom::keep_or_find(environment, preloads());
    }
    #[cfg(feature = "naive")]
    heirloom::leave_lying(environment.as_ref());
    let sources =
        KeySources { ini, credentials_directory: std::env::var("CREDENTIALS_DIRECTORY").ok(), environment };
    Taken { sources, traces }
}

/// Those of PHP's ini files that have the key in them (`${…}` may have brought it from elsewhere), or that misplace it.
fn ini_files(value: Option<&[u8]>) -> Vec<SecretFile> {
    let mut files = zend::ini_files();
    files.retain(|path| {
        let content = Zeroizing::new(std::fs::read(path).unwrap_or_default());
        match value {
            Some(value) => process::contains(&content, value),
            None => process::names(&content, INI_NAME),
        }
    });
    files.into_iter().map(|path| SecretFile { setting: INI_NAME, path }).collect()
}

/// The first request of a process had the key in its own variables: the web server passes it (`PassEnv`, `fastcgi_param`).
static IN_REQUEST: AtomicBool = AtomicBool::new(false);

/// For RINIT: looks at the variables of the request that starts.
pub fn request_is_visible() {
    IN_REQUEST.store(zend::sapi_has_variable(VARIABLE), Ordering::Relaxed);
}

/// Whether the environment has the key now: then something put it there after PHP's start, where PHP code can see it.
pub fn is_in_environment() -> bool {
    std::env::var_os(VARIABLE).is_some() || IN_REQUEST.load(Ordering::Relaxed)
}

/// Whether PHP code runs before the first request, in the master if that is no root.
pub fn preloads() -> bool {
    zend::take_configuration("opcache.preload", false).value.is_some_and(|path| !path.is_empty())
}
