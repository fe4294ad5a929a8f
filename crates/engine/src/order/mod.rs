//! The order as it may leave: JSON that the binding wrote through [`JsonWriter`], bounded and valid by construction.
//!
//! Payment card numbers are taken out on the way ([`card`]). Which fields may leave (schema, sanitising) will be decided here too,
//! before an [`Order`] exists.

pub mod card;
mod json;
mod place;

use std::fmt;

use bytes::Bytes;

pub use json::{JsonWriter, Written};
use place::Place;

/// How deep arrays and objects may be nested, the order itself being 1. Deeper than any real order, and no deeper than what
/// common receivers read by default (.NET's System.Text.Json stops at 64).
pub const MAX_DEPTH: usize = 64;

/// An order that can be sent: one JSON text (RFC 8259) within `max_order_bytes`.
#[derive(Debug)]
pub struct Order {
    json: Bytes,
    changes: Vec<Change>,
}

impl Order {
    /// The JSON text; a cheap, shared copy.
    #[must_use]
    pub fn json(&self) -> Bytes {
        self.json.clone()
    }

    /// What was changed before it was written.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The same order, with what was changed in it.
    #[must_use]
    pub fn with_changes(self, changes: Vec<Change>) -> Self {
        Self { changes, ..self }
    }
}

/// What becomes of a payment card's number in an order: `secure_dispatch.card_numbers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardNumbers {
    /// All but its last four digits are replaced. One in thirty random 16-digit numbers looks like a card's: an alarm must not lose the
    /// order.
    Mask,
    /// The order is refused.
    Reject,
}

/// A place where the order is not sent as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    place: Place,
}

impl Change {
    /// A card number was masked; [`Change::inside`] then tells where.
    #[must_use]
    pub fn masked() -> Self {
        Self { place: Place::default() }
    }

    /// Makes it one that is seen from the array or object whose member `key` has it.
    pub fn inside(&mut self, key: &[u8]) {
        self.place.inside(key);
    }

    /// Where: a JSON Pointer, as [`Violation::pointer`].
    #[must_use]
    pub fn pointer(&self) -> String {
        self.place.pointer()
    }

    /// What was done, as PHP code sees it in `Receipt::$changed`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        "masked"
    }
}

/// What is wrong with a value of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// A string or key that is not UTF-8.
    Utf8,
    /// NaN or an infinity, which JSON does not have.
    Finite,
    /// A resource, a closure, or an object that has no JSON form of its own.
    Type,
    /// An array or object that contains itself.
    Cycle,
    /// Nested deeper than [`MAX_DEPTH`].
    Depth,
    /// The JSON is larger than `max_order_bytes`.
    Size,
    /// A payment card's number or security code, where the operator wants such orders refused.
    CardNumber,
    /// The idempotency key is not 1 to 255 visible ASCII characters.
    IdempotencyKey,
}

impl Rule {
    /// The rule's name, as PHP code sees it in `ValidationException::$violations`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Finite => "finite",
            Self::Type => "type",
            Self::Cycle => "cycle",
            Self::Depth => "depth",
            Self::Size => "size",
            Self::CardNumber => "card_number",
            Self::IdempotencyKey => "idempotency_key",
        }
    }

    fn explanation(self) -> &'static str {
        match self {
            Self::Utf8 => "is not valid UTF-8",
            Self::Finite => "is NaN or infinite, which JSON does not have",
            Self::Type => {
                "is a value without a JSON form (a resource, or an object that is neither JsonSerializable, a date, a backed enum nor \
                 has a public get_data())"
            }
            Self::Cycle => "contains itself",
            Self::Depth => {
                "is nested deeper than 64 levels (or than 256 arrays and objects, calls within calls included)"
            }
            Self::Size => "makes the order larger than secure_dispatch.max_order_bytes",
            Self::CardNumber => {
                "holds a payment card's number or security code, which never leaves (secure_dispatch.card_numbers=reject)"
            }
            Self::IdempotencyKey => "the idempotency key must be 1 to 255 visible ASCII characters",
        }
    }
}

/// One thing that keeps an order from being sent: where, and which rule; never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    rule: Rule,
    place: Place,
}

impl Violation {
    /// The rule that a value breaks; [`Violation::inside`] then tells where.
    #[must_use]
    pub fn new(rule: Rule) -> Self {
        Self { rule, place: Place::default() }
    }

    /// The same violation, seen from the array or object whose member `key` has it.
    #[must_use]
    pub fn inside(mut self, key: &[u8]) -> Self {
        self.place.inside(key);
        self
    }

    /// The rule.
    #[must_use]
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// Where: an RFC 6901 JSON Pointer, cut after 256 bytes; the empty pointer is the whole order. Control characters in keys are
    /// shown as U+FFFD, so that a pointer cannot break a log line, and card numbers masked.
    #[must_use]
    pub fn pointer(&self) -> String {
        self.place.pointer()
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rule == Rule::IdempotencyKey {
            return f.write_str(self.rule.explanation());
        }
        match self.pointer().as_str() {
            "" if self.rule == Rule::Size => {
                f.write_str("the order is larger than secure_dispatch.max_order_bytes")
            }
            "" => write!(f, "the order {}", self.rule.explanation()),
            pointer => write!(f, "{pointer} {}", self.rule.explanation()),
        }
    }
}
