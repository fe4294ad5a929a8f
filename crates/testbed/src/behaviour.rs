//! What the API does with a request, in words: `status:503,retry-after:2`.
//!
//! A behaviour is a list of directives, parted by commas; without any, the API answers `200 {"ok":true,…}` and keeps the
//! connection. `docs/testbed.md` lists them for readers; this file is their only parser.

use std::{str::FromStr, time::Duration};

/// How the API ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As a good server does: a TLS `close_notify`, then FIN.
    Close,
    /// As a killed server does: FIN alone.
    Fin,
    /// RST.
    Reset,
}

/// When a request's body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// As it comes.
    AtOnce,
    /// After a pause.
    After(Duration),
    /// Never: the answer is given when the head was read.
    Never,
}

/// What the answer's bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A whole answer, by Content-Length.
    Whole,
    /// A whole answer in chunks.
    Chunked,
    /// A whole HTTP/1.0 answer, ended by the connection's end.
    Http10,
    /// The head and half of the body, then the end.
    Half(Ending),
    /// Half of the head, then the end.
    HalfHead(Ending),
    /// Given bytes in place of an answer, then the end.
    Raw(Vec<u8>),
    /// A body without end.
    Endless,
    /// A head without end.
    EndlessHead,
}

/// How fast the answer's bytes come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// In one write.
    Once,
    /// Head, pause, body.
    Split(Duration),
    /// Byte by byte, with a pause after each.
    Drops(Duration),
}

/// What becomes of the connection after the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It is kept.
    Keep,
    /// It is ended; `announced` by `Connection: close`, or not.
    End {
        /// Whether the answer said so.
        announced: bool,
    },
    /// It is ended when no other request comes within this time.
    Idle(Duration, Ending),
    /// An answer that nobody asked for is sent after this time, and the connection ended, as servers do with `408`.
    Unsolicited(Duration),
}

/// The answer's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// `{"ok":true,"id":…}`
    Ok,
    /// The request, as JSON.
    Echo,
    /// Given text.
    Text(Vec<u8>),
    /// So many bytes of `x`.
    Size(usize),
}

/// One behaviour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// The first so many requests (of an idempotency key, or of a path without one) are treated otherwise.
    pub fail: Option<(u64, Box<Behaviour>)>,
    /// The connection is ended when the request's head was read and its body was not.
    pub before: Option<Ending>,
    /// How the request's body is read.
    pub reading: Reading,
    /// The connection is ended when the request was read.
    pub after: Option<Ending>,
    /// No answer ever comes.
    pub hang: bool,
    /// A pause before the answer.
    pub delay: Duration,
    /// A `103 Early Hints` before the answer.
    pub informational: bool,
    /// The HTTP status.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// More headers.
    pub headers: Vec<(String, String)>,
    /// Every request header again, as `x-echo-…`.
    pub echo_headers: bool,
    /// One more header of this size.
    pub huge_head: usize,
    /// The body.
    pub body: Body,
    /// The answer's bytes.
    pub shape: Shape,
    /// How fast they come.
    pub pace: Pace,
    /// What follows.
    pub then: Then,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            fail: None,
            before: None,
            reading: Reading::AtOnce,
            after: None,
            hang: false,
            delay: Duration::ZERO,
            informational: false,
            status: 200,
            reason: "Testbed".to_owned(),
            headers: Vec::new(),
            echo_headers: false,
            huge_head: 0,
            body: Body::Ok,
            shape: Shape::Whole,
            pace: Pace::Once,
            then: Then::Keep,
        }
    }
}

impl FromStr for Behaviour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut behaviour = Self::default();
        for directive in text.split(',').filter(|directive| !directive.is_empty()) {
            behaviour.apply(directive).map_err(|fault| format!("{directive}: {fault}"))?;
        }
        Ok(behaviour)
    }
}

impl Behaviour {
    /// Whether a request that gets this treatment has been taken by the API.
    #[must_use]
    pub fn takes_the_order(&self) -> bool {
        self.before.is_none() && self.reading != Reading::Never && (200..300).contains(&self.status)
    }

