//! What was read at start: the configuration or what is wrong with it. Shared by every process that is forked afterwards.

use std::sync::{Arc, RwLock};

use engine::{
    config::{Config, KeySource, Loaded, Problem, is_on, is_untouched},
    key::process,
};

use crate::{
    custody::{self, Custody},
    ini,
    secret::{self, Taken},
    zend,
};

/// The settings, and what may be told of them.
pub struct Posture {
    /// The configuration, or everything that is wrong with it.
    pub config: Result<Arc<Config>, Vec<Problem>>,
    /// Where the key came from, if there was one.
    pub key_source: Option<KeySource>,
    /// The endpoint's host, if the endpoint is right.
    pub endpoint_host: Option<String>,
    /// What protects the key; None where the extension is not in use.
    pub custody: Option<Custody>,
}

static POSTURE: RwLock<Option<Arc<Posture>>> = RwLock::new(None);

/// Reads the settings and every file they name. A mistake is logged once and does not keep PHP from starting.
pub fn load() {
    let Taken { sources, traces } = secret::take();
    let hardened = is_on(&ini::text("harden")) && !is_untouched(&ini::text, &sources);
    // Before files with secrets are read, after the process's own memory was written to.
    if hardened && !cfg!(feature = "naive") {
        process::harden();
    }
    let Loaded { config, key_source, endpoint_host, untouched, key_sources, secret_files } =
        Config::load(ini::text, &sources);
    let shelter = config.as_ref().ok().map(|config| config.key.shelter());
    let custody = (!untouched).then_some(Custody { traces, hardened, key_sources, secret_files, shelter });
    if !untouched {
        for problem in config.as_ref().err().into_iter().flatten() {
            zend::log_warning(&format!("secure_dispatch: {problem}"));
        }
    }
    for protection in custody.iter().flat_map(Custody::at_start).filter(|protection| !protection.holds()) {
        zend::log_warning(&format!("secure_dispatch: custody of the key: {}", protection.warning()));
    }
    set(Some(Arc::new(Posture { config: config.map(Arc::new), key_source, endpoint_host, custody })));
}

/// For RINIT: what a process that was forked since MINIT has to do before its first line of PHP code.
pub fn process_starts() {
    let Some(posture) = current() else { return };
    let Some(custody) = &posture.custody else { return };
    if custody.hardened && !cfg!(feature = "naive") {
        process::harden();
    }
    if ini::pool_sets_key() || secret::is_in_environment() {
        let protection = custody::supported_source(&custody.traces, ini::pool_sets_key());
        zend::log_warning(&format!("secure_dispatch: custody of the key: {}", protection.warning()));
    }
}

/// Drops it, and with it the key.
pub fn forget() {
    set(None);
}

/// What [`load`] found; nothing before the first load and after [`forget`].
pub fn current() -> Option<Arc<Posture>> {
    POSTURE.read().ok()?.clone()
}

fn set(posture: Option<Arc<Posture>>) {
    if let Ok(mut slot) = POSTURE.write() {
        *slot = posture;
    }
}
