//! What was read at start: the configuration or what is wrong with it. Shared by every process that is forked afterwards.

use std::sync::{
    Arc, RwLock,
    atomic::{AtomicBool, Ordering},
};

use engine::{
    audit::{self, Audit, Event, Sink, What},
    config::{Config, KeySource, Loaded, Problem, is_on, is_untouched},
    key::process,
    shared::Shared,
};

use crate::{
    custody::Custody,
    ini,
    secret::{self, Taken},
    zend::{self, Sapi},
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
    /// Memory for all processes that are forked from here.
    pub shared: Arc<Shared>,
    /// Where events are told.
    pub audit: Audit,
    /// What the log was told of it at start.
    warnings: Vec<String>,
}

static POSTURE: RwLock<Option<Arc<Posture>>> = RwLock::new(None);

/// Reads the settings and every file they name. A mistake is logged once and does not keep PHP from starting.
pub fn load() {
    // Before anything else is done to it: as execve(2) made this process.
    let began_open = !process::is_closed();
    let Taken { sources, traces } = secret::take();
    let hardened = is_on(&ini::text("harden")) && !is_untouched(&ini::text, &sources);
    // Before files with secrets are read.
    if hardened && !cfg!(feature = "naive") {
        process::harden();
    }
    let Loaded { config, key_source, endpoint_host, untouched, key_sources, secret_files, log } =
        Config::load(ini::text, &sources);
    let shared = Arc::new(Shared::new());
    let audit = Audit::new(log, Arc::clone(&shared));
    if let Ok(config) = &config
        && Sapi::current().forks_from_master()
    {
        config.policy.schema.compile();
    }
    let shelter = config.as_ref().ok().map(|config| config.key.shelter());
    let was_opened = AtomicBool::new(false);
    let reload_opens = began_open && Sapi::current() == Sapi::Fpm && !process::is_root();
    let custody = (!untouched).then_some(Custody {
        traces,
        hardened,
        key_sources,
        secret_files,
        shelter,
        was_opened,
        reload_opens,
    });
    if !untouched {
        let told = |problem: &&Problem| !(problem.unreadable && Sapi::current() == Sapi::Cli);
        for problem in config.as_ref().err().into_iter().flatten().filter(told) {
            tell(&audit, What::ConfigurationError, &problem.to_string());
        }
    }
    let warnings = custody.as_ref().map(Custody::warnings).unwrap_or_default();
    for warning in &warnings {
        tell_custody(&audit, warning);
    }
    let config = config.map(Arc::new);
    set(Some(Arc::new(Posture { config, key_source, endpoint_host, custody, shared, audit, warnings })));
}

/// For RINIT: what a process that was forked since MINIT has to do before its first line of PHP code.
pub fn process_starts() {
    let Some(posture) = current() else { return };
    let Some(custody) = &posture.custody else { return };
    if cfg!(feature = "naive") {
        return;
    }
    if custody.hardened {
        custody.was_opened.store(!process::is_closed(), Ordering::Relaxed);
        process::harden();
    }
    if let Ok(config) = &posture.config {
        config.key.lock();
        config.outbox.as_ref().inspect(|outbox| outbox.keys.lock());
    }
    secret::request_is_visible();
    // What could not be known before this process had its own user and its own settings.
    let is_news = |warning: &String| !posture.warnings.contains(warning);
    for warning in custody.warnings().iter().filter(|warning| is_news(warning)) {
        tell_custody(&posture.audit, warning);
    }
}

fn tell_custody(audit: &Audit, warning: &str) {
    tell(audit, What::CustodyWarning, &format!("custody of the key: {warning}"));
}

/// What is wrong from the start is said in PHP's own log in plain words, whatever `secure_dispatch.log` is: that is where one looks when
/// something that was just set up does not work. A log of our own has it too.
fn tell(audit: &Audit, what: What, message: &str) {
    if *audit.sink() != Sink::Php {
        audit.scope(|| audit::tell(what, || Event { message: Some(message), ..Event::default() }));
    }
    // Between requests: what PHP cannot log now, it cannot log.
    let _ = zend::log(zend::LOG_WARNING, &format!("secure_dispatch: {message}"));
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
