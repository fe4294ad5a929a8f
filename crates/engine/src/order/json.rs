//! JSON text, written value by value into one bounded buffer: commas, escapes, number forms, masks and the size limit.

use serde::Serialize;

use super::{CardNumbers, card, look::Look};

/// Writes one JSON text of at most `max_bytes`. Every `begin_*` has its `end_*`, and inside an object each value follows a key.
pub(super) struct JsonWriter {
    json: Vec<u8>,
    max_bytes: usize,
    cards: CardNumbers,
}

/// Whether a value was written as it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Written {
    /// As it was.
    Same,
    /// With a card number masked.
    Masked,
}

/// Why something was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The text is over its limit.
    Size,
    /// It is a card's number.
    CardNumber,
}

impl JsonWriter {
    /// `room`: for so many bytes to begin with.
    pub(super) fn new(max_bytes: usize, cards: CardNumbers, room: usize) -> Self {
        Self { json: Vec::with_capacity(room), max_bytes, cards }
    }

    pub(super) fn null(&mut self) -> Result<(), Refused> {
        self.raw(b"null")
    }

    pub(super) fn bool(&mut self, value: bool) -> Result<(), Refused> {
        self.raw(if value { b"true" } else { b"false" })
    }

    /// An integer, all 64 bits of it. One that is a card's number becomes a string, or is refused.
    pub(super) fn int(&mut self, value: i64) -> Result<Written, Refused> {
        /// The smallest of 14 digits.
        const SHORTEST_CARD: u64 = 10_000_000_000_000;
        if value.unsigned_abs() >= SHORTEST_CARD
            && let Some(masked) = self.masked(&value.to_string())?
        {
            self.value(&masked)?;
            return Ok(Written::Masked);
        }
        self.value(&value).map(|()| Written::Same)
    }

    /// A finite float, in the shortest form that reads back as the same float, with `.0` kept so that it reads back as a float. A card's
    /// number as with integers.
    pub(super) fn float(&mut self, value: f64) -> Result<Written, Refused> {
        /// Floats from here on may hold a card's number exactly: each of 14 and 15 digits, some of the longer ones.
        const SHORTEST_CARD: f64 = 1e13;
        if value.abs() >= SHORTEST_CARD
            && value.fract() == 0.0
            && let Some(masked) = self.masked(&format!("{value:.0}"))?
        {
            self.value(&masked)?;
            return Ok(Written::Masked);
        }
        self.value(&value).map(|()| Written::Same)
    }

    /// A string; card numbers in it are masked or refused.
    pub(super) fn string(&mut self, text: &str) -> Result<Written, Refused> {
        self.looked_at(text, Look::at(text))
    }

    /// A string that was looked at before.
    pub(super) fn looked_at(&mut self, text: &str, look: Look) -> Result<Written, Refused> {
        if look.may_hold_card()
            && let Some(masked) = self.masked(text)?
        {
            return self.value(&masked).map(|()| Written::Masked);
        }
        if !look.is_json() {
            return self.value(text).map(|()| Written::Same);
        }
        self.json.reserve(text.len() + 2);
        self.json.push(b'"');
        self.json.extend_from_slice(text.as_bytes());
        self.json.push(b'"');
        self.within_limit().map(|()| Written::Same)
    }

    /// In the place of a value whose key says that it is a card's number or security code: nothing of it is kept, not even four digits,
    /// as those of a security code are all of it.
    pub(super) fn hidden(&mut self) -> Result<Written, Refused> {
        match self.cards {
            CardNumbers::Mask => self.value("***").map(|()| Written::Masked),
            CardNumbers::Reject => Err(Refused::CardNumber),
        }
    }

    /// The key of the next value in an object, as [`JsonWriter::string`].
    pub(super) fn key(&mut self, key: &str, first: bool) -> Result<Written, Refused> {
        self.comma(first)?;
        let written = self.string(key)?;
        self.raw(b":").map(|()| written)
    }

    /// A key that is JSON already, with a comma before it and its colon.
    pub(super) fn known_key(&mut self, json: &[u8], first: bool) -> Result<(), Refused> {
        self.raw(json.get(usize::from(first)..).unwrap_or_default())
    }

    /// What separates the next element of an array from the one before.
    pub(super) fn comma(&mut self, first: bool) -> Result<(), Refused> {
        if first { Ok(()) } else { self.raw(b",") }
    }

    pub(super) fn begin_array(&mut self) -> Result<(), Refused> {
        self.raw(b"[")
    }

