//! Into our functions and out of them: bailouts, arguments.

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    panic::{AssertUnwindSafe, resume_unwind},
    ptr::{self, NonNull},
};

use ext_php_rs::{
    ffi::{self, HashTable, zend_function, zend_string, zval},
    types::{ZendStr, Zval},
    zend::{CatchError, ExecuteData, try_catch},
};

// Declared in php-src: Zend/zend_API.h, Zend/zend_attributes.h.
unsafe extern "C" {
    fn zend_argument_value_error(number: u32, format: *const c_char, ...);
    fn zend_parse_parameters(num_args: u32, type_spec: *const c_char, ...) -> c_int;
    fn zend_add_attribute(
        attributes: *mut *mut HashTable,
        name: *mut zend_string,
        argc: u32,
        flags: u32,
        offset: u32,
        lineno: u32,
    ) -> *mut c_void;
}

/// PHP code that we called did not come to its end.
#[derive(Debug)]
pub enum Interrupted {
    /// It threw, or exited: the exception is pending, and whoever called us deals with it.
    Thrown,
    /// A fatal error: the request is over, and [`bailout`] is to be called when everything of ours is dropped.
    Bailout,
}

/// Runs `body`, which may allocate PHP memory or run PHP code, and hands a bailout back instead of jumping over our frames.
///
/// `body` itself is what the jump leaves behind: it must own nothing that needs dropping but PHP's own values, which PHP frees
/// with the request.
pub fn protect<R>(body: impl FnOnce() -> R) -> Result<R, Interrupted> {
    match try_catch(AssertUnwindSafe(body)) {
        Ok(result) => Ok(result),
        Err(CatchError::Panic(_)) => resume_unwind(Box::new("a panic inside protect")),
        Err(_) => Err(Interrupted::Bailout),
    }
}

/// Goes on with a bailout that [`protect`] held up. Call it with nothing alive that needs dropping, in the last Rust frame.
pub fn bailout() -> ! {
    // SAFETY: we are inside a function that PHP called, so that PHP's own zend_try is open; the caller owns nothing.
    unsafe { ext_php_rs::zend::bailout() }
}

/// How many parameters `secure_dispatch_order()` has.
pub const ORDER_PARAMETERS: u32 = 3;

/// The arguments of `secure_dispatch_order()`; None when an exception about them is pending. May run PHP code (`__toString`)
/// and bail out.
pub fn order_arguments(ex: &ExecuteData) -> Option<(&Zval, Option<&ZendStr>, bool)> {
    blank_surplus(ex);
    let mut order: *mut zval = ptr::null_mut();
    let mut key: *mut zend_string = ptr::null_mut();
    let mut waits = true;
    // SAFETY: "a" writes one zval*, "S!" one zend_string* or NULL, "b" one bool or nothing. The first two live in our call's frame, as long
    // as `ex` does.
    let parsed = unsafe {
        zend_parse_parameters(
            argument_count(ex),
            c"a|S!b".as_ptr(),
            &raw mut order,
            &raw mut key,
            &raw mut waits,
        )
    };
    if parsed != crate::SUCCESS {
        return None;
    }
    // SAFETY: parsed above, so `order` is set; `key` is NULL or a string of our frame.
    unsafe { Some((order.as_ref()?, key.as_ref(), waits)) }
}

/// The argument of `Outbox::drain()`. As the functions after it: None when an exception about the arguments is pending.
pub fn optional_int(ex: &ExecuteData, default: i64) -> Option<i64> {
    let mut number = default;
    // SAFETY: "|l" writes one zend_long, or nothing.
    let parsed = unsafe { zend_parse_parameters(argument_count(ex), c"|l".as_ptr(), &raw mut number) };
    (parsed == crate::SUCCESS).then_some(number)
}

/// The arguments of `Outbox::list()`. May run PHP code (`__toString`) and bail out.
pub fn optional_int_and_text(ex: &ExecuteData, default: i64) -> Option<(i64, Option<&ZendStr>)> {
    let mut number = default;
    let mut text: *mut zend_string = ptr::null_mut();
    // SAFETY: "|lS!" writes one zend_long or nothing, and one zend_string* of our frame, NULL or nothing.
    let parsed = unsafe {
        zend_parse_parameters(argument_count(ex), c"|lS!".as_ptr(), &raw mut number, &raw mut text)
    };
    // SAFETY: NULL, or a string of our frame, which lives as long as `ex`.
    let text = unsafe { text.as_ref() };
    (parsed == crate::SUCCESS).then_some((number, text))
}

