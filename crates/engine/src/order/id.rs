//! The order's own id, read from its JSON by a JSON Pointer (RFC 6901): what stands before it is passed over, what comes after it is not
//! read.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The text or whole number at a pointer.
pub(super) fn find(json: &[u8], pointer: &str) -> Option<String> {
    let segments: Vec<_> =
        pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect();
    let found = Cell::new(None);
    // An error is how a visitor says that it has seen enough; the text itself is JSON.
    let _ =
        Follow { way: &segments, found: &found }.deserialize(&mut serde_json::Deserializer::from_slice(json));
    found.take()
}

/// Leads to a value.
#[derive(Clone, Copy)]
struct Follow<'a> {
    /// The segments that are left.
    way: &'a [String],
    found: &'a Cell<Option<String>>,
}

impl<'a> Follow<'a> {
    fn on(self, way: &'a [String]) -> Self {
        Self { way, ..self }
    }

    fn arrive(self, value: &(impl ToString + ?Sized)) {
        if self.way.is_empty() {
            self.found.set(Some(value.to_string()));
        }
    }
}

impl<'de> DeserializeSeed<'de> for Follow<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Follow<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if !text.is_empty() {
            self.arrive(text);
        }
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.arrive(&number);
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.arrive(&number);
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((first, rest)) = self.way.split_first() else { return IgnoredAny.visit_map(map).map(drop) };
        while let Some(is_first) = map.next_key_seed(Is(first))? {
            if is_first {
                map.next_value_seed(self.on(rest))?;
                return Err(A::Error::custom("this was it"));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let wanted =
            self.way.split_first().and_then(|(first, rest)| Some((first.parse::<usize>().ok()?, rest)));
        for index in 0_usize.. {
            match wanted {
                Some((number, rest)) if number == index => {
                    list.next_element_seed(self.on(rest))?;
                    return Err(A::Error::custom("this was it"));
                }
                _ if list.next_element::<IgnoredAny>()?.is_none() => break,
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whether a key is this one.
struct Is<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const JSON: &str = r#"{"a":{"b/c":["x",{"id":7}],"d":1.5,"e":null,"f":true,"g":-3,"h":""},"id":"1001"}"#;

    #[test]
    fn a_pointer_leads_to_a_text_or_a_whole_number() {
        let at = |pointer: &str| find(JSON.as_bytes(), pointer);
        assert_eq!(at("/id").as_deref(), Some("1001"));
        assert_eq!(at("/a/b~1c/1/id").as_deref(), Some("7"));
        assert_eq!(at("/a/b~1c/0").as_deref(), Some("x"));
        assert_eq!(at("/a/g").as_deref(), Some("-3"));
        for nothing in ["", "/", "/x", "/a", "/a/d", "/a/e", "/a/f", "/a/h", "/a/b~1c", "/a/b~1c/9", "/id/x"]
        {
            assert_eq!(at(nothing), None, "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_serde_json(pointer in "(/(a|b~1c|[0-2]|id|d|e|f|g|h)){0,4}") {
            let value: serde_json::Value = serde_json::from_str(JSON).unwrap();
            let expected = value.pointer(&pointer).and_then(|value| match value {
                serde_json::Value::String(text) if !text.is_empty() => Some(text.clone()),
                serde_json::Value::Number(number) if !number.is_f64() => Some(number.to_string()),
                _ => None,
            });
            prop_assert_eq!(find(JSON.as_bytes(), &pointer), expected);
        }
    }
}
