//! W3C Trace Context: which trace a dispatch is part of. What PHP hands over may be anything, and is sent on in its canonical form or not at
//! all.

use std::str;

use http::HeaderValue;

/// A `traceparent` header's value, version 00: 55 bytes of lower-case hex and dashes (W3C Trace Context, section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traceparent([u8; LENGTH]);

const LENGTH: usize = 55;

impl Traceparent {
    /// None: it is no traceparent. A later version's is taken as far as version 00 goes, as section 4.3 has it.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (head, rest) = text.split_first_chunk::<LENGTH>()?;
        let is_right_length = match head {
            [b'0', b'0', ..] => rest.is_empty(),
            [b'f', b'f', ..] => return None,
            _ => rest.is_empty() || rest.starts_with(b"-"),
        };
        let dashes = [2, 35, 52];
        let is_well_formed = head.iter().enumerate().all(|(at, byte)| {
            if dashes.contains(&at) { *byte == b'-' } else { matches!(byte, b'0'..=b'9' | b'a'..=b'f') }
        });
        let is_zero = |field: &[u8]| field.iter().all(|byte| *byte == b'0');
        if !is_right_length || !is_well_formed || is_zero(head.get(3..35)?) || is_zero(head.get(36..52)?) {
            return None;
        }
        let mut canonical = *head;
        canonical[..2].copy_from_slice(b"00");
        // Of the flags, version 00 knows "sampled" alone.
        canonical[53] = b'0';
        canonical[54] = if matches!(head[54], b'1' | b'3' | b'5' | b'7' | b'9' | b'b' | b'd' | b'f') {
            b'1'
        } else {
            b'0'
        };
        Some(Self(canonical))
    }

    /// As it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The trace's id, by which it is found.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        self.as_str().get(3..35).unwrap_or_default()
    }

    pub(super) fn header_value(&self) -> Option<HeaderValue> {
        HeaderValue::from_bytes(&self.0).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn parse(text: &str) -> Option<String> {
        Traceparent::parse(text.as_bytes()).map(|parsed| parsed.as_str().to_owned())
    }

    #[test]
    fn what_is_sent_on_is_version_00() {
        assert_eq!(parse(GOOD).as_deref(), Some(GOOD));
        let traceparent = Traceparent::parse(GOOD.as_bytes()).unwrap();
        assert_eq!(traceparent.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(parse(&GOOD.replace("00-4b", "cc-4b")).as_deref(), Some(GOOD));
        assert_eq!(parse(&(GOOD.replace("00-4b", "cc-4b") + "-more")).as_deref(), Some(GOOD));
        assert_eq!(parse(&GOOD.replace("-01", "-03")).as_deref(), Some(GOOD));
        assert_eq!(parse(&GOOD.replace("-01", "-fe")), Some(GOOD.replace("-01", "-00")));
    }

    #[test]
    fn anything_else_is_none() {
        for wrong in [
            "",
            "00",
            &GOOD.to_uppercase(),
            &GOOD[..54],
            &(GOOD.to_owned() + "0"),
            &(GOOD.to_owned() + "-more"),
            &GOOD.replace("00-4b", "ff-4b"),
            &GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &GOOD.replace('-', "_"),
            &GOOD.replace("00f0", "\r\nX"),
            &(GOOD.replace("00-4b", "cc-4b") + "more"),
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_is_taken_again_as_it_is(text in "[0-9a-f-]{50,60}|[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?") {
            if let Some(canonical) = parse(&text) {
                prop_assert_eq!(parse(&canonical), Some(canonical.clone()));
                prop_assert!(canonical.starts_with("00-") && text.starts_with(|c: char| c.is_ascii_hexdigit()));
            }
        }
    }
}