    fn apply(&mut self, directive: &str) -> Result<(), String> {
        let (name, value) = directive.split_once(':').unwrap_or((directive, ""));
        match name {
            "fail" => {
                let (count, other) = value.split_once(':').ok_or("needs fail:N:directive[+directive…]")?;
                self.fail = Some((number(count)?, Box::new(other.replace('+', ",").parse()?)));
            }
            "before" => self.before = Some(ending(value)?),
            "pause" => self.reading = Reading::After(millis(value)?),
            "unread" => self.reading = Reading::Never,
            "after" => self.after = Some(ending(value)?),
            "hang" => self.hang = true,
            "delay" => self.delay = millis(value)?,
            "informational" => self.informational = true,
            "status" => self.status = number(value)?,
            "reason" => self.reason = text(value)?,
            "header" => {
                let (name, value) = value.split_once('=').ok_or("needs header:Name=value")?;
                self.headers.push((name.to_owned(), text(value)?));
            }
            "retry-after" => self.headers.push(("Retry-After".to_owned(), text(value)?)),
            "redirect" => {
                self.status = 302;
                self.headers.push(("Location".to_owned(), text(value)?));
            }
            "echo-headers" => self.echo_headers = true,
            "huge-head" => self.huge_head = number(value)?,
            "body" => self.body = Body::Text(decode(value)?),
            "size" => self.body = Body::Size(number(value)?),
            "echo" => self.body = Body::Echo,
            "chunked" => self.shape = Shape::Chunked,
            "http10" => self.shape = Shape::Http10,
            "half" => self.shape = Shape::Half(ending(value)?),
            "half-head" => self.shape = Shape::HalfHead(ending(value)?),
            "raw" => self.shape = Shape::Raw(decode(value)?),
            "garbage" => self.shape = Shape::Raw(b"\x00\x01 this is not HTTP \xff\xfe\r\n\r\n".to_vec()),
            "endless" => self.shape = Shape::Endless,
            "endless-head" => self.shape = Shape::EndlessHead,
            "split" => self.pace = Pace::Split(millis(value)?),
            "drops" => self.pace = Pace::Drops(millis(value)?),
            "close" => self.then = Then::End { announced: true },
            "close-silent" => self.then = Then::End { announced: false },
            "idle" => {
                let (limit, how) = value.split_once(':').unwrap_or((value, ""));
                self.then = Then::Idle(millis(limit)?, ending(how)?);
            }
            "unsolicited" => self.then = Then::Unsolicited(millis(value)?),
            _ => return Err("no such directive".to_owned()),
        }
        Ok(())
    }
}

fn number<T: FromStr>(value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{value:?} is not a number"))
}

fn millis(value: &str) -> Result<Duration, String> {
    number(value).map(Duration::from_millis)
}

fn ending(value: &str) -> Result<Ending, String> {
    match value {
        "" | "close" => Ok(Ending::Close),
        "fin" => Ok(Ending::Fin),
        "reset" => Ok(Ending::Reset),
        _ => Err(format!("{value:?} is none of close, fin, reset")),
    }
}

fn text(value: &str) -> Result<String, String> {
    String::from_utf8(decode(value)?).map_err(|_| "not UTF-8".to_owned())
}

/// Percent-decoding, so that values may hold commas, and behaviours may stand in a path.
pub(crate) fn decode(value: &str) -> Result<Vec<u8>, String> {
    let mut parts = value.split('%');
    let mut decoded = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (byte, rest) = part
            .split_at_checked(2)
            .and_then(|(digits, rest)| Some((u8::from_str_radix(digits, 16).ok()?, rest)))
            .ok_or("a percent sign needs two hexadecimal digits")?;
        decoded.push(byte);
        decoded.extend_from_slice(rest.as_bytes());
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_add_up() {
        let behaviour: Behaviour = "status:503,retry-after:2,body:a%2Cb,idle:50:reset".parse().unwrap();
        assert_eq!(behaviour.status, 503);
        assert_eq!(behaviour.headers, [("Retry-After".to_owned(), "2".to_owned())]);
        assert_eq!(behaviour.body, Body::Text(b"a,b".to_vec()));
        assert_eq!(behaviour.then, Then::Idle(Duration::from_millis(50), Ending::Reset));
        let failing: Behaviour = "fail:3:status:503+retry-after:1".parse().unwrap();
        assert_eq!(failing.status, 200);
        assert_eq!(
            failing.fail.map(|(count, other)| (count, other.status, other.headers.len())),
            Some((3, 503, 1))
        );
    }

    #[test]
    fn what_is_not_a_directive_is_refused() {
        for text in ["nonsense", "status:x", "fail:1", "before:never", "body:%zz", "header:x"] {
            assert!(text.parse::<Behaviour>().is_err(), "{text}");
        }
    }
}
