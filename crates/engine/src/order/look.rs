//! One look at a text, which tells for most that nothing needs to be done about them.

/// How many bytes of each class were seen, side by side in one number: so one addition is enough for all of them.
#[derive(Clone, Copy)]
pub(super) struct Look(u64);

/// Neither visible ASCII nor an inner space, or a `<`: to be looked at by [`super::sanitise`].
const UNCLEAN: u64 = 1;
/// JSON has it escaped (RFC 8259, section 7).
const ESCAPED: u64 = 1 << BITS;
/// A digit, or of more than one byte, as the digits of other scripts are.
const DIGIT: u64 = 1 << (2 * BITS);

/// For the count of a class. In a longer text everything is taken to be there.
const BITS: u32 = 21;
const LONGEST: usize = (1 << BITS) - 2;
const ANYTHING: Look = Look(u64::MAX);

const fn is_unclean(byte: u8) -> bool {
    byte < 0x20 || byte >= 0x7f || byte == b'<'
}

const fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit() || byte >= 0x80
}

/// By byte.
const CLASSES: [u64; 256] = {
    let mut classes = [0; 256];
    let mut byte: u8 = 0;
    loop {
        #[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
        {
            classes[byte as usize] = is_unclean(byte) as u64 * UNCLEAN
                + is_escaped(byte) as u64 * ESCAPED
                + is_digit(byte) as u64 * DIGIT;
        }
        if byte == u8::MAX {
            break classes;
        }
        byte += 1;
    }
};

impl Look {
    #[inline]
    pub(super) fn at(text: &str) -> Self {
        let bytes = text.as_bytes();
        if bytes.len() > LONGEST {
            return ANYTHING;
        }
        #[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
        let classes = |byte: &u8| CLASSES[usize::from(*byte)];
        // No sum can overflow (LONGEST); to check each for that would keep sixteen bytes from being compared at once.
        let (chunks, rest) = bytes.as_chunks::<16>();
        let mut counts = rest.iter().map(classes).fold(0, u64::wrapping_add);
        for chunk in chunks {
            let count = |is: fn(u8) -> bool| {
                u64::from(chunk.iter().map(|byte| u8::from(is(*byte))).fold(0, u8::wrapping_add))
            };
            counts += count(is_unclean) * UNCLEAN + count(is_escaped) * ESCAPED + count(is_digit) * DIGIT;
        }
        if bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ') {
            counts += UNCLEAN;
        }
        Self(counts)
    }

    /// There is nothing to clean.
    pub(super) fn is_plain(self) -> bool {
        self.count(UNCLEAN) == 0
    }

    /// JSON has it as it is, in quotes.
    pub(super) fn is_json(self) -> bool {
        self.count(ESCAPED) == 0
    }

    /// It has as many digits as the shortest card number.
    pub(super) fn may_hold_card(self) -> bool {
        self.count(DIGIT) >= super::card::SHORTEST
    }

    fn count(self, class: u64) -> u64 {
        self.0 / class % (1 << BITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{card, sanitise};
    use proptest::prelude::*;

    #[test]
    fn counts_do_not_run_into_each_other() {
        let longest = Look::at(&"7".repeat(LONGEST));
        assert!(longest.is_plain() && longest.is_json() && longest.may_hold_card());
        let longest = Look::at(&"<".repeat(LONGEST));
        assert!(!longest.is_plain() && longest.is_json() && !longest.may_hold_card());
        let longer = Look::at(&"a".repeat(LONGEST + 1));
        assert!(!longer.is_plain() && !longer.is_json() && longer.may_hold_card());
    }

    proptest! {
        #[test]
        fn a_look_misses_nothing(text in "[ -~\\t\\n\\u{7f}é０-９<\\\\\"]{0,70}|.*|[0-9 ]{0,70}") {
            let look = Look::at(&text);
            if look.is_plain() {
                prop_assert_eq!(sanitise::text(&text, sanitise::Lines::Single), None);
                prop_assert_eq!(&*sanitise::key(&text), &text);
            }
            if look.is_json() {
                prop_assert_eq!(serde_json::to_string(&text).ok(), Some(format!("\"{text}\"")));
            }
            if !look.may_hold_card() {
                prop_assert!(!card::is_in(&text));
            }
        }
    }
}
