//! The PHP extension: a thin binding between PHP and the engine, and the only code that knows PHP.
//!
//! # Layout
//!
//! From the door down; each module stands on those below it and knows none above.
//!
//! * [`lib`](self): what PHP calls when it loads, starts and stops the module.
//! * [`function`]: the PHP functions.
//! * [`info`]: `secure_dispatch_status()`'s facts and the section in `phpinfo()`.
//! * [`order`]: a PHP array becomes an engine's order.
//! * [`receipt`], [`exception`]: what PHP code gets back.
//! * [`worker`]: what each process has of its own: the dispatcher with its connection.
//! * [`posture`]: what was read at start, shared by every process after it.
//! * [`ini`], [`secret`]: where it is read from.
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

mod exception;
mod function;
mod info;
mod ini;
mod order;
mod posture;
mod receipt;
mod secret;
mod worker;
mod zend;

use std::panic::catch_unwind;

use ext_php_rs::{
    builders::ModuleBuilder,
    zend::{ModuleEntry, StaticModuleEntry},
};

const SUCCESS: i32 = 0;
const FAILURE: i32 = -1;

/// PHP's door: the symbol that it looks for in an extension's library.
#[unsafe(no_mangle)]
#[expect(clippy::missing_panics_doc, reason = "it cannot: what it is made of is constant")]
pub extern "C" fn get_module() -> *mut ModuleEntry {
    static MODULE: StaticModuleEntry = StaticModuleEntry::new();
    MODULE.get_or_init(|| {
        // The message of a panic may hold data, and its default hook would print it. Only this library's own panics come here.
        std::panic::set_hook(Box::new(|_| {}));
        let module = ModuleBuilder::new("secure_dispatch", env!("CARGO_PKG_VERSION"))
            .startup_function(startup)
            .shutdown_function(shutdown)
            .info_function(print_info)
            .function(function::order_builder())
            .function(function::status_builder());
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
        function::mark_order_sensitive();
        posture::load();
        Some(())
    });
    if matches!(started, Ok(Some(()))) { SUCCESS } else { FAILURE }
}

/// MSHUTDOWN.
unsafe extern "C" fn shutdown(_type: i32, module_number: i32) -> i32 {
    let stopped = catch_unwind(|| {
        worker::stop();
        posture::forget();
        ini::unregister(module_number);
    });
    if stopped.is_ok() { SUCCESS } else { FAILURE }
}

unsafe extern "C" fn print_info(_module: *mut ModuleEntry) {
    // A panic may not leave; a section cut short is all that phpinfo() can show of it.
    let _ = catch_unwind(info::print);
}
