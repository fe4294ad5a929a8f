//! An order on its way from a source's values to JSON: the walker that knows the source calls [`OrderWriter`] for each value, and is
//! told which it may leave out.
//!
//! There are two ways to write. The *plan* decides each value as it goes by and writes it at once; it knows only "this is right" and
//! stops at the first thing that is not, or that it cannot tell. The *tree* keeps what may be named, prunes it, asks `jsonschema`, and
//! collects everything that is wrong. The tree is the reference: a plan that got through has the tree's result (a property test holds them
//! together), and one that stopped is walked again as a tree.

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use serde_json::Value;

use super::{
    Change, JsonWriter, Order, Policy, Refused, Rule, UnknownFields, Violation, Written, card,
    judged::Judged,
    look::Look,
    pointer::Path,
    sanitise,
    schema::{ROOT, ShapeId, Shapes},
    tree::Tree,
};

/// How many pointers of one kind a receipt or an exception tells.
pub const MAX_TOLD: usize = 1000;

/// How much text is read, in lengths of the longest order.
const MAX_READ: usize = 16;

/// Writes one order.
///
/// The caller sees to nesting: every `begin_*` has its `end_*`, inside an object each value follows a [`OrderWriter::key`] that was answered
/// with true, inside an array each follows an [`OrderWriter::element`].
pub struct OrderWriter {
    policy: Arc<Policy>,
    shapes: Arc<Shapes>,
    way: Way,
    /// The place of the next value.
    place: ShapeId,
    /// The next value's key says that it is a card's.
    is_card: bool,
    open: Vec<Open>,
    path: Path,
    /// How many bytes of text were read: a text can be cleaned to nothing, and be given a million times.
    read: usize,
    dropped: Vec<String>,
    changes: Vec<Change>,
    violations: Vec<Violation>,
}

enum Way {
    Plan(JsonWriter),
    Tree(Tree),
}

/// An array or object that is being written.
struct Open {
    place: ShapeId,
    /// How many elements or members it has so far.
    count: u64,
    /// A key around it says that it holds a card's number or code.
    is_card: bool,
    /// The named keys among them.
    seen: u128,
    /// The last of those.
    last: Option<u16>,
    /// The others.
    others: Option<HashSet<String>>,
}

/// Nothing more of the order is wanted: call [`OrderWriter::finish`].
#[derive(Clone, Copy, Debug)]
pub struct Stopped;

/// What became of a walk.
pub enum Outcome {
    /// It can be sent.
    Order(Order),
    /// It cannot.
    Invalid(Vec<Violation>),
    /// One look was not enough: walk it again with [`OrderWriter::tree`].
    Again,
}

impl OrderWriter {
    /// The fastest writer for a policy: a plan if its schema has one.
    #[must_use]
    pub fn new(policy: &Arc<Policy>) -> Self {
        if policy.schema.is_planned() {
            let room = policy.schema.shapes().room();
            Self::with(policy, Way::Plan(JsonWriter::new(policy.max_bytes, policy.card_numbers, room)))
        } else {
            Self::tree(policy)
        }
    }

    /// The reference, which tells everything that is wrong.
    #[must_use]
    pub fn tree(policy: &Arc<Policy>) -> Self {
        Self::with(policy, Way::Tree(Tree::new(policy.max_bytes)))
    }

    fn with(policy: &Arc<Policy>, way: Way) -> Self {
        Self {
            policy: Arc::clone(policy),
            shapes: policy.schema.shapes(),
            way,
            place: ROOT,
            is_card: false,
            open: Vec::with_capacity(8),
            path: Path::default(),
            read: 0,
            dropped: Vec::new(),
            changes: Vec::new(),
            violations: Vec::new(),
        }
    }

    /// Whether what comes next can be an object and no array: an empty PHP array is one then.
    #[must_use]
    pub fn wants_object(&self) -> bool {
        self.shapes.get(self.place).wants_object
    }

    /// Whether it can be an object of any keys, and no array: a PHP list is one then, by its integer keys.
    #[must_use]
    pub fn wants_map(&self) -> bool {
        self.wants_object() && self.shapes.get(self.place).names_others()
    }

