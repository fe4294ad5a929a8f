//! The parts of PHP's C API that ext-php-rs does not wrap, each behind a function that is safe to call from the rest of this crate.
//!
//! Nearly all of this crate's unsafe code is here. Everything here runs on a PHP thread, inside MINIT, MSHUTDOWN, RINIT, MINFO or a
//! function call; the SAFETY comments take that as given. What is declared in php-src is so in PHP 8.2 to 8.5 alike.

mod call;
mod class;
mod host;
mod object;
mod value;

pub use call::*;
pub use class::*;
pub use host::*;
pub use object::*;
pub use value::*;
