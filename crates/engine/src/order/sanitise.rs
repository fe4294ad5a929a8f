//! Texts made clean before they are validated: no control or invisible characters, no markup, Unicode's NFC, no space around.

use std::{borrow::Cow, sync::LazyLock};

use ammonia::Builder;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Whether a field may have more than one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// A name, a code: line breaks and tabs become spaces.
    Single,
    /// A note: line breaks and tabs stay; every kind of break becomes `\n`.
    Multiple,
}

/// What was changed in a text, each counted in characters that were removed or replaced; `nfc` is 0 or 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// C0 and C1 controls removed.
    pub controls: u32,
    /// Zero-width, bidirectional and other invisible formatting removed.
    pub invisible: u32,
    /// Line breaks and tabs replaced.
    pub newlines: u32,
    /// HTML removed, or an angle bracket that could begin some set apart.
    pub markup: u32,
    /// Brought into NFC.
    pub nfc: u32,
    /// White space around it removed.
    pub trimmed: u32,
}

impl Counts {
    /// Adds what another look changed.
    pub(super) fn add(&mut self, other: Self) {
        let add = |sum: &mut u32, more: u32| *sum = sum.saturating_add(more);
        add(&mut self.controls, other.controls);
        add(&mut self.invisible, other.invisible);
        add(&mut self.newlines, other.newlines);
        add(&mut self.markup, other.markup);
        add(&mut self.nfc, other.nfc);
        add(&mut self.trimmed, other.trimmed);
    }
}

/// The clean text, if it is another. Most texts are clean, and a [`super::look::Look`] tells it sooner.
#[must_use]
pub fn text(text: &str, lines: Lines) -> Option<(String, Counts)> {
    let mut counts = Counts::default();
    let visible = without_invisible(text, lines, &mut counts);
    // Before markup is looked for, as the Kelvin sign becomes a K; and after, as what stood around a tag comes together.
    let mut normal = in_nfc(visible, &mut counts);
    if normal.contains('<') {
        normal = in_nfc(without_markup(&normal, &mut counts).into(), &mut counts);
    }
    let trimmed = normal.trim();
    counts.trimmed = count(&normal) - count(trimmed);
    (counts != Counts::default()).then(|| (trimmed.to_owned(), counts))
}

/// A clean name of a field: as [`text`], but that markup in it is left.
#[must_use]
pub fn key(key: &str) -> Cow<'_, str> {
    let mut counts = Counts::default();
    let visible = without_invisible(key, Lines::Single, &mut counts);
    let normal = in_nfc(visible, &mut counts);
    match normal.trim() {
        clean if clean == key => Cow::Borrowed(key),
        clean => Cow::Owned(clean.to_owned()),
    }
}

fn without_invisible<'a>(text: &'a str, lines: Lines, counts: &mut Counts) -> Cow<'a, str> {
    let is_clean = |c: char| match c {
        // Nearly all characters are.
        ' '..='~' => true,
        '\n' | '\t' => lines == Lines::Multiple,
        c => !is_line_break(c) && !c.is_control() && !is_invisible(c),
    };
    if text.chars().all(is_clean) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if is_clean(c) {
            clean.push(c);
        } else if is_line_break(c) || c == '\t' {
            // One break, written with two characters.
            if c == '\r' && chars.peek() == Some(&'\n') {
                chars.next();
            }
            counts.newlines += 1;
            clean.push(if lines == Lines::Multiple { '\n' } else { ' ' });
        } else if c.is_control() {
            counts.controls += 1;
        } else {
            counts.invisible += 1;
        }
    }
    Cow::Owned(clean)
}

/// Whether a character shows nothing of itself or breaks a line.
pub(super) fn is_hidden(c: char) -> bool {
    is_invisible(c) || is_line_break(c)
}

/// Unicode's mandatory breaks (UAX #14).
fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Formatting that shows nothing of itself: Unicode's `Default_Ignorable_Code_Point`, and interlinear annotation. Variation selectors
/// are none: Japanese names and emoji need them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e00ff}'
        | '\u{e01f0}'..='\u{e0fff}')
}

fn in_nfc<'a>(text: Cow<'a, str>, counts: &mut Counts) -> Cow<'a, str> {
    /// With this byte U+0300 begins, the first character that may have another form (UAX #15, `NFC_Quick_Check`).
    const FIRST: u8 = 0xcc;
    if text.bytes().all(|byte| byte < FIRST) || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return text;
    }
    let normal: String = text.nfc().collect();
    if normal == text {
        return text;
    }
    counts.nfc = 1;
    Cow::Owned(normal)
}