/// A text, and whether a flag after it is set. May run PHP code (`__toString`) and bail out.
pub fn text_and_flag(ex: &ExecuteData) -> Option<(&ZendStr, bool)> {
    let mut text: *mut zend_string = ptr::null_mut();
    let mut flag = false;
    // SAFETY: "S|b" writes one zend_string* of our frame, and one bool or nothing.
    let parsed =
        unsafe { zend_parse_parameters(argument_count(ex), c"S|b".as_ptr(), &raw mut text, &raw mut flag) };
    // SAFETY: NULL, or a string of our frame, which lives as long as `ex`.
    let text = unsafe { text.as_ref() }.filter(|_| parsed == crate::SUCCESS)?;
    Some((text, flag))
}

/// A text. May run PHP code (`__toString`) and bail out.
pub fn text(ex: &ExecuteData) -> Option<&ZendStr> {
    let mut text: *mut zend_string = ptr::null_mut();
    // SAFETY: "S" writes one zend_string* of our frame.
    let parsed = unsafe { zend_parse_parameters(argument_count(ex), c"S".as_ptr(), &raw mut text) };
    // SAFETY: NULL, or a string of our frame, which lives as long as `ex`.
    unsafe { text.as_ref() }.filter(|_| parsed == crate::SUCCESS)
}

/// Throws the `ValueError` that PHP's own functions throw: `f(): Argument #n ($name) must be …`.
pub fn throw_argument_value_error(number: u32, must: &CStr) -> Result<(), Interrupted> {
    // SAFETY: in a call; the format takes one terminated string.
    protect(|| unsafe { zend_argument_value_error(number, c"%s".as_ptr(), must.as_ptr()) })
}

/// Puts null in the place of what was passed beyond the declared parameters: the error about it has a trace, and no attribute
/// hides such arguments there (`debug_backtrace_get_args`).
fn blank_surplus(ex: &ExecuteData) {
    /// `ZEND_CALL_FRAME_SLOT` of `Zend/zend_compile.h`: arguments follow the frame's own fields.
    const FRAME_SLOTS: usize = size_of::<ExecuteData>().div_ceil(size_of::<zval>());
    // Not by way of `ex`, a reference, through which nothing may be written.
    // SAFETY: PHP's executor globals live as long as PHP does, and hold our frame while we run.
    let frame = unsafe { (*ffi::ext_php_rs_executor_globals()).current_execute_data }.cast::<zval>();
    for index in ORDER_PARAMETERS as usize..argument_count(ex) as usize {
        // SAFETY: an internal function's arguments lie side by side after its frame, as many as were passed, and are its own.
        drop(unsafe { ptr::replace(frame.add(FRAME_SLOTS + index), Zval::null()) });
    }
}

/// Whether a function that takes no arguments got none; else an exception about it is pending.
pub fn no_arguments(ex: &ExecuteData) -> bool {
    // SAFETY: an empty type spec reads no further arguments.
    unsafe { zend_parse_parameters(argument_count(ex), c"".as_ptr()) == crate::SUCCESS }
}

fn argument_count(ex: &ExecuteData) -> u32 {
    // SAFETY: in a call's frame this union holds the number of arguments (ZEND_NUM_ARGS).
    unsafe { ex.This.u2.num_args }
}

/// Has stack traces show `SensitiveParameterValue` for one of a function's parameters. For MINIT.
pub fn mark_parameter_sensitive(function: &str, offset: u32) {
    /// `zend_attributes.h`; what `zend_add_parameter_attribute`, an inline function, passes for an internal function.
    const ZEND_ATTRIBUTE_PERSISTENT: u32 = 1;
    // SAFETY: PHP's compiler globals live as long as PHP does.
    let table = unsafe { (*ffi::ext_php_rs_compiler_globals()).function_table };
    let Some(function) = find_function(table, function) else { return };
    let name = ZendStr::new_interned("SensitiveParameter", true).into_raw();
    // SAFETY: a registered function of ours, in MINIT, where PHP's own extensions do the same; parameters count from 1 here.
    unsafe {
        let attributes = &raw mut (*function.as_ptr()).common.attributes;
        zend_add_attribute(attributes, name, 0, ZEND_ATTRIBUTE_PERSISTENT, offset + 1, 0);
    }
}

/// A function by its name in lower case.
pub fn find_function(table: *mut HashTable, name: &str) -> Option<NonNull<zend_function>> {
    // SAFETY: a live function table; the name is compared in lower case.
    let found = unsafe { ffi::zend_hash_str_find_ptr_lc(table, name.as_ptr().cast(), name.len()) };
    NonNull::new(found.cast())
}
