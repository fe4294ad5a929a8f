//! The parts of PHP's C API that ext-php-rs does not wrap, each behind a function that is safe to call from the rest of this crate.
//!
//! Nearly all of this crate's unsafe code is here. Everything here runs on a PHP thread, inside MINIT, MSHUTDOWN, MINFO or a
//! function call; the SAFETY comments take that as given.

use std::{
    ffi::{CStr, CString, c_char, c_int, c_void},
    mem::ManuallyDrop,
    panic::{AssertUnwindSafe, resume_unwind},
    ptr::{self, NonNull},
    sync::atomic::{AtomicPtr, Ordering},
};

use ext_php_rs::{
    args::ArgInfoTables,
    boxed::ZBox,
    convert::IntoZval,
    ffi::{
        self, HashTable, ZEND_ACC_ENUM, ZEND_ACC_FINAL, ZEND_ACC_NOT_SERIALIZABLE, ZEND_ACC_PUBLIC,
        ZEND_ACC_READONLY_CLASS, ZEND_ACC_STATIC, zend_function, zend_string, zend_type, zval,
    },
    types::{ZendHashTable, ZendObject, ZendStr, Zval},
    zend::{CatchError, ClassEntry, ExecuteData, ExecutorGlobals, ce, try_catch},
};

// Declared in php-src (PHP 8.2 to 8.5 alike): Zend/zend_API.h, zend_attributes.h, zend_enum.h, zend_ini.h, zend_exceptions.h,
// main/php.h, main/php_ini.h, ext/json/php_json.h, ext/date/php_date.h, ext/spl/spl_exceptions.h.
unsafe extern "C" {
    fn zend_parse_parameters(num_args: u32, type_spec: *const c_char, ...) -> c_int;
    fn zend_declare_typed_property(
        ce: *mut ClassEntry,
        name: *mut zend_string,
        property: *mut zval,
        access_type: c_int,
        doc_comment: *mut zend_string,
        ty: zend_type,
    ) -> *mut c_void;
    fn zend_add_attribute(
        attributes: *mut *mut HashTable,
        name: *mut zend_string,
        argc: u32,
        flags: u32,
        offset: u32,
        lineno: u32,
    ) -> *mut c_void;
    fn zend_update_property_stringl(
        scope: *mut ClassEntry,
        object: *mut ZendObject,
        name: *const c_char,
        name_length: usize,
        value: *const c_char,
        value_length: usize,
    );
    fn zend_update_property_long(
        scope: *mut ClassEntry,
        object: *mut ZendObject,
        name: *const c_char,
        name_length: usize,
        value: i64,
    );
    fn zend_enum_get_case_cstr(ce: *mut ClassEntry, name: *const c_char) -> *mut ZendObject;
    fn zend_unregister_ini_entries(module_number: c_int);
    fn zend_ini_string_ex(
        name: *const c_char,
        name_length: usize,
        orig: c_int,
        exists: *mut bool,
    ) -> *mut c_char;
    fn php_ini_get_configuration_hash() -> *mut HashTable;
    fn php_log_err_with_severity(log_message: *const c_char, syslog_type_int: c_int);
    fn php_json_decode_ex(
        return_value: *mut zval,
        text: *const c_char,
        len: usize,
        options: i64,
        depth: i64,
    ) -> c_int;
    fn php_date_get_date_ce() -> *mut ClassEntry;
    fn php_date_get_immutable_ce() -> *mut ClassEntry;
    fn php_date_get_interface_ce() -> *mut ClassEntry;
    static php_json_serializable_ce: *mut ClassEntry;
    static zend_ce_exception: *mut ClassEntry;
    static spl_ce_RuntimeException: *mut ClassEntry;
}

// ---- Leaving Rust, and coming back --------------------------------------------------------------------------------------------

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

// ---- Arguments ----------------------------------------------------------------------------------------------------------------

/// The arguments of `secure_dispatch_order()`; None when an exception about them is pending. May run PHP code (`__toString`)
/// and bail out.
pub fn order_arguments(ex: &ExecuteData) -> Option<(&Zval, Option<&ZendStr>)> {
    blank_surplus(ex);
    let mut order: *mut zval = ptr::null_mut();
    let mut key: *mut zend_string = ptr::null_mut();
    // SAFETY: "a" writes one zval*, "S!" one zend_string* or NULL. Both live in our call's frame, as long as `ex` does.
    let parsed =
        unsafe { zend_parse_parameters(argument_count(ex), c"a|S!".as_ptr(), &raw mut order, &raw mut key) };
    if parsed != crate::SUCCESS {
        return None;
    }
    // SAFETY: parsed above, so `order` is set; `key` is NULL or a string of our frame.
    unsafe { Some((order.as_ref()?, key.as_ref())) }
}

