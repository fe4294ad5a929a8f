//! What PHP itself does for us: its settings, log, `phpinfo()` and JSON decoder.

use std::{
    ffi::{CStr, CString, c_char, c_int},
    os::fd::BorrowedFd,
    ptr::{self, NonNull},
};

use ext_php_rs::{
    ffi::{self, HashTable, sapi_module, zval},
    types::{ZendStr, Zval},
};
use rustix::io::{FdFlags, fcntl_setfd};
use zeroize::Zeroizing;

use super::{
    call::{Interrupted, find_function, protect},
    value::{Key, elements},
};

// Declared in php-src: Zend/zend_compile.h, Zend/zend_ini.h, main/php.h, main/php_ini.h, ext/json/php_json.h.
unsafe extern "C" {
    fn zend_unregister_ini_entries(module_number: c_int);
    fn zend_ini_string_ex(
        name: *const c_char,
        name_length: usize,
        orig: c_int,
        exists: *mut bool,
    ) -> *mut c_char;
    fn zend_is_auto_global_str(name: *const c_char, len: usize) -> bool;
    fn php_ini_get_configuration_hash() -> *mut HashTable;
    fn zend_hash_str_del(table: *mut HashTable, key: *const c_char, length: usize) -> c_int;
    fn sapi_getenv(name: *const c_char, length: usize) -> *mut c_char;
    static php_ini_opened_path: *const c_char;
    static php_ini_scanned_files: *const c_char;
    fn php_log_err_with_severity(log_message: *const c_char, syslog_type_int: c_int);
    fn php_json_decode_ex(
        return_value: *mut zval,
        text: *const c_char,
        len: usize,
        options: i64,
        depth: i64,
    ) -> c_int;
}

/// Takes a module's entries out of PHP's table.
pub fn unregister_ini_entries(module_number: i32) {
    // SAFETY: in MSHUTDOWN, as every extension does.
    unsafe { zend_unregister_ini_entries(module_number) }
}

/// The value of a registered ini entry.
pub fn ini_string(name: &str) -> String {
    // SAFETY: PHP returns NULL or a string that it owns, which is copied at once.
    unsafe {
        let value = zend_ini_string_ex(name.as_ptr().cast(), name.len(), 0, ptr::null_mut());
        if value.is_null() { String::new() } else { CStr::from_ptr(value).to_string_lossy().into_owned() }
    }
}

/// What PHP's configuration held of a name.
pub struct Configured {
    /// Its value, where it has one with effect.
    pub value: Option<Zeroizing<Vec<u8>>>,
    /// It was also (or only) where it has no effect: in a section, as an array, or in other letter case.
    pub misplaced: bool,
}

/// Takes a name's value out of what php.ini and `-d` said; with `erase`, leaves nothing of it there: `get_cfg_var()` and
/// `parse_ini_string()` show that table to anyone.
pub fn take_configuration(name: &str, erase: bool) -> Configured {
    let mut configured = Configured { value: None, misplaced: false };
    // SAFETY: the table lives from PHP's start to its end, and in MINIT nobody else uses it.
    if let Some(table) = unsafe { php_ini_get_configuration_hash().as_mut() } {
        take_from(table, name, erase, true, &mut configured);
    }
    configured
}

fn take_from(table: &mut HashTable, name: &str, erase: bool, top: bool, configured: &mut Configured) {
    let mut matching = Vec::new();
    let mut sections = Vec::new();
    for (key, value) in elements(table) {
        match key {
            Key::Name(key) if key.eq_ignore_ascii_case(name.as_bytes()) => {
                match value.zend_str() {
                    Some(text) if top && key == name.as_bytes() => {
                        configured.value = Some(Zeroizing::new(text.as_bytes().to_vec()));
                    }
                    _ => configured.misplaced = true,
                }
                if erase {
                    overwrite(value);
                }
                matching.push(key.to_vec());
            }
            _ if value.is_array() => {
                // SAFETY: an array's value points to one; sections belong to this table alone.
                sections.push(unsafe { value.value.arr });
            }
            _ => {}
        }
    }
    if erase {
        for key in matching {
            // SAFETY: a live table; the key is compared byte by byte.
            unsafe { zend_hash_str_del(table, key.as_ptr().cast(), key.len()) };
        }
    }
    for section in sections {
        // SAFETY: as above; sections do not contain themselves.
        if let Some(section) = unsafe { section.as_mut() } {
            take_from(section, name, erase, false, configured);
        }
    }
}

