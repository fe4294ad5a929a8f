//! Payment card numbers, wherever they stand in an order: customers write them into notes, plugins into meta data.
//!
//! A card number is a run of digits that has an issuer's prefix and length and passes the Luhn check (ISO/IEC 7812-1, annex B). Single
//! spaces, dashes, dots and slashes between digits are passed over, and any number of invisible characters; digits count in every script.

use std::ops::Range;

/// The lengths of card numbers. The 13-digit Visa is long gone; EAN-13 codes have that length.
const LENGTHS: Range<usize> = 14..20;

/// The shortest.
pub(super) const SHORTEST: u64 = 14;

/// How many digits of a masked number are left.
const KEPT: usize = 4;

/// Whether a text has a card number in it.
#[must_use]
pub fn is_in(text: &str) -> bool {
    !find(text).is_empty()
}

/// The text with all but the last four digits of each card number in it replaced; None if it has none.
#[must_use]
pub fn mask(text: &str) -> Option<String> {
    let mut masked = mask_once(text)?;
    // The four digits that are left may make another number with what follows them.
    for _ in 0..MAX_ROUNDS {
        match mask_once(&masked) {
            Some(again) => masked = again,
            None => return Some(masked),
        }
    }
    // Nobody's text: none of its digits is kept.
    Some(masked.chars().map(|c| if matches!(kind(c), Kind::Digit(_)) { '*' } else { c }).collect())
}

const MAX_ROUNDS: usize = 8;

fn mask_once(text: &str) -> Option<String> {
    let found = find(text);
    let (mut masked, mut at) = (String::with_capacity(text.len()), 0);
    for digit in found.iter().flat_map(|number| number.iter().rev().skip(KEPT).rev()) {
        masked.push_str(text.get(at..digit.start)?);
        masked.push('*');
        at = digit.end;
    }
    masked.push_str(text.get(at..)?);
    (!found.is_empty()).then_some(masked)
}

/// Whether a field's name says that it holds a card's number or its security code, whatever they look like.
#[must_use]
pub fn is_named(key: &str) -> bool {
    const NAMES: [&str; 24] = [
        "cvv",
        "cvv2",
        "cvc",
        "cvc2",
        "cvn",
        "csc",
        "cid",
        "cavv",
        "pan",
        "cardnumber",
        "cardno",
        "cardnum",
        "cardcvv",
        "cardcvc",
        "cardcode",
        "cardsecuritycode",
        "securitycode",
        "ccnumber",
        "ccnum",
        "ccno",
        "cccvv",
        "cccvc",
        "creditcard",
        "creditcardnumber",
    ];
    const LONGEST: usize = 24;
    // The last parts of names like _billing_card_number and wc-stripe-card-cvc, from the last one backwards.
    let mut tail = String::new();
    for part in key.rsplit(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        if tail.len() + part.len() > LONGEST {
            return false;
        }
        tail.insert_str(0, &part.to_ascii_lowercase());
        if NAMES.contains(&tail.as_str()) {
            return true;
        }
    }
    false
}

/// One digit of a text.
#[derive(Clone, Copy)]
struct Digit {
    value: u8,
    start: usize,
    end: usize,
    /// A separator stands before it (or the run begins with it).
    begins_group: bool,
    /// One that also stands between numbers of their own (or the run begins with it).
    begins_number: bool,
}

/// The digits of each card number, as ranges of the text.
fn find(text: &str) -> Vec<Vec<Range<usize>>> {
    let mut found = Vec::new();
    // Nearly all texts: no card has so few digits.
    if !has_enough_digits(text) {
        return found;
    }
    let mut run = Run::default();
    for (start, c) in text.char_indices() {
        let end = start + c.len_utf8();
        match kind(c) {
            Kind::Digit(value) => run.digit(value, start, end),
            Kind::Invisible => {}
            Kind::Separator | Kind::Loose if !run.digits.is_empty() && run.gap < MAX_GAP => {
                run.gap += 1;
                run.gap_is_loose |= run.gap > 1 || matches!(kind(c), Kind::Loose);
            }
            Kind::Separator | Kind::Loose | Kind::Other => run.end(text, &mut found),
        }
    }
    run.end(text, &mut found);
    found
}

