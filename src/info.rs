//! What may be told of the extension's state, in `secure_dispatch_status()` and in `phpinfo()`: nothing secret, nothing personal.

use std::ffi::CString;

use engine::config::{KeySource, SETTINGS};
use ext_php_rs::{
    boxed::ZBox,
    types::{ZendHashTable, Zval},
};

use crate::{
    custody::{Custody, Protection},
    ini, posture, zend,
};

/// What is told.
pub struct Facts {
    endpoint_host: Option<String>,
    key_source: Option<&'static str>,
    problems: Vec<String>,
    custody: Vec<Protection>,
    #[cfg(feature = "naive")]
    key: String,
}

const VERSION: &str =
    if cfg!(feature = "naive") { "naive, for attack tests only" } else { env!("CARGO_PKG_VERSION") };

/// The facts as they are now.
pub fn facts() -> Facts {
    let posture = posture::current();
    Facts {
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
    let _ = status.insert("endpoint_host", optional(facts.endpoint_host.as_deref()));
    let _ = status.insert("key_source", optional(facts.key_source));
    let _ = status.insert("problems", problems);
    let _ = status.insert("custody", custody(&facts.custody));
    #[cfg(feature = "naive")]
    let _ = status.insert("key", zend::string(facts.key.as_bytes()));
    retval.set_hashtable(status);
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
        row("endpoint host", facts.endpoint_host.as_deref().unwrap_or("none")),
        row("key from", facts.key_source.unwrap_or("none")),
    ];
    rows.extend(facts.problems.iter().map(|problem| row("problem", problem)));
    for protection in &facts.custody {
        let verdict = if protection.holds() { "holds".to_owned() } else { protection.faults.join("; ") };
        rows.push(row(&format!("custody: {}", protection.what), &verdict));
    }
    #[cfg(feature = "naive")]
    rows.push(row("key", &facts.key));
    rows
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