/// The names of those settings in PHP's configuration whose value `holds` something.
pub fn configured_with(holds: impl Fn(&[u8]) -> bool) -> Vec<String> {
    // SAFETY: the table lives from PHP's start to its end.
    let Some(table) = (unsafe { php_ini_get_configuration_hash().as_ref() }) else { return Vec::new() };
    elements(table)
        .filter_map(|(key, value)| match key {
            Key::Name(name) if value.zend_str().is_some_and(|text| holds(text.as_bytes())) => {
                Some(String::from_utf8_lossy(name).into_owned())
            }
            _ => None,
        })
        .collect()
}

/// Overwrites the bytes of a string, or of all strings in an array, which belong to PHP's configuration alone.
fn overwrite(value: &Zval) {
    /// `Zend/zend_types.h`: shared by all who use the same text, as one-letter strings are.
    const IS_STR_INTERNED: u32 = 1 << 6;
    if let Some(array) = value.array() {
        elements(array).for_each(|(_, element)| overwrite(element));
    } else if value.is_string() {
        // SAFETY: a string's value points to one, of `len` bytes; php_ini_parser_cb has made it for this table alone, unless it is
        // interned.
        unsafe {
            let text = value.value.str_;
            if (*text).gc.u.type_info & IS_STR_INTERNED == 0 {
                ptr::write_bytes((&raw mut (*text).val).cast::<u8>(), 0, (*text).len);
            }
        }
    }
}

/// Overwrites a setting's value in the text of settings that the SAPI has collected from its arguments and keeps.
pub fn blank_sapi_settings(name: &str) {
    // SAFETY: a SAPI's own terminated text or NULL, which only PHP's start reads; it was read before any module started.
    let Some(mut at) = NonNull::new(unsafe { sapi_module.ini_entries }) else { return };
    loop {
        // SAFETY: within that text.
        let line = unsafe { CStr::from_ptr(at.as_ptr()) }.to_bytes();
        let Some(found) = find_ignoring_case(line, name.as_bytes()) else { return };
        let value = found + name.len();
        let rest = line.get(value..).unwrap_or_default();
        // Longer names begin with this one.
        let is_whole =
            !rest.first().is_some_and(|next| next.is_ascii_alphanumeric() || matches!(next, b'_' | b'.'));
        let end = value + if is_whole { assignment_length(rest) } else { 0 };
        // SAFETY: `value..end` is within the text, which nobody reads meanwhile; what is left out stays a text of settings.
        unsafe {
            ptr::write_bytes(at.as_ptr().cast::<u8>().add(value), b' ', end - value);
            at = at.add(end);
        }
    }
}

/// How much of a text is the `= value` that it begins with: a quoted value may have line breaks in it.
fn assignment_length(text: &[u8]) -> usize {
    let mut quote = None;
    for (i, byte) in text.iter().enumerate() {
        match (quote, *byte) {
            (None, b'\n') => return i,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if byte == open => quote = None,
            _ => {}
        }
    }
    text.len()
}

fn find_ignoring_case(text: &[u8], name: &[u8]) -> Option<usize> {
    text.windows(name.len()).position(|window| window.eq_ignore_ascii_case(name))
}

/// The ini files that PHP has read.
pub fn ini_files() -> Vec<String> {
    // SAFETY: terminated strings of PHP's own, or NULL.
    let text = |pointer: *const c_char| unsafe {
        (!pointer.is_null()).then(|| CStr::from_ptr(pointer).to_string_lossy().into_owned())
    };
    // SAFETY: set before modules start.
    let (opened, scanned) = unsafe { (text(php_ini_opened_path), text(php_ini_scanned_files)) };
    let scanned = scanned.unwrap_or_default();
    // "a.ini,\nb.ini\n"
    let scanned = scanned.split(",\n").map(|path| path.trim().to_owned()).filter(|path| !path.is_empty());
    opened.into_iter().chain(scanned).collect()
}

/// What runs PHP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sapi {
    /// php-fpm.
    Fpm,
    /// Apache's `mod_php`.
    Apache,
    /// The command line.
    Cli,
    /// Anything else.
    Other,
}

impl Sapi {
    /// The one that runs us.
    pub fn current() -> Self {
        // SAFETY: set before modules start; a terminated string.
        let name = unsafe { sapi_module.name };
        if name.is_null() {
            return Self::Other;
        }
        // SAFETY: as above.
        match unsafe { CStr::from_ptr(name) }.to_bytes() {
            b"fpm-fcgi" => Self::Fpm,
            b"apache2handler" => Self::Apache,
            b"cli" => Self::Cli,
            _ => Self::Other,
        }
    }

