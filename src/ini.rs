//! The ini entries: registered here, read once at start, and then deaf. The key itself is never one (see `secret`).

use std::{
    ffi::{CStr, CString, c_int, c_void},
    sync::OnceLock,
};

use engine::config::SETTINGS;
use ext_php_rs::{
    ffi::{zend_ini_entry, zend_string},
    flags::IniEntryPermission,
    zend::IniEntryDef,
};

use crate::zend;

/// What every setting's name begins with.
pub const PREFIX: &str = "secure_dispatch.";

/// PHP keeps pointers into this table for the life of the process.
struct Table(Vec<IniEntryDef>);

// SAFETY: the pointers inside lead to leaked, immutable strings, and nobody writes to the table.
unsafe impl Send for Table {}
// SAFETY: as above.
unsafe impl Sync for Table {}

/// Registers every setting; PHP sets each to what php.ini, scanned files and `-d` say.
pub fn register(module_number: i32) {
    static TABLE: OnceLock<Table> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut entries: Vec<_> = SETTINGS
            .iter()
            .map(|setting| {
                let name = leaked(&format!("{PREFIX}{}", setting.name));
                let mut entry = IniEntryDef::new(name, leaked(setting.default), IniEntryPermission::System);
                entry.on_modify = Some(only_at_startup);
                entry
            })
            .collect();
        entries.push(IniEntryDef::end());
        Table(entries)
    });
    IniEntryDef::register(&table.0, module_number);
}

/// Takes the entries out of PHP's table, which outlives the module when Apache restarts gracefully.
pub fn unregister(module_number: i32) {
    zend::unregister_ini_entries(module_number);
}

/// A setting's text as PHP has it now.
pub fn text(name: &str) -> String {
    zend::ini_string(&format!("{PREFIX}{name}"))
}

/// PHP asks before it changes an entry: yes while it starts, never again. `PHP_INI_SYSTEM` keeps `ini_set` and .htaccess out; this
/// also keeps out php-fpm's `PHP_ADMIN_VALUE`, which any process that reaches its socket can send.
unsafe extern "C" fn only_at_startup(
    _entry: *mut zend_ini_entry,
    _new_value: *mut zend_string,
    _arg1: *mut c_void,
    _arg2: *mut c_void,
    _arg3: *mut c_void,
    stage: c_int,
) -> c_int {
    /// `Zend/zend_ini.h`
    const ZEND_INI_STAGE_STARTUP: c_int = 1;
    if stage == ZEND_INI_STAGE_STARTUP { crate::SUCCESS } else { crate::FAILURE }
}

fn leaked(text: &str) -> &'static CStr {
    Box::leak(CString::new(text).unwrap_or_default().into_boxed_c_str())
}
