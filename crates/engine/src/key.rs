//! The API key's custody: the one place that holds the key, and the one door through which it leaves for a request.
//!
//! [`ApiKey`] has no `Debug`, `Display`, `Clone` or `Serialize`, so that no format string, log line or serialiser can come
//! by it; secrecy zeroes it when it is dropped.

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretSlice};
use zeroize::Zeroizing;

/// The longest key accepted, in bytes: what HTTP servers commonly take as one header line.
pub const MAX_KEY_BYTES: usize = 8192;

/// A key that can be sent as an HTTP field value as it is.
pub struct ApiKey(SecretSlice<u8>);

/// Why some bytes are not a key. Says nothing of the bytes themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Nothing, or white space only.
    #[error("is empty")]
    Empty,
    /// A line break or another control character within.
    #[error("has a line break or another control character in it")]
    Control,
    /// A byte above 0x7E.
    #[error("has a character in it that is not ASCII")]
    NotAscii,
    /// More than [`MAX_KEY_BYTES`].
    #[error("is longer than 8192 bytes")]
    TooLong,
}

impl ApiKey {
    /// Takes the bytes of a source, less the line break (and other white space) around the key that editors and `echo` leave.
    ///
    /// # Errors
    /// [`KeyFault`] when what is left cannot be an HTTP field value (RFC 9110, section 5.5: visible ASCII and inner spaces).
    pub fn parse(source: &Zeroizing<Vec<u8>>) -> Result<Self, KeyFault> {
        let key = source.trim_ascii();
        if key.is_empty() {
            return Err(KeyFault::Empty);
        }
        if key.len() > MAX_KEY_BYTES {
            return Err(KeyFault::TooLong);
        }
        if let Some(bad) = key.iter().find(|byte| !matches!(byte, b' '..=b'~')) {
            return Err(if bad.is_ascii() { KeyFault::Control } else { KeyFault::NotAscii });
        }
        Ok(Self(SecretSlice::from(key.to_vec())))
    }

    /// The key as the value of a request's header, marked sensitive, so that no Debug of it shows the value.
    ///
    /// # Errors
    /// None for a parsed key: what `parse` lets through is a subset of what [`HeaderValue`] takes.
    pub fn header_value(&self) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
        let mut value = HeaderValue::from_bytes(self.0.expose_secret())?;
        value.set_sensitive(true);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(bytes: &[u8]) -> Result<ApiKey, KeyFault> {
        ApiKey::parse(&Zeroizing::new(bytes.to_vec()))
    }

    #[test]
    fn white_space_around_a_key_is_not_part_of_it() {
        let key = parse(b" Bearer abc\r\n").ok().and_then(|key| key.header_value().ok());
        assert_eq!(key.as_ref().map(HeaderValue::as_bytes), Some(&b"Bearer abc"[..]));
        assert!(key.is_some_and(|value| value.is_sensitive()));
    }

    #[test]
    fn what_cannot_be_a_header_is_not_a_key() {
        assert_eq!(parse(b" \n").err(), Some(KeyFault::Empty));
        assert_eq!(parse(b"a\nb").err(), Some(KeyFault::Control));
        assert_eq!(parse("schlüssel".as_bytes()).err(), Some(KeyFault::NotAscii));
        assert_eq!(parse(&[b'k'; MAX_KEY_BYTES + 1]).err(), Some(KeyFault::TooLong));
    }

    proptest! {
        #[test]
        fn every_parsed_key_is_a_header_value(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(key) = parse(&bytes) {
                prop_assert!(key.header_value().is_ok());
            }
        }
    }
}
