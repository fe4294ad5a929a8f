//! The order's own id, read from its JSON by a JSON Pointer (RFC 6901): the rest of the text is passed over, not kept.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The text or whole number at a pointer.
pub(super) fn find(json: &[u8], pointer: &str) -> Option<String> {
    let segments: Vec<_> =
        pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect();
    Follow(&segments).deserialize(&mut serde_json::Deserializer::from_slice(json)).ok().flatten()
}

/// The way that is left.
#[derive(Clone, Copy)]
struct Follow<'a>(&'a [String]);

impl<'de> DeserializeSeed<'de> for Follow<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Follow<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok((self.0.is_empty() && !text.is_empty()).then(|| text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(self.0.is_empty().then(|| number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(self.0.is_empty().then(|| number.to_string()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            match self.0.split_first() {
                Some((first, rest)) if *first == key => found = map.next_value_seed(Follow(rest))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let wanted =
            self.0.split_first().and_then(|(first, rest)| Some((first.parse::<usize>().ok()?, rest)));
        let mut found = None;
        for index in 0_usize.. {
            let is_there = match wanted {
                Some((number, rest)) if number == index => {
                    let value = list.next_element_seed(Follow(rest))?;
                    let is_there = value.is_some();
                    found = value.flatten();
                    is_there
                }
                _ => list.next_element::<IgnoredAny>()?.is_some(),
            };
            if !is_there {
                break;
            }
        }
        Ok(found)
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
