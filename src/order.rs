//! A PHP array becomes an order: PHP's values walked, and written by the engine, which says what of them it wants.
//!
//! What `json_encode` does, with these differences: an object is only taken if it says what it means (`JsonSerializable`, a date, a
//! backed enum, `WooCommerce`'s `get_data()`), an array is written as the list or object that the schema wants if it can be either, a
//! float keeps its `.0`, and what cannot be encoded is told by where it is.

use std::{
    cell::{Cell, RefCell},
    ops::{Deref, DerefMut},
    ptr::NonNull,
};

use engine::{
    config::Config,
    order::{MAX_DEPTH, Order, OrderWriter, Outcome, Rule, Stopped, Violation},
};
use ext_php_rs::types::{ZendHashTable, ZendObject, Zval};

use crate::zend::{self, Interrupted, Key, Kind};

/// Why a walk does not go on.
enum Stop {
    /// The writer has had enough.
    Enough,
    /// PHP code that we called threw, or ended the request.
    Interrupted(Interrupted),
}

impl From<Stopped> for Stop {
    fn from(_: Stopped) -> Self {
        Self::Enough
    }
}

impl From<Interrupted> for Stop {
    fn from(interrupted: Interrupted) -> Self {
        Self::Interrupted(interrupted)
    }
}

