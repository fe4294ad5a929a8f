//! Objects: what they are, their methods, exceptions.

use std::{
    ffi::{CStr, c_char},
    mem::ManuallyDrop,
    ptr::{self, NonNull},
};

use ext_php_rs::{
    boxed::ZBox,
    convert::IntoZval,
    ffi::{self, ZEND_ACC_ENUM, ZEND_ACC_PUBLIC, ZEND_ACC_STATIC, zend_function},
    types::{ZendObject, Zval},
    zend::{ClassEntry, ce},
};

use super::{
    call::{Interrupted, find_function, protect},
    class::ClassSlot,
    value::{exception_is_pending, release, string},
};

// Declared in php-src: Zend/zend_API.h, zend_enum.h, zend_exceptions.h, ext/json/php_json.h, ext/date/php_date.h,
// ext/spl/spl_exceptions.h.
unsafe extern "C" {
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
    fn php_date_get_date_ce() -> *mut ClassEntry;
    fn php_date_get_immutable_ce() -> *mut ClassEntry;
    fn php_date_get_interface_ce() -> *mut ClassEntry;
    static php_json_serializable_ce: *mut ClassEntry;
    static zend_ce_exception: *mut ClassEntry;
    static spl_ce_RuntimeException: *mut ClassEntry;
}

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

/// The class, unless an operator has disabled it: that gives it another `create_object` than the one it inherited.
fn usable_exception(class: &'static ClassEntry) -> Option<&'static ClassEntry> {
    // SAFETY: for classes of which none is an interface, the union holds this pointer.
    let create =
        |class: &ClassEntry| unsafe { class.__bindgen_anon_2.create_object.map(|create| create as usize) };
    (create(class) == create(ce::exception())).then_some(class)
}

/// Throws an exception of a class that has `properties` of its own, in the order of their declaration. Allocates PHP memory.
pub fn throw<const N: usize>(class: &'static ClassEntry, message: &str, code: i64, properties: [Zval; N]) {
    // php.ini's disable_classes leaves a class whose objects have none of their properties.
    let usable = usable_exception(class);
    let mut object = new_object(usable.unwrap_or_else(runtime_exception));
    let declared = usize::try_from(class.default_properties_count).unwrap_or(0);
    if usable.is_some() {
        for (index, value) in (declared.saturating_sub(N)..).zip(properties) {
            init_property(&mut object, index, value);
        }
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
