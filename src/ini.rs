//! The ini entries: registered here, read once at start, and then deaf. The key itself is never one (see `secret`).

use std::{
    ffi::{CStr, CString, c_int, c_void},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use engine::config::SETTINGS;
use ext_php_rs::{
    ffi::{zend_ini_entry, zend_string},
    flags::IniEntryPermission,
    zend::IniEntryDef,
};

use crate::{secret, zend};

/// What every setting's name begins with.
pub const PREFIX: &str = "secure_dispatch.";

/// `Zend/zend_ini.h`
const ZEND_INI_STAGE_STARTUP: c_int = 1;

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
        #[cfg(feature = "naive")]
        entries.push(IniEntryDef::new(leaked(secret::INI_NAME), leaked(""), IniEntryPermission::System));
        entries.push(IniEntryDef::end());
        Table(entries)
    });
    IniEntryDef::register(&table.0, module_number);
}

/// Takes the entries out of PHP's table, which outlives the module when Apache restarts gracefully.
pub fn unregister(module_number: i32) {
    zend::unregister_ini_entries(module_number);
}

/// Whether a php-fpm pool tried to set the key by `php_admin_value[secure_dispatch.api_key]`.
static POOL_SETS_KEY: AtomicBool = AtomicBool::new(false);

/// php-fpm applies a pool's `php_admin_value`s after its fork, and to registered entries only. So that an operator who puts the key
/// there learns that it is not taken from there, an entry of that name (which never has a value) stands from MINIT
/// to a worker's first request; before any PHP code runs it is gone again.
pub fn register_pool_trap(module_number: i32) {
    static TABLE: OnceLock<Table> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut entry = IniEntryDef::new(leaked(secret::INI_NAME), leaked(""), IniEntryPermission::System);
        entry.on_modify = Some(note_pool);
        Table(vec![entry, IniEntryDef::end()])
    });
    IniEntryDef::register(&table.0, module_number);
}

/// Removes the entry.
pub fn remove_pool_trap() {
    zend::remove_ini_entry(secret::INI_NAME);
}

/// Whether a pool tried to set the key.
pub fn pool_sets_key() -> bool {
    POOL_SETS_KEY.load(Ordering::Relaxed)
}

unsafe extern "C" fn note_pool(
    _entry: *mut zend_ini_entry,
    _new_value: *mut zend_string,
    _arg1: *mut c_void,
    _arg2: *mut c_void,
    _arg3: *mut c_void,
    stage: c_int,
) -> c_int {
    if stage == ZEND_INI_STAGE_STARTUP {
        return crate::SUCCESS;
    }
    POOL_SETS_KEY.store(true, Ordering::Relaxed);
    crate::FAILURE
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
    if stage == ZEND_INI_STAGE_STARTUP { crate::SUCCESS } else { crate::FAILURE }
}

fn leaked(text: &str) -> &'static CStr {
    Box::leak(CString::new(text).unwrap_or_default().into_boxed_c_str())
}
