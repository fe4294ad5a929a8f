//! A PHP array becomes an order: PHP's values walked, JSON written by the engine.
//!
//! What `json_encode` does, with these differences: an object is only taken if it says what it means (`JsonSerializable`, a date, a
//! backed enum, `WooCommerce`'s `get_data()`), a float keeps its `.0`, and what cannot be encoded is told by where it is.

use std::ptr::NonNull;

use engine::order::{JsonWriter, MAX_DEPTH, Order, Rule, Violation};
use ext_php_rs::{
    flags::DataType,
    types::{ZendHashTable, ZendObject, Zval},
};

use crate::zend::{self, Interrupted, Key};

/// Why there is no order.
pub enum Stop {
    /// A value that cannot be sent.
    Invalid(Violation),
    /// PHP code that we called threw, or ended the request.
    Interrupted(Interrupted),
}

impl From<Rule> for Stop {
    fn from(rule: Rule) -> Self {
        Self::Invalid(Violation::new(rule))
    }
}

impl From<Interrupted> for Stop {
    fn from(interrupted: Interrupted) -> Self {
        Self::Interrupted(interrupted)
    }
}

/// Writes an order of at most `max_bytes`.
pub fn from_zval(value: &Zval, max_bytes: usize) -> Result<Order, Stop> {
    let mut walk = Walk { json: JsonWriter::new(max_bytes), depth: 0, open: Vec::new() };
    walk.value(value)?;
    Ok(walk.json.finish())
}

/// Objects that turn into objects that turn into objects… end somewhere.
const MAX_OPEN: usize = 4 * MAX_DEPTH;

struct Walk {
    json: JsonWriter,
    /// How many JSON arrays and objects are open.
    depth: usize,
    /// The addresses of the PHP arrays and objects that we are inside of, to notice one that contains itself.
    open: Vec<usize>,
}

impl Walk {
    fn value(&mut self, value: &Zval) -> Result<(), Stop> {
        let value = value.dereference();
        match value.get_type() {
            DataType::Null | DataType::Undef => self.json.null()?,
            DataType::True => self.json.bool(true)?,
            DataType::False => self.json.bool(false)?,
            DataType::Long => self.json.int(value.long().unwrap_or_default())?,
            DataType::Double => self.json.float(value.double().unwrap_or_default())?,
            DataType::String => self.json.string(value.zend_str().map_or(&[], |string| string.as_bytes()))?,
            DataType::Array => self.array(value)?,
            DataType::Object(_) => self.object(value)?,
            _ => return Err(Rule::Type.into()),
        }
        Ok(())
    }

    fn array(&mut self, value: &Zval) -> Result<(), Stop> {
        // One more reference for the time of the walk: PHP code that we call and that writes to this array then writes to a copy.
        let held = value.shallow_clone();
        let outcome = match held.array() {
            Some(array) => self.elements(array),
            None => Err(Rule::Type.into()),
        };
        zend::release(held)?;
        outcome
    }

    fn elements(&mut self, array: &ZendHashTable) -> Result<(), Stop> {
        if self.depth == MAX_DEPTH {
            return Err(Rule::Depth.into());
        }
        self.enter(std::ptr::from_ref(array).addr())?;
        self.depth += 1;
        if zend::is_list(array) {
            self.list(array)?;
        } else {
            self.map(array)?;
        }
        self.depth -= 1;
        self.open.pop();
        Ok(())
    }

    fn list(&mut self, array: &ZendHashTable) -> Result<(), Stop> {
        self.json.begin_array()?;
        for (i, (_, element)) in zend::elements(array).enumerate() {
            self.json.comma(i == 0)?;
            self.value(element).map_err(|stop| stop.inside(i.to_string().as_bytes()))?;
        }
        Ok(self.json.end_array()?)
    }

    fn map(&mut self, array: &ZendHashTable) -> Result<(), Stop> {
        self.json.begin_object()?;
        for (i, (key, element)) in zend::elements(array).enumerate() {
            let digits;
            let key = match key {
                Key::Name(name) => name,
                Key::Index(index) => {
                    digits = index.to_string();
                    digits.as_bytes()
                }
            };
            self.json
                .key(key, i == 0)
                .map_err(Stop::from)
                .and_then(|()| self.value(element))
                .map_err(|stop| stop.inside(key))?;
        }
        Ok(self.json.end_object()?)
    }

    fn object(&mut self, value: &Zval) -> Result<(), Stop> {
        // As for arrays: what its method does to the variable that holds it must not free it under us.
        let held = value.shallow_clone();
        let outcome = match zend::object(&held) {
            Some(object) => self.converted(object),
            None => Err(Rule::Type.into()),
        };
        zend::release(held)?;
        outcome
    }

    fn converted(&mut self, object: NonNull<ZendObject>) -> Result<(), Stop> {
        self.enter(object.addr().get())?;
        match convert(object)? {
            Converted::Case(value) => self.value(value)?,
            Converted::Value(value) => {
                let outcome = self.value(&value);
                zend::release(value)?;
                outcome?;
            }
        }
        self.open.pop();
        Ok(())
    }

    fn enter(&mut self, address: usize) -> Result<(), Stop> {
        if self.open.contains(&address) {
            return Err(Rule::Cycle.into());
        }
        if self.open.len() == MAX_OPEN {
            return Err(Rule::Depth.into());
        }
        self.open.push(address);
        Ok(())
    }
}

enum Converted<'a> {
    /// The value of an enum's case, which the case owns.
    Case(&'a Zval),
    /// What the object's method returned.
    Value(Zval),
}

/// What an object stands for.
fn convert<'a>(object: NonNull<ZendObject>) -> Result<Converted<'a>, Stop> {
    if zend::is_json_serializable(object) {
        return Ok(Converted::Value(zend::call_method(object, "jsonserialize")?.ok_or(Rule::Type)?));
    }
    if zend::is_date(object) {
        // RFC 3339, which has years of four digits only.
        let date = zend::format_date(object, "Y-m-d\\TH:i:sP")?.ok_or(Rule::Type)?;
        if date.zend_str().is_none_or(|text| text.len() != "2026-01-02T03:04:05+00:00".len()) {
            return Err(Rule::Type.into());
        }
        return Ok(Converted::Value(date));
    }
    if let Some(value) = zend::backed_case_value(object) {
        return Ok(Converted::Case(value));
    }
    let data = zend::call_method(object, "get_data")?.ok_or(Rule::Type)?;
    if data.is_array() {
        return Ok(Converted::Value(data));
    }
    zend::release(data)?;
    Err(Rule::Type.into())
}

impl Stop {
    fn inside(self, key: &[u8]) -> Self {
        match self {
            Self::Invalid(violation) => Self::Invalid(violation.inside(key)),
            stop @ Self::Interrupted(_) => stop,
        }
    }
}
