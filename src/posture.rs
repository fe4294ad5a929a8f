//! What was read at start: the configuration or what is wrong with it. Shared by every process that is forked afterwards.

use std::sync::{Arc, RwLock};

use engine::config::{Config, KeySource, Loaded, Problem};

use crate::{ini, secret, zend};

/// The settings, and what may be told of them.
pub struct Posture {
    /// The configuration, or everything that is wrong with it.
    pub config: Result<Arc<Config>, Vec<Problem>>,
    /// Where the key came from, if there was one.
    pub key_source: Option<KeySource>,
    /// The endpoint's host, if the endpoint is right.
    pub endpoint_host: Option<String>,
}

static POSTURE: RwLock<Option<Arc<Posture>>> = RwLock::new(None);

/// Reads the settings and every file they name. A mistake is logged once and does not keep PHP from starting.
pub fn load() {
    let Loaded { config, key_source, endpoint_host, untouched } = Config::load(ini::text, &secret::sources());
    if let Err(problems) = &config
        && !untouched
    {
        for problem in problems {
            zend::log_warning(&format!("secure_dispatch: {problem}"));
        }
    }
    set(Some(Arc::new(Posture { config: config.map(Arc::new), key_source, endpoint_host })));
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
