//! The order as it may leave: named by the schema, clean, valid, without card numbers, bounded; or every reason why there is none.
//!
//! A [`Policy`] says what may leave. The walker that knows the source's values calls an [`OrderWriter`]; an [`Order`] comes of nothing
//! else, so that nothing downstream can hold a raw one.

pub mod card;
mod id;
mod json;
mod judged;
mod look;
mod pointer;
mod sanitise;
mod schema;
mod tree;
mod writer;

use std::{fmt, sync::Arc};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use json::{JsonWriter, Refused, Written};
pub use sanitise::Counts;
pub use schema::{BUILT_IN, Schema, SchemaFault};
pub use writer::{MAX_TOLD, OrderWriter, Outcome, Stopped};

/// How deep arrays and objects may be nested, the order itself being 1. Deeper than any real order, and no deeper than what
/// common receivers read by default (.NET's System.Text.Json stops at 64).
pub const MAX_DEPTH: usize = 64;

/// What may leave, and in which form.
pub struct Policy {
    /// Which fields, and what must hold of them.
    pub schema: Arc<Schema>,
    /// What becomes of other fields.
    pub unknown_fields: UnknownFields,
    /// What becomes of card numbers.
    pub card_numbers: CardNumbers,
    /// The largest JSON, in bytes.
    pub max_bytes: usize,
}

/// What becomes of fields that the schema does not name: `secure_dispatch.unknown_fields`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownFields {
    /// They are not sent, and the receipt says so.
    Drop,
    /// The order is refused.
    Reject,
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

/// An order that can be sent: one JSON text (RFC 8259) within `max_order_bytes`.
#[derive(Debug)]
pub struct Order {
    json: Bytes,
    changes: Vec<Change>,
    dropped: Vec<String>,
}

impl Order {
    fn new(json: Vec<u8>, changes: Vec<Change>, dropped: Vec<String>) -> Self {
        Self { json: json.into(), changes: Change::merged(changes), dropped }
    }

    /// The JSON text; a cheap, shared copy.
    #[must_use]
    pub fn json(&self) -> Bytes {
        self.json.clone()
    }

    /// The order's own id: the text or whole number that the first of these JSON Pointers to lead to one leads to.
    #[must_use]
    pub fn id(&self, pointers: &[String]) -> Option<String> {
        pointers.iter().find_map(|pointer| id::find(&self.json, pointer))
    }

    /// What was changed before it was written, by pointer; [`MAX_TOLD`] places at most.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// JSON Pointers of what the schema does not name; [`MAX_TOLD`] at most.
    #[must_use]
    pub fn dropped(&self) -> &[String] {
        &self.dropped
    }
}

/// A place where the order is not sent as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pointer: String,
    counts: Counts,
    masked: u32,
}

impl Change {
    fn cleaned(pointer: String, counts: Counts) -> Self {
        Self { pointer, counts, masked: 0 }
    }

    fn masked(pointer: String) -> Self {
        Self { pointer, counts: Counts::default(), masked: 1 }
    }

    /// One for each place, sorted by it.
    fn merged(mut changes: Vec<Self>) -> Vec<Self> {
        changes.sort_by(|one, other| one.pointer.cmp(&other.pointer));
        changes.dedup_by(|next, kept| {
            let is_same = next.pointer == kept.pointer;
            if is_same {
                kept.counts.add(next.counts);
                kept.masked += next.masked;
            }
            is_same
        });
        changes
    }

    /// Where: a JSON Pointer, as [`Violation::pointer`].
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// What was done, as PHP code sees it in `Receipt::$changed`: its name, and how often.
    pub fn kinds(&self) -> impl Iterator<Item = (&'static str, u32)> {
        let Counts { controls, invisible, newlines, markup, nfc, trimmed } = self.counts;
        [
            ("controls", controls),
            ("invisible", invisible),
            ("newlines", newlines),
            ("markup", markup),
            ("nfc", nfc),
            ("trimmed", trimmed),
            ("masked", self.masked),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
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
    /// A float where the schema wants a decimal string (or an integer).
    Float,
    /// A keyword of the schema.
    Keyword(&'static str),
    /// A field that the schema does not name, where the operator wants such orders refused.
    UnknownField,
    /// Two keys of an object that are the same once they are clean.
    DuplicateKey,
    /// The idempotency key is not 1 to 255 visible ASCII characters.
    IdempotencyKey,
    /// The idempotency key was used for an order with another body.
    KeyReused,
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
            Self::Float => "float",
            Self::Keyword(keyword) => keyword,
            Self::UnknownField => "unknown_field",
            Self::DuplicateKey => "duplicate_key",
            Self::IdempotencyKey => "idempotency_key",
            Self::KeyReused => "key_reused",
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
            Self::Float => {
                "is a float, which does not hold decimals exactly; give a string (\"12.50\"), or an integer where the schema has one"
            }
            Self::Keyword("required") => "is missing, and the schema requires it",
            Self::Keyword(_) => "does not fit the schema",
            Self::UnknownField => "is not named by the schema (secure_dispatch.unknown_fields=reject)",
            Self::DuplicateKey => {
                "is there twice, once the keys are cleaned of invisible characters and space"
            }
            Self::IdempotencyKey => "the idempotency key must be 1 to 255 visible ASCII characters",
            Self::KeyReused => {
                "its idempotency key was used before, for an order with another content; give each dispatch that differs a key of its own"
            }
        }
    }
}

/// One thing that keeps an order from being sent: where, and which rule; never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pointer: String,
    rule: Rule,
}

impl Violation {
    pub(crate) fn new(pointer: String, rule: Rule) -> Self {
        Self { pointer, rule }
    }

    /// The rule.
    #[must_use]
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// Where: an RFC 6901 JSON Pointer, cut after 256 bytes; the empty pointer is the whole order. Control characters in keys are
    /// shown as U+FFFD, so that a pointer cannot break a log line, and card numbers masked.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let explanation = self.rule.explanation();
        match (self.pointer.as_str(), self.rule) {
            (_, Rule::IdempotencyKey | Rule::KeyReused) => return f.write_str(explanation),
            ("", Rule::Size) => {
                return f.write_str("the order is larger than secure_dispatch.max_order_bytes");
            }
            ("", _) => write!(f, "the order {explanation}")?,
            (pointer, _) => write!(f, "{pointer} {explanation}")?,
        }
        match self.rule {
            Rule::Keyword("required") => Ok(()),
            Rule::Keyword(keyword) => write!(f, " ({keyword})"),
            _ => Ok(()),
        }
    }
}
