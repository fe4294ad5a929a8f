//! How many cards the detector finds, and how often it takes something else for one: on generated corpora of 100,000 each.
//! `cargo test --release --test order cards -- --nocapture` prints the table.

use engine::order::card;

const SIZE: usize = 100_000;

/// xorshift64*: the same numbers at every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap())).collect()
    }
}

/// Issuers' prefixes and lengths.
const ISSUERS: [(&str, usize); 14] = [
    ("4", 16),
    ("51", 16),
    ("55", 16),
    ("2221", 16),
    ("2720", 16),
    ("34", 15),
    ("37", 15),
    ("300", 14),
    ("36", 14),
    ("6011", 16),
    ("65", 16),
    ("3528", 16),
    ("62", 16),
    ("6759", 16),
];

fn check_digit(number: &str) -> char {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, byte)| {
            let value = u32::from(byte - b'0') * if i % 2 == 0 { 2 } else { 1 };
            value / 10 + value % 10
        })
        .sum();
    char::from(b'0' + u8::try_from((10 - sum % 10) % 10).unwrap())
}

fn grouped(number: &str, sizes: &[usize], separator: &str) -> String {
    let (mut rest, mut parts) = (number, Vec::new());
    for size in sizes {
        let (part, tail) = rest.split_at((*size).min(rest.len()));
        parts.extend((!part.is_empty()).then_some(part));
        rest = tail;
    }
    parts.extend((!rest.is_empty()).then_some(rest));
    parts.join(separator)
}

fn a_card(random: &mut Random) -> String {
    let (prefix, length) = random.pick(&ISSUERS);
    let number = format!("{prefix}{}", random.digits(length - prefix.len() - 1));
    let number = format!("{number}{}", check_digit(&number));
    let separator = random.pick(&["", " ", "-", ".", "\u{a0}", "\u{2013}", "\u{200b}"]);
    let sizes: &[usize] = match length {
        14 => &[4, 6, 4],
        15 => &[4, 6, 5],
        _ => &[4, 4, 4, 4],
    };
    let written = grouped(&number, sizes, separator);
    let written = if random.below(10) == 0 {
        written
            .chars()
            .map(|c| c.to_digit(10).and_then(|d| char::from_u32(0xff10 + d)).unwrap_or(c))
            .collect()
    } else {
        written
    };
    let (before, after) = random.pick(&[
        ("", ""),
        ("Karte ", " gültig bis 12/27"),
        ("card:", ";"),
        ("please charge ", "."),
        ("(", ")"),
        ("no ", "\nthank you"),
        ("x", "x"),
    ]);
    format!("{before}{written}{after}")
}

fn an_iban(random: &mut Random) -> String {
    let (country, length) = random.pick(&[
        ("DE", 22),
        ("FR", 27),
        ("ES", 24),
        ("IT", 27),
        ("NL", 18),
        ("AT", 20),
        ("BE", 16),
        ("PL", 28),
    ]);
    let account = random.digits(length - 4);
    let letters: String = country.bytes().map(|letter| (letter - b'A' + 10).to_string()).collect();
    let remainder = format!("{account}{letters}00")
        .bytes()
        .fold(0_u32, |r, digit| (r * 10 + u32::from(digit - b'0')) % 97);
    let iban = format!("{country}{:02}{account}", 98 - remainder);
    if random.below(2) == 0 { iban } else { grouped(&iban, &[4; 7], " ") }
}

fn an_ean(random: &mut Random) -> String {
    let code = random.digits(12);
    let sum: u32 = code
        .bytes()
        .enumerate()
        .map(|(i, byte)| u32::from(byte - b'0') * if i % 2 == 0 { 1 } else { 3 })
        .sum();
    format!("{code}{}", (10 - sum % 10) % 10)
}

fn a_phone(random: &mut Random) -> String {
    let country = random.pick(&["+49", "+1", "+44", "+33", "0049", "0", "+420", "001"]);
    let rest = 7 + usize::try_from(random.below(5)).unwrap();
    let number = random.digits(rest);
    match random.below(3) {
        0 => format!("{country}{number}"),
        1 => format!("{country} {}", grouped(&number, &[3, 3, 2, 2, 2], " ")),
        _ => format!("{country} {}", grouped(&number, &[3, 4, 4], "-")),
    }
}

fn a_tracking_number(random: &mut Random) -> String {
    match random.below(6) {
        0 => format!("1Z{}{}", random.pick(&["999AA1", "5R8W34", "A24V70"]), random.digits(10)),
        1 => grouped(&format!("94{}", random.digits(20)), &[4, 4, 4, 4, 4, 2], " "),
        2 => format!("94{}", random.digits(20)),
        3 => random.digits(12),
        4 => format!("JJD{}", random.digits(18)),
        _ => format!("00{}", random.digits(18)),
    }
}

fn an_order_number(random: &mut Random) -> String {
    let length = 4 + usize::try_from(random.below(7)).unwrap();
    format!("{}{}", random.pick(&["", "#", "WC-", "2026-", "R"]), random.digits(length))
}

fn a_date(random: &mut Random) -> String {
    let (month, day, hour, minute) =
        (1 + random.below(12), 1 + random.below(28), random.below(24), random.below(60));
    match random.below(3) {
        0 => format!("2026-{month:02}-{day:02} {hour:02}:{minute:02}:{:02}", random.below(60)),
        1 => format!("2026{month:02}{day:02}{hour:02}{minute:02}{:02}", random.below(60)),
        _ => format!("17{}", random.digits(11)),
    }
}

#[test]
fn cards_are_found_and_few_other_numbers_are_taken_for_cards() {
    type Corpus = (&'static str, fn(&mut Random) -> String, f64, f64);
    let corpora: [Corpus; 8] = [
        ("cards", a_card, 1.0, 1.0),
        ("order numbers", an_order_number, 0.0, 0.0),
        ("phone numbers", a_phone, 0.0, 0.002),
        ("tracking numbers", a_tracking_number, 0.0, 0.003),
        ("IBANs", an_iban, 0.0, 0.0),
        ("EAN-13", an_ean, 0.0, 0.0),
        ("dates and times", a_date, 0.0, 0.002),
        ("random 16 digits", |random| random.digits(16), 0.02, 0.04),
    ];
    for (name, make, least, most) in corpora {
        let mut random = Random(0x5eed_0000_0000_0001);
        let mut example = None;
        let found = (0..SIZE)
            .filter(|_| {
                let text = make(&mut random);
                let found = card::is_in(&text);
                if found != (least > 0.5) && example.is_none() {
                    example = Some(text);
                }
                found
            })
            .count();
        #[expect(clippy::cast_precision_loss, reason = "100,000")]
        let rate = found as f64 / SIZE as f64;
        #[expect(clippy::print_stdout, reason = "the table")]
        {
            println!(
                "{name:18} {found:>6} of {SIZE} ({:.3} %)  {}",
                rate * 100.0,
                example.as_deref().unwrap_or("")
            );
        }
        assert!((least..=most).contains(&rate), "{name}: {rate}, for one {example:?}");
    }
}
