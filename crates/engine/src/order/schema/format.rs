//! `format`, where it is plain to see that a text is right.
//!
//! `jsonschema` has the last word, but its first validator in a process reads the meta-schema, for two milliseconds. Nearly all addresses and
//! dates are of the plain kind that is told here, so that nearly no process asks it.

use std::sync::OnceLock;

use serde_json::{Value, json};
use validator::Validator;

use super::DOCUMENT;

/// A format that has a plain kind.
pub(super) struct Format {
    name: &'static str,
    is_plain: fn(&str) -> bool,
    /// Made when a text is met that is not plain.
    exact: OnceLock<Option<Validator>>,
}

impl Format {
    pub(super) fn named(name: &Value) -> Option<Self> {
        let (name, is_plain): (_, fn(&str) -> bool) = match name.as_str()? {
            "date-time" => ("date-time", is_plain_date_time),
            "email" => ("email", is_plain_email),
            _ => return None,
        };
        Some(Self { name, is_plain, exact: OnceLock::new() })
    }

    pub(super) fn has(&self, text: &str) -> bool {
        (self.is_plain)(text) || self.exact().is_some_and(|exact| exact.is_valid(&text.into()))
    }

    fn exact(&self) -> Option<&Validator> {
        self.exact.get_or_init(|| Validator::of(&json!({ "format": self.name }), DOCUMENT).ok()).as_ref()
    }
}

/// RFC 3339, without leap days and leap seconds.
fn is_plain_date_time(text: &str) -> bool {
    let Some((moment, rest)) = text.split_at_checked(19) else { return false };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) if fraction.starts_with(is_digit) => fraction.trim_start_matches(is_digit),
        _ => rest,
    };
    let offset = if rest == "Z" { "+00:00" } else { rest };
    let last_day = match moment.get(5..7) {
        Some("02") => "28",
        Some("04" | "06" | "09" | "11") => "30",
        _ => "31",
    };
    is_written_as("0000-00-00T00:00:00", moment)
        && (is_written_as("+00:00", offset) || is_written_as("-00:00", offset))
        && is_between(moment, 5, "01", "12")
        && is_between(moment, 8, "01", last_day)
        && is_between(moment, 11, "00", "23")
        && is_between(moment, 14, "00", "59")
        && is_between(moment, 17, "00", "59")
        && is_between(offset, 1, "00", "23")
        && is_between(offset, 4, "00", "59")
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// A zero stands for any digit, all else for itself.
fn is_written_as(form: &str, text: &str) -> bool {
    form.len() == text.len()
        && form.bytes().zip(text.bytes()).all(|(form, byte)| match form {
            b'0' => byte.is_ascii_digit(),
            _ => byte == form,
        })
}

/// Of two digits.
fn is_between(text: &str, at: usize, first: &str, last: &str) -> bool {
    text.get(at..at + 2).is_some_and(|digits| (first..=last).contains(&digits))
}

/// Unquoted, at a domain of letters, digits and hyphens that is none in Punycode.
fn is_plain_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let is_of = |part: &str, others: &[u8]| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
    };
    let is_label = |label: &str| {
        label.len() <= 63
            && is_of(label, b"-")
            && !label.starts_with('-')
            && !label.ends_with('-')
            && !label.contains("--")
    };
    local.len() <= 64
        && local.split('.').all(|atom| is_of(atom, b"'+-_"))
        && domain.len() <= 253
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_shops_write_is_plain() {
        for moment in
            ["2026-11-24T09:30:00Z", "2026-11-30T23:59:59+05:30", "1999-12-31T00:00:00.123456-11:00"]
        {
            assert!(is_plain_date_time(moment), "{moment}");
        }
        for address in ["ada@example.com", "ada.o'neil+shop@mail.example-shop.co.uk", "1@2.de"] {
            assert!(is_plain_email(address), "{address}");
        }
    }

    fn is_right(name: &str, is_plain: fn(&str) -> bool, text: &str) -> Result<(), TestCaseError> {
        let format = Format::named(&name.into()).unwrap();
        prop_assert!(!is_plain(text) || format.exact().unwrap().is_valid(&text.into()), "{}", text);
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn what_is_plain_is_right(
            moment in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][012][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,3})?([Zz]|[-+][0-2][0-9]:[0-6][0-9])",
            address in "[a-z.+'\"_-]{1,8}@(xn--)?[a-z0-9-]{1,4}[.@]?[a-z0-9.-]{1,4}|[a-z]{60,66}@[a-z]{60,66}\\.de|a@([a-z]{62}\\.){3}[a-z]{60,66}",
        ) {
            is_right("date-time", is_plain_date_time, &moment)?;
            is_right("email", is_plain_email, &address)?;
        }
    }
}
