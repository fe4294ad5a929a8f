//! JSON text, written value by value into one bounded buffer. The walker that knows the source's values calls this; commas,
//! escapes, number forms and the size limit are decided here.

use serde::Serialize;

use super::{CardNumbers, Order, Rule, card};

/// Writes one JSON text of at most `max_bytes`.
///
/// The caller sees to nesting: every `begin_*` has its `end_*`, and inside an object each value follows a [`JsonWriter::key`].
pub struct JsonWriter {
    json: Vec<u8>,
    max_bytes: usize,
    cards: CardNumbers,
}

/// Whether a value was written as it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Written {
    /// As it was.
    Same,
    /// With a card number masked.
    Masked,
}

impl JsonWriter {
    /// A writer for a text of at most `max_bytes`.
    #[must_use]
    pub fn new(max_bytes: usize, cards: CardNumbers) -> Self {
        Self { json: Vec::with_capacity(max_bytes.min(4096)), max_bytes, cards }
    }

    /// `null`.
    ///
    /// # Errors
    /// [`Rule::Size`] when the text is over its limit; so for all below.
    pub fn null(&mut self) -> Result<(), Rule> {
        self.raw(b"null")
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// [`Rule::Size`].
    pub fn bool(&mut self, value: bool) -> Result<(), Rule> {
        self.raw(if value { b"true" } else { b"false" })
    }

    /// An integer, all 64 bits of it. One that is a card's number becomes a string.
    ///
    /// # Errors
    /// [`Rule::CardNumber`]; [`Rule::Size`].
    pub fn int(&mut self, value: i64) -> Result<Written, Rule> {
        /// The smallest of 14 digits.
        const SHORTEST_CARD: i64 = 10_000_000_000_000;
        if value >= SHORTEST_CARD
            && let Some(masked) = self.masked(&value.to_string())?
        {
            self.value(&masked, Rule::Size)?;
            return Ok(Written::Masked);
        }
        self.value(&value, Rule::Size).map(|()| Written::Same)
    }

    /// A float, in the shortest form that reads back as the same float, with `.0` kept so that it reads back as a float.
    ///
    /// # Errors
    /// [`Rule::Finite`] for NaN and the infinities; [`Rule::CardNumber`]; [`Rule::Size`].
    pub fn float(&mut self, value: f64) -> Result<Written, Rule> {
        /// Floats from here to 2^53 may hold 14 to 16 digits exactly.
        const SHORTEST_CARD: f64 = 1e13;
        if !value.is_finite() {
            return Err(Rule::Finite);
        }
        if value >= SHORTEST_CARD
            && value.fract() == 0.0
            && let Some(masked) = self.masked(&format!("{value:.0}"))?
        {
            self.value(&masked, Rule::Size)?;
            return Ok(Written::Masked);
        }
        self.value(&value, Rule::Finite).map(|()| Written::Same)
    }

    /// A string.
    ///
    /// # Errors
    /// [`Rule::Utf8`]; [`Rule::CardNumber`]; [`Rule::Size`].
    pub fn string(&mut self, value: &[u8]) -> Result<Written, Rule> {
        // Before the scan, so that a string of 100 MB costs nothing.
        if value.len() > self.max_bytes {
            return Err(Rule::Size);
        }
        let text = std::str::from_utf8(value).map_err(|_| Rule::Utf8)?;
        match self.masked(text)? {
            Some(masked) => self.value(&masked, Rule::Utf8).map(|()| Written::Masked),
            None => self.value(text, Rule::Utf8).map(|()| Written::Same),
        }
    }

    /// In the place of a value whose key says that it is a card's number or security code.
    ///
    /// # Errors
    /// [`Rule::CardNumber`]; [`Rule::Size`].
    pub fn hidden(&mut self) -> Result<Written, Rule> {
        match self.cards {
            CardNumbers::Mask => self.value("***", Rule::Size).map(|()| Written::Masked),
            CardNumbers::Reject => Err(Rule::CardNumber),
        }
    }

    /// The key of the next value in an object.
    ///
    /// # Errors
    /// As [`JsonWriter::string`].
    pub fn key(&mut self, key: &[u8], first: bool) -> Result<Written, Rule> {
        self.comma(first)?;
        let written = self.string(key)?;
        self.raw(b":").map(|()| written)
    }

    /// What separates the next element of an array from the one before.
    ///
    /// # Errors
    /// [`Rule::Size`].
    pub fn comma(&mut self, first: bool) -> Result<(), Rule> {
        if first { Ok(()) } else { self.raw(b",") }
    }

    /// `[`.
    ///
    /// # Errors
    /// [`Rule::Size`].
    pub fn begin_array(&mut self) -> Result<(), Rule> {
        self.raw(b"[")
    }

    /// `]`.
    ///
    /// # Errors
    /// [`Rule::Size`].
    pub fn end_array(&mut self) -> Result<(), Rule> {
        self.raw(b"]")
    }

    /// `{`.
    ///
    /// # Errors
    /// [`Rule::Size`].
    pub fn begin_object(&mut self) -> Result<(), Rule> {
        self.raw(b"{")
    }

    /// `}`.
    ///
    /// # Errors
    /// [`Rule::Size`].
    pub fn end_object(&mut self) -> Result<(), Rule> {
        self.raw(b"}")
    }

    /// The finished text.
    #[must_use]
    pub fn finish(self) -> Order {
        Order { json: self.json.into(), changes: Vec::new() }
    }

    /// A text without its card numbers, if it has any.
    fn masked(&self, text: &str) -> Result<Option<String>, Rule> {
        match (card::mask(text), self.cards) {
            (Some(_), CardNumbers::Reject) => Err(Rule::CardNumber),
            (masked, _) => Ok(masked),
        }
    }

    /// Whatever `serde_json` writes for it. Writing to a Vec cannot fail and the forms that JSON lacks were refused before, so
    /// `otherwise` is only what an impossible error would be called.
    fn value<T: Serialize + ?Sized>(&mut self, value: &T, otherwise: Rule) -> Result<(), Rule> {
        serde_json::to_writer(&mut self.json, value).map_err(|_| otherwise)?;
        self.within_limit()
    }

    fn raw(&mut self, bytes: &[u8]) -> Result<(), Rule> {
        self.json.extend_from_slice(bytes);
        self.within_limit()
    }

    fn within_limit(&self) -> Result<(), Rule> {
        if self.json.len() > self.max_bytes { Err(Rule::Size) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written<T>(write: impl FnOnce(&mut JsonWriter) -> Result<T, Rule>) -> Result<String, Rule> {
        let mut writer = JsonWriter::new(1 << 20, CardNumbers::Mask);
        write(&mut writer)?;
        Ok(String::from_utf8_lossy(&writer.finish().json()).into_owned())
    }

    #[test]
    fn numbers_keep_their_kind_and_every_bit() {
        assert_eq!(written(|w| w.float(10.0)).as_deref(), Ok("10.0"));
        assert_eq!(written(|w| w.float(0.1 + 0.2)).as_deref(), Ok("0.30000000000000004"));
        assert_eq!(written(|w| w.float(-0.0)).as_deref(), Ok("-0.0"));
        assert_eq!(written(|w| w.int(i64::MIN)).as_deref(), Ok("-9223372036854775808"));
        assert_eq!(written(|w| w.float(f64::NAN)), Err(Rule::Finite));
        assert_eq!(written(|w| w.float(f64::NEG_INFINITY)), Err(Rule::Finite));
    }

    #[test]
    fn a_card_number_is_masked_or_refused_whatever_type_it_has() {
        for write in [
            |w: &mut JsonWriter| w.string(b"4111 1111 1111 1111"),
            |w: &mut JsonWriter| w.int(4_111_111_111_111_111),
            |w: &mut JsonWriter| w.float(4_111_111_111_111_111.0),
            |w: &mut JsonWriter| w.key(b"4111-1111-1111-1111", true),
            |w: &mut JsonWriter| w.hidden(),
        ] {
            let mut writer = JsonWriter::new(100, CardNumbers::Mask);
            assert_eq!(write(&mut writer), Ok(Written::Masked));
            let json = String::from_utf8_lossy(&writer.finish().json()).into_owned();
            assert!(json.contains("**") && !json.contains("4111"), "{json}");
            assert_eq!(write(&mut JsonWriter::new(100, CardNumbers::Reject)), Err(Rule::CardNumber));
        }
        assert_eq!(written(|w| w.int(4_111_111_111_111_112)).as_deref(), Ok("4111111111111112"));
    }

    #[test]
    fn a_text_over_its_limit_is_refused_wherever_it_grows() {
        let mut writer = JsonWriter::new(4, CardNumbers::Mask);
        assert_eq!(writer.string(b"12345"), Err(Rule::Size));
        assert_eq!(writer.string(b"123"), Err(Rule::Size));
        let mut writer = JsonWriter::new(4, CardNumbers::Mask);
        assert_eq!(writer.null(), Ok(()));
        assert_eq!(writer.comma(false), Err(Rule::Size));
    }

    proptest! {
        #[test]
        fn any_string_reads_back_as_itself(text in any::<String>()) {
            let json = written(|w| w.string(text.as_bytes())).map_err(|_| TestCaseError::fail("refused"))?;
            prop_assert_eq!(serde_json::from_str::<String>(&json).ok(), Some(text));
        }

        #[test]
        fn any_bytes_are_either_utf8_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..32)) {
            prop_assert_eq!(written(|w| w.string(&bytes)).is_ok(), std::str::from_utf8(&bytes).is_ok());
        }

        #[test]
        fn any_float_reads_back_bit_for_bit(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
            let json = written(|w| w.float(value)).map_err(|_| TestCaseError::fail("refused"))?;
            prop_assert_eq!(json.parse::<f64>().map(f64::to_bits), Ok(value.to_bits()));
            prop_assert!(json.contains(['.', 'e']));
        }
    }
}
