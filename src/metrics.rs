//! `SecureDispatch\Metrics`: what Prometheus scrapes.

use std::time::SystemTime;

use engine::metrics::{Snapshot, open_metrics};
use ext_php_rs::{
    builders::FunctionBuilder,
    error::Result,
    flags::{DataType, MethodFlags},
    types::Zval,
    zend::ExecuteData,
};

use crate::{
    exception,
    info::{self, Facts},
    zend,
};

/// Registers the class with PHP.
pub fn register() -> Result<()> {
    zend::static_class("SecureDispatch\\Metrics")
        .method(
            FunctionBuilder::new("prometheus", prometheus).returns(DataType::String, false, false),
            MethodFlags::Public | MethodFlags::Static,
        )
        .register()
}

/// `prometheus(): string`
extern "C" fn prometheus(ex: &mut ExecuteData, retval: &mut Zval) {
    if zend::no_arguments(ex) {
        exception::guard(|| {
            let page = open_metrics(snapshot(info::facts()));
            zend::protect(|| *retval = zend::string(page.as_bytes()))
        });
    }
}

fn snapshot(facts: Facts) -> Snapshot {
    Snapshot {
        version: info::VERSION,
        ready: facts.problems.is_empty(),
        scope: facts.scope,
        breaker: facts.breaker,
        counters: facts.counters,
        latency: facts.latency,
        outbox: facts.outbox,
        unprotected: facts.custody.iter().filter(|protection| !protection.holds()).count(),
        now: SystemTime::now(),
    }
}