/// Puts null in the place of what was passed beyond the declared parameters: the error about it has a trace, and no attribute
/// hides such arguments there (`debug_backtrace_get_args`).
fn blank_surplus(ex: &ExecuteData) {
    const DECLARED: usize = 2;
    /// `ZEND_CALL_FRAME_SLOT` of `Zend/zend_compile.h`: arguments follow the frame's own fields.
    const FRAME_SLOTS: usize = size_of::<ExecuteData>().div_ceil(size_of::<zval>());
    // Not by way of `ex`, a reference, through which nothing may be written.
    // SAFETY: PHP's executor globals live as long as PHP does, and hold our frame while we run.
    let frame = unsafe { (*ffi::ext_php_rs_executor_globals()).current_execute_data }.cast::<zval>();
    for index in DECLARED..argument_count(ex) as usize {
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

// ---- Values -------------------------------------------------------------------------------------------------------------------

/// A PHP string of any bytes. Allocates PHP memory.
pub fn string(bytes: &[u8]) -> Zval {
    let mut value = Zval::new();
    value.set_zend_string(ZendStr::new(bytes, false));
    value
}

/// A PHP int.
pub fn long(number: i64) -> Zval {
    let mut value = Zval::new();
    value.set_long(number);
    value
}

/// A PHP float.
pub fn double(number: f64) -> Zval {
    let mut value = Zval::new();
    value.set_double(number);
    value
}

/// Gives up a value of ours. If it is the last reference, destructors, which are PHP code, may run.
pub fn release(mut value: Zval) -> Result<(), Interrupted> {
    if let Some(count) = reference_count(&mut value)
        && *count > 1
    {
        // Not by zval_ptr_dtor: that may start the cycle collector, and with it destructors. Others still hold the value, and it
        // is theirs to tell the collector.
        *count -= 1;
        std::mem::forget(value);
        return Ok(());
    }
    protect(|| drop(value))?;
    exception_is_pending()
}

fn reference_count(value: &mut Zval) -> Option<&mut u32> {
    /// `Zend/zend_types.h`, shifted to where it is in the type info.
    const IS_TYPE_REFCOUNTED: u32 = 1 << 8;
    // SAFETY: every initialised zval has a type info.
    if unsafe { value.u1.type_info } & IS_TYPE_REFCOUNTED == 0 {
        return None;
    }
    // SAFETY: a refcounted zval points to something that begins with its count, which our reference keeps alive.
    unsafe { value.value.counted.as_mut().map(|counted| &mut counted.gc.refcount) }
}

fn exception_is_pending() -> Result<(), Interrupted> {
    if ExecutorGlobals::has_exception() { Err(Interrupted::Thrown) } else { Ok(()) }
}

// ---- Arrays -------------------------------------------------------------------------------------------------------------------

/// The key of an array's element.
#[derive(Clone, Copy)]
pub enum Key<'a> {
    /// An integer.
    Index(i64),
    /// A string of any bytes.
    Name(&'a [u8]),
}

/// Whether the keys are 0, 1, 2… in that order (`zend_array_is_list`).
pub fn is_list(array: &ZendHashTable) -> bool {
    (is_packed(array) && array.nNumUsed == array.nNumOfElements)
        || elements(array).zip(0..).all(|((key, _), i)| matches!(key, Key::Index(index) if index == i))
}

/// The elements in order. The caller keeps a reference of its own for as long as it walks, so that nobody writes to the array.
pub fn elements(array: &ZendHashTable) -> impl Iterator<Item = (Key<'_>, &Zval)> {
    let packed = is_packed(array);
    (0..array.nNumUsed as usize).filter_map(move |i| {
        let (key, value) = if packed {
            // SAFETY: since PHP 8.2 a packed array is `nNumUsed` zvals at arPacked.
            let value = unsafe { &*array.__bindgen_anon_1.arPacked.add(i) };
            (Key::Index(i64::try_from(i).unwrap_or(i64::MAX)), value)
        } else {
            // SAFETY: otherwise it is `nNumUsed` buckets at arData.
            let bucket = unsafe { &*array.__bindgen_anon_1.arData.add(i) };
            // SAFETY: a bucket's key is NULL or a string that the array owns.
            let key = match unsafe { bucket.key.as_ref() } {
                Some(name) => Key::Name(name.as_bytes()),
                // An integer key is stored as the unsigned number of the same bits.
                None => Key::Index(bucket.h.cast_signed()),
            };
            (key, &bucket.val)
        };
        // A symbol table ($GLOBALS) points to its variables.
        let value = value.indirect().unwrap_or(value);
        // What was unset leaves a hole.
        (value.get_type() != ext_php_rs::flags::DataType::Undef).then_some((key, value))
    })
}

fn is_packed(array: &ZendHashTable) -> bool {
    /// `Zend/zend_hash.h`
    const HASH_FLAG_PACKED: u32 = 1 << 2;
    // SAFETY: every array has flags.
    unsafe { array.u.flags & HASH_FLAG_PACKED != 0 }
}

// ---- Objects ------------------------------------------------------------------------------------------------------------------

/// Whether it implements `JsonSerializable`.
pub fn is_json_serializable(object: NonNull<ZendObject>) -> bool {
    // SAFETY: set by ext/json, which is part of every PHP since 8.0, before any other extension starts.
    is_instance(object, unsafe { php_json_serializable_ce })
}

/// Whether it implements `DateTimeInterface`, which only `DateTime`, `DateTimeImmutable` and their children can.
pub fn is_date(object: NonNull<ZendObject>) -> bool {
    // SAFETY: a getter of ext/date, which is part of every PHP.
    is_instance(object, unsafe { php_date_get_interface_ce() })
}

fn is_instance(object: NonNull<ZendObject>, class: *mut ClassEntry) -> bool {
    // SAFETY: a class entry of PHP's own lives as long as PHP does; an object as long as the value that the caller holds.
    unsafe { class.as_ref().is_some_and(|class| object.as_ref().instance_of(class)) }
}

/// The object that a value is. A pointer, since its methods change it while we know of it; good as long as the value is held.
pub fn object(value: &Zval) -> Option<NonNull<ZendObject>> {
    // SAFETY: an object's value is a pointer to it.
    value.is_object().then(|| unsafe { NonNull::new(value.value.obj) }).flatten()
}

fn class_of(object: NonNull<ZendObject>) -> *mut ClassEntry {
    // SAFETY: the caller holds the object; every object has a class.
    unsafe { object.as_ref().ce }
}

/// The value of a backed enum's case; None for anything else.
pub fn backed_case_value<'a>(object: NonNull<ZendObject>) -> Option<&'a Zval> {
    // SAFETY: a class lives longer than its objects.
    let class = unsafe { class_of(object).as_ref()? };
    if class.ce_flags & ZEND_ACC_ENUM == 0 || class.enum_backing_type == 0 {
        return None;
    }
    // SAFETY: PHP keeps a case as long as its class, and nothing can change it. Its properties are name and value
    // (zend_enum_fetch_case_value).
    property(unsafe { object.as_ref() }, 1)
}

/// Calls a public method that needs no arguments; None if there is none of that name (in lower case).
pub fn call_method(object: NonNull<ZendObject>, name: &str) -> Result<Option<Zval>, Interrupted> {
    let Some(method) = find_method(class_of(object), name) else { return Ok(None) };
    // SAFETY: found in the class's table, which lives as long as the class.
    let signature = unsafe { &method.as_ref().common };
    if signature.fn_flags & (ZEND_ACC_PUBLIC | ZEND_ACC_STATIC) != ZEND_ACC_PUBLIC
        || signature.required_num_args > 0
    {
        return Ok(None);
    }
    call(method, object, &mut []).map(Some)
}

/// Formats a date as `DateTime::format` does, whatever its class makes of that method.
pub fn format_date(object: NonNull<ZendObject>, format: &str) -> Result<Option<Zval>, Interrupted> {
    // SAFETY: getters of ext/date.
    let (immutable, mutable) = unsafe { (php_date_get_immutable_ce(), php_date_get_date_ce()) };
    let class = if is_instance(object, immutable) { immutable } else { mutable };
    let Some(method) = find_method(class, "format") else { return Ok(None) };
    let mut arguments = [protect(|| string(format.as_bytes()))?];
    let formatted = call(method, object, &mut arguments);
    let [argument] = arguments;
    release(argument)?;
    formatted.map(Some)
}

/// Calls a method of the object's class or of its parent. The caller holds the object.
fn call(
    function: NonNull<zend_function>,
    object: NonNull<ZendObject>,
    arguments: &mut [Zval],
) -> Result<Zval, Interrupted> {
    let mut returned = Zval::new();
    let class = class_of(object);
    let count = u32::try_from(arguments.len()).unwrap_or(0);
    let arguments = arguments.as_mut_ptr();
    let returned_at = &raw mut returned;
    protect(|| {
        // SAFETY: as said above; `arguments` are `count`, and `returned` is ours.
        unsafe {
            ffi::zend_call_known_function(
                function.as_ptr(),
                object.as_ptr(),
                class,
                returned_at,
                count,
                arguments,
                ptr::null_mut(),
            );
        }
    })?;
    exception_is_pending()?;
    Ok(returned)
}

fn find_method(class: *mut ClassEntry, name: &str) -> Option<NonNull<zend_function>> {
    // SAFETY: a class has a function table, at a place of its own.
    find_function(unsafe { &raw mut (*class).function_table }, name)
}

fn find_function(table: *mut HashTable, name: &str) -> Option<NonNull<zend_function>> {
    // SAFETY: a live function table; the name is compared in lower case.
    let found = unsafe { ffi::zend_hash_str_find_ptr_lc(table, name.as_ptr().cast(), name.len()) };
    NonNull::new(found.cast())
}

/// A new object of a class, its properties at their defaults. Allocates PHP memory.
pub fn new_object(class: &ClassEntry) -> ZBox<ZendObject> {
    ZendObject::new(class)
}

/// Gives a property its first value. `index` counts the class's properties, inherited ones first, and the value is of the
/// declared type: PHP does not check here.
pub fn init_property(object: &mut ZendObject, index: usize, value: Zval) {
    // SAFETY: classes of ours only, with this many declared properties, and their slots hold nothing yet (uninitialised).
    unsafe { object.properties_table.as_mut_ptr().add(index).write(value) }
}

/// A declared property by its index.
pub fn property(object: &ZendObject, index: usize) -> Option<&Zval> {
    // SAFETY: an object has a class.
    let count = unsafe { object.ce.as_ref()? }.default_properties_count;
    if index >= usize::try_from(count).ok()? {
        return None;
    }
    // SAFETY: within the object's slots, as checked.
    Some(unsafe { &*object.properties_table.as_ptr().add(index) })
}

/// Returns an object from a function.
pub fn return_object(retval: &mut Zval, object: ZBox<ZendObject>) {
    // Never fails: a box of an object becomes a value by handing its reference over.
    if let Ok(value) = object.into_zval(false) {
        *retval = value;
    }
}

/// The object of an enum's case. May allocate PHP memory, the first time.
pub fn enum_case(class: &ClassSlot, name: &CStr) -> Zval {
    let mut value = Zval::new();
    // SAFETY: an enum of ours, which has this case; PHP keeps the object, and we count a reference to it.
    unsafe { value.set_object(&mut *zend_enum_get_case_cstr(class.as_ptr(), name.as_ptr())) };
    value
}

/// `RuntimeException`.
pub fn runtime_exception() -> &'static ClassEntry {
    // SAFETY: set by ext/spl, which is part of every PHP, before any other extension starts.
    unsafe { spl_ce_RuntimeException.as_ref() }.unwrap_or_else(|| ce::exception())
}

/// Throws an exception of a class that has `properties` of its own, in the order of their declaration. Allocates PHP memory.
pub fn throw<const N: usize>(class: &ClassEntry, message: &str, code: i64, properties: [Zval; N]) {
    let mut object = new_object(class);
    let declared = usize::try_from(class.default_properties_count).unwrap_or(0);
    for (index, value) in (declared.saturating_sub(N)..).zip(properties) {
        init_property(&mut object, index, value);
    }
    // SAFETY: set before any extension starts.
    let scope = unsafe { zend_ce_exception };
    let raw = ptr::from_mut(&mut *object);
    // SAFETY: an object of an exception's class, and that class's own properties.
    unsafe {
        zend_update_property_stringl(
            scope,
            raw,
            c"message".as_ptr(),
            7,
            message.as_ptr().cast(),
            message.len(),
        );
        zend_update_property_long(scope, raw, c"code".as_ptr(), 4, code);
    }
    if let Ok(exception) = object.into_zval(false) {
        // SAFETY: a throwable object, whose one reference PHP takes over.
        unsafe { ffi::zend_throw_exception_object(&raw mut *ManuallyDrop::new(exception)) };
    }
}

// ---- Classes ------------------------------------------------------------------------------------------------------------------

/// Where a class of ours is kept once PHP knows it.
pub struct ClassSlot(AtomicPtr<ClassEntry>);

impl ClassSlot {
    pub const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Takes a class that was just registered, and the tables that PHP points into for as long as it lives.
    pub fn set(&self, class: &'static mut ClassEntry, arg_info: ArgInfoTables) {
        Box::leak(arg_info);
        self.0.store(class, Ordering::Release);
    }

    fn as_ptr(&self) -> *mut ClassEntry {
        self.0.load(Ordering::Acquire)
    }

    /// The class, once it is registered.
    pub fn get(&self) -> Option<&'static ClassEntry> {
        // SAFETY: PHP keeps an internal class until after MSHUTDOWN; none of our functions can be called after that.
        unsafe { self.as_ptr().as_ref() }
    }

    /// The class, which MINIT has registered.
    pub fn registered(&self) -> &'static ClassEntry {
        self.get().unwrap_or_else(|| ce::exception())
    }
}

