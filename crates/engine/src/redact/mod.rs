//! Nothing of the key comes back: an API, or the error page of a proxy before it, may echo the request's headers.
//!
//! What is found and replaced by [`REDACTED`]: the key as it is; in hexadecimal; in base64 of either alphabet, at any alignment (the key
//! inside of something encoded as a whole), over line breaks; and all of these inside text that is percent-encoded, escaped as in
//! JSON, or escaped as in HTML, or base64 of its own, or has NULs in it (UTF-16), up to three times over and in any mixture (JSON in a
//! query string in JSON).
//!
//! A key that begins with an authentication scheme (`Bearer …`) is also looked for without it, and what `Basic …` encodes as itself.
//!
//! The search compares with the key where it is kept: no encoded copy of it is ever made.

mod escapes;
mod forms;
mod layer;

use std::ops::Range;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use zeroize::Zeroizing;

use escapes::Escapes;
use forms::{Beginnings, match_at};
use layer::Layer;

/// What stands in the key's place.
pub const REDACTED: &str = "[redacted]";

/// How many bytes past its end an answer must be read for a key that reaches over that end to be found: every byte of the key as
/// `%5Cu00XX`, the longest form that is looked for (and percent signs escaped once more).
#[must_use]
pub fn look_ahead(key: &[u8]) -> usize {
    key.len().saturating_mul(18)
}

/// The text, at most `max_bytes` of it, without the key.
#[must_use]
pub fn redact(text: &Bytes, key: &[u8], max_bytes: usize) -> Bytes {
    #[cfg(feature = "naive")]
    crate::naive::panic_in("redact", key);
    if cfg!(feature = "naive") {
        return text.slice(..text.len().min(max_bytes));
    }
    let mut found = Vec::new();
    let credentials = basic_credentials(key);
    let parts = key.split(|byte| *byte == b' ').filter(|part| part.len() < key.len());
    let parts = parts.chain(credentials.split(|byte| *byte == b':')).chain([&credentials[..]]);
    for secret in std::iter::once(key).chain(parts.filter(|part| part.len() >= MIN_PART)) {
        find_in_layers(&Layer::of(text), secret, &Beginnings::of(secret), NESTING, &mut found);
    }
    if found.is_empty() {
        return text.slice(..text.len().min(max_bytes));
    }
    found.sort_by_key(|range| range.start);
    let mut clean = Vec::with_capacity(text.len());
    let mut at = 0;
    for range in found {
        // Ranges may overlap: the same place found in two ways.
        if range.start >= at {
            clean.extend_from_slice(text.get(at..range.start).unwrap_or_default());
            clean.extend_from_slice(REDACTED.as_bytes());
        }
        at = at.max(range.end);
    }
    clean.extend_from_slice(text.get(at..).unwrap_or_default());
    clean.truncate(max_bytes);
    clean.into()
}

/// A part of a key that is shorter ("Bearer") is no secret, or no good one.
const MIN_PART: usize = 8;

/// The `user:password` that a key of the Basic scheme encodes (RFC 7617); empty for others.
fn basic_credentials(key: &[u8]) -> Zeroizing<Vec<u8>> {
    let encoded = key.split_at_checked(6).filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"basic "));
    Zeroizing::new(
        encoded
            .and_then(|(_, encoded)| BASE64_STANDARD.decode(encoded.trim_ascii()).ok())
            .unwrap_or_default(),
    )
}

/// How often text may be escaped in escaped text.
const NESTING: u8 = 3;

