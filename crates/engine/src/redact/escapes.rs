//! How text is escaped inside of other text: in URLs, JSON, HTML, UTF-16.

use super::forms::hex;

/// Ways of writing a byte by others.
#[derive(Clone, Copy)]
pub(super) enum Escapes {
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
    /// Whether it is worth looking: nearly all answers have none.
    pub(super) fn may_be_in(self, text: &[u8], key: &[u8]) -> bool {
        match self {
            Self::Percent => text.contains(&b'%') || (text.contains(&b'+') && key.contains(&b' ')),
            Self::Json => text.contains(&b'\\'),
            Self::Html => text.contains(&b'&'),
            Self::Nul => text.contains(&0),
        }
    }

    /// The byte that `text` begins with, if that is an escape (None: one that stands for nothing), and the escape's length.
    pub(super) fn decode(self, text: &[u8], key: &[u8]) -> Option<(Option<u8>, usize)> {
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
