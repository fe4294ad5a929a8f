//! Where in an order something is: JSON Pointers (RFC 6901) that can stand in a line of text.

use super::{
    card, sanitise,
    schema::{ShapeId, Shapes},
};

/// The longest pointer that is told, in bytes. A key can be megabytes long.
const MAX_BYTES: usize = 256;

/// The way to the value that is written now.
#[derive(Default)]
pub(super) struct Path {
    /// Keys that the schema does not name, one after the other.
    keys: Vec<u8>,
    steps: Vec<Step>,
}

/// A step into an array or object.
enum Step {
    /// The key that begins there in [`Path::keys`], and ends where the next begins.
    Key(usize),
    /// One that the schema names at that place, by its number.
    Named(ShapeId, u16),
    Index(u64),
}

impl Path {
    /// An array or object begins.
    pub(super) fn open(&mut self) {
        self.steps.push(Step::Index(0));
    }

    /// It ends.
    pub(super) fn close(&mut self) {
        if let Some(Step::Key(start)) = self.steps.pop() {
            self.keys.truncate(start);
        }
    }

    /// The value of this key comes next in the innermost object.
    pub(super) fn key(&mut self, key: &[u8]) {
        let Some(step) = self.steps.last_mut() else { return };
        match step {
            Step::Key(start) => self.keys.truncate(*start),
            Step::Index(_) | Step::Named(..) => *step = Step::Key(self.keys.len()),
        }
        // More of it is never told, nor is what is told part of a card's number that goes on behind it.
        self.keys.extend_from_slice(key.get(..4 * MAX_BYTES).unwrap_or(key));
    }

    /// The value of a key that the schema names comes next.
    pub(super) fn named(&mut self, place: ShapeId, number: u16) {
        if let Some(step) = self.steps.last_mut() {
            if let Step::Key(start) = step {
                self.keys.truncate(*start);
            }
            *step = Step::Named(place, number);
        }
    }

    /// This element comes next in the innermost array.
    pub(super) fn index(&mut self, index: u64) {
        if let Some(step) = self.steps.last_mut() {
            *step = Step::Index(index);
        }
    }

    pub(super) fn pointer(&self, shapes: &Shapes) -> String {
        let mut end = self.keys.len();
        let mut segments: Vec<_> = self
            .steps
            .iter()
            .rev()
            .map(|step| match step {
                Step::Index(index) => index.to_string(),
                Step::Named(place, number) => {
                    let named = shapes.get(*place).name(*number);
                    named.map(|named| String::from_utf8_lossy(&named.key).into_owned()).unwrap_or_default()
                }
                Step::Key(start) => {
                    let key = self.keys.get(*start..end).unwrap_or_default();
                    end = *start;
                    String::from_utf8_lossy(key).into_owned()
                }
            })
            .collect();
        segments.reverse();
        pointer(segments.iter().map(String::as_str))
    }
}

/// A pointer, bounded, without control characters or card numbers.
pub(super) fn pointer<'s>(segments: impl Iterator<Item = &'s str>) -> String {
    let mut pointer = String::new();
    for segment in segments {
        pointer.push('/');
        for c in card::mask(segment).as_deref().unwrap_or(segment).chars() {
            match c {
                '~' => pointer.push_str("~0"),
                '/' => pointer.push_str("~1"),
                c if c.is_control() || sanitise::is_hidden(c) => pointer.push(char::REPLACEMENT_CHARACTER),
                c => pointer.push(c),
            }
        }
        if pointer.len() > MAX_BYTES {
            let end = pointer.floor_char_boundary(MAX_BYTES);
            pointer.truncate(end);
            pointer.push('…');
            break;
        }
    }
    pointer
}

/// A key as a segment of a pointer.
pub(super) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The segments of a pointer of whatever length.
pub(super) fn segments(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::schema::{ROOT, Schema};

    #[test]
    fn a_pointer_is_escaped_as_rfc_6901_says_and_cannot_break_a_line() {
        assert_eq!(pointer(["items", "3", "a/b~c\n"].into_iter()), "/items/3/a~1b~0c\u{fffd}");
        assert_eq!(pointer(["4111 1111 1111 1111"].into_iter()), "/**** **** **** 1111");
        assert_eq!(segments("/items/3/a~1b~0c").collect::<Vec<_>>(), ["items", "3", "a/b~c"]);
    }

    #[test]
    fn a_pointer_is_bounded() {
        let key = "ü".repeat(100_000);
        let pointer = pointer([key.as_str(), key.as_str()].into_iter());
        assert!(pointer.len() < 2 * MAX_BYTES && pointer.ends_with('…'), "{}", pointer.len());
    }

    #[test]
    fn a_path_is_where_the_writer_is() {
        let shapes = Schema::parse(br#"{"properties": {"items": {}}}"#).unwrap().shapes();
        let items = shapes.get(ROOT).find(b"items", None).unwrap().0;
        let mut path = Path::default();
        assert_eq!(path.pointer(&shapes), "");
        path.open();
        path.named(ROOT, items);
        path.open();
        path.index(7);
        path.open();
        path.key(b"name");
        assert_eq!(path.pointer(&shapes), "/items/7/name");
        path.key(b"a");
        path.close();
        path.index(8);
        assert_eq!(path.pointer(&shapes), "/items/8");
        path.close();
        path.key(b"note");
        assert_eq!(path.pointer(&shapes), "/note");
        path.named(ROOT, items);
        assert_eq!(path.pointer(&shapes), "/items");
    }
}