/// Whether somewhere as many digits as the shortest number has stand with nothing but what a number may have between them.
fn has_enough_digits(text: &str) -> bool {
    let mut digits = 0;
    text.chars().any(|c| {
        match kind(c) {
            Kind::Digit(_) => digits += 1,
            Kind::Other => digits = 0,
            Kind::Separator | Kind::Loose | Kind::Invisible => {}
        }
        digits == LENGTHS.start
    })
}

enum Kind {
    Digit(u8),
    Separator,
    /// One that also stands between numbers of their own.
    Loose,
    Invisible,
    Other,
}

fn kind(c: char) -> Kind {
    match c {
        '0'..='9' => Kind::Digit(c as u8 - b'0'),
        ' '
        | '-'
        | '.'
        | '/'
        | '_'
        | '\u{a0}'
        | '\u{b7}'
        | '\u{2000}'..='\u{200a}'
        | '\u{2010}'..='\u{2015}'
        | '\u{2022}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{2044}'
        | '\u{2212}'
        | '\u{3000}'
        | '\u{ff0d}'
        | '\u{ff0e}' => Kind::Separator,
        ',' | ';' | '\t' | '\n' | '\r' => Kind::Loose,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{20e3}'
        | '\u{e0000}'..='\u{e01ef}' => Kind::Invisible,
        c if c.is_control() => Kind::Invisible,
        // Before the other scripts' digits, which begin behind Latin, Greek and Cyrillic: nearly all characters are.
        c if c < '\u{660}' => Kind::Other,
        c => digit_of(c).map_or(Kind::Other, Kind::Digit),
    }
}

/// The value of a decimal digit of another script: each has ten of them in a row (Unicode, general category Nd).
fn digit_of(c: char) -> Option<u8> {
    const ZEROES: [u32; 62] = [
        0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
        0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
        0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
        0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
        0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16a60, 0x16ac0, 0x16b50,
        0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
    ];
    let code = u32::from(c);
    if let 0x1d7ce..=0x1d7ff = code {
        // Mathematical digits: bold, double-struck, sans-serif, … one after the other.
        return u8::try_from((code - 0x1d7ce) % 10).ok();
    }
    ZEROES
        .iter()
        .find_map(|zero| code.checked_sub(*zero).filter(|value| *value < 10))
        .and_then(|value| u8::try_from(value).ok())
}

/// In groups.
const LONGEST_PARCEL: usize = 16;

/// So many separators may stand between two digits: `4111 - 1111 - …`.
const MAX_GAP: usize = 3;

/// Digits with few separators between each two.
#[derive(Default)]
struct Run {
    digits: Vec<Digit>,
    /// How many separators were seen since the last digit.
    gap: usize,
    /// One of them, or their number, is of the loose kind.
    gap_is_loose: bool,
    /// Somewhere there are several, or one that numbers are listed with: then only what is grouped as a card's number is one.
    is_loose: bool,
}

impl Run {
    fn digit(&mut self, value: u8, start: usize, end: usize) {
        let begins_group = self.gap > 0 || self.digits.is_empty();
        let begins_number = self.gap_is_loose || self.digits.is_empty();
        self.is_loose |= self.gap_is_loose;
        self.digits.push(Digit { value, start, end, begins_group, begins_number });
        self.gap_is_loose = false;
        self.gap = 0;
    }

    fn end(&mut self, text: &str, found: &mut Vec<Vec<Range<usize>>>) {
        if self.digits.len() >= LENGTHS.start && !self.is_phone_or_iban(text) {
            self.numbers(found);
        }
        self.digits.clear();
        self.gap = 0;
        self.gap_is_loose = false;
        self.is_loose = false;
    }

