//! A PHP array becomes an order: PHP's values walked, JSON written by the engine.
//!
//! What `json_encode` does, with these differences: an object is only taken if it says what it means (`JsonSerializable`, a date, a
//! backed enum, `WooCommerce`'s `get_data()`), a float keeps its `.0`, and what cannot be encoded is told by where it is.

use std::{
    cell::{Cell, RefCell},
    ops::{Deref, DerefMut},
    ptr::NonNull,
};

use engine::{
    config::Config,
    order::{CardNumbers, Change, JsonWriter, MAX_DEPTH, Order, Rule, Violation, Written, card},
};
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

/// Writes an order, as the settings want it.
pub fn from_zval(value: &Zval, config: &Config) -> Result<Order, Stop> {
    let mut walk = OpenWalk::begin(config);
    walk.value(value)?;
    Ok(walk.end())
}

/// For RSHUTDOWN: drops what abandoned walks hold. When a fatal error ends the request, PHP frees a suspended fiber without
/// unwinding it, and with it our frames if it was suspended inside of a `jsonSerialize` that we called.
pub fn request_stops() {
    LEVELS.set(0);
    for walk in OPEN.with_borrow_mut(std::mem::take) {
        // SAFETY: leaked in `begin`; its frame is never run again, and so never drops it.
        drop(unsafe { Box::from_raw(walk.as_ptr()) });
    }
}

/// Objects that turn into objects that turn into objects… end somewhere; and so do calls of the function inside of a `jsonSerialize`
/// inside of a call: each level takes some of the stack. Counts all walks of this thread together.
const MAX_OPEN: usize = 4 * MAX_DEPTH;

struct Walk {
    json: JsonWriter,
    changes: Vec<Change>,
    /// How many JSON arrays and objects are open.
    depth: usize,
    /// The addresses of the PHP arrays and objects that we are inside of, to notice one that contains itself.
    open: Vec<usize>,
    /// How often PHP code was called.
    calls: usize,
}

thread_local! {
    /// The walks that are under way, each a leaked box. They are owned here and not by the frames that walk: see [`request_stops`].
    static OPEN: RefCell<Vec<NonNull<Walk>>> = const { RefCell::new(Vec::new()) };
    /// How many arrays and objects all of them together are inside of.
    static LEVELS: Cell<usize> = const { Cell::new(0) };
}

/// A walk in [`OPEN`], until it ends or is dropped.
struct OpenWalk(NonNull<Walk>);

impl OpenWalk {
    fn begin(config: &Config) -> Self {
        let json = JsonWriter::new(config.max_order_bytes, config.card_numbers);
        let walk = Walk { json, changes: Vec::new(), depth: 0, open: Vec::new(), calls: 0 };
        let walk = NonNull::from(Box::leak(Box::new(walk)));
        OPEN.with_borrow_mut(|open| open.push(walk));
        Self(walk)
    }

    fn end(mut self) -> Order {
        let changes = std::mem::take(&mut self.changes);
        std::mem::replace(&mut self.json, JsonWriter::new(0, CardNumbers::Mask))
            .finish()
            .with_changes(changes)
    }
}

impl Deref for OpenWalk {
    type Target = Walk;

    fn deref(&self) -> &Walk {
        // SAFETY: leaked in `begin`, and freed by Drop, or when the request is over and no frame of it runs any more; nobody else
        // refers into it.
        unsafe { self.0.as_ref() }
    }
}

impl DerefMut for OpenWalk {
    fn deref_mut(&mut self) -> &mut Walk {
        // SAFETY: as above.
        unsafe { self.0.as_mut() }
    }
}

