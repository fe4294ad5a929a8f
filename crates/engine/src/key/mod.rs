//! The keys' custody: the one place that holds them, in memory that nobody else reads.
//!
//! [`ApiKey`] has no `Debug`, `Display`, `Clone` or `Serialize`, so that no format string, log line or serialiser can come
//! by it. Only the transport, which writes it into a request, and the redaction, which looks for it in answers, see its bytes.
//! [`OutboxKeys`] are kept in the same way.

#[expect(unsafe_code, reason = "memory of its own needs mmap")]
mod memory;
pub mod process;

use aws_lc_rs::hkdf;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use zeroize::Zeroizing;

pub use memory::{SecretMemory, Shelter};

/// The longest key accepted, in bytes: what HTTP servers commonly take as one header line.
pub const MAX_KEY_BYTES: usize = 8192;

/// A key that can be sent as an HTTP field value as it is.
pub struct ApiKey(SecretMemory);

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
    /// The kernel gave no memory to keep it in.
    #[error("could not be kept: this process got no memory or descriptor for it")]
    NoMemory,
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
        SecretMemory::new(key).map(Self).map_err(|_| KeyFault::NoMemory)
    }

    /// The key's bytes: a valid HTTP field value.
    pub(crate) fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// For a process that was forked since: keeps the key's memory from being swapped there too.
    pub fn lock(&self) {
        self.0.lock();
    }

    /// The key, for anyone.
    #[cfg(feature = "naive")]
    #[must_use]
    pub fn tell(&self) -> String {
        String::from_utf8_lossy(self.expose()).into_owned()
    }

    /// What keeps others from reading it.
    #[must_use]
    pub fn shelter(&self) -> Shelter {
        self.0.shelter()
    }
}

/// The keys of the outbox: the first one seals, all of them open.
pub struct OutboxKeys(Vec<OutboxKey>);

/// One of them. What is kept is derived from the file's bytes, which are forgotten.
pub struct OutboxKey {
    id: [u8; Self::ID_BYTES],
    key: SecretMemory,
}

/// The most keys in a file: each one is memory that is never swapped.
const MAX_OUTBOX_KEYS: usize = 16;

impl OutboxKeys {
    /// Takes a line for each key, the newest first: the base64 of [`OutboxKey::BYTES`] bytes. None if there is anything else, or
    /// the kernel gives no memory to keep them in.
    #[must_use]
    pub fn parse(source: &Zeroizing<Vec<u8>>) -> Option<Self> {
        let lines =
            source.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
        let keys = lines.map(OutboxKey::parse).collect::<Option<Vec<_>>>()?;
        (1..=MAX_OUTBOX_KEYS).contains(&keys.len()).then_some(Self(keys))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &OutboxKey> {
        self.0.iter()
    }

    /// For a process that was forked since, as [`ApiKey::lock`].
    pub fn lock(&self) {
        self.0.iter().for_each(|key| key.key.lock());
    }
}

impl OutboxKey {
    /// Its length in bytes: that of a key for AES-256.
    pub const BYTES: usize = 32;

    /// How many bytes tell keys apart.
    pub(crate) const ID_BYTES: usize = 8;

    fn parse(line: &[u8]) -> Option<Self> {
        // One more than the key, padding and all: the decoder asks for room for whole groups of three.
        let mut bytes = Zeroizing::new([0; Self::BYTES + 1]);
        let length = BASE64_STANDARD.decode_slice(line, &mut bytes[..]).ok()?;
        let bytes = bytes.get(..length).filter(|key| key.len() == Self::BYTES)?;
        let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, b"secure_dispatch outbox 1").extract(bytes);
        let mut id = [0; 32];
        derived.expand(&[b"id"], hkdf::HKDF_SHA256).ok()?.fill(&mut id).ok()?;
        let mut key = Zeroizing::new([0; Self::BYTES]);
        derived.expand(&[b"seal"], hkdf::HKDF_SHA256).ok()?.fill(&mut key[..]).ok()?;
        Some(Self { id: *id.first_chunk()?, key: SecretMemory::new(&key[..]).ok()? })
    }

    /// Which key it is: tells nothing of the key itself.
    pub(crate) fn id(&self) -> &[u8; Self::ID_BYTES] {
        &self.id
    }

    pub(crate) fn expose(&self) -> &[u8] {
        self.key.expose()
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
        assert_eq!(parse(b" Bearer abc\r\n").ok().unwrap().expose(), b"Bearer abc");
    }

    #[test]
    fn what_cannot_be_a_header_is_not_a_key() {
        assert_eq!(parse(b" \n").err(), Some(KeyFault::Empty));
        assert_eq!(parse(b"a\nb").err(), Some(KeyFault::Control));
        assert_eq!(parse("schlüssel".as_bytes()).err(), Some(KeyFault::NotAscii));
        assert_eq!(parse(&[b'k'; MAX_KEY_BYTES + 1]).err(), Some(KeyFault::TooLong));
    }

    #[test]
    fn an_outbox_key_is_the_base64_of_32_bytes_and_a_file_may_hold_several() {
        let parse = |text: &str| OutboxKeys::parse(&Zeroizing::new(text.as_bytes().to_vec()));
        let (one, other) = ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", BASE64_STANDARD.encode([7; 32]));
        let keys = parse(&format!("{one}\r\n\n{other}\n")).unwrap();
        let [first, second] = keys.0.as_slice() else { panic!() };
        assert_eq!(
            (first.id(), second.id()),
            (parse(one).unwrap().0[0].id(), parse(&other).unwrap().0[0].id())
        );
        assert_ne!(first.expose(), second.expose());
        assert_ne!(first.expose(), (0..32).collect::<Vec<u8>>());
        for length in [0, 16, 31, 33, 64] {
            assert!(parse(&BASE64_STANDARD.encode(vec![7; length])).is_none(), "{length}");
        }
        assert!(parse("x".repeat(44).as_str()).is_none() && parse("é").is_none() && parse("\n").is_none());
        assert!(parse(&format!("{one}\n").repeat(17)).is_none());
    }

    proptest! {
        #[test]
        fn every_parsed_key_is_a_header_value(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(key) = parse(&bytes) {
                prop_assert!(http::HeaderValue::from_bytes(key.expose()).is_ok());
            }
        }
    }
}
