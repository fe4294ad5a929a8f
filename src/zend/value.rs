//! PHP's values and arrays.

use ext_php_rs::{
    ffi::{
        IS_ARRAY, IS_DOUBLE, IS_FALSE, IS_INDIRECT, IS_LONG, IS_NULL, IS_OBJECT, IS_REFERENCE, IS_STRING,
        IS_TRUE, IS_UNDEF,
    },
    types::{ZendHashTable, ZendStr, Zval},
    zend::ExecutorGlobals,
};

use super::call::{Interrupted, protect};

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

/// A PHP int of what is counted.
pub fn count(number: u64) -> Zval {
    long(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A PHP float.
pub fn double(number: f64) -> Zval {
    let mut value = Zval::new();
    value.set_double(number);
    value
}

/// Gives up a value of ours, as `zval_ptr_dtor` does. Destructors and the cycle collector, which are or call PHP code, may run.
pub fn release(value: Zval) -> Result<(), Interrupted> {
    protect(|| drop(value))?;
    exception_is_pending()
}

/// Gives up a reference of ours while others hold the value too, and no PHP code has run since we took it: then the cycle collector
/// knows of the value what it knew before, and nothing more has to be done.
pub fn give_back(mut value: Zval) -> Result<(), Interrupted> {
    match reference_count(&mut value) {
        Some(count) if *count > 1 => {
            *count -= 1;
            std::mem::forget(value);
            Ok(())
        }
        _ => release(value),
    }
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

pub fn exception_is_pending() -> Result<(), Interrupted> {
    if ExecutorGlobals::has_exception() { Err(Interrupted::Thrown) } else { Ok(()) }
}

/// What a value is.
pub enum Kind<'a> {
    Null,
    Bool(bool),
    Long(i64),
    Double(f64),
    String(&'a [u8]),
    /// The value itself, and not what refers to it.
    Array(&'a Zval),
    /// Likewise.
    Object(&'a Zval),
    /// A resource, or what PHP keeps to itself.
    Other,
}

impl<'a> Kind<'a> {
    /// Of a value, or of what it refers to.
    pub fn of(value: &'a Zval) -> Self {
        match type_of(value) {
            IS_UNDEF | IS_NULL => Self::Null,
            IS_FALSE => Self::Bool(false),
            IS_TRUE => Self::Bool(true),
            // SAFETY: its type says so.
            IS_LONG => Self::Long(unsafe { value.value.lval }),
            // SAFETY: its type says so.
            IS_DOUBLE => Self::Double(unsafe { value.value.dval }),
            // SAFETY: its type says so; the value keeps its string alive.
            IS_STRING => match unsafe { value.value.str_.as_ref() } {
                Some(text) => Self::String(text.as_bytes()),
                None => Self::Other,
            },
            IS_ARRAY => Self::Array(value),
            IS_OBJECT => Self::Object(value),
            IS_REFERENCE | IS_INDIRECT => Self::of(value.dereference()),
            _ => Self::Other,
        }
    }
}

/// `Z_TYPE`.
fn type_of(value: &Zval) -> u32 {
    // SAFETY: every initialised zval has a type.
    u32::from(unsafe { value.u1.v.type_ })
}

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
        let value = if type_of(value) == IS_INDIRECT { value.dereference() } else { value };
        // What was unset leaves a hole.
        (type_of(value) != IS_UNDEF).then_some((key, value))
    })
}

fn is_packed(array: &ZendHashTable) -> bool {
    /// `Zend/zend_hash.h`
    const HASH_FLAG_PACKED: u32 = 1 << 2;
    // SAFETY: every array has flags.
    unsafe { array.u.flags & HASH_FLAG_PACKED != 0 }
}