/// More tags than this, or longer ones, are no text that anybody wrote: then the bracket of each is taken away, and no parser is asked,
/// whose work may grow with the square of both.
const MAX_TAGS: usize = 2000;
const MAX_TAG_BYTES: usize = 8192;

/// What a tag that was within another leaves may be a tag: looked at again, so many times.
const MAX_ROUNDS: usize = 4;

fn without_markup(text: &str, counts: &mut Counts) -> String {
    // `a<b` and `<ada@example.com>` are meant as they stand; set apart they are read so by everybody.
    let mut clean = with_tag_starts(text, |tag| if is_meant_as_tag(tag) { None } else { Some("< ") });
    let before = count(&clean);
    counts.markup = before - count(text);
    for _ in 0..MAX_ROUNDS {
        // Nothing after the last `>` can be a whole tag: an HTML parser would take it for the beginning of one, and away.
        let end = clean.rfind('>').map_or(0, |last| last + 1);
        let (tags, rest) = clean.split_at(end);
        if !has_tag_start(tags) {
            break;
        }
        let is_long = |tag: &str| tag.find('>').unwrap_or(tag.len()) > MAX_TAG_BYTES;
        if tags.matches('<').count() > MAX_TAGS || tags.split('<').skip(1).any(is_long) {
            clean = with_tag_starts(&clean, |_| Some(""));
            break;
        }
        clean = stripped(tags) + rest;
    }
    counts.markup = counts.markup.saturating_add(before.saturating_sub(count(&clean)));
    if has_tag_start(&clean) {
        let apart = with_tag_starts(&clean, |_| Some("< "));
        counts.markup = counts.markup.saturating_add(count(&apart) - count(&clean));
        clean = apart;
    }
    clean
}

/// Whether what follows a `<` has the name of an element, and the name's end (WHATWG HTML, 13.2.5.8), or begins a comment.
fn is_meant_as_tag(tag: &str) -> bool {
    if tag.starts_with(['!', '?']) {
        return true;
    }
    let name = tag.strip_prefix('/').unwrap_or(tag);
    let end =
        name.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | ':')).unwrap_or(name.len());
    let is_named = name.starts_with(|c: char| c.is_ascii_alphabetic());
    is_named && name.get(end..).is_some_and(|rest| rest.starts_with([' ', '\t', '\n', '/', '>']))
}

/// Whether a `<` is there that an HTML parser takes for more than itself (WHATWG HTML, 13.2.5.6, the tag open state).
fn has_tag_start(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| matches!(pair, [b'<', next] if begins_tag(*next)))
}

fn begins_tag(next: u8) -> bool {
    next.is_ascii_alphabetic() || matches!(next, b'!' | b'/' | b'?')
}

/// The text with something else in the place of each `<` that begins a tag, if `replacement` has it for what follows.
fn with_tag_starts(text: &str, replacement: impl Fn(&str) -> Option<&'static str>) -> String {
    let mut replaced = String::with_capacity(text.len() + 8);
    for (i, c) in text.char_indices() {
        let tag = text.get(i + 1..).filter(|tag| c == '<' && tag.bytes().next().is_some_and(begins_tag));
        match tag.and_then(&replacement) {
            Some(other) => replaced.push_str(other),
            None => replaced.push(c),
        }
    }
    replaced
}

/// The text without its tags, and without what scripts and style sheets say; everything else as it was, `&amp;` too.
fn stripped(text: &str) -> String {
    static SANITIZER: LazyLock<Builder<'static>> = LazyLock::new(|| {
        let mut builder = Builder::empty();
        builder.clean_content_tags(["script", "style"].into());
        builder
    });
    let html = SANITIZER.clean(&text.replace('&', "&amp;")).to_string();
    // The serializer escapes these four, and nothing else in text (WHATWG HTML, 13.3).
    html.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}").replace("&amp;", "&")
}