    pub(super) fn end_array(&mut self) -> Result<(), Refused> {
        self.raw(b"]")
    }

    pub(super) fn begin_object(&mut self) -> Result<(), Refused> {
        self.raw(b"{")
    }

    pub(super) fn end_object(&mut self) -> Result<(), Refused> {
        self.raw(b"}")
    }

    /// The finished text.
    pub(super) fn finish(self) -> Vec<u8> {
        self.json
    }

    /// A text without its card numbers, if it has any.
    fn masked(&self, text: &str) -> Result<Option<String>, Refused> {
        match (card::mask(text), self.cards) {
            (Some(_), CardNumbers::Reject) => Err(Refused::CardNumber),
            (masked, _) => Ok(masked),
        }
    }

    /// Whatever `serde_json` writes for it. Writing to a Vec cannot fail, nor is any of our values without a form in JSON.
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        serde_json::to_writer(&mut self.json, value).map_err(|_| Refused::Size)?;
        self.within_limit()
    }

    fn raw(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        self.json.extend_from_slice(bytes);
        self.within_limit()
    }

    fn within_limit(&self) -> Result<(), Refused> {
        if self.json.len() > self.max_bytes { Err(Refused::Size) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written<T>(write: impl FnOnce(&mut JsonWriter) -> Result<T, Refused>) -> Result<String, Refused> {
        let mut writer = JsonWriter::new(1 << 20, CardNumbers::Mask, 0);
        write(&mut writer)?;
        Ok(String::from_utf8_lossy(&writer.finish()).into_owned())
    }

    #[test]
    fn numbers_keep_their_kind_and_every_bit() {
        assert_eq!(written(|w| w.float(10.0)).as_deref(), Ok("10.0"));
        assert_eq!(written(|w| w.float(0.1 + 0.2)).as_deref(), Ok("0.30000000000000004"));
        assert_eq!(written(|w| w.float(-0.0)).as_deref(), Ok("-0.0"));
        assert_eq!(written(|w| w.int(i64::MIN)).as_deref(), Ok("-9223372036854775808"));
    }

    #[test]
    fn a_card_number_is_masked_or_refused_whatever_type_it_has() {
        for write in [
            |w: &mut JsonWriter| w.string("4111 1111 1111 1111"),
            |w: &mut JsonWriter| w.int(4_111_111_111_111_111),
            |w: &mut JsonWriter| w.int(-4_111_111_111_111_111),
            |w: &mut JsonWriter| w.float(4_111_111_111_111_111.0),
            |w: &mut JsonWriter| w.float(-4_111_111_111_111_111.0),
            |w: &mut JsonWriter| w.key("4111-1111-1111-1111", true),
            |w: &mut JsonWriter| w.hidden(),
        ] {
            let mut writer = JsonWriter::new(100, CardNumbers::Mask, 0);
            assert_eq!(write(&mut writer), Ok(Written::Masked));
            let json = String::from_utf8_lossy(&writer.finish()).into_owned();
            assert!(json.contains("**") && !json.contains("4111"), "{json}");
            assert_eq!(write(&mut JsonWriter::new(100, CardNumbers::Reject, 0)), Err(Refused::CardNumber));
        }
        assert_eq!(written(|w| w.int(4_111_111_111_111_112)).as_deref(), Ok("4111111111111112"));
    }

    #[test]
    fn a_text_over_its_limit_is_refused_wherever_it_grows() {
        let mut writer = JsonWriter::new(4, CardNumbers::Mask, 0);
        assert_eq!(writer.string("12345"), Err(Refused::Size));
        let mut writer = JsonWriter::new(4, CardNumbers::Mask, 0);
        assert_eq!(writer.null(), Ok(()));
        assert_eq!(writer.comma(false), Err(Refused::Size));
    }

    proptest! {
        #[test]
        fn any_string_reads_back_as_itself(text in any::<String>()) {
            let json = written(|w| w.string(&text)).map_err(|_| TestCaseError::fail("refused"))?;
            prop_assert_eq!(serde_json::from_str::<String>(&json).ok(), Some(text));
        }

        #[test]
        fn any_float_reads_back_bit_for_bit(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
            let mut as_it_is = true;
            let json = written(|w| w.float(value).map(|written| as_it_is = written == Written::Same))
                .map_err(|_| TestCaseError::fail("refused"))?;
            // Some are a card's number.
            prop_assume!(as_it_is);
            prop_assert_eq!(json.parse::<f64>().map(f64::to_bits), Ok(value.to_bits()));
            prop_assert!(json.contains(['.', 'e']));
        }
    }
}
