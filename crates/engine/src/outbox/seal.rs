//! What is in a row is sealed: AES-256-GCM-SIV, whose nonces may even repeat (a machine that is restored from a snapshot draws the same ones
//! again), bound to the row that it belongs to.
//!
//! A record is `version (1) · key id (8) · nonce (12) · ciphertext · tag (16)`.

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand,
};

use crate::key::{OutboxKey, OutboxKeys};

const VERSION: u8 = 1;
const HEAD: usize = 1 + OutboxKey::ID_BYTES;

/// What a record is bound to: moved to another row, another endpoint or another use, it does not open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding<'a> {
    pub(super) purpose: Purpose,
    /// The row's id.
    pub(super) row: &'a [u8],
    /// The row's endpoint.
    pub(super) endpoint: i64,
}

/// What a record is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Order = 1,
    Receipt = 2,
    IndexKey = 3,
}

impl Binding<'_> {
    fn aad(&self) -> Vec<u8> {
        let mut aad = vec![VERSION, self.purpose as u8];
        aad.extend_from_slice(&self.endpoint.to_be_bytes());
        aad.extend_from_slice(self.row);
        aad
    }
}

/// Why a record does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unopenable {
    /// It was sealed with a key that is not in `outbox_key_file`.
    UnknownKey,
    /// It is not what was sealed here.
    Altered,
}

/// Seals with the first key. None: the system gives no randomness.
pub(super) fn seal(keys: &OutboxKeys, binding: Binding<'_>, plain: &[u8]) -> Option<Vec<u8>> {
    let key = keys.iter().next()?;
    let mut nonce = [0; NONCE_LEN];
    rand::fill(&mut nonce).ok()?;
    let mut record = Vec::with_capacity(HEAD + NONCE_LEN + plain.len() + AES_256_GCM_SIV.tag_len());
    record.push(VERSION);
    record.extend_from_slice(key.id());
    record.extend_from_slice(&nonce);
    let start = record.len();
    record.extend_from_slice(plain);
    let aad = Aad::from(binding.aad());
    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = aead(key)?.seal_in_place_separate_tag(nonce, aad, record.get_mut(start..)?).ok()?;
    record.extend_from_slice(tag.as_ref());
    Some(record)
}

/// Opens with whichever key it was sealed with.
pub(super) fn open(keys: &OutboxKeys, binding: Binding<'_>, record: &[u8]) -> Result<Vec<u8>, Unopenable> {
    let (key_id, rest) = parts(record).ok_or(Unopenable::Altered)?;
    let key = keys.iter().find(|key| key.id() == key_id).ok_or(Unopenable::UnknownKey)?;
    let (nonce, sealed) = rest.split_at_checked(NONCE_LEN).ok_or(Unopenable::Altered)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unopenable::Altered)?;
    let mut sealed = sealed.to_vec();
    let length = aead(key)
        .and_then(|aead| Some(aead.open_in_place(nonce, Aad::from(binding.aad()), &mut sealed).ok()?.len()))
        .ok_or(Unopenable::Altered)?;
    sealed.truncate(length);
    Ok(sealed)
}

/// Whether it is the first key that a record is sealed with.
pub(super) fn is_by_first_key(keys: &OutboxKeys, record: &[u8]) -> bool {
    parts(record).zip(keys.iter().next()).is_some_and(|((key_id, _), key)| key.id() == key_id)
}

fn parts(record: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = record.split_at_checked(HEAD)?;
    let (version, key_id) = head.split_first()?;
    (*version == VERSION).then_some((key_id, rest))
}

fn aead(key: &OutboxKey) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM_SIV, key.expose()).ok().map(LessSafeKey::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    fn keys(bytes: &[u8]) -> OutboxKeys {
        let lines: Vec<_> = bytes.iter().map(|byte| BASE64_STANDARD.encode([*byte; 32])).collect();
        OutboxKeys::parse(&Zeroizing::new(lines.join("\n").into_bytes())).unwrap()
    }

    const BINDING: Binding<'_> = Binding { purpose: Purpose::Order, row: b"row", endpoint: 7 };

    #[test]
    fn a_record_opens_with_its_own_key_in_its_own_place_only() {
        let record = seal(&keys(&[1]), BINDING, b"the order").unwrap();
        assert_eq!(open(&keys(&[1]), BINDING, &record).unwrap(), b"the order");
        // Rotation: a newer key seals, and the older one still opens.
        assert_eq!(open(&keys(&[2, 1]), BINDING, &record).unwrap(), b"the order");
        assert_eq!(open(&keys(&[2]), BINDING, &record), Err(Unopenable::UnknownKey));
        for other in [
            Binding { purpose: Purpose::Receipt, ..BINDING },
            Binding { row: b"other", ..BINDING },
            Binding { endpoint: 8, ..BINDING },
        ] {
            assert_eq!(open(&keys(&[1]), other, &record), Err(Unopenable::Altered), "{other:?}");
        }
        assert_ne!(record, seal(&keys(&[1]), BINDING, b"the order").unwrap());
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let record = seal(&keys(&[1]), BINDING, b"the order").unwrap();
        for at in 0..record.len() {
            let mut altered = record.clone();
            altered[at] ^= 1;
            assert!(open(&keys(&[1]), BINDING, &altered).is_err(), "{at}");
            assert!(open(&keys(&[1]), BINDING, &record[..at]).is_err(), "{at}");
        }
    }

    proptest! {
        #[test]
        fn nothing_else_opens(record in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(open(&keys(&[1]), BINDING, &record).is_err());
        }
    }
}
