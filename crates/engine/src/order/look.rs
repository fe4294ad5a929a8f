//! One look at a text, which tells for most that nothing needs to be done about them.

/// What is seen.
#[derive(Clone, Copy)]
pub(super) struct Look {
    classes: u8,
    digits: u32,
}

/// Neither visible ASCII nor an inner space, or a `<`: to be looked at by [`super::sanitise`].
const UNCLEAN: u8 = 1;
/// JSON has it escaped (RFC 8259, section 7).
const ESCAPED: u8 = 2;
/// A digit, or of more than one byte, as the digits of other scripts are.
const DIGIT: u8 = 4;

/// By byte.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte: u8 = 0;
    loop {
        let class = match byte {
            b'0'..=b'9' => DIGIT,
            b'"' | b'\\' => ESCAPED,
            b'<' | 0x7f => UNCLEAN,
            b' '..=b'~' => 0,
            0..=0x1f => UNCLEAN | ESCAPED,
            _ => UNCLEAN | DIGIT,
        };
        #[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
        {
            classes[byte as usize] = class;
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
        let (mut classes, mut digits) = (0, 0);
        for byte in bytes {
            #[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
            let class = CLASSES[usize::from(*byte)];
            classes |= class;
            digits += u32::from(class & DIGIT);
        }
        if bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ') {
            classes |= UNCLEAN;
        }
        Self { classes, digits: digits / u32::from(DIGIT) }
    }

    /// There is nothing to clean.
    pub(super) fn is_plain(self) -> bool {
        self.classes & UNCLEAN == 0
    }

    /// JSON has it as it is, in quotes.
    pub(super) fn is_json(self) -> bool {
        self.classes & ESCAPED == 0
    }

    /// It has as many digits as the shortest card number.
    pub(super) fn may_hold_card(self) -> bool {
        self.digits >= super::card::SHORTEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{card, sanitise};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_look_misses_nothing(text in "[ -~\\t\\n\\u{7f}é０-９<\\\\\"]{0,24}|.*|[0-9 ]{0,30}") {
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