    /// Whether what comes next can be an array and no object: a PHP array with integer keys is a list then.
    #[must_use]
    pub fn wants_array(&self) -> bool {
        self.shapes.get(self.place).wants_array
    }

    /// `null`.
    ///
    /// # Errors
    /// [`Stopped`]; so for all below.
    pub fn null(&mut self) -> Result<(), Stopped> {
        match &mut self.way {
            Way::Plan(json) => {
                stop_unless(self.shapes.get(self.place).allows_null())?;
                json.null().map_err(|_| Stopped)
            }
            Way::Tree(tree) => tree.add(Value::Null),
        }
    }

    /// `true` or `false`.
    #[expect(clippy::missing_errors_doc, reason = "as for null")]
    pub fn bool(&mut self, value: bool) -> Result<(), Stopped> {
        match &mut self.way {
            Way::Plan(json) => {
                stop_unless(self.shapes.get(self.place).allows_bool(value))?;
                json.bool(value).map_err(|_| Stopped)
            }
            Way::Tree(tree) => tree.add(value.into()),
        }
    }

    /// An integer.
    #[expect(clippy::missing_errors_doc, reason = "as for null")]
    pub fn int(&mut self, value: i64) -> Result<(), Stopped> {
        match &mut self.way {
            Way::Plan(json) => {
                stop_unless(self.shapes.get(self.place).allows_int(value))?;
                let written = if self.is_card { json.hidden() } else { json.int(value) };
                self.masked(written)
            }
            Way::Tree(tree) => tree.add(value.into()),
        }
    }

    /// A float. Where the schema has no `number` (it may have `integer`), none is taken, not even a whole one.
    #[expect(clippy::missing_errors_doc, reason = "as for null")]
    pub fn float(&mut self, value: f64) -> Result<(), Stopped> {
        if !value.is_finite() {
            return self.invalid(Rule::Finite);
        }
        let shape = self.shapes.get(self.place);
        if shape.refuses_floats {
            return self.invalid(Rule::Float);
        }
        match &mut self.way {
            Way::Plan(json) => {
                stop_unless(shape.allows_float(value))?;
                let written = if self.is_card { json.hidden() } else { json.float(value) };
                self.masked(written)
            }
            Way::Tree(tree) => tree.add(value.into()),
        }
    }

    /// A string, given as bytes since PHP's strings are bytes.
    #[expect(clippy::missing_errors_doc, reason = "as for null")]
    pub fn string(&mut self, value: &[u8]) -> Result<(), Stopped> {
        // Before it is looked at, so that a string of 100 MB costs nothing.
        self.read = self.read.saturating_add(value.len());
        if value.len() > self.policy.max_bytes || self.read > self.policy.max_bytes.saturating_mul(MAX_READ) {
            return self.invalid(Rule::Size);
        }
        let Ok(text) = std::str::from_utf8(value) else { return self.invalid(Rule::Utf8) };
        let look = Look::at(text);
        if look.is_plain() {
            return self.clean(text, look);
        }
        match sanitise::text(text, self.shapes.get(self.place).lines) {
            None => self.clean(text, look),
            Some((clean, counts)) => {
                self.changed(Change::cleaned(self.path.pointer(&self.shapes), counts));
                self.clean(&clean, Look::at(&clean))
            }
        }
    }

    fn clean(&mut self, text: &str, look: Look) -> Result<(), Stopped> {
        match &mut self.way {
            Way::Plan(json) => {
                stop_unless(self.shapes.get(self.place).allows_string(text))?;
                let is_hidden = self.is_card && !text.is_empty();
                let written = if is_hidden { json.hidden() } else { json.looked_at(text, look) };
                self.masked(written)
            }
            // Masked, if it must be, when the tree is written.
            Way::Tree(tree) => tree.add(text.into()),
        }
    }

    /// In the place of a value that cannot be sent.
    #[expect(clippy::missing_errors_doc, reason = "as for null")]
    pub fn invalid(&mut self, rule: Rule) -> Result<(), Stopped> {
        match &mut self.way {
            Way::Plan(_) => Err(Stopped),
            Way::Tree(tree) => {
                if self.violations.len() < MAX_TOLD {
                    self.violations.push(Violation::new(self.path.pointer(&self.shapes), rule));
                }
                tree.add(Value::Null)
            }
        }
    }