    /// The card numbers among the run's groups: whole groups side by side.
    fn numbers(&self, found: &mut Vec<Vec<Range<usize>>>) {
        let (mut from, mut end_of_last) = (0, 0);
        'next: while from < self.digits.len() {
            for length in LENGTHS.rev() {
                let Some(number) = self.digits.get(from..from + length) else { continue };
                let ends_group = self.digits.get(from + length).is_none_or(|next| next.begins_group);
                let begins_group = number.first().is_some_and(|digit| digit.begins_group);
                if begins_group
                    && ends_group
                    && is_card(number)
                    && self.is_written_as_card(from, number, from == end_of_last)
                {
                    found.push(number.iter().map(|digit| digit.start..digit.end).collect());
                    from += length;
                    end_of_last = from;
                    continue 'next;
                }
            }
            from += 1;
        }
    }

    /// Whether its digits are grouped as people group a card's: not at all, in fours, 4-6-4 or 4-6-5, one by one; or in any way if nothing
    /// else stands in the run but what may follow a card (its date and code). A date and a time, or a long tracking number, have windows
    /// that pass every other test.
    fn is_written_as_card(&self, from: usize, number: &[Digit], follows_card: bool) -> bool {
        let mut groups = Vec::new();
        for digit in number {
            match groups.last_mut() {
                Some(length) if !digit.begins_group => *length += 1,
                _ => groups.push(1),
            }
        }
        let (last, others) = groups.split_last().map_or((0, &[][..]), |(last, others)| (*last, others));
        match groups.as_slice() {
            [_] | [4, 6, 4 | 5] => true,
            _ if others.iter().all(|length| *length == 4) && last <= 4 => {
                // At either end it stands beside something else; within, it may be a part of a parcel's number (and so may the last
                // eighteen digits of one).
                let end = from + number.len();
                let begins = |at: usize| self.digits.get(at).is_none_or(|digit| digit.begins_number);
                follows_card
                    || begins(from)
                    || begins(end) && number.len() != 18
                    || self.is_followed_by_date_and_code(end)
                    || !self.is_one_long_number()
            }
            _ if self.is_loose => false,
            _ if groups.iter().all(|length| *length == 1) => true,
            _ => from == 0 && self.digits.len() <= number.len() + 8,
        }
    }

    /// Whether the whole run (the beginning of a very long one) is groups of four, and more of them than a card and one other number: a parcel's, say.
    fn is_one_long_number(&self) -> bool {
        let groups: Vec<&[Digit]> =
            self.digits.chunk_by(|_, next| !next.begins_group).take(LONGEST_PARCEL).collect();
        groups.len() > 5
            && groups.split_last().is_some_and(|(_, others)| others.iter().all(|group| group.len() == 4))
    }

    /// Whether the run ends, from there on, with a card's date (MMYY) and its code of 3 or 4 digits.
    fn is_followed_by_date_and_code(&self, at: usize) -> bool {
        let rest = self.digits.get(at..).unwrap_or_default();
        let rest: Vec<&[Digit]> = rest.chunk_by(|_, next| !next.begins_group).take(3).collect();
        match rest.as_slice() {
            [[m, n, _, _], code] => {
                (1..=12).contains(&(m.value * 10 + n.value)) && matches!(code.len(), 3 | 4)
            }
            _ => false,
        }
    }

    /// A number that begins with a plus sign is a phone's (E.164); an IBAN's own check digits tell it apart.
    fn is_phone_or_iban(&self, text: &str) -> bool {
        let Some(before) = self.digits.first().and_then(|digit| text.get(..digit.start)) else {
            return false;
        };
        // Of fifteen digits there are cards, and hardly any phones.
        if before.ends_with('+')
            && (self.digits.len() < 15 || self.digits.len() == 15 && !is_card(&self.digits))
        {
            return true;
        }
        let is_word = before.chars().rev().nth(2).is_some_and(char::is_alphabetic);
        if is_word || !(15..=34).contains(&(self.digits.len() + 2)) {
            return false;
        }
        let country: Vec<u8> = before.bytes().rev().take(2).filter(u8::is_ascii_uppercase).collect();
        let [second, first] = country.as_slice() else { return false };
        // ISO 13616: the country's letters and the check digits go to the end, letters count from 10, the whole is 1 modulo 97.
        let mut digits = self.digits.iter().map(|digit| u32::from(digit.value));
        let check: Vec<u32> = digits.by_ref().take(2).collect();
        let letters = [first, second].map(|letter| u32::from(*letter - b'A') + 10);
        let remainder = digits.fold(0, |r, digit| (r * 10 + digit) % 97);
        let remainder = letters.iter().fold(remainder, |r, letter| (r * 100 + letter) % 97);
        check.iter().fold(remainder, |r, digit| (r * 10 + digit) % 97) == 1
    }
}