fn count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn single(text_: &str) -> String {
        text(text_, Lines::Single).map_or_else(|| text_.to_owned(), |(clean, _)| clean)
    }

    fn multiple(text_: &str) -> String {
        text(text_, Lines::Multiple).map_or_else(|| text_.to_owned(), |(clean, _)| clean)
    }

    #[test]
    fn what_is_clean_stays() {
        for clean in [
            "",
            "Ada Lovelace",
            "A < B & C",
            "x <3 you",
            "1 <= 2",
            "Zoë",
            "葛\u{e0100}城",
            "❤\u{fe0f}",
            "Tom &amp; Jerry",
            "5 > 3",
        ] {
            assert_eq!(text(clean, Lines::Single), None, "{clean}");
        }
        assert_eq!(text("one\n\ttwo", Lines::Multiple), None);
    }

    #[test]
    fn controls_and_invisible_formatting_go() {
        assert_eq!(single("a\0b\u{1b}[0m\u{9f}c"), "ab[0mc");
        assert_eq!(single("pa\u{200b}y\u{202e}lap\u{2066}\u{feff}"), "paylap");
        let (_, counts) = text("a\0\u{200b}\u{200b}b", Lines::Single).unwrap();
        assert_eq!(counts, Counts { controls: 1, invisible: 2, ..Counts::default() });
    }

    #[test]
    fn line_breaks_are_spaces_in_single_line_fields() {
        assert_eq!(single("12 Main St\r\nApt\t4\u{2028}x"), "12 Main St Apt 4 x");
        assert_eq!(multiple("one\r\ntwo\rthree\u{2029}four\tfive"), "one\ntwo\nthree\nfour\tfive");
    }

    #[test]
    fn markup_goes_and_comparisons_stay() {
        assert_eq!(single("<b>Bold</b> & <i class=\"x\">new</i>"), "Bold & new");
        assert_eq!(single("<script>alert(1)</script>Ada<style>p{}</style>"), "Ada");
        assert_eq!(single("<!-- hidden -->seen"), "seen");
        assert_eq!(single("A < B & C <b>d</b> &amp; e"), "A < B & C d &amp; e");
        assert_eq!(single("&lt;b&gt;"), "&lt;b&gt;");
        assert_eq!(single("a<b and nothing is lost"), "a< b and nothing is lost");
        assert_eq!(single("Ada <ada@example.com>"), "Ada < ada@example.com>");
        assert_eq!(single("<img src=x onerror=alert(1) "), "< img src=x onerror=alert(1)");
    }

    #[test]
    fn markup_that_markup_hides_goes_too() {
        assert_eq!(single("<<b>script>alert(1)<</b>/script>"), "");
        assert_eq!(single("<\u{200b}script>x</script>y"), "y");
        assert_eq!(single("<\u{212a}BD onmouseover=alert(1)>x"), "x");
        let deep = format!("{}x{}", "<".repeat(6000), ">".repeat(6000));
        assert!(!has_tag_start(&single(&deep)));
    }

    #[test]
    fn names_are_composed() {
        assert_eq!(single("Zoe\u{308}"), "Zoë");
        assert_eq!(key(" Zoe\u{308}\u{200b} "), "Zoë");
        assert_eq!(key("<b>"), "<b>");
    }

    #[test]
    fn before_combining_marks_all_is_composed() {
        for (one, other) in
            ('\0'..'\u{300}').flat_map(|one| ('\u{80}'..'\u{300}').map(move |other| (one, other)))
        {
            let pair = [one, other].into_iter();
            assert_eq!(is_nfc_quick(pair), IsNormalized::Yes, "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_hundred_thousand_tags_take_no_time() {
        for unit in [
            "<b>",
            "<div>",
            "<a href=x><p>",
            "<!--",
            "<table><tr>",
            "</",
            "<b a b c d e f g ",
            "<a b=",
            "<x@y ",
        ] {
            let hostile = unit.repeat(100_000);
            assert!(!has_tag_start(&single(&hostile)), "{unit}");
        }
    }

    fn any_text() -> impl Strategy<Value = String> {
        let pieces = prop_oneof![
            any::<char>().prop_map(String::from),
            "[ -~]{1,6}",
            proptest::sample::select(vec![
                "<b>", "</b>", "<", ">", "<script>", "&lt;", "&amp;", "\u{200b}", "\r\n", "\u{308}", "e",
                " ", "<!--", "-->", "\"", "'"
            ])
            .prop_map(str::to_owned),
        ];
        proptest::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn a_clean_text_is_clean(dirty in any_text(), lines in proptest::bool::ANY) {
            let lines = if lines { Lines::Single } else { Lines::Multiple };
            let clean = text(&dirty, lines).map_or(dirty, |(clean, _)| clean);
            prop_assert!(!has_tag_start(&clean), "{:?}", clean);
            let may_break = |c: char| lines == Lines::Multiple && matches!(c, '\n' | '\t');
            prop_assert!(clean.chars().all(|c| may_break(c) || !(c.is_control() || is_line_break(c) || is_invisible(c))), "{:?}", clean);
            prop_assert_eq!(clean.trim(), &clean);
            prop_assert!(unicode_normalization::is_nfc(&clean));
        }

        #[test]
        fn what_was_cleaned_stays(dirty in any_text()) {
            if let Some((clean, _)) = text(&dirty, Lines::Single) {
                prop_assert_eq!(text(&clean, Lines::Single), None, "{:?}", clean);
            }
        }
    }
}