/// The type of a declared property.
#[derive(Clone, Copy)]
pub enum PropertyType {
    Int,
    NullableInt,
    Float,
    String,
    NullableString,
    Array,
    Class(&'static str),
}

/// Declares `public readonly $name`. For MINIT.
pub fn declare_readonly_property(class: &mut ClassEntry, name: &str, ty: PropertyType) {
    const MAY_BE_NULL: u32 = 1 << ffi::IS_NULL;
    /// `Zend/zend_compile.h`; ext-php-rs has it as a method's flag only.
    const ZEND_ACC_READONLY: u32 = 1 << 7;
    let simple = |type_mask| zend_type { ptr: ptr::null_mut(), type_mask };
    let ty = match ty {
        PropertyType::Int => simple(1 << ffi::IS_LONG),
        PropertyType::NullableInt => simple(MAY_BE_NULL | 1 << ffi::IS_LONG),
        PropertyType::Float => simple(1 << ffi::IS_DOUBLE),
        PropertyType::String => simple(1 << ffi::IS_STRING),
        PropertyType::NullableString => simple(MAY_BE_NULL | 1 << ffi::IS_STRING),
        PropertyType::Array => simple(1 << ffi::IS_ARRAY),
        PropertyType::Class(class) => zend_type {
            ptr: ZendStr::new_interned(class, true).into_raw().cast(),
            type_mask: ffi::_ZEND_TYPE_NAME_BIT,
        },
    };
    let name = ZendStr::new_interned(name, true).into_raw();
    let mut uninitialised = Zval::new();
    uninitialised.u1.type_info = ffi::IS_UNDEF;
    let access = c_int::try_from(ZEND_ACC_PUBLIC | ZEND_ACC_READONLY).unwrap_or_default();
    // SAFETY: a class of ours that is being registered; name and type are interned and outlive it.
    unsafe { zend_declare_typed_property(class, name, &raw mut uninitialised, access, ptr::null_mut(), ty) };
}

/// What a class may be marked as.
#[derive(Clone, Copy)]
pub enum ClassFlag {
    Final,
    Readonly,
    NotSerializable,
}

/// Marks a class. For MINIT.
pub fn add_flags(class: &mut ClassEntry, flags: &[ClassFlag]) {
    for flag in flags {
        class.ce_flags |= match flag {
            ClassFlag::Final => ZEND_ACC_FINAL,
            ClassFlag::Readonly => ZEND_ACC_READONLY_CLASS | ffi::ZEND_ACC_NO_DYNAMIC_PROPERTIES,
            ClassFlag::NotSerializable => ZEND_ACC_NOT_SERIALIZABLE,
        };
    }
}

/// Gives a class a `create_object` that does what PHP does without one. Its mere presence tells Reflection to keep off.
pub fn set_default_create_object(class: &mut ClassEntry) {
    unsafe extern "C" fn create(class: *mut ClassEntry) -> *mut ZendObject {
        // SAFETY: PHP passes the class to make an object of.
        unsafe {
            let object = ffi::zend_objects_new(class);
            ffi::object_properties_init(object, class);
            object
        }
    }
    class.__bindgen_anon_2.create_object = Some(create);
}

// ---- Settings, log, phpinfo, JSON ---------------------------------------------------------------------------------------------

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

/// What php.ini or `-d` say of a name, registered or not.
pub fn configuration_value(name: &str) -> Option<Vec<u8>> {
    // SAFETY: the table lives from PHP's start to its end.
    let table = unsafe { php_ini_get_configuration_hash().as_ref()? };
    table.get(name)?.zend_str().map(|value| value.as_bytes().to_vec())
}

/// One line in PHP's error log.
pub fn log_warning(message: &str) {
    /// syslog(3)
    const LOG_WARNING: c_int = 4;
    let message = c_string(message);
    // SAFETY: a terminated string, which PHP copies.
    unsafe { php_log_err_with_severity(message.as_ptr(), LOG_WARNING) }
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