fn is_card(number: &[Digit]) -> bool {
    let prefix =
        |length: usize| number.iter().take(length).fold(0_u32, |n, digit| n * 10 + u32::from(digit.value));
    let length = number.len();
    let issued = match prefix(4) {
        // Visa
        4000..=4999 => matches!(length, 16 | 19),
        // Mastercard
        5100..=5599 | 2221..=2720 => length == 16,
        // American Express
        3400..=3499 | 3700..=3799 => length == 15,
        // Diners Club
        3000..=3059 | 3095 | 3600..=3699 | 3800..=3999 => matches!(length, 14 | 16 | 19),
        // Discover (644 to 649, 65, 6011), UnionPay (62, 81), Maestro (50, 56 to 58, 63, 67), RuPay (60, 82), Mir (2200 to 2204), Troy (9792),
        // JCB (3528 to 3589)
        3528..=3589 | 6011 | 6440..=6599 | 6200..=6299 | 8100..=8299 | 6000..=6099 | 2200..=2204 | 9792 => {
            matches!(length, 16 | 19)
        }
        5000..=5099 | 5600..=5899 | 6300..=6399 | 6700..=6799 => matches!(length, 16 | 18 | 19),
        _ => false,
    };
    issued && luhn(number) && !is_one_digit(number)
}

