//! The PHP extension: a thin binding between PHP and the engine, and the only code that knows PHP.
//!
//! # Layout
//!
//! From the door down; each module stands on those below it and knows none above.
//!
//! * [`lib`](self): what PHP calls when it loads, starts and stops the module.
//! * [`function`]: the PHP functions.
//! * [`metrics`]: the class for Prometheus.
//! * [`info`]: `secure_dispatch_status()`'s facts and the section in `phpinfo()`.
//! * [`order`]: a PHP array becomes an engine's order.
//! * [`outbox`], [`doctor`]: the classes for operators.
//! * [`receipt`], [`exception`]: what PHP code gets back.
//! * [`worker`]: what each process has of its own: the dispatcher with its connection.
//! * [`posture`]: what was read at start, shared by every process after it.
//! * [`custody`]: what protects the key, and whether it does.
//! * [`ini`], [`secret`]: where settings and key are read from, and the key erased.
//! * [`zend`]: the parts of PHP's C API that ext-php-rs does not wrap.
//!
//! # Bailouts
//!
//! PHP's fatal errors are a `longjmp` over every frame up to PHP's own. Where Rust values that need dropping are alive, calls that
//! can end so (any that allocate PHP memory or run PHP code) go through [`zend::protect`], which hands the bailout back as an
//! error; the outermost frame raises it anew.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod custody;
mod doctor;
mod exception;
mod function;
mod info;
mod ini;
mod metrics;
mod order;
mod outbox;
mod posture;
mod receipt;
mod secret;
mod worker;
mod zend;

use std::{alloc::System, panic::catch_unwind, sync::Mutex};

use engine::fork::ForkMark;
use ext_php_rs::{
    builders::ModuleBuilder,
    zend::{ModuleEntry, StaticModuleEntry},
};
use zeroizing_alloc::ZeroAlloc;

use crate::zend::Sapi;

/// Whatever this library frees is zeroed: orders, answers, and what libraries copy on the way.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

/// Of the process that ran MINIT, or since its fork that of the first RINIT.
static PROCESS: Mutex<Option<ForkMark>> = Mutex::new(None);

const SUCCESS: i32 = 0;
const FAILURE: i32 = -1;

/// PHP's door: the symbol that it looks for in an extension's library.
#[unsafe(no_mangle)]
#[expect(clippy::missing_panics_doc, reason = "it cannot: what it is made of is constant")]
pub extern "C" fn get_module() -> *mut ModuleEntry {
    static MODULE: StaticModuleEntry = StaticModuleEntry::new();
    MODULE.get_or_init(|| {
        // The message of a panic may hold data, and its default hook would print it. Only this library's own panics come here.
        if !(cfg!(feature = "naive") && std::env::var_os("LOUD_PANICS").is_some()) {
            std::panic::set_hook(Box::new(|_| {}));
        }
        let module = ModuleBuilder::new("secure_dispatch", env!("CARGO_PKG_VERSION"))
            .startup_function(startup)
            .request_startup_function(request_startup)
            .request_shutdown_function(request_shutdown)
            .shutdown_function(shutdown)
            .info_function(print_info)
            .function(function::order_builder())
            .function(function::status_builder());
        #[cfg(feature = "bench")]
        let module = module.function(function::encode_builder());
        #[expect(
            clippy::expect_used,
            reason = "names and types are constants; PHP's start is the first test of them"
        )]
        let (entry, _, allocations) = module.try_into().expect("the module's entry is made of constants");
        (entry, allocations)
    })
}

/// MINIT: once per process that starts PHP, in php-fpm and Apache before they fork; again after an Apache graceful restart.
unsafe extern "C" fn startup(_type: i32, module_number: i32) -> i32 {
    let started = catch_unwind(|| {
        ini::register(module_number);
        exception::register().ok()?;
        receipt::register().ok()?;
        outbox::register().ok()?;
        metrics::register().ok()?;
        doctor::register().ok()?;
        function::mark_order_sensitive();
        posture::load();
        // A preload script runs before the first RINIT, and would see the entry.
        if Sapi::current() == Sapi::Fpm && !secret::preloads() && !cfg!(feature = "naive") {
            ini::register_pool_trap(module_number);
        }
        is_new_process();
        Some(())
    });
    if matches!(started, Ok(Some(()))) { SUCCESS } else { FAILURE }
}

/// RINIT: before the first line of PHP code of each request.
unsafe extern "C" fn request_startup(_type: i32, _module_number: i32) -> i32 {
    let started = catch_unwind(|| {
        // Seldom: once in each process that was forked since MINIT.
        if is_new_process() {
            secret::forked_request_starts();
            if Sapi::current() == Sapi::Fpm && !cfg!(feature = "naive") {
                ini::remove_pool_trap();
            }
            posture::process_starts();
        }
    });
    if started.is_ok() { SUCCESS } else { FAILURE }
}

/// Whether this process was forked since it (or the one before it) last asked.
fn is_new_process() -> bool {
    let Ok(mut mark) = PROCESS.lock() else { return false };
    let is_new = !mark.as_ref().is_some_and(ForkMark::is_of_this_process);
    if is_new {
        *mark = Some(ForkMark::new());
    }
    is_new
}

/// RSHUTDOWN: after the last line of PHP code of a request.
unsafe extern "C" fn request_shutdown(_type: i32, _module_number: i32) -> i32 {
    let stopped = catch_unwind(order::request_stops);
    if stopped.is_ok() { SUCCESS } else { FAILURE }
}

/// MSHUTDOWN.
unsafe extern "C" fn shutdown(_type: i32, module_number: i32) -> i32 {
    let stopped = catch_unwind(|| {
        worker::stop();
        secret::module_stops();
        posture::forget();
        ini::unregister(module_number);
    });
    if stopped.is_ok() { SUCCESS } else { FAILURE }
}

unsafe extern "C" fn print_info(_module: *mut ModuleEntry) {
    // A panic may not leave; a section cut short is all that phpinfo() can show of it.
    let _ = catch_unwind(info::print);
}