fn find_in_layers(
    layer: &Layer<'_>,
    key: &[u8],
    beginnings: &Beginnings,
    nesting: u8,
    found: &mut Vec<Range<usize>>,
) {
    let text = &layer.text[..];
    // Every form takes at least as many bytes as the key, and decoding makes no text longer.
    if text.len() < key.len() {
        return;
    }
    let mut from = 0;
    while let Some(at) = beginnings.next(text, from) {
        match match_at(text, at, key) {
            Some(range) => {
                // Never backwards: a match may reach back by the base64 digit that it shares with what comes before.
                from = range.end.max(at + 1);
                found.push(layer.original(range));
            }
            None => from = at + 1,
        }
    }
    if nesting > 0 {
        for escapes in [Escapes::Percent, Escapes::Json, Escapes::Html, Escapes::Nul] {
            if let Some(inner) = layer.decoded(escapes, key) {
                find_in_layers(&inner, key, beginnings, nesting - 1, found);
            }
        }
        if let Some(inner) = layer.unbased() {
            find_in_layers(&inner, key, beginnings, nesting - 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::*;
    use proptest::prelude::*;

    const KEY: &str = r#"sk-live/4f+x="\&<é"#;

    fn key() -> &'static [u8] {
        // ASCII, as every key is.
        KEY.strip_suffix('é').unwrap().as_bytes()
    }

    fn clean(text: &str, key: &[u8]) -> String {
        String::from_utf8_lossy(&redact(&Bytes::copy_from_slice(text.as_bytes()), key, 1 << 20)).into_owned()
    }

    fn percent(text: &[u8], all: bool) -> String {
        text.iter()
            .map(|b| {
                if all || !(b.is_ascii_alphanumeric() || b"-_.~".contains(b)) {
                    format!("%{b:02X}")
                } else {
                    char::from(*b).to_string()
                }
            })
            .collect()
    }

    fn json(text: &[u8], slashes: bool) -> String {
        let text = serde_json::to_string(std::str::from_utf8(text).unwrap()).unwrap();
        let text = text[1..text.len() - 1].to_owned();
        if slashes { text.replace('/', "\\/") } else { text }
    }

    fn html(text: &[u8]) -> String {
        let text = std::str::from_utf8(text).unwrap();
        text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('/', "&#x2F;")
    }

    fn numeric(text: &[u8], escape: impl Fn(u8) -> String) -> String {
        text.iter().map(|b| escape(*b)).collect()
    }

    /// Every way of writing a key that is promised to be found.
    fn forms(key: &[u8]) -> Vec<String> {
        let mut forms = vec![
            String::from_utf8(key.to_vec()).unwrap(),
            percent(key, false),
            percent(key, true),
            percent(key, true).to_lowercase().replace('%', "%25"),
            percent(percent(key, false).as_bytes(), false),
            json(key, false),
            json(key, true),
            json(json(key, true).as_bytes(), true),
            html(key),
            json(html(key).as_bytes(), true),
            html(json(key, true).as_bytes()),
            percent(json(key, true).as_bytes(), false),
            numeric(key, |b| format!("\\u{b:04x}")),
            numeric(key, |b| format!("\\x{b:02X}")),
            numeric(key, |b| format!("&#{b};")),
            numeric(key, |b| format!("&#X{b:x};")),
            numeric(key, |b| format!("&#{b:07}")),
            numeric(key, |b| format!("%u00{b:02x}")),
            numeric(key, |b| format!("\\u{{{b:02x}}}")),
            numeric(key, |b| format!("{}\0", char::from(b))),
            percent(numeric(key, |b| format!("\\u{b:04x}")).as_bytes(), true),
            json(json(json(key, true).as_bytes(), true).as_bytes(), true),
            numeric(key, |b| format!("{b:02x}")),
            numeric(key, |b| format!("{b:02X}")),
            numeric(key, |b| format!("{b:02x}:")),
        ];
        for before in ["", "a", "ab", "X-API-KEY: ", "user:", "{\"k\":\""] {
            for after in ["", "z", "zz", "\"}"] {
                let whole = [before.as_bytes(), key, after.as_bytes()].concat();
                let standard = BASE64_STANDARD.encode(&whole);
                let in_json = json(&whole, true);
                forms.extend([
                    BASE64_STANDARD.encode(format!("{{\"headers\":\"{in_json}\"}}")),
                    BASE64_STANDARD.encode(&standard),
                    BASE64_URL_SAFE.encode(&whole),
                    BASE64_URL_SAFE_NO_PAD.encode(&whole),
                    percent(standard.as_bytes(), false),
                    json(standard.as_bytes(), true),
                    standard
                        .as_bytes()
                        .chunks(5)
                        .map(|line| std::str::from_utf8(line).unwrap())
                        .collect::<Vec<_>>()
                        .join("\r\n"),
                    standard,
                ]);
            }
        }
        forms
    }

    #[test]
    fn the_key_is_found_in_every_form_and_nothing_else_is_touched() {
        for form in forms(key()) {
            for (before, after) in
                [("", ""), ("<p>", "</p>"), ("{\"a\":\"", "\",\"b\":[1,2.5]}"), ("x=1&y=", "&z=%20%41")]
            {
                let told = clean(&format!("{before}{form}{after}"), key());
                assert!(told.starts_with(before) && told.ends_with(after), "{form}: {told}");
                assert!(told.contains(REDACTED), "{form}: {told}");
                assert!(told.len() <= before.len() + after.len() + REDACTED.len() + 64, "{form}: {told}");
            }
        }
    }

    #[test]
    fn no_part_of_a_base64_encoded_key_is_left() {
        for before in ["", "a", "ab"] {
            let encoded = BASE64_STANDARD.encode([before.as_bytes(), b"0123456789abcdef", b"tail"].concat());
            let told = clean(&encoded, b"0123456789abcdef");
            let left: String =
                told.split(REDACTED).map(|part| part.trim_end_matches('=').to_owned()).collect();
            assert!(left.len() <= before.len() + 1 + "tail".len() + 2, "{told}");
        }
    }

    #[test]
    fn a_token_is_found_without_its_scheme() {
        for key in ["Bearer 0123456789abcdef", "Token 0123456789abcdef"] {
            assert!(
                !clean("unknown token 0123456789abcdef", key.as_bytes()).contains("0123456789abcdef"),
                "{key}"
            );
        }
        // shop:correct horse
        let basic = b"Basic c2hvcDpjb3JyZWN0IGhvcnNl";
        for text in ["shop:correct horse", "password 'correct horse' is wrong", "c2hvcDpjb3JyZWN0IGhvcnNl"] {
            assert!(clean(text, basic).contains(REDACTED), "{text}");
        }
        assert_eq!(clean("the shop is Basic", basic), "the shop is Basic");
    }

    #[test]
    fn a_text_without_the_key_is_left_as_it_is() {
        for text in
            ["", "{}", "%", "%2", "\\", "\\u00", "&", "&#;", "&#x;", "c2stbGl2", "sk-live", "73:6b:2d"]
        {
            assert_eq!(clean(text, key()), text);
        }
    }

    #[test]
    fn a_key_over_the_cut_leaves_nothing_before_it() {
        // Those in which the key stands alone.
        for form in forms(key()).into_iter().take(25) {
            for cut in 1..form.len() + 3 {
                let told = redact(&Bytes::from(format!("...{form}")), key(), cut);
                assert!(
                    told.len() <= cut
                        && [&b"...[redacted]:"[..], b"...[redacted]\0"]
                            .iter()
                            .any(|all| all.starts_with(&told)),
                    "{form} {cut}: {told:?}"
                );
            }
        }
    }

    #[test]
    fn the_look_ahead_is_enough_for_every_form() {
        for form in forms(key()) {
            assert!(form.len() <= look_ahead(key()), "{form}");
        }
    }

    proptest! {
        #[test]
        fn any_key_is_found_in_any_form_amid_anything(
            key in "[ -~]{4,40}".prop_filter("trimmed", |key| key.trim() == key),
            before in "[a-z<>{}\":]{0,20}", after in "[a-z<>{}\":]{0,20}", pick in any::<prop::sample::Index>(),
        ) {
            let forms = forms(key.as_bytes());
            let form = pick.get(&forms);
            let told = clean(&format!("{before} {form} {after}"), key.as_bytes());
            prop_assert!(told.contains(REDACTED), "{key:?} as {form:?}: {told:?}");
            prop_assert!(!told.contains(form.as_str()) || REDACTED.contains(key.as_str()), "{key:?} as {form:?}: {told:?}");
        }

        #[test]
        fn no_text_panics(text in proptest::collection::vec(any::<u8>(), 0..300), key in "[ -~]{1,20}", max in 0_usize..400) {
            let told = redact(&Bytes::from(text), key.as_bytes(), max);
            prop_assert!(told.len() <= max);
        }
    }
}
