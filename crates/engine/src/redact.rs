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

use std::borrow::Cow;
use std::ops::Range;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use zeroize::Zeroizing;

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
    if cfg!(feature = "naive") {
        return text.slice(..text.len().min(max_bytes));
    }
    let mut found = Vec::new();
    let credentials = basic_credentials(key);
    let parts = key.split(|byte| *byte == b' ').filter(|part| part.len() < key.len());
    let parts = parts.chain(credentials.split(|byte| *byte == b':')).chain([&credentials[..]]);
    for secret in std::iter::once(key).chain(parts.filter(|part| part.len() >= MIN_PART)) {
        find_in_layers(&Layer::of(text), secret, NESTING, &mut found);
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

/// Text after so many decodings, and where each of its bytes came from in the original.
struct Layer<'a> {
    text: Cow<'a, [u8]>,
    /// For each byte of `text` the range of the original that stands for it. None: the original itself.
    origin: Option<Vec<Range<usize>>>,
}

impl<'a> Layer<'a> {
    fn of(text: &'a [u8]) -> Self {
        Self { text: Cow::Borrowed(text), origin: None }
    }

    /// What stands for a range of this text in the original.
    fn original(&self, range: Range<usize>) -> Range<usize> {
        let Some(origin) = &self.origin else { return range };
        let first = origin.get(range.start).map_or(0, |first| first.start);
        let last = range.end.checked_sub(1).and_then(|last| origin.get(last)).map_or(first, |last| last.end);
        first..last
    }

    /// The text with one kind of escapes decoded; None when it has none.
    fn decoded(&self, escapes: Escapes, key: &[u8]) -> Option<Layer<'static>> {
        let mut text = Vec::new();
        let mut origin = Vec::new();
        let (mut at, mut any) = (0, false);
        while let Some(&byte) = self.text.get(at) {
            let rest = self.text.get(at..).unwrap_or_default();
            let (decoded, length) = escapes.decode(rest, key).unwrap_or((Some(byte), 1));
            any |= length > 1 || decoded != Some(byte);
            if let Some(decoded) = decoded {
                text.push(decoded);
                origin.push(self.original(at..at + length));
            }
            at += length;
        }
        any.then_some(Layer { text: Cow::Owned(text), origin: Some(origin) })
    }

    /// What its runs of base64 digits hold, one after the other; None when it has no long one.
    fn unbased(&self) -> Option<Layer<'static>> {
        let mut text = Vec::new();
        let mut origin = Vec::new();
        let mut at = 0;
        while at < self.text.len() {
            let run = self.text.get(at..).unwrap_or_default();
            let length = run
                .iter()
                .take_while(|byte| sextet(**byte).is_some() || matches!(**byte, b'\r' | b'\n'))
                .count();
            if length >= MIN_BASE64_RUN {
                let digits = run
                    .iter()
                    .take(length)
                    .enumerate()
                    .filter_map(|(i, byte)| Some((at + i, u32::from(sextet(*byte)?))));
                let (mut bits, mut held) = (0_u32, 0);
                for (i, digit) in digits {
                    bits = (bits << 6 | digit) & 0xffff;
                    held += 6;
                    if held >= 8 {
                        held -= 8;
                        text.push(u8::try_from(bits >> held & 0xff).unwrap_or_default());
                        // The digit before has the byte's first bits.
                        origin.push(self.original(i.saturating_sub(1)..i + 1));
                    }
                }
                // What is found in one run must not go on in the next.
                text.push(0);
                origin.push(self.original(at..at + length));
            }
            at += length.max(1);
        }
        (!text.is_empty()).then_some(Layer { text: Cow::Owned(text), origin: Some(origin) })
    }
}

/// Shorter runs are words.
const MIN_BASE64_RUN: usize = 16;

fn find_in_layers(layer: &Layer<'_>, key: &[u8], nesting: u8, found: &mut Vec<Range<usize>>) {
    let text = &layer.text[..];
    let mut at = 0;
    while at < text.len() {
        match match_at(text, at, key) {
            Some(range) => {
                // Never backwards: a match may reach back by the base64 digit that it shares with what comes before.
                at = range.end.max(at + 1);
                found.push(layer.original(range));
            }
            None => at += 1,
        }
    }
    if nesting > 0 {
        for escapes in [Escapes::Percent, Escapes::Json, Escapes::Html, Escapes::Nul] {
            if let Some(inner) = layer.decoded(escapes, key) {
                find_in_layers(&inner, key, nesting - 1, found);
            }
        }
        if let Some(inner) = layer.unbased() {
            find_in_layers(&inner, key, nesting - 1, found);
        }
    }
}

/// Ways of writing a byte by others.
#[derive(Clone, Copy)]
enum Escapes {
    /// `%2F`, `%u002F`; `+` for a space, if the key has one.
    Percent,
    /// `\/`, `\"`, `\u002f`, `\u{2f}`, `\x2f`, `\n`.
    Json,
    /// `&amp;`, `&#47;`, `&#x2F;`, numbers also without their semicolon.
    Html,
    /// The NULs between the letters of UTF-16 and UTF-32.
    Nul,
}