fn luhn(number: &[Digit]) -> bool {
    let sum: u32 = number
        .iter()
        .rev()
        .enumerate()
        .map(|(i, digit)| {
            let value = u32::from(digit.value) * if i % 2 == 1 { 2 } else { 1 };
            value / 10 + value % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

/// 0000 0000 0000 0000 and its like are placeholders.
fn is_one_digit(number: &[Digit]) -> bool {
    number.windows(2).all(|pair| matches!(pair, [a, b] if a.value == b.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test numbers that the schemes and payment providers publish.
    const CARDS: [&str; 13] = [
        "4111111111111111",
        "4012888888881881",
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "371449635398431",
        "6011111111111117",
        "3530111333300000",
        "30569309025904",
        "38520000023237",
        "6200000000000005",
        "6759649826438453",
        "2200000000000004",
    ];

    fn grouped(number: &str, separator: &str) -> String {
        let sizes: &[usize] = match number.len() {
            14 => &[4, 6, 4],
            15 => &[4, 6, 5],
            _ => &[4, 4, 4, 4, 3],
        };
        let (mut rest, mut parts) = (number, Vec::new());
        for size in sizes {
            let (part, tail) = rest.split_at((*size).min(rest.len()));
            parts.push(part);
            rest = tail;
        }
        parts.retain(|part| !part.is_empty());
        parts.join(separator)
    }

    #[test]
    fn cards_beside_other_numbers_and_with_everyday_separators_are_found() {
        for text in [
            "4111 1111 1111 1111\n5555 5555 5555 4444",
            "4111 1111 1111 1111, 4111 1111 1111 1111; 5555 5555 5555 4444",
            "4111 1111 1111 1111 5555 5555 5555 4444 4111 1111 1111 1111",
            "4111 1111 1111 1111 2027 12",
            "4111 1111 1111 1111 0171 1234 567",
            "2026 1001 4111 1111 1111 1111",
            "4111  1111  1111  1111",
            "4111 - 1111 - 1111 - 1111",
            "4111,1111,1111,1111",
            "4111\u{2044}1111\u{2044}1111\u{2044}1111",
            "+378282246310005",
        ] {
            let masked = mask(text).unwrap();
            for part in ["4111", "5555", "378282"] {
                assert!(!masked.contains(part), "{text} {masked}");
            }
        }
        for text in ["+4917112345678", "+493012345678", "1,234,567,890,123,456"] {
            assert_eq!(mask(text), None);
        }
    }

    #[test]
    fn hostile_texts_and_names_take_no_time() {
        for unit in ["1111 ", "4111 1111 1111 1111 ", "4111111111111111", "0000 0000 0000 4111 ", "4,1 "] {
            assert!(!is_in(&mask(&unit.repeat(20_000)).unwrap_or_default()), "{unit}");
        }
        assert!(!is_named(&"a-".repeat(500_000)));
        assert!(
            is_named("_billing_card_number")
                && is_named("wc-stripe-card-cvc")
                && is_named("CVV2")
                && !is_named("discard_number_x")
        );
    }

    #[test]
    fn a_card_is_found_however_it_is_written() {
        for card in CARDS {
            let wide: String =
                card.chars().filter_map(|c| char::from_u32(u32::from(c) - 0x30 + 0xff10)).collect();
            let arabic: String =
                card.chars().filter_map(|c| char::from_u32(u32::from(c) - 0x30 + 0x660)).collect();
            let spaced: String = card.chars().flat_map(|c| [c, ' ']).collect();
            let split: String = card.chars().flat_map(|c| [c, '\u{200b}', '\u{ad}']).collect();
            for text in [
                card.to_owned(),
                grouped(card, " "),
                grouped(card, "-"),
                grouped(card, "."),
                grouped(card, "\u{a0}"),
                grouped(card, "\u{2013}"),
                wide,
                arabic,
                spaced,
                split,
                format!("Karte: {card}, bitte"),
                format!("({card})"),
                format!("card#{card}"),
                format!("{card}x"),
                format!("{} 12/27 123", grouped(card, " ")),
                format!("{} 1227 123", grouped(card, " ")),
                format!("pay with\n{}\n", grouped(card, " ")),
                format!("日本{card}語"),
            ] {
                let masked = mask(&text).unwrap_or_else(|| panic!("{text:?}"));
                assert!(!is_in(&masked), "{text:?}: {masked:?}");
                assert_eq!(
                    masked.chars().filter(|c| *c == '*').count(),
                    card.len() - KEPT,
                    "{text:?}: {masked:?}"
                );
            }
            assert_eq!(
                mask(card).unwrap(),
                format!("{}{}", "*".repeat(card.len() - 4), &card[card.len() - 4..])
            );
        }
    }

    #[test]
    fn several_cards_are_all_masked_and_the_rest_is_left() {
        assert_eq!(
            mask("A 4111-1111-1111-1111 or 378282246310005; order 1001, total 59.80").unwrap(),
            "A ****-****-****-1111 or ***********0005; order 1001, total 59.80"
        );
    }

    #[test]
    fn what_is_no_card_is_left() {
        for text in [
            "",
            "1001",
            "+49 30 1234567",
            "+4930411111111111",
            "0049 151 23456789",
            "4006381333931",
            "DE89 3704 0044 0532 0130 00",
            "GB82 WEST 1234 5698 7654 32",
            "FR76 3000 6000 0112 3456 7890 189",
            "1Z999AA10123456784",
            "2026-11-24 10:15:00",
            "550e8400-e29b-41d4-a716-446655440000",
            "4111111111111112",
            "0000 0000 0000 0000",
            "41111111111111111111111",
            "1234567890123456",
            "10115 Berlin, Hauptstra\u{df}e 1",
            "4222222222222",
        ] {
            assert_eq!(mask(text), None, "{text}");
        }
    }

    #[test]
    fn fields_named_for_cards_are_known() {
        for key in [
            "cvv",
            "CVC",
            "cvc2",
            "card_number",
            "cardNumber",
            "_billing_card_cvc",
            "PAN",
            "wc-stripe-card-number",
            "cc_number",
            "Security Code",
        ] {
            assert!(is_named(key), "{key}");
        }
        for key in [
            "card",
            "pancake",
            "company",
            "number",
            "order_number",
            "code",
            "postcode",
            "span",
            "expand",
            "japan",
            "cardigan",
            "",
        ] {
            assert!(!is_named(key), "{key}");
        }
    }
}
