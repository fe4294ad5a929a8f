//! What may be named of an order, as a tree of JSON values.

use serde_json::{Map, Value};

use super::writer::Stopped;

/// A tree that grows value by value.
pub(super) struct Tree {
    root: Value,
    open: Vec<(Value, Option<String>)>,
    /// How many bytes more it may take.
    room: usize,
}

/// What a value takes besides its text.
const VALUE_BYTES: usize = 32;

/// A branch of the schema may still drop some of it, so it may be larger than what leaves.
const ROOM_FACTOR: usize = 16;

impl Tree {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { root: Value::Null, open: Vec::new(), room: max_bytes.saturating_mul(ROOM_FACTOR) }
    }

    pub(super) fn add(&mut self, value: Value) -> Result<(), Stopped> {
        let text = value.as_str().map_or(0, str::len);
        self.room = self.room.checked_sub(VALUE_BYTES + text).ok_or(Stopped)?;
        self.put(value);
        Ok(())
    }

    fn put(&mut self, value: Value) {
        match self.open.last_mut() {
            None => self.root = value,
            Some((Value::Array(elements), _)) => elements.push(value),
            Some((Value::Object(members), key)) => {
                members.insert(key.take().unwrap_or_default(), value);
            }
            Some(_) => {}
        }
    }

    pub(super) fn key(&mut self, name: String) {
        if let Some((_, key)) = self.open.last_mut() {
            self.room = self.room.saturating_sub(name.len());
            *key = Some(name);
        }
    }

    pub(super) fn begin_array(&mut self) -> Result<(), Stopped> {
        self.begin(Value::Array(Vec::new()))
    }

    pub(super) fn begin_object(&mut self) -> Result<(), Stopped> {
        self.begin(Value::Object(Map::new()))
    }

    fn begin(&mut self, empty: Value) -> Result<(), Stopped> {
        self.room = self.room.checked_sub(VALUE_BYTES).ok_or(Stopped)?;
        self.open.push((empty, None));
        Ok(())
    }

    pub(super) fn end(&mut self) -> Result<(), Stopped> {
        let (value, _) = self.open.pop().ok_or(Stopped)?;
        self.put(value);
        Ok(())
    }

    /// As far as it came.
    pub(super) fn finish(mut self) -> Value {
        while !self.open.is_empty() {
            let _ = self.end();
        }
        self.root
    }
}
