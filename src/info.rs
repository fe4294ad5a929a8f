//! What may be told of the extension's state, in `secure_dispatch_status()`, in `phpinfo()` and to Prometheus: nothing secret, nothing personal.

use std::ffi::CString;

use engine::{
    config::{KeySource, SETTINGS},
    dispatch::{BreakerState, breaker_state},
    outbox::{self, Tally},
    shared::{Counter, Latency},
};
use ext_php_rs::{
    boxed::ZBox,
    types::{ZendHashTable, Zval},
};

use crate::{
    custody::{Custody, Protection},
    ini,
    posture::{self, Posture},
    zend::{self, Sapi},
};

/// What is told.
pub struct Facts {
    endpoint_host: Option<String>,
    key_source: Option<&'static str>,
    /// What is wrong with the settings.
    pub problems: Vec<String>,
    /// What protects the key.
    pub custody: Vec<Protection>,
    /// Whose breaker, counters and latency follow.
    pub scope: &'static str,
    /// None without settings.
    pub breaker: Option<BreakerState>,
    /// What the shared memory has.
    pub counters: [(Counter, u64); Counter::ALL.len()],
    /// How long calls took.
    pub latency: Latency,
    /// None without an outbox.
    pub outbox: Option<Result<Tally, String>>,
    #[cfg(feature = "naive")]
    key: String,
}

/// The extension's.
pub const VERSION: &str =
    if cfg!(feature = "naive") { "naive, for attack tests only" } else { env!("CARGO_PKG_VERSION") };

/// What it was built from, as build.rs found it.
const BUILD: [(&str, &str); 2] = [("rustc", env!("BUILD_RUSTC")), ("tls", env!("BUILD_TLS"))];

/// The cargo features that are on.
fn features() -> impl Iterator<Item = &'static str> {
    [("bench", cfg!(feature = "bench")), ("naive", cfg!(feature = "naive"))]
        .into_iter()
        .filter_map(|(name, on)| on.then_some(name))
}

/// The facts as they are now.
pub fn facts() -> Facts {
    let posture = posture::current();
    let config = posture.as_ref().and_then(|posture| posture.config.as_ref().ok());
    let outbox = config
        .and_then(|config| config.outbox.as_ref())
        .map(|outbox| outbox.tally().map_err(|fault| fault.to_string()));
    let shared = posture.as_ref().map(|posture| &posture.shared);
    let count = |counter| shared.map_or(0, |shared| shared.counters.get(counter));
    let breaker =
        config.zip(posture.as_ref()).map(|(config, posture)| breaker_state(&posture.shared, config));
    Facts {
        scope: scope(posture.as_deref()),
        breaker,
        counters: Counter::ALL.map(|counter| (counter, count(counter))),
        latency: shared.map(|shared| shared.calls.read()).unwrap_or_default(),
        outbox,
        endpoint_host: posture.as_ref().and_then(|posture| posture.endpoint_host.clone()),
        key_source: posture.as_ref().and_then(|posture| posture.key_source).map(KeySource::name),
        problems: match posture.as_deref().map(|posture| &posture.config) {
            Some(Ok(_)) => Vec::new(),
            Some(Err(problems)) => problems.iter().map(ToString::to_string).collect(),
            None => vec!["the module is not started".to_owned()],
        },
        custody: posture
            .as_ref()
            .and_then(|posture| posture.custody.as_ref())
            .map(Custody::now)
            .unwrap_or_default(),
        #[cfg(feature = "naive")]
        key: posture
            .as_ref()
            .and_then(|posture| posture.config.as_ref().ok())
            .map_or_else(String::new, |config| config.key.tell()),
    }
}

/// Whose counters and breaker they are.
fn scope(posture: Option<&Posture>) -> &'static str {
    let is_shared = posture.is_some_and(|posture| posture.shared.is_shared());
    if is_shared && Sapi::current().forks_from_master() {
        "all workers of this master"
    } else {
        "this process"
    }
}

