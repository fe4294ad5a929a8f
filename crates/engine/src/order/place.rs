//! Where in an order something is.

use super::card;

/// The longest pointer that is told, in bytes. A key can be megabytes long.
const MAX_POINTER_BYTES: usize = 256;

/// A place, from the innermost key outwards: it is learned while a walk unwinds, so that an order without one pays nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place(Vec<String>);

impl Place {
    /// Makes it one that is seen from the array or object of which it was the member `key`.
    pub(super) fn inside(&mut self, key: &[u8]) {
        let key = key.get(..MAX_POINTER_BYTES).unwrap_or(key);
        self.0.push(String::from_utf8_lossy(key).into_owned());
    }

    /// As a JSON Pointer (RFC 6901) that can stand in a line of text: bounded, without control characters or card numbers.
    pub(super) fn pointer(&self) -> String {
        let mut pointer = String::new();
        for segment in self.0.iter().rev() {
            pointer.push('/');
            for c in card::mask(segment).as_ref().unwrap_or(segment).chars() {
                match c {
                    '~' => pointer.push_str("~0"),
                    '/' => pointer.push_str("~1"),
                    c if c.is_control() => pointer.push(char::REPLACEMENT_CHARACTER),
                    c => pointer.push(c),
                }
            }
            if pointer.len() > MAX_POINTER_BYTES {
                let end = pointer.floor_char_boundary(MAX_POINTER_BYTES);
                pointer.truncate(end);
                pointer.push('…');
                break;
            }
        }
        pointer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer(keys: &[&str]) -> String {
        let mut place = Place::default();
        keys.iter().rev().for_each(|key| place.inside(key.as_bytes()));
        place.pointer()
    }

    #[test]
    fn a_pointer_is_escaped_as_rfc_6901_says_and_cannot_break_a_line() {
        assert_eq!(pointer(&["items", "3", "a/b~c\n"]), "/items/3/a~1b~0c\u{fffd}");
        assert_eq!(pointer(&["4111 1111 1111 1111"]), "/**** **** **** 1111");
    }

    #[test]
    fn a_pointer_is_bounded() {
        let key = "ü".repeat(100_000);
        let pointer = pointer(&[&key, &key]);
        assert!(pointer.len() < 2 * MAX_POINTER_BYTES && pointer.ends_with('…'), "{}", pointer.len());
    }
}
