//! `SecureDispatch\Outbox`: what operators, WP-CLI and cron do with what is kept.

use std::{sync::Arc, time::Duration};

use engine::{
    audit::{self, Event, What},
    config::Config,
    dispatch::Drained,
    error::Error,
    outbox::{Fault, Listed, Retried, Settings},
};
use ext_php_rs::{
    args::Arg,
    builders::FunctionBuilder,
    error::Result,
    flags::{DataType, MethodFlags},
    types::{ZendHashTable, ZendStr, Zval},
    zend::ExecuteData,
};
use uuid::Uuid;

use crate::{
    exception,
    posture::{self, Posture},
    worker,
    zend::{self, Interrupted},
};

const DEFAULT_SECONDS: i64 = 20;
const MAX_SECONDS: i64 = 86_400;
const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 1000;

/// The names by which rows are asked for.
const STATES: [&str; 6] = ["queued", "unconfirmed", "held", "rejected", "dead", "delivered"];

/// Registers the class with PHP.
pub fn register() -> Result<()> {
    let public = MethodFlags::Public | MethodFlags::Static;
    zend::static_class("SecureDispatch\\Outbox")
        .method(
            FunctionBuilder::new("drain", drain)
                .not_required()
                .arg(Arg::new("maxSeconds", DataType::Long).default("20"))
                .returns(DataType::Array, false, false),
            public,
        )
        .method(
            FunctionBuilder::new("list", list)
                .not_required()
                .arg(Arg::new("limit", DataType::Long).default("50"))
                .arg(Arg::new("state", DataType::String).allow_null().default("null"))
                .returns(DataType::Array, false, false),
            public,
        )
        .method(
            FunctionBuilder::new("find", find).arg(Arg::new("idempotencyKey", DataType::String)).returns(
                DataType::Array,
                false,
                true,
            ),
            public,
        )
        .method(
            FunctionBuilder::new("retry", retry)
                .arg(Arg::new("id", DataType::String))
                .not_required()
                .arg(Arg::new("force", DataType::Bool).default("false"))
                .returns(DataType::Bool, false, false),
            public,
        )
        .method(
            FunctionBuilder::new("retryAll", retry_all).arg(Arg::new("state", DataType::String)).returns(
                DataType::Long,
                false,
                false,
            ),
            public,
        )
        .method(
            FunctionBuilder::new("discard", discard).arg(Arg::new("id", DataType::String)).returns(
                DataType::Bool,
                false,
                false,
            ),
            public,
        )
        .register()
}

