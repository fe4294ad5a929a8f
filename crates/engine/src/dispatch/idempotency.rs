//! The name under which an API is to take an order once (draft-ietf-httpapi-idempotency-key-header).

use http::HeaderValue;
use uuid::Uuid;

use crate::{
    error::Error,
    order::{Rule, Violation},
};

/// 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(HeaderValue);

/// What common APIs and databases take as a key.
const MAX_BYTES: usize = 255;

impl IdempotencyKey {
    /// Takes a caller's key.
    ///
    /// # Errors
    /// [`Error::Validation`] with [`Rule::IdempotencyKey`].
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        let fits = (1..=MAX_BYTES).contains(&text.len()) && text.iter().all(u8::is_ascii_graphic);
        match HeaderValue::from_bytes(text) {
            Ok(value) if fits => Ok(Self(value)),
            _ => Err(Error::Validation(vec![Violation::new(String::new(), Rule::IdempotencyKey)])),
        }
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // A parsed key is ASCII.
        self.0.to_str().unwrap_or_default()
    }

    pub(super) fn header_value(&self) -> &HeaderValue {
        &self.0
    }
}

impl From<Uuid> for IdempotencyKey {
    fn from(id: Uuid) -> Self {
        let mut text = Uuid::encode_buffer();
        // A UUID's text is ASCII.
        Self(
            HeaderValue::from_str(id.hyphenated().encode_lower(&mut text))
                .unwrap_or(HeaderValue::from_static("")),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_1_to_255_visible_ascii_characters() {
        for text in ["a", "order-1001/processing", &"k".repeat(255)] {
            assert_eq!(IdempotencyKey::parse(text.as_bytes()).unwrap().as_str(), text);
        }
        for text in ["", "a b", "a\n", "ä", "\u{7f}", &"k".repeat(256)] {
            assert!(IdempotencyKey::parse(text.as_bytes()).is_err(), "{text:?}");
        }
        let id = Uuid::now_v7();
        assert_eq!(IdempotencyKey::from(id).as_str(), id.to_string());
    }
}
