//! The forms of a key that hold all of its bits: itself, hexadecimal, base64.

use std::ops::Range;

/// With which bytes a form of a key can begin, so that nothing is compared anywhere else.
pub(super) struct Beginnings([bool; 256]);

impl Beginnings {
    pub(super) fn of(key: &[u8]) -> Self {
        let mut begins = [false; 256];
        let hex = key.first().and_then(|first| char::from_digit(u32::from(first >> 4), 16));
        let hex = hex.into_iter().flat_map(|digit| [digit, digit.to_ascii_uppercase()]);
        let base64 = FIRST_BITS.iter().filter_map(|bit| key_sextet(key, *bit)).flat_map(digits);
        for byte in
            key.iter().copied().take(1).chain(hex.filter_map(|digit| u8::try_from(digit).ok())).chain(base64)
        {
            if let Some(begins) = begins.get_mut(usize::from(byte)) {
                *begins = true;
            }
        }
        Self(begins)
    }

    /// The first place from `at` on where a form can begin.
    pub(super) fn next(&self, text: &[u8], at: usize) -> Option<usize> {
        let begins = |byte: &u8| self.0.get(usize::from(*byte)).copied().unwrap_or_default();
        Some(at + text.get(at..)?.iter().position(begins)?)
    }
}

/// The key's first bit that begins a base64 digit, when 0, 1 or 2 bytes stand before it in the first group of three.
const FIRST_BITS: [usize; 3] = [0, 4, 2];

/// The key at a place, in one of its forms.
pub(super) fn match_at(text: &[u8], at: usize, key: &[u8]) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    if rest.starts_with(key) {
        return Some(at..at + key.len());
    }
    if let Some(length) = match_hex(rest, key) {
        return Some(at..at + length);
    }
    FIRST_BITS.into_iter().find_map(|first_bit| {
        let length = match_base64(rest, key, first_bit)?;
        // The digits at both ends hold bits of the key and of what is around it.
        let is_digit = |at: Option<&u8>| at.is_some_and(|byte| sextet(*byte).is_some());
        let start = if first_bit > 0 && is_digit(at.checked_sub(1).and_then(|at| text.get(at))) {
            at - 1
        } else {
            at
        };
        let end = at + length;
        Some(start..if is_digit(text.get(end)) { end + 1 } else { end })
    })
}

/// The length of the key in hexadecimal, its bytes side by side or parted by one `:`, `-` or space.
fn match_hex(text: &[u8], key: &[u8]) -> Option<usize> {
    let mut at = 0;
    for (i, byte) in key.iter().enumerate() {
        if i > 0 && matches!(text.get(at), Some(b':' | b'-' | b' ')) {
            at += 1;
        }
        let (high, low) = (hex(*text.get(at)?)?, hex(*text.get(at + 1)?)?);
        if high << 4 | low != *byte {
            return None;
        }
        at += 2;
    }
    Some(at)
}

/// The length of those base64 digits that hold nothing but bits of the key, from `bit` on. Line breaks among the digits are passed
/// over (RFC 2045).
fn match_base64(text: &[u8], key: &[u8], mut bit: usize) -> Option<usize> {
    let bits = key.len() * 8;
    let mut at = 0;
    let mut digits = 0;
    while bit + 6 <= bits {
        while digits > 0 && matches!(text.get(at), Some(b'\r' | b'\n' | b' ' | b'\t')) {
            at += 1;
        }
        if sextet(*text.get(at)?)? != key_sextet(key, bit)? {
            return None;
        }
        (at, bit, digits) = (at + 1, bit + 6, digits + 1);
    }
    // Fewer digits are found in many a text that has no key in it.
    (digits >= MIN_BASE64_DIGITS).then_some(at)
}

const MIN_BASE64_DIGITS: usize = 4;

/// Six bits of the key.
fn key_sextet(key: &[u8], bit: usize) -> Option<u8> {
    let first = u16::from(*key.get(bit / 8)?);
    let second = u16::from(key.get(bit / 8 + 1).copied().unwrap_or(0));
    u8::try_from((first << 8 | second) >> (10 - bit % 8) & 0x3f).ok()
}

/// The value of a base64 digit, in either alphabet (RFC 4648).
pub(super) fn sextet(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// The base64 digits of a value, one of either alphabet.
fn digits(sextet: u8) -> [u8; 2] {
    match sextet {
        0..=25 => [b'A' + sextet; 2],
        26..=51 => [b'a' + (sextet - 26); 2],
        52..=61 => [b'0' + (sextet - 52); 2],
        62 => [b'+', b'-'],
        _ => [b'/', b'_'],
    }
}

pub(super) fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_the_digits_that_have_it() {
        for value in 0..64 {
            assert_eq!(digits(value).map(sextet), [Some(value); 2], "{value}");
        }
    }

    #[test]
    fn nothing_begins_where_no_form_can() {
        let text: Vec<u8> = (0..=255).collect();
        for key in [b"0123456789abcdef", b"\x20ffffffffffffff!", b"~~~~~~~~~~~~~~~~"] {
            let beginnings = Beginnings::of(key);
            let begins = (0..256).filter(|at| beginnings.next(&text, *at) == Some(*at)).count();
            assert!((2..=9).contains(&begins), "{begins}");
        }
    }
}