impl Escapes {
    /// The byte that `text` begins with, if that is an escape (None: one that stands for nothing), and the escape's length.
    fn decode(self, text: &[u8], key: &[u8]) -> Option<(Option<u8>, usize)> {
        let hex_byte = |high: u8, low: u8| Some(hex(high)? << 4 | hex(low)?);
        let (byte, length) = match (self, text) {
            (Self::Nul, [0, ..]) => return Some((None, 1)),
            (Self::Percent, [b'%', b'u' | b'U', b'0', b'0', high, low, ..])
            | (
                Self::Json,
                [b'\\', b'u' | b'U', b'0', b'0', high, low, ..] | [b'\\', b'u', b'{', high, low, b'}', ..],
            ) => (hex_byte(*high, *low)?, 6),
            (Self::Percent, [b'%', high, low, ..]) => (hex_byte(*high, *low)?, 3),
            (Self::Percent, [b'+', ..]) if key.contains(&b' ') => (b' ', 1),
            (Self::Json, [b'\\', b'x', high, low, ..]) => (hex_byte(*high, *low)?, 4),
            (Self::Json, [b'\\', b'n', ..]) => (b'\n', 2),
            (Self::Json, [b'\\', b'r', ..]) => (b'\r', 2),
            (Self::Json, [b'\\', b't', ..]) => (b'\t', 2),
            (Self::Json, [b'\\', byte, ..]) if byte.is_ascii_punctuation() => (*byte, 2),
            (Self::Html, [b'&', b'#', b'x' | b'X', rest @ ..]) => {
                let (byte, length) = number(rest, 16)?;
                (byte, length + 3)
            }
            (Self::Html, [b'&', b'#', rest @ ..]) => {
                let (byte, length) = number(rest, 10)?;
                (byte, length + 2)
            }
            (Self::Html, [b'&', rest @ ..]) => {
                let (byte, length) = entity(rest)?;
                (byte, length + 1)
            }
            _ => return None,
        };
        Some((Some(byte), length))
    }
}

/// The ASCII character of a numeric character reference's digits, and their length with the semicolon, if there is one.
fn number(text: &[u8], radix: u32) -> Option<(u8, usize)> {
    let length = text.iter().take(8).take_while(|byte| char::from(**byte).is_digit(radix)).count();
    let digits = std::str::from_utf8(text.get(..length)?).ok()?;
    let byte = u32::from_str_radix(digits, radix).ok().map(|code| if code == 0xa0 { 0x20 } else { code })?;
    Some((u8::try_from(byte).ok()?, length + usize::from(text.get(length) == Some(&b';'))))
}

/// The ASCII character that a named character reference stands for (after its `&`), and its length.
fn entity(text: &[u8]) -> Option<(u8, usize)> {
    /// Those of HTML that stand for an ASCII character.
    const NAMED: [(&str, u8); 34] = [
        ("amp", b'&'),
        ("lt", b'<'),
        ("gt", b'>'),
        ("quot", b'"'),
        ("apos", b'\''),
        ("excl", b'!'),
        ("num", b'#'),
        ("dollar", b'$'),
        ("percnt", b'%'),
        ("lpar", b'('),
        ("rpar", b')'),
        ("ast", b'*'),
        ("plus", b'+'),
        ("comma", b','),
        ("hyphen", b'-'),
        ("period", b'.'),
        ("sol", b'/'),
        ("colon", b':'),
        ("semi", b';'),
        ("equals", b'='),
        ("quest", b'?'),
        ("commat", b'@'),
        ("lsqb", b'['),
        ("lbrack", b'['),
        ("bsol", b'\\'),
        ("rsqb", b']'),
        ("rbrack", b']'),
        ("Hat", b'^'),
        ("lowbar", b'_'),
        ("grave", b'`'),
        ("lcub", b'{'),
        ("verbar", b'|'),
        ("rcub", b'}'),
        ("nbsp", b' '),
    ];
    let end = text.iter().take(10).position(|byte| *byte == b';')?;
    let name = text.get(..end)?;
    Some((NAMED.iter().find(|(known, _)| known.as_bytes() == name)?.1, end + 1))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The key at a place, in one of its forms.
fn match_at(text: &[u8], at: usize, key: &[u8]) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    if rest.starts_with(key) {
        return Some(at..at + key.len());
    }
    if let Some(length) = match_hex(rest, key) {
        return Some(at..at + length);
    }
    // The key's first bit that begins a digit, when 0, 1 or 2 bytes stand before it in the first group of three.
    [0, 4, 2].into_iter().find_map(|first_bit| {
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
fn sextet(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
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
        let text = text.trim_matches('"').to_owned();
        // trim_matches also takes a quote that the text itself ends with.
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
