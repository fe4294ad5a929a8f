//! `SecureDispatch\Receipt` and `SecureDispatch\State`.

use engine::{dispatch, order::Change};
use ext_php_rs::{
    boxed::ZBox,
    builders::{ClassBuilder, EnumBuilder, FunctionBuilder},
    enum_::{Discriminant, EnumCase},
    error::Result,
    flags::{DataType, MethodFlags},
    types::{ZendHashTable, Zval},
    zend::ExecuteData,
};

use crate::{
    exception,
    zend::{self, ClassFlag, ClassSlot, Interrupted, PropertyType},
};

static RECEIPT: ClassSlot = ClassSlot::new();
static STATE: ClassSlot = ClassSlot::new();

static DELIVERED: EnumCase =
    EnumCase { name: "Delivered", discriminant: Some(Discriminant::String("delivered")), docs: &[] };
static QUEUED: EnumCase =
    EnumCase { name: "Queued", discriminant: Some(Discriminant::String("queued")), docs: &[] };

/// In the order in which [`give`] fills them.
const PROPERTIES: [(&str, PropertyType); 9] = [
    ("id", PropertyType::String),
    ("idempotencyKey", PropertyType::String),
    ("state", PropertyType::Class("SecureDispatch\\State")),
    ("status", PropertyType::NullableInt),
    ("attempts", PropertyType::Int),
    ("elapsedMs", PropertyType::Float),
    ("dropped", PropertyType::Array),
    ("changed", PropertyType::Array),
    ("body", PropertyType::NullableString),
];

/// Registers both classes with PHP.
pub fn register() -> Result<()> {
    EnumBuilder::new("SecureDispatch\\State")
        .case(&DELIVERED)
        .case(&QUEUED)
        .registration(|class, arg_info| STATE.set(class, arg_info))
        .register()?;
    ClassBuilder::new("SecureDispatch\\Receipt")
        .method(FunctionBuilder::new("__construct", construct), MethodFlags::Private)
        .method(
            FunctionBuilder::new("json", json).returns(DataType::Mixed, false, false),
            MethodFlags::Public,
        )
        .registration(|class, arg_info| {
            // NotSerializable: a receipt that PHP code could write itself would prove nothing. create_object: with Final, it is
            // what keeps ReflectionClass::newInstanceWithoutConstructor away.
            zend::add_flags(class, &[ClassFlag::Final, ClassFlag::Readonly, ClassFlag::NotSerializable]);
            zend::set_default_create_object(class);
            for (name, ty) in PROPERTIES {
                zend::declare_readonly_property(class, name, ty);
            }
            RECEIPT.set(class, arg_info);
        })
        .register()
}

/// Returns a receipt to PHP.
pub fn give(receipt: &dispatch::Receipt, retval: &mut Zval) -> std::result::Result<(), Interrupted> {
    let id = receipt.id.to_string();
    let case = match receipt.state {
        dispatch::State::Delivered => c"Delivered",
        dispatch::State::Queued => c"Queued",
    };
    #[cfg(feature = "naive")]
    engine::naive::panic_in("receipt", receipt.body.as_deref().unwrap_or_default());
    zend::protect(|| {
        let mut object = zend::new_object(RECEIPT.registered());
        let values = [
            zend::string(id.as_bytes()),
            zend::string(receipt.idempotency_key.as_str().as_bytes()),
            zend::enum_case(&STATE, case),
            receipt.status.map_or_else(Zval::null, |status| zend::long(i64::from(status))),
            zend::long(i64::from(receipt.attempts)),
            zend::double(receipt.elapsed.as_secs_f64() * 1e3),
            list(&receipt.dropped),
            changed(&receipt.changes),
            receipt.body.as_ref().map_or_else(Zval::null, |body| zend::string(body)),
        ];
        for (index, value) in values.into_iter().enumerate() {
            zend::init_property(&mut object, index, value);
        }
        zend::return_object(retval, object);
    })
}

/// `[pointer, …]`
fn list(pointers: &[String]) -> Zval {
    let mut list = ZendHashTable::new();
    for pointer in pointers {
        // Pushing to an array fails only when its next index would overflow.
        let _ = list.push(zend::string(pointer.as_bytes()));
    }
    array(list)
}

/// `[pointer => [what was done => how often]]`
fn changed(changes: &[Change]) -> Zval {
    let mut map = ZendHashTable::new();
    for change in changes {
        let mut kinds = ZendHashTable::new();
        for (kind, count) in change.kinds() {
            // Neither a kind nor a pointer, which begins with a slash, is taken for an integer key, and inserting it cannot fail.
            let _ = kinds.insert(kind, zend::long(i64::from(count)));
        }
        let _ = map.insert(change.pointer(), array(kinds));
    }
    array(map)
}

fn array(elements: ZBox<ZendHashTable>) -> Zval {
    let mut value = Zval::new();
    value.set_hashtable(elements);
    value
}

extern "C" fn construct(_ex: &mut ExecuteData, _retval: &mut Zval) {}

/// `Receipt::json()`: the body decoded, objects as arrays; null when there is no body.
extern "C" fn json(ex: &mut ExecuteData, retval: &mut Zval) {
    /// Index of `body` in [`PROPERTIES`].
    const BODY: usize = 8;
    if !zend::no_arguments(ex) {
        return;
    }
    retval.set_null();
    let Some(body) = ex.get_self().and_then(|object| zend::property(object, BODY)?.zend_str()) else {
        return;
    };
    if !body.is_empty() {
        exception::guard(|| zend::protect(|| zend::json_decode(body, retval)));
    }
}