    /// Whether a master starts the module, runs no PHP code of its own, and forks those that do.
    pub fn forks_from_master(self) -> bool {
        matches!(self, Self::Fpm | Self::Apache)
    }
}

/// Whether the request that starts has a variable of its own of that name: from `FastCGI`, or from Apache's `SetEnv` and `PassEnv`.
pub fn sapi_has_variable(name: &str) -> bool {
    // SAFETY: in RINIT; PHP returns NULL or a copy in its own memory, which it frees with the request.
    protect(|| unsafe { !sapi_getenv(name.as_ptr().cast(), name.len()).is_null() }).unwrap_or(false)
}

/// Whether PHP code can call a function: one that an operator has disabled is not in the table.
pub fn function_exists(name: &str) -> bool {
    // SAFETY: PHP's compiler globals live as long as PHP does.
    let table = unsafe { (*ffi::ext_php_rs_compiler_globals()).function_table };
    find_function(table, name).is_some()
}

/// Sets or clears a descriptor's close-on-exec flag.
pub fn set_close_on_exec(fd: BorrowedFd<'_>, on: bool) {
    let flags = if on { FdFlags::CLOEXEC } else { FdFlags::empty() };
    // Fails for a closed descriptor only.
    let _ = fcntl_setfd(fd, flags);
}

/// Takes one entry out of PHP's table of ini entries.
pub fn remove_ini_entry(name: &str) {
    // SAFETY: PHP's executor globals live as long as PHP does; the table frees what it gives up. Nobody else refers to an entry of ours
    // that no request has modified: php-fpm's own changes (fpm_php_zend_ini_alter_master) do not go by EG(modified_ini_directives).
    unsafe {
        let table = (*ffi::ext_php_rs_executor_globals()).ini_directives;
        zend_hash_str_del(table, name.as_ptr().cast(), name.len());
    }
}

/// syslog(3)'s.
pub const LOG_WARNING: u8 = 4;

/// One line in PHP's error log, with a severity of syslog(3). Allocates PHP memory.
pub fn log(severity: u8, message: &str) -> Result<(), Interrupted> {
    let message = c_string(message);
    // SAFETY: a terminated string, which PHP copies.
    protect(|| unsafe { php_log_err_with_severity(message.as_ptr(), c_int::from(severity)) })
}

/// An entry of `$_SERVER`, which PHP code may have changed. Allocates PHP memory, the first time in a request.
pub fn server_variable(name: &str) -> Result<Option<Vec<u8>>, Interrupted> {
    const SERVER: &str = "_SERVER";
    protect(|| {
        // SAFETY: within a request. The name is interned for good, and made known to PHP here, if it is only made when it is used
        // (auto_globals_jit); the symbol table is the request's.
        let symbols = unsafe {
            zend_is_auto_global_str(SERVER.as_ptr().cast(), SERVER.len());
            &(*ffi::ext_php_rs_executor_globals()).symbol_table
        };
        let entry = symbols.get(SERVER)?.dereference().array()?.get(name)?.dereference();
        entry.zend_str().map(|text| text.as_bytes().to_vec())
    })
}

/// Prints a table of two columns in `phpinfo()`, which escapes it where that is HTML. May run PHP code (output callbacks).
pub fn print_table(rows: &[(CString, CString)]) {
    // SAFETY: in MINFO; as many terminated strings as the count says.
    unsafe {
        ffi::php_info_print_table_start();
        for (name, value) in rows {
            ffi::php_info_print_table_row(2, name.as_ptr(), value.as_ptr());
        }
        ffi::php_info_print_table_end();
    }
}

/// A C string, without what C cannot hold.
pub fn c_string(text: &str) -> CString {
    CString::new(text.replace('\0', "")).unwrap_or_default()
}

/// Decodes as `json_decode($text, true, 512, JSON_THROW_ON_ERROR)`. Allocates PHP memory.
pub fn json_decode(text: &ZendStr, retval: &mut Zval) {
    /// `ext/json/php_json.h`
    const PHP_JSON_OBJECT_AS_ARRAY: i64 = 1 << 0;
    const PHP_JSON_THROW_ON_ERROR: i64 = 1 << 22;
    const DEPTH: i64 = 512;
    let text = text.as_bytes();
    let options = PHP_JSON_OBJECT_AS_ARRAY | PHP_JSON_THROW_ON_ERROR;
    // SAFETY: the parser reads `len` bytes and the terminating NUL that every PHP string has.
    unsafe { php_json_decode_ex(retval, text.as_ptr().cast(), text.len(), options, DEPTH) };
}
