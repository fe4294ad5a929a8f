//! The exception tree, and the one place where an engine's error becomes an exception.

use std::panic::{AssertUnwindSafe, catch_unwind};

use engine::{audit::What, error::Error, outbox::Fault};
use ext_php_rs::{
    builders::ClassBuilder,
    flags::ClassFlags,
    types::{ZendHashTable, Zval},
    zend::{ClassEntry, ce},
};

use crate::{
    posture, worker,
    zend::{self, ClassSlot, Interrupted, PropertyType, protect},
};

static MARKER: ClassSlot = ClassSlot::new();
static CONFIGURATION: ClassSlot = ClassSlot::new();
static VALIDATION: ClassSlot = ClassSlot::new();
static TRANSPORT: ClassSlot = ClassSlot::new();
static TIMEOUT: ClassSlot = ClassSlot::new();
static REJECTED: ClassSlot = ClassSlot::new();
static UNAVAILABLE: ClassSlot = ClassSlot::new();

/// Registers the interface and the classes with PHP.
pub fn register() -> ext_php_rs::error::Result<()> {
    ClassBuilder::new("SecureDispatch\\Exception\\SecureDispatchException")
        .flags(ClassFlags::Interface)
        .implements((|| ce::throwable(), "\\Throwable"))
        .registration(|class, arg_info| MARKER.set(class, arg_info))
        .register()?;
    exception("ConfigurationException", |class, arg_info| CONFIGURATION.set(class, arg_info))?;
    exception("ValidationException", |class, arg_info| {
        zend::declare_readonly_property(class, "violations", PropertyType::Array);
        VALIDATION.set(class, arg_info);
    })?;
    exception("TransportException", |class, arg_info| TRANSPORT.set(class, arg_info))?;
    ClassBuilder::new("SecureDispatch\\Exception\\TimeoutException")
        .extends((|| TRANSPORT.registered(), "\\SecureDispatch\\Exception\\TransportException"))
        .registration(|class, arg_info| TIMEOUT.set(class, arg_info))
        .register()?;
    exception("RejectedException", |class, arg_info| {
        zend::declare_readonly_property(class, "status", PropertyType::Int);
        REJECTED.set(class, arg_info);
    })?;
    exception("UnavailableException", |class, arg_info| {
        zend::declare_readonly_property(class, "status", PropertyType::NullableInt);
        zend::declare_readonly_property(class, "retryAfter", PropertyType::NullableInt);
        UNAVAILABLE.set(class, arg_info);
    })
}

fn exception(
    name: &str,
    registration: fn(&'static mut ClassEntry, ext_php_rs::args::ArgInfoTables),
) -> ext_php_rs::error::Result<()> {
    ClassBuilder::new(format!("SecureDispatch\\Exception\\{name}"))
        .extends((zend::runtime_exception, "\\RuntimeException"))
        .implements((|| MARKER.registered(), "\\SecureDispatch\\Exception\\SecureDispatchException"))
        .registration(registration)
        .register()
}

/// Throws an error as its exception; the code is the HTTP status, or 0.
pub fn throw(error: &Error) -> Result<(), Interrupted> {
    // Text is made before PHP memory is: a bailout would leak it.
    let message = error.to_string();
    match error {
        Error::Configuration(_) => protect(|| zend::throw(CONFIGURATION.registered(), &message, 0, [])),
        Error::Validation(violations) => {
            let pairs: Vec<_> =
                violations.iter().map(|violation| (violation.pointer(), violation.rule().name())).collect();
            protect(|| zend::throw(VALIDATION.registered(), &message, 0, [list(&pairs)]))
        }
        Error::Timeout(_) => protect(|| zend::throw(TIMEOUT.registered(), &message, 0, [])),
        Error::Rejected { status } => {
            let status = i64::from(*status);
            protect(|| zend::throw(REJECTED.registered(), &message, status, [zend::long(status)]))
        }
        Error::Unavailable { status, retry_after } => {
            let status = i64::from(*status);
            let retry_after = retry_after.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
            let properties = [zend::long(status), retry_after.map_or_else(Zval::null, zend::long)];
            protect(|| zend::throw(UNAVAILABLE.registered(), &message, status, properties))
        }
        Error::BreakerOpen { retry_after } => {
            let retry_after = zend::long(i64::try_from(*retry_after).unwrap_or(i64::MAX));
            protect(|| zend::throw(UNAVAILABLE.registered(), &message, 0, [Zval::null(), retry_after]))
        }
        Error::Outbox(Fault::NotConfigured) => {
            protect(|| zend::throw(CONFIGURATION.registered(), &message, 0, []))
        }
        Error::Outbox(_) => {
            protect(|| zend::throw(UNAVAILABLE.registered(), &message, 0, [Zval::null(), Zval::null()]))
        }
        // Whatever else the engine may come to say, the order's fate is unknown then, as with a lost connection.
        _ => protect(|| zend::throw(TRANSPORT.registered(), &message, 0, [])),
    }
}

/// `[[pointer, rule], …]`
fn list(pairs: &[(&str, &str)]) -> Zval {
    let mut list = ZendHashTable::new();
    for (pointer, rule) in pairs {
        let mut pair = ZendHashTable::new();
        // Pushing to an array fails only when its next index would overflow.
        let _ = pair.push(zend::string(pointer.as_bytes()));
        let _ = pair.push(zend::string(rule.as_bytes()));
        let _ = list.push(pair);
    }
    let mut value = Zval::new();
    value.set_hashtable(list);
    value
}

/// The way into our code from PHP, and out again: a panic becomes an exception that does not tell its message, and a bailout goes
/// on once everything of ours is dropped.
pub fn guard(body: impl FnOnce() -> Result<(), Interrupted>) {
    match catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| fail()) {
        // An exception that PHP code threw is on its way already.
        Ok(()) | Err(Interrupted::Thrown) => {}
        Err(Interrupted::Bailout) => zend::bailout(),
    }
}

/// After a panic. What it was may be in the log's own code.
fn fail() -> Result<(), Interrupted> {
    let error = Error::Internal;
    let told = catch_unwind(AssertUnwindSafe(|| match posture::current() {
        Some(posture) => worker::tell_failure(&posture, What::Failed, &error),
        None => Ok(()),
    }));
    told.unwrap_or(Ok(()))?;
    throw(&error)
}