/// What was counted since start; of what the outbox counts itself, across all that use it, what it has counted since it was made.
fn counters(facts: &Facts) -> [(&'static str, u64); Counter::ALL.len()] {
    let tally = facts.outbox.as_ref().and_then(|tally| tally.as_ref().ok());
    facts.counters.map(|(counter, count)| {
        let counted = match (tally, counter) {
            (Some(tally), Counter::Delivered) => tally.ever.delivered,
            (Some(tally), Counter::Rejected) => tally.ever.rejected,
            (Some(tally), Counter::Dead) => tally.ever.dead,
            _ => count,
        };
        (counter.name(), counted)
    })
}

/// `secure_dispatch_status()`'s array. Allocates PHP memory: call it inside [`zend::protect`].
pub fn fill(facts: &Facts, retval: &mut Zval) {
    let optional = |text: Option<&str>| text.map_or_else(Zval::null, |text| zend::string(text.as_bytes()));
    let mut problems = ZendHashTable::new();
    for problem in &facts.problems {
        // Pushing to an array fails only when its next index would overflow.
        let _ = problems.push(zend::string(problem.as_bytes()));
    }
    let mut status = ZendHashTable::new();
    let _ = status.insert("version", zend::string(VERSION.as_bytes()));
    let _ = status.insert("build", build());
    let _ = status.insert("endpoint_host", optional(facts.endpoint_host.as_deref()));
    let _ = status.insert("key_source", optional(facts.key_source));
    let _ = status.insert("problems", problems);
    let _ = status.insert("custody", custody(&facts.custody));
    let _ = status.insert("scope", zend::string(facts.scope.as_bytes()));
    let _ = status.insert("breaker", optional(facts.breaker.map(BreakerState::name)));
    let _ = status.insert("counters", numbers(&counters(facts)));
    let _ = status.insert("latency", latency(&facts.latency));
    let _ = status.insert("outbox", facts.outbox.as_ref().map_or_else(Zval::null, kept));
    #[cfg(feature = "naive")]
    let _ = status.insert("key", zend::string(facts.key.as_bytes()));
    retval.set_hashtable(status);
}

fn build() -> ZBox<ZendHashTable> {
    let mut build = ZendHashTable::new();
    for (name, value) in BUILD.into_iter().chain([("sqlite", outbox::sqlite_version())]) {
        let _ = build.insert(name, zend::string(value.as_bytes()));
    }
    let mut names = ZendHashTable::new();
    for name in features() {
        let _ = names.push(zend::string(name.as_bytes()));
    }
    let _ = build.insert("features", names);
    build
}

/// How many calls there were, how long they took together, and how many took no longer than so many seconds (null: than any).
fn latency(latency: &Latency) -> ZBox<ZendHashTable> {
    let mut buckets = ZendHashTable::new();
    for (bound, count) in latency.cumulative() {
        let mut bucket = ZendHashTable::new();
        let _ = bucket.insert("le", if bound.is_finite() { zend::double(bound) } else { Zval::null() });
        let _ = bucket.insert("count", zend::count(count));
        let _ = buckets.push(bucket);
    }
    let mut entry = ZendHashTable::new();
    let _ = entry.insert("count", zend::count(latency.count));
    let _ = entry.insert("sum_seconds", zend::double(latency.sum.as_secs_f64()));
    let _ = entry.insert("buckets", buckets);
    entry
}

fn numbers(counts: &[(&str, u64)]) -> ZBox<ZendHashTable> {
    let mut numbers = ZendHashTable::new();
    for (name, count) in counts {
        let _ = numbers.insert(*name, zend::count(*count));
    }
    numbers
}

/// How many rows there are by state, and since when the oldest that is not done waits; or why that is not known.
fn kept(tally: &Result<Tally, String>) -> Zval {
    let mut entry = ZendHashTable::new();
    match tally {
        Ok(tally) => {
            let _ = entry.insert("rows", numbers(&tally.by_state()));
            let oldest = tally.oldest.map_or_else(Zval::null, |millis| zend::long(millis / 1000));
            let _ = entry.insert("oldest", oldest);
            let _ = entry.insert("fault", Zval::null());
        }
        Err(fault) => {
            let _ = entry.insert("rows", ZendHashTable::new());
            let _ = entry.insert("oldest", Zval::null());
            let _ = entry.insert("fault", zend::string(fault.as_bytes()));
        }
    }
    let mut value = Zval::new();
    value.set_hashtable(entry);
    value
}

/// Name => whether it holds, and if not, why, and what to do.
fn custody(protections: &[Protection]) -> ZBox<ZendHashTable> {
    let mut custody = ZendHashTable::new();
    for protection in protections {
        let mut entry = ZendHashTable::new();
        let _ = entry.insert("holds", protection.holds());
        let _ = entry.insert("what", zend::string(protection.what.as_bytes()));
        let mut faults = ZendHashTable::new();
        for fault in &protection.faults {
            let _ = faults.push(zend::string(fault.as_bytes()));
        }
        let _ = entry.insert("faults", faults);
        let _ = custody.insert(protection.name, entry);
    }
    custody
}

/// The section in `phpinfo()`.
pub fn print() {
    let facts = facts();
    let state = state_rows(&facts);
    let settings = setting_rows(&facts);
    let printed = zend::protect(|| {
        zend::print_table(&state);
        zend::print_table(&settings);
    });
    drop((facts, state, settings));
    if printed.is_err() {
        zend::bailout();
    }
}

type Row = (CString, CString);

fn state_rows(facts: &Facts) -> Vec<Row> {
    let ready = if facts.problems.is_empty() { "ready" } else { "not ready: no order is sent" };
    let mut rows = vec![
        row("secure_dispatch", ready),
        row("version", VERSION),
        row("built by", &format!("rustc {}", env!("BUILD_RUSTC"))),
        row("TLS", env!("BUILD_TLS")),
        row("SQLite", outbox::sqlite_version()),
        row("endpoint host", facts.endpoint_host.as_deref().unwrap_or("none")),
        row("key from", facts.key_source.unwrap_or("none")),
    ];
    rows.extend(features().map(|name| row("feature", name)));
    rows.extend(facts.problems.iter().map(|problem| row("problem", problem)));
    for protection in &facts.custody {
        let verdict = if protection.holds() { "holds".to_owned() } else { protection.faults.join("; ") };
        rows.push(row(&format!("custody: {}", protection.what), &verdict));
    }
    rows.push(row("counted by", facts.scope));
    rows.push(row("breaker", facts.breaker.map_or("none", BreakerState::name)));
    rows.extend(counters(facts).map(|(name, count)| row(&name.replace('_', " "), &count.to_string())));
    rows.push(row("calls by seconds", &calls(&facts.latency)));
    match &facts.outbox {
        Some(Ok(tally)) => {
            let rows_of = |(name, count): (&str, u64)| row(&format!("outbox: {name}"), &count.to_string());
            rows.extend(tally.by_state().map(rows_of));
        }
        Some(Err(fault)) => rows.push(row("outbox", fault)),
        None => rows.push(row("outbox", "none")),
    }
    #[cfg(feature = "naive")]
    rows.push(row("key", &facts.key));
    rows
}

/// How many calls there were, and the buckets from the first that has any to the first that has all.
fn calls(latency: &Latency) -> String {
    let within = |(bound, count): (f64, u64)| format!("; {count} ≤ {bound}");
    let is_news = |(bound, count): &(f64, u64)| bound.is_finite() && *count > 0;
    format!("{}{}", latency.count, latency.cumulative().filter(is_news).map(within).collect::<String>())
}

fn setting_rows(facts: &Facts) -> Vec<Row> {
    let settings = SETTINGS.iter().map(|setting| {
        let value = match setting.name {
            // Its path or query may be a secret between the shop and the API.
            "endpoint" => {
                facts.endpoint_host.as_ref().map_or_else(String::new, |host| format!("https://{host}/…"))
            }
            // Refused, but it stands in php.ini.
            "proxy" if ini::text("proxy").contains('@') => {
                "not shown: has a user name or password in it".to_owned()
            }
            name => ini::text(name),
        };
        row(&format!("{}{}", ini::PREFIX, setting.name), if value.is_empty() { "no value" } else { &value })
    });
    std::iter::once(row("Directive", "Value")).chain(settings).collect()
}

fn row(name: &str, value: &str) -> Row {
    (zend::c_string(name), zend::c_string(value))
}