/// The order, or what is wrong with it. Objects in an order that has something wrong with it are asked for their data twice.
pub fn from_zval(value: &Zval, config: &Config) -> Result<Result<Order, Vec<Violation>>, Interrupted> {
    let mut writer = OrderWriter::new(&config.policy);
    loop {
        let mut walk = OpenWalk::begin(writer);
        let whole = match walk.value(value) {
            Ok(()) => Ok(()),
            Err(Stop::Enough) => Err(Stopped),
            Err(Stop::Interrupted(interrupted)) => return Err(interrupted),
        };
        match walk.end().map(|writer| writer.finish(whole)) {
            Some(Outcome::Order(order)) => return Ok(Ok(order)),
            Some(Outcome::Invalid(violations)) => return Ok(Err(violations)),
            Some(Outcome::Again) | None => writer = OrderWriter::tree(&config.policy),
        }
    }
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
    /// Some until [`OpenWalk::end`].
    writer: Option<OrderWriter>,
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
    fn begin(writer: OrderWriter) -> Self {
        let walk = Walk { writer: Some(writer), depth: 0, open: Vec::new(), calls: 0 };
        let walk = NonNull::from(Box::leak(Box::new(walk)));
        OPEN.with_borrow_mut(|open| open.push(walk));
        Self(walk)
    }

    fn end(mut self) -> Option<OrderWriter> {
        self.writer.take()
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
    fn writer(&mut self) -> Result<&mut OrderWriter, Stop> {
        self.writer.as_mut().ok_or(Stop::Enough)
    }

    #[inline]
    fn value(&mut self, value: &Zval) -> Result<(), Stop> {
        match Kind::of(value) {
            Kind::Null => self.writer()?.null()?,
            Kind::Bool(value) => self.writer()?.bool(value)?,
            Kind::Long(value) => self.writer()?.int(value)?,
            Kind::Double(value) => self.writer()?.float(value)?,
            Kind::String(text) => self.writer()?.string(text)?,
            Kind::Array(array) => self.array(array)?,
            Kind::Object(object) => self.object(object)?,
            Kind::Other => self.invalid(Rule::Type)?,
        }
        Ok(())
    }

    /// In the place of a value that cannot be sent.
    fn invalid(&mut self, rule: Rule) -> Result<(), Stop> {
        Ok(self.writer()?.invalid(rule)?)
    }

    // Not within the loops over elements, most of which are scalars.
    #[inline(never)]
    fn array(&mut self, value: &Zval) -> Result<(), Stop> {
        // One more reference for the time of the walk: PHP code that we call and that writes to this array then writes to a copy.
        let held = value.shallow_clone();
        let calls = self.calls;
        let outcome = match held.array() {
            Some(array) => self.elements(array),
            None => self.invalid(Rule::Type),
        };
        if self.calls == calls {
            zend::give_back(held)?;
            return outcome;
        }
        release_after(outcome, held)
    }

    fn elements(&mut self, array: &ZendHashTable) -> Result<(), Stop> {
        if self.depth == MAX_DEPTH {
            return self.invalid(Rule::Depth);
        }
        if let Err(rule) = self.enter(std::ptr::from_ref(array).addr()) {
            return self.invalid(rule);
        }
        self.depth += 1;
        if self.is_written_as_list(array)? {
            self.list(array)?;
        } else {
            self.map(array)?;
        }
        self.depth -= 1;
        self.leave();
        Ok(())
    }

    /// PHP has one kind of array: one that looks like a list (or is empty), and one with integer keys (items of a `WooCommerce` order, by their ids), can be either.
    fn is_written_as_list(&mut self, array: &ZendHashTable) -> Result<bool, Stop> {
        let writer = self.writer()?;
        if zend::is_list(array) {
            return Ok(!if array.is_empty() { writer.wants_object() } else { writer.wants_map() });
        }
        Ok(writer.wants_array() && zend::elements(array).all(|(key, _)| matches!(key, Key::Index(_))))
    }

    fn list(&mut self, array: &ZendHashTable) -> Result<(), Stop> {
        self.writer()?.begin_array()?;
        for (_, element) in zend::elements(array) {
            self.writer()?.element()?;
            self.value(element)?;
        }
        Ok(self.writer()?.end_array()?)
    }

    fn map(&mut self, array: &ZendHashTable) -> Result<(), Stop> {
        self.writer()?.begin_object()?;
        for (key, element) in zend::elements(array) {
            let digits;
            let key = match key {
                Key::Name(name) => name,
                Key::Index(index) => {
                    digits = index.to_string();
                    digits.as_bytes()
                }
            };
            if self.writer()?.key(key)? {
                self.value(element)?;
            }
        }
        Ok(self.writer()?.end_object()?)
    }

    #[inline(never)]
    fn object(&mut self, value: &Zval) -> Result<(), Stop> {
        // As for arrays: what its method does to the variable that holds it must not free it under us.
        let held = value.shallow_clone();
        let outcome = match zend::object(&held) {
            Some(object) => self.converted(object),
            None => self.invalid(Rule::Type),
        };
        release_after(outcome, held)
    }

    fn converted(&mut self, object: NonNull<ZendObject>) -> Result<(), Stop> {
        if let Err(rule) = self.enter(object.addr().get()) {
            return self.invalid(rule);
        }
        match convert(object)? {
            Converted::Nothing => self.invalid(Rule::Type)?,
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

    fn enter(&mut self, address: usize) -> Result<(), Rule> {
        if self.open.contains(&address) {
            return Err(Rule::Cycle);
        }
        let levels = LEVELS.get();
        if levels >= MAX_OPEN {
            return Err(Rule::Depth);
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

enum Converted<'a> {
    /// It has no form in JSON.
    Nothing,
    /// The value of an enum's case, which the case owns.
    Case(&'a Zval),
    /// What the object's method returned.
    Value(Zval),
}

/// What an object stands for.
fn convert<'a>(object: NonNull<ZendObject>) -> Result<Converted<'a>, Stop> {
    if zend::is_json_serializable(object) {
        let data = zend::call_method(object, "jsonserialize")?;
        return Ok(data.map_or(Converted::Nothing, Converted::Value));
    }
    if zend::is_date(object) {
        // RFC 3339, which has years of four digits only.
        let Some(date) = zend::format_date(object, "Y-m-d\\TH:i:sP")? else { return Ok(Converted::Nothing) };
        if date.zend_str().is_none_or(|text| text.len() != "2026-01-02T03:04:05+00:00".len()) {
            return Ok(Converted::Nothing);
        }
        return Ok(Converted::Value(date));
    }
    if let Some(value) = zend::backed_case_value(object) {
        return Ok(Converted::Case(value));
    }
    let Some(data) = zend::call_method(object, "get_data")? else { return Ok(Converted::Nothing) };
    if data.dereference().is_array() {
        return Ok(Converted::Value(data));
    }
    zend::release(data)?;
    Ok(Converted::Nothing)
}
