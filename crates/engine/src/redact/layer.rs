//! Text after some decodings, with a way back to where each byte of it came from.

use std::{borrow::Cow, ops::Range};

use super::{escapes::Escapes, forms::sextet};

/// Text after so many decodings, and where each of its bytes came from in the original.
pub(super) struct Layer<'a> {
    pub(super) text: Cow<'a, [u8]>,
    /// For each byte of `text` the range of the original that stands for it. None: the original itself.
    origin: Option<Vec<Range<usize>>>,
}

impl<'a> Layer<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Self { text: Cow::Borrowed(text), origin: None }
    }

    /// What stands for a range of this text in the original.
    pub(super) fn original(&self, range: Range<usize>) -> Range<usize> {
        let Some(origin) = &self.origin else { return range };
        let first = origin.get(range.start).map_or(0, |first| first.start);
        let last = range.end.checked_sub(1).and_then(|last| origin.get(last)).map_or(first, |last| last.end);
        first..last
    }

    /// The text with one kind of escapes decoded; None when it has none.
    pub(super) fn decoded(&self, escapes: Escapes, key: &[u8]) -> Option<Layer<'static>> {
        if !escapes.may_be_in(&self.text, key) {
            return None;
        }
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
    pub(super) fn unbased(&self) -> Option<Layer<'static>> {
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
const MIN_BASE64_RUN: usize = 8;
