//! The order as it may leave: JSON that the binding wrote through [`JsonWriter`], bounded and valid by construction.
//!
//! Which fields may leave (schema, sanitising, card numbers) will be decided here, before an [`Order`] exists.

mod json;

use std::fmt;

use bytes::Bytes;

pub use json::JsonWriter;

/// How deep arrays and objects may be nested, the order itself being 1. Deeper than any real order, and no deeper than what
/// common receivers read by default (.NET's System.Text.Json stops at 64).
pub const MAX_DEPTH: usize = 64;

/// An order that can be sent: one JSON text (RFC 8259) within `max_order_bytes`.
#[derive(Debug)]
pub struct Order {
    json: Bytes,
}

impl Order {
    /// The JSON text; a cheap, shared copy.
    #[must_use]
    pub fn json(&self) -> Bytes {
        self.json.clone()
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
            Self::IdempotencyKey => "the idempotency key must be 1 to 255 visible ASCII characters",
        }
    }
}

/// One thing that keeps an order from being sent: where, and which rule; never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    rule: Rule,
    /// From the innermost outwards: a violation learns where it is while the walk unwinds, so that a good order pays nothing.
    path: Vec<String>,
}

/// The longest pointer that is told, in bytes. A key can be megabytes long.
const MAX_POINTER_BYTES: usize = 256;

impl Violation {
    /// The rule that a value breaks; [`Violation::inside`] then tells where.
    #[must_use]
    pub fn new(rule: Rule) -> Self {
        Self { rule, path: Vec::new() }
    }

    /// The same violation, seen from the array or object whose member `key` has it.
    #[must_use]
    pub fn inside(mut self, key: &[u8]) -> Self {
        let key = key.get(..MAX_POINTER_BYTES).unwrap_or(key);
        self.path.push(String::from_utf8_lossy(key).into_owned());
        self
    }

    /// The rule.
    #[must_use]
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// Where: an RFC 6901 JSON Pointer, cut after 256 bytes; the empty pointer is the whole order. Control characters in keys are
    /// shown as U+FFFD, so that a pointer cannot break a log line.
    #[must_use]
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        for segment in self.path.iter().rev() {
            pointer.push('/');
            for c in segment.chars() {
                match c {
                    '~' => pointer.push_str("~0"),
                    '/' => pointer.push_str("~1"),
                    c if c.is_control() => pointer.push(char::REPLACEMENT_CHARACTER),
                    c => pointer.push(c),
                }
            }
            if pointer.len() > MAX_POINTER_BYTES {
                let end = pointer.floor_char_boundary(MAX_POINTER_BYTES);
                pointer.truncate(end);
                pointer.push('…');
                break;
            }
        }
        pointer
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_escaped_as_rfc_6901_says_and_cannot_break_a_line() {
        let violation = Violation::new(Rule::Utf8).inside(b"a/b~c\n").inside(b"3").inside(b"items");
        assert_eq!(violation.pointer(), "/items/3/a~1b~0c\u{fffd}");
    }

    #[test]
    fn a_pointer_is_bounded() {
        let key = "ü".repeat(100_000);
        let pointer = Violation::new(Rule::Type).inside(key.as_bytes()).inside(key.as_bytes()).pointer();
        assert!(pointer.len() < 2 * MAX_POINTER_BYTES && pointer.ends_with('…'), "{}", pointer.len());
    }
}