    /// `[`.
    #[expect(clippy::missing_errors_doc, reason = "as for null")]
    pub fn begin_array(&mut self) -> Result<(), Stopped> {
        match &mut self.way {
            Way::Plan(json) => {
                stop_unless(self.shapes.get(self.place).allows_array())?;
                json.begin_array().map_err(|_| Stopped)?;
            }
            Way::Tree(tree) => tree.begin_array()?,
        }
        self.begin();
        Ok(())
    }

    /// The next element follows.
    #[expect(clippy::missing_errors_doc, reason = "as for null")]
    pub fn element(&mut self) -> Result<(), Stopped> {
        let Some(open) = self.open.last_mut() else { return Err(Stopped) };
        let index = open.count;
        open.count += 1;
        self.path.index(index);
        let element = usize::try_from(index).unwrap_or(usize::MAX);
        self.place = self.shapes.get(open.place).element(element);
        self.is_card = open.is_card;
        match &mut self.way {
            Way::Plan(json) => json.comma(index == 0).map_err(|_| Stopped),
            Way::Tree(_) => Ok(()),
        }
    }

    /// `]`.
    #[expect(clippy::missing_errors_doc, reason = "as for null")]
    pub fn end_array(&mut self) -> Result<(), Stopped> {
        self.path.close();
        let Some(open) = self.open.pop() else { return Err(Stopped) };
        match &mut self.way {
            Way::Plan(json) => {
                stop_unless(self.shapes.get(open.place).allows_items(open.count))?;
                json.end_array().map_err(|_| Stopped)
            }
            Way::Tree(tree) => tree.end(),
        }
    }

    /// `{`.
    #[expect(clippy::missing_errors_doc, reason = "as for null")]
    pub fn begin_object(&mut self) -> Result<(), Stopped> {
        match &mut self.way {
            Way::Plan(json) => {
                stop_unless(self.shapes.get(self.place).allows_object())?;
                json.begin_object().map_err(|_| Stopped)?;
            }
            Way::Tree(tree) => tree.begin_object()?,
        }
        self.begin();
        Ok(())
    }

    /// The key of what comes next in an object, and whether its value is wanted.
    #[expect(clippy::missing_errors_doc, reason = "as for null")]
    pub fn key(&mut self, key: &[u8]) -> Result<bool, Stopped> {
        let Some(open) = self.open.last_mut() else { return Err(Stopped) };
        let found = self.shapes.get(open.place).find(key, open.last);
        let Some((number, named)) = found else { return self.other_key(key) };
        if named.is_dropped {
            return self.unnamed(key);
        }
        // A place with more names than bits has none for the rest.
        let is_new = match named.bit {
            0 => open.others.get_or_insert_default().insert(String::from_utf8_lossy(key).into_owned()),
            bit => open.seen & bit == 0,
        };
        if !is_new {
            return self.refuse_key(key, Rule::DuplicateKey);
        }
        let is_first = open.count == 0;
        open.seen |= named.bit;
        open.count += 1;
        open.last = Some(number);
        self.place = named.shape;
        self.is_card = named.is_card || open.is_card;
        self.path.named(open.place, number);
        match &mut self.way {
            Way::Plan(json) => json.known_key(&named.json, is_first).map_err(|_| Stopped)?,
            Way::Tree(tree) => tree.key(String::from_utf8_lossy(key).into_owned()),
        }
        Ok(true)
    }