/// `drain(int $maxSeconds = 20): array`
extern "C" fn drain(ex: &mut ExecuteData, retval: &mut Zval) {
    let Some(seconds) = zend::optional_int(ex, DEFAULT_SECONDS) else { return };
    exception::guard(|| {
        let Some(duration) = within(seconds, 0..=MAX_SECONDS) else {
            return zend::throw_argument_value_error(1, c"must be between 0 and 86400");
        };
        let drained = match configured() {
            Ok((posture, config)) => worker::drain(&posture, &config, Duration::from_secs(duration))?,
            Err(error) => Err(error),
        };
        let Drained { delivered, deferred, rejected, dead, remaining, next } = match drained {
            Ok(drained) => drained,
            Err(error) => return fail(&error),
        };
        zend::protect(|| {
            let mut counts = ZendHashTable::new();
            for (name, count) in [
                ("delivered", delivered),
                ("deferred", deferred),
                ("rejected", rejected),
                ("dead", dead),
                ("remaining", remaining),
            ] {
                let _ = counts.insert(name, zend::count(count));
            }
            let millis = |next: Duration| u64::try_from(next.as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
            let _ = counts.insert("next_ms", next.map_or_else(Zval::null, |next| zend::count(millis(next))));
            retval.set_hashtable(counts);
        })
    });
}

/// `list(int $limit = 50, ?string $state = null): array`
extern "C" fn list(ex: &mut ExecuteData, retval: &mut Zval) {
    let Some((limit, state)) = zend::optional_int_and_text(ex, DEFAULT_LIMIT) else { return };
    exception::guard(|| {
        let Some(limit) = within(limit, 1..=MAX_LIMIT) else {
            return zend::throw_argument_value_error(1, c"must be between 1 and 1000");
        };
        let state = match state.map(known_state) {
            Some(None) => return throw_state(2),
            Some(state) => state,
            None => None,
        };
        match with_settings(|outbox| outbox.list(u32::try_from(limit).unwrap_or_default(), state)) {
            Ok(rows) => {
                let rows: Vec<_> = rows.iter().map(|row| (row.id.to_string(), row)).collect();
                zend::protect(|| {
                    let mut list = ZendHashTable::new();
                    for (id, row) in &rows {
                        let _ = list.push(listed(id, row));
                    }
                    retval.set_hashtable(list);
                })
            }
            Err(error) => fail(&error),
        }
    });
}

/// `find(string $idempotencyKey): ?array`
extern "C" fn find(ex: &mut ExecuteData, retval: &mut Zval) {
    let Some(key) = zend::text(ex) else { return };
    exception::guard(|| {
        // What is no text was never taken as a key.
        let found =
            with_settings(|outbox| str::from_utf8(key.as_bytes()).map_or(Ok(None), |key| outbox.find(key)));
        match found {
            Ok(Some(row)) => {
                let id = row.id.to_string();
                zend::protect(|| *retval = listed(&id, &row))
            }
            Ok(None) => {
                retval.set_null();
                Ok(())
            }
            Err(error) => fail(&error),
        }
    });
}

/// `retry(string $id, bool $force = false): bool`
extern "C" fn retry(ex: &mut ExecuteData, retval: &mut Zval) {
    let Some((id, force)) = zend::text_and_flag(ex) else { return };
    exception::guard(|| {
        let retried = by_id(id, |outbox, id| Ok(outbox.retry(id, force)? == Retried::Armed));
        give_bool(What::Retried, id, retried, retval)
    });
}

/// `retryAll(string $state): int`
extern "C" fn retry_all(ex: &mut ExecuteData, retval: &mut Zval) {
    let Some(state) = zend::text(ex) else { return };
    exception::guard(|| match known_state(state).filter(|state| *state != "delivered") {
        Some(state) => {
            let mut armed = Vec::new();
            let count = with_settings(|outbox| outbox.retry_all(state, |id| armed.push(id)));
            // Lines for PHP's own log wait in memory, and only so many.
            armed.chunks(1000).try_for_each(|ids| tell(What::Retried, ids))?;
            match count {
                Ok(count) => {
                    *retval = zend::count(count);
                    Ok(())
                }
                Err(error) => fail(&error),
            }
        }
        None => throw_state(1),
    });
}

/// `discard(string $id): bool`
extern "C" fn discard(ex: &mut ExecuteData, retval: &mut Zval) {
    let Some(id) = zend::text(ex) else { return };
    exception::guard(|| {
        let discarded = by_id(id, Settings::discard);
        give_bool(What::Discarded, id, discarded, retval)
    });
}

/// A text that is no id is no row's id.
fn by_id(
    id: &ZendStr,
    work: impl FnOnce(&Settings, Uuid) -> std::result::Result<bool, Fault>,
) -> std::result::Result<bool, Error> {
    with_settings(|outbox| match Uuid::try_parse_ascii(id.as_bytes()) {
        Ok(id) => work(outbox, id),
        Err(_) => Ok(false),
    })
}

/// Returns whether something was done to a row, and has it told to the log if so.
fn give_bool(
    what: What,
    id: &ZendStr,
    done: std::result::Result<bool, Error>,
    retval: &mut Zval,
) -> std::result::Result<(), Interrupted> {
    match done {
        Ok(done) => {
            let id = Uuid::try_parse_ascii(id.as_bytes()).ok().filter(|_| done);
            tell(what, id.as_slice())?;
            retval.set_bool(done);
            Ok(())
        }
        Err(error) => fail(&error),
    }
}

fn tell(what: What, ids: &[Uuid]) -> std::result::Result<(), Interrupted> {
    let Some(posture) = posture::current() else { return Ok(()) };
    worker::tell(&posture, || {
        for id in ids {
            audit::tell(what, || Event { dispatch: Some(*id), ..Event::default() });
        }
    })
}

/// Has a fault of the outbox told, and thrown.
fn fail(error: &Error) -> std::result::Result<(), Interrupted> {
    if let (Error::Outbox(fault), Some(posture)) = (error, posture::current())
        && *fault != Fault::NotConfigured
    {
        let message = error.to_string();
        let event = || Event { error: Some(fault.code()), message: Some(&message), ..Event::default() };
        worker::tell(&posture, || audit::tell(What::OutboxFault, event))?;
    }
    exception::throw(error)
}

fn with_settings<R>(
    work: impl FnOnce(&Settings) -> std::result::Result<R, Fault>,
) -> std::result::Result<R, Error> {
    let (_, config) = configured()?;
    let outbox = config.outbox.as_ref().ok_or(Fault::NotConfigured)?;
    Ok(work(outbox)?)
}

fn configured() -> std::result::Result<(Arc<Posture>, Arc<Config>), Error> {
    let posture = posture::current().ok_or(Error::Internal)?;
    match &posture.config {
        Ok(config) => {
            let config = Arc::clone(config);
            Ok((posture, config))
        }
        Err(problems) => Err(Error::Configuration(problems.clone())),
    }
}

fn known_state(name: &ZendStr) -> Option<&'static str> {
    STATES.into_iter().find(|state| state.as_bytes() == name.as_bytes())
}

fn throw_state(argument: u32) -> std::result::Result<(), Interrupted> {
    zend::throw_argument_value_error(
        argument,
        c"must be one of \"queued\", \"unconfirmed\", \"held\", \"rejected\" or \"dead\"",
    )
}

fn within(number: i64, range: std::ops::RangeInclusive<i64>) -> Option<u64> {
    range.contains(&number).then_some(number)?.try_into().ok()
}

fn listed(id: &str, row: &Listed) -> Zval {
    let text = |text: Option<&str>| text.map_or_else(Zval::null, |text| zend::string(text.as_bytes()));
    let mut entry = ZendHashTable::new();
    // Inserting under a name that is no number cannot fail.
    let _ = entry.insert("id", zend::string(id.as_bytes()));
    let _ = entry.insert("state", zend::string(row.state.as_bytes()));
    let _ = entry.insert("order_id", text(row.order_id.as_deref()));
    let _ = entry.insert("attempts", zend::long(i64::from(row.attempts)));
    let _ =
        entry.insert("status", row.status.map_or_else(Zval::null, |status| zend::long(i64::from(status))));
    let _ = entry.insert("since", zend::long(row.since));
    let _ = entry.insert("due", row.due.map_or_else(Zval::null, zend::long));
    let _ = entry.insert("superseded", row.superseded);
    let _ = entry.insert("reason", text(row.reason));
    let mut value = Zval::new();
    value.set_hashtable(entry);
    value
}