impl Drop for OpenWalk {
    fn drop(&mut self) {
        OPEN.with_borrow_mut(|open| open.retain(|walk| *walk != self.0));
        LEVELS.set(LEVELS.get().saturating_sub(self.open.len()));
        // SAFETY: leaked in `begin`, and taken out of OPEN, the only other place that knows of it.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl Walk {
    fn value(&mut self, value: &Zval) -> Result<(), Stop> {
        let value = value.dereference();
        match value.get_type() {
            DataType::Null | DataType::Undef => self.json.null()?,
            DataType::True => self.json.bool(true)?,
            DataType::False => self.json.bool(false)?,
            DataType::Long => {
                let written = self.json.int(value.long().unwrap_or_default())?;
                self.note(written);
            }
            DataType::Double => {
                let written = self.json.float(value.double().unwrap_or_default())?;
                self.note(written);
            }
            DataType::String => {
                let written = self.json.string(value.zend_str().map_or(&[], |string| string.as_bytes()))?;
                self.note(written);
            }
            DataType::Array => self.array(value)?,
            DataType::Object(_) => self.object(value)?,
            _ => return Err(Rule::Type.into()),
        }
        Ok(())
    }

    fn note(&mut self, written: Written) {
        if written == Written::Masked {
            self.changes.push(Change::masked());
        }
    }

    /// Changes since `before` are in the member `key` of what is walked now.
    fn changed_inside(&mut self, before: usize, key: &[u8]) {
        for change in self.changes.iter_mut().skip(before) {
            change.inside(key);
        }
    }

    fn array(&mut self, value: &Zval) -> Result<(), Stop> {
        // One more reference for the time of the walk: PHP code that we call and that writes to this array then writes to a copy.
        let held = value.shallow_clone();
        let calls = self.calls;
        let outcome = match held.array() {
            Some(array) => self.elements(array),
            None => Err(Rule::Type.into()),
        };
        if self.calls == calls {
            zend::give_back(held)?;
            return outcome;
        }
        release_after(outcome, held)
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
        self.leave();
        Ok(())
    }

    fn list(&mut self, array: &ZendHashTable) -> Result<(), Stop> {
        self.json.begin_array()?;
        for (i, (_, element)) in zend::elements(array).enumerate() {
            self.json.comma(i == 0)?;
            let before = self.changes.len();
            self.value(element).map_err(|stop| stop.inside(i.to_string().as_bytes()))?;
            if self.changes.len() > before {
                self.changed_inside(before, i.to_string().as_bytes());
            }
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
            let before = self.changes.len();
            self.member(key, i == 0, element).map_err(|stop| stop.inside(key))?;
            self.changed_inside(before, key);
        }
        Ok(self.json.end_object()?)
    }

    fn member(&mut self, key: &[u8], first: bool, value: &Zval) -> Result<(), Stop> {
        let written = self.json.key(key, first)?;
        self.note(written);
        if !is_given(value) || !std::str::from_utf8(key).is_ok_and(card::is_named) {
            return self.value(value);
        }
        // Nothing of it is kept, not even four digits: those of a security code are all of it.
        let written = self.json.hidden()?;
        self.note(written);
        Ok(())
    }

    fn object(&mut self, value: &Zval) -> Result<(), Stop> {
        // As for arrays: what its method does to the variable that holds it must not free it under us.
        let held = value.shallow_clone();
        let outcome = match zend::object(&held) {
            Some(object) => self.converted(object),
            None => Err(Rule::Type.into()),
        };
        release_after(outcome, held)
    }

    fn converted(&mut self, object: NonNull<ZendObject>) -> Result<(), Stop> {
        self.enter(object.addr().get())?;
        match convert(object)? {
            Converted::Case(value) => self.value(value)?,
            Converted::Value(value) => {
                self.calls += 1;
                let outcome = self.value(&value);
                release_after(outcome, value)?;
            }
        }
        self.leave();
        Ok(())
    }

    fn enter(&mut self, address: usize) -> Result<(), Stop> {
        if self.open.contains(&address) {
            return Err(Rule::Cycle.into());
        }
        let levels = LEVELS.get();
        if levels >= MAX_OPEN {
            return Err(Rule::Depth.into());
        }
        LEVELS.set(levels + 1);
        self.open.push(address);
        Ok(())
    }

    fn leave(&mut self) {
        LEVELS.set(LEVELS.get().saturating_sub(1));
        self.open.pop();
    }
}

/// Gives up a value after what was done with it. After a bailout it is PHP's to free, with the request.
fn release_after(outcome: Result<(), Stop>, value: Zval) -> Result<(), Stop> {
    if matches!(outcome, Err(Stop::Interrupted(Interrupted::Bailout))) {
        std::mem::forget(value);
        return outcome;
    }
    zend::release(value)?;
    outcome
}

/// Whether a value is a number or a text of some length: what a card's field could hold.
fn is_given(value: &Zval) -> bool {
    let value = value.dereference();
    value.is_long() || value.is_double() || value.zend_str().is_some_and(|text| !text.is_empty())
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
    if data.dereference().is_array() {
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
