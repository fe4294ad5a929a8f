//! Classes of ours, as MINIT declares them.

use std::{
    ffi::{c_int, c_void},
    ptr,
    sync::atomic::{AtomicPtr, Ordering},
};

use ext_php_rs::{
    args::ArgInfoTables,
    builders::{ClassBuilder, FunctionBuilder},
    ffi::{
        self, ZEND_ACC_FINAL, ZEND_ACC_NOT_SERIALIZABLE, ZEND_ACC_PUBLIC, ZEND_ACC_READONLY_CLASS,
        zend_string, zend_type, zval,
    },
    flags::MethodFlags,
    types::{ZendObject, ZendStr, Zval},
    zend::{ClassEntry, ExecuteData, ce},
};

// Declared in php-src: Zend/zend_API.h.
unsafe extern "C" {
    fn zend_declare_typed_property(
        ce: *mut ClassEntry,
        name: *mut zend_string,
        property: *mut zval,
        access_type: c_int,
        doc_comment: *mut zend_string,
        ty: zend_type,
    ) -> *mut c_void;
}

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

    pub(super) fn as_ptr(&self) -> *mut ClassEntry {
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

/// A final class of static methods, which are to be added; nobody can make an object of it. For MINIT.
pub fn static_class(name: &str) -> ClassBuilder {
    extern "C" fn construct(_ex: &mut ExecuteData, _retval: &mut Zval) {}
    ClassBuilder::new(name)
        .method(FunctionBuilder::new("__construct", construct), MethodFlags::Private)
        .registration(|class, arg_info| {
            add_flags(class, &[ClassFlag::Final, ClassFlag::NotSerializable]);
            Box::leak(arg_info);
        })
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