    /// One that the schema does not name as it stands.
    fn other_key(&mut self, raw: &[u8]) -> Result<bool, Stopped> {
        let Some(open) = self.open.last_mut() else { return Err(Stopped) };
        let shape = self.shapes.get(open.place);
        // Bytes that are no text are nobody's name, unless any name will do.
        let refused = if raw.len() > self.policy.max_bytes { Some(Rule::Size) } else { None };
        let text = std::str::from_utf8(raw).map_err(|_| Rule::Utf8);
        let raw_text = match (text, refused) {
            (Ok(text), None) => text,
            (Err(rule), _) | (_, Some(rule)) if shape.names_others() => return self.refuse_key(raw, rule),
            _ => return self.unnamed(raw),
        };
        let is_plain = Look::at(raw_text).is_plain();
        let key = if is_plain { Cow::Borrowed(raw_text) } else { sanitise::key(raw_text) };
        if key != raw_text && shape.find(key.as_bytes(), None).is_some() {
            return self.key(key.as_bytes());
        }
        let Some(place) = shape.other(&key) else { return self.unnamed(raw) };
        if !open.others.get_or_insert_default().insert(key.clone().into_owned()) {
            return self.refuse_key(key.as_bytes(), Rule::DuplicateKey);
        }
        let is_first = open.count == 0;
        open.count += 1;
        self.place = place;
        self.is_card = card::is_named(&key) || open.is_card;
        self.path.key(key.as_bytes());
        match &mut self.way {
            // A card's number in a key is rare enough to be the tree's.
            Way::Plan(json) => match json.key(&key, is_first) {
                Ok(Written::Same) => {}
                Ok(Written::Masked) | Err(_) => return Err(Stopped),
            },
            Way::Tree(tree) => tree.key(key.into_owned()),
        }
        Ok(true)
    }

    /// A key that may not be sent.
    fn unnamed(&mut self, key: &[u8]) -> Result<bool, Stopped> {
        self.path.key(key);
        if self.policy.unknown_fields == UnknownFields::Reject && matches!(self.way, Way::Plan(_)) {
            return Err(Stopped);
        }
        if self.dropped.len() < MAX_TOLD {
            self.dropped.push(self.path.pointer(&self.shapes));
        }
        Ok(false)
    }

    /// A key that cannot be sent, or is another one's once both are clean.
    fn refuse_key(&mut self, key: &[u8], rule: Rule) -> Result<bool, Stopped> {
        self.path.key(key);
        if let Way::Plan(_) = self.way {
            return Err(Stopped);
        }
        if self.violations.len() < MAX_TOLD {
            self.violations.push(Violation::new(self.path.pointer(&self.shapes), rule));
        }
        Ok(false)
    }

    /// `}`.
    #[expect(clippy::missing_errors_doc, reason = "as for null")]
    pub fn end_object(&mut self) -> Result<(), Stopped> {
        self.path.close();
        let Some(open) = self.open.pop() else { return Err(Stopped) };
        match &mut self.way {
            Way::Plan(json) => {
                stop_unless(self.shapes.get(open.place).allows_keys(open.seen, open.count))?;
                json.end_object().map_err(|_| Stopped)
            }
            Way::Tree(tree) => tree.end(),
        }
    }

    /// The order, or why it is none. `whole`: whether the walk came to its end.
    #[must_use]
    pub fn finish(mut self, whole: Result<(), Stopped>) -> Outcome {
        match self.way {
            Way::Plan(json) => match whole {
                Ok(()) => {
                    let json = json.finish();
                    self.shapes.remember(json.len());
                    Outcome::Order(Order::new(json, self.changes, self.dropped))
                }
                Err(Stopped) => Outcome::Again,
            },
            Way::Tree(tree) => {
                if whole.is_err() {
                    self.violations.push(Violation::new(String::new(), Rule::Size));
                }
                let judged = Judged {
                    policy: &self.policy,
                    dropped: self.dropped,
                    changes: self.changes,
                    violations: self.violations,
                    no_names: Shapes::default(),
                };
                judged.judge(&tree.finish())
            }
        }
    }

    fn begin(&mut self) {
        self.open.push(Open {
            place: self.place,
            is_card: self.is_card,
            count: 0,
            seen: 0,
            last: None,
            others: None,
        });
        self.path.open();
    }

    /// Notes what the plan's JSON masked.
    #[inline]
    fn masked(&mut self, written: Result<Written, Refused>) -> Result<(), Stopped> {
        match written {
            Ok(Written::Same) => Ok(()),
            Ok(Written::Masked) => {
                self.changed(Change::masked(self.path.pointer(&self.shapes)));
                Ok(())
            }
            Err(_) => Err(Stopped),
        }
    }

    fn changed(&mut self, change: Change) {
        if self.changes.len() < MAX_TOLD {
            self.changes.push(change);
        }
    }
}

fn stop_unless(allowed: bool) -> Result<(), Stopped> {
    if allowed { Ok(()) } else { Err(Stopped) }
}
