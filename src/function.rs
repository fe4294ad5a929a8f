//! `secure_dispatch_order()` and `secure_dispatch_status()`.

use engine::{
    audit::What,
    dispatch::{IdempotencyKey, Receipt, Traceparent},
    error::Error,
};
use ext_php_rs::{args::Arg, builders::FunctionBuilder, flags::DataType, types::Zval, zend::ExecuteData};

use crate::{
    exception, info, order, posture, receipt, worker,
    zend::{self, Interrupted},
};

const ORDER: &str = "secure_dispatch_order";

/// `secure_dispatch_order(array $order, ?string $idempotency_key = null, bool $wait = true): SecureDispatch\Receipt`.
pub fn order_builder() -> FunctionBuilder<'static> {
    FunctionBuilder::new(ORDER, secure_dispatch_order)
        .arg(Arg::new("order", DataType::Array))
        .required_args(1)
        .arg(Arg::new("idempotency_key", DataType::String).allow_null().default("null"))
        .arg(Arg::new("wait", DataType::Bool).default("true"))
        .returns(DataType::Object("SecureDispatch\\Receipt".into()), false, false)
}

/// `secure_dispatch_status(): array`.
pub fn status_builder() -> FunctionBuilder<'static> {
    FunctionBuilder::new("secure_dispatch_status", secure_dispatch_status).returns(
        DataType::Array,
        false,
        false,
    )
}

/// `secure_dispatch_encode(array $order): string`: what would be sent, and nothing is. For `make bench-order`.
#[cfg(feature = "bench")]
pub fn encode_builder() -> FunctionBuilder<'static> {
    FunctionBuilder::new("secure_dispatch_encode", secure_dispatch_encode)
        .arg(Arg::new("order", DataType::Array))
        .returns(DataType::String, false, false)
}

#[cfg(feature = "bench")]
extern "C" fn secure_dispatch_encode(ex: &mut ExecuteData, retval: &mut Zval) {
    let Some((order, ..)) = zend::order_arguments(ex) else { return };
    exception::guard(|| {
        let Some(posture) = posture::current() else { return Ok(()) };
        let config = match &posture.config {
            Ok(config) => config,
            Err(problems) => return exception::throw(&Error::Configuration(problems.clone())),
        };
        match order::from_zval(order, config)? {
            Ok(order) => zend::protect(|| *retval = zend::string(&order.json())),
            Err(violations) => exception::throw(&Error::Validation(violations)),
        }
    });
}

/// Puts `SensitiveParameterValue` in the place of our arguments in every stack trace: of the order, of the key, which some make of the
/// order, and of whatever was passed by mistake for the flag.
pub fn mark_order_sensitive() {
    for offset in 0..zend::ORDER_PARAMETERS {
        zend::mark_parameter_sensitive(ORDER, offset);
    }
}

extern "C" fn secure_dispatch_order(ex: &mut ExecuteData, retval: &mut Zval) {
    // Nothing of ours is alive yet: reading the arguments may run PHP code (__toString) and bail out.
    let Some((order, idempotency_key, waits)) = zend::order_arguments(ex) else { return };
    exception::guard(|| {
        match dispatch(order, idempotency_key.map(ext_php_rs::ffi::_zend_string::as_bytes), waits)? {
            Ok(receipt) => receipt::give(&receipt, retval),
            Err(error) => exception::throw(&error),
        }
    });
}

fn dispatch(
    order: &Zval,
    idempotency_key: Option<&[u8]>,
    waits: bool,
) -> Result<Result<Receipt, Error>, Interrupted> {
    let Some(posture) = posture::current() else { return Ok(Err(Error::Internal)) };
    let refuse = |what, error: Error| {
        worker::tell_failure(&posture, what, &error)?;
        Ok(Err(error))
    };
    let config = match &posture.config {
        Ok(config) => config,
        Err(problems) => return refuse(What::Failed, Error::Configuration(problems.clone())),
    };
    let idempotency_key = match idempotency_key.map(IdempotencyKey::parse).transpose() {
        Ok(key) => key,
        Err(error) => return refuse(What::Invalid, error),
    };
    #[cfg(feature = "naive")]
    engine::naive::panic_in("function", config.key.tell().as_bytes());
    match order::from_zval(order, config)? {
        Ok(order) => {
            let traceparent = match &config.traceparent {
                Some(name) => zend::server_variable(name)?.as_deref().and_then(Traceparent::parse),
                None => None,
            };
            worker::with(&posture, config, |dispatcher| {
                if waits {
                    dispatcher.dispatch(&order, idempotency_key, traceparent)
                } else {
                    dispatcher.enqueue(&order, idempotency_key, traceparent)
                }
            })
        }
        Err(violations) => refuse(What::Invalid, Error::Validation(violations)),
    }
}

extern "C" fn secure_dispatch_status(ex: &mut ExecuteData, retval: &mut Zval) {
    if zend::no_arguments(ex) {
        exception::guard(|| {
            let facts = info::facts();
            zend::protect(|| info::fill(&facts, retval))
        });
    }
}
