//! Every way in which a dispatch can fail. No variant holds a body, a header, a URL or a value of the order, so no message
//! that is made of an error can tell one.
//!
//! The binding turns each [`Error`] into the PHP exception of the same name, in one file.

use std::fmt;

use crate::{config::Problem, order::Violation, outbox::Fault as OutboxFault};

/// Why an order was not delivered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings are wrong. Correct them and restart PHP: nothing is read again in a running process.
    #[error("{}", ConfigurationMessage(.0))]
    Configuration(Vec<Problem>),
    /// The order (or its idempotency key) cannot be sent as it is. Correct the caller.
    #[error("{}", ValidationMessage(.0))]
    Validation(Vec<Violation>),
    /// There was no whole answer. The API may have seen the order: send it again under the same idempotency key.
    #[error("{0}")]
    Transport(TransportFault),
    /// The deadline passed. The API may have seen the order: send it again under the same idempotency key.
    #[error("{0}")]
    Timeout(Phase),
    /// The API answered 3xx or 4xx: the same order would be refused again.
    #[error("the API refused the order with HTTP status {status}{}. {}", reason(*.status), rejected_advice(*.status))]
    Rejected {
        /// The HTTP status.
        status: u16,
    },
    /// The API answered 408, 425, 429 or 5xx, or 409 to an order that it may still be working on: try again later under the same
    /// idempotency key.
    #[error(
        "the API could not take the order now: HTTP status {status}{}. Send it again later under the same idempotency key.",
        reason(*.status)
    )]
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// What the answer's Retry-After asks for, in seconds from now.
        retry_after: Option<u64>,
    },
    /// The breaker is open: too many of the latest orders could not be delivered, so that this one was not even sent.
    #[error(
        "the API has failed too often lately, so that the order was not sent (the breaker is open). Send it again in {retry_after} \
         seconds or later; secure_dispatch.outbox would keep it until then."
    )]
    BreakerOpen {
        /// When the API is tried again, in seconds from now.
        retry_after: u64,
    },
    /// The outbox cannot be read or written.
    #[error("the outbox (secure_dispatch.outbox) {0}")]
    Outbox(#[from] OutboxFault),
    /// A defect of ours. Fixed text, since what went wrong may be in the data.
    #[error(
        "an internal error stopped the dispatch; this is a defect of secure_dispatch. The API may have seen the order: send it \
         again under the same idempotency key, and please report it."
    )]
    Internal,
}

/// What went wrong between us and the API, short of a whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportFault {
    /// The host's name has no address, or no name server answered.
    Dns,
    /// Nothing listens at the endpoint's address and port.
    Refused,
    /// The network or the host cannot be reached.
    Unreachable,
    /// The proxy did not open a tunnel.
    Proxy,
    /// The server's certificate or its TLS was refused.
    Tls(TlsFault),
    /// The connection ended before the answer was whole.
    ConnectionLost,
    /// What came back is not HTTP, or not an answer to a POST.
    NotHttp,
    /// connect(2) ran into the kernel's own timeout.
    TimedOut,
    /// This process could not open a socket, or the like.
    Local,
}

/// Why the TLS handshake did not complete. No HTTP byte was taken; none was sent, unless the server refused our own certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsFault {
    /// The certificate is past its notAfter date.
    Expired,
    /// The certificate is before its notBefore date.
    NotYetValid,
    /// The certificate is not for the endpoint's host.
    WrongHost,
    /// No accepted root signed the chain, or an intermediate is missing.
    UnknownIssuer,
    /// The certificate is not one for servers.
    WrongPurpose,
    /// Signature, key size or algorithm is not accepted (SHA-1 and RSA below 2048 bits are not).
    WeakOrBadSignature,
    /// The chain is wrong in another way: a CA that is none, a name constraint, a revoked or malformed certificate.
    BadCertificate,
    /// None of the public keys in `secure_dispatch.pinned_spki` is the server's.
    NotPinned,
    /// Server and client share no TLS version or cipher suite.
    NoCommonVersion,
    /// The server answered with a TLS alert; with mutual TLS, it may not accept our certificate.
    Alert,
    /// The server does not speak TLS.
    NotTls,
    /// The connection ended during the handshake.
    Closed,
}

/// What the call was doing when its time was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Resolving, connecting or in the TLS handshake, when `connect_timeout_ms` or `timeout_ms` passed. Nothing was sent.
    Connecting,
    /// Sending the request or waiting for the answer's head, when `timeout_ms` passed.
    Waiting,
    /// Reading the answer's body, when `timeout_ms` passed.
    Reading,
}

const SAME_KEY: &str = "Send it again under the same idempotency key.";

impl TransportFault {
    const ALL: [Self; 20] = [
        Self::Dns,
        Self::Refused,
        Self::Unreachable,
        Self::Proxy,
        Self::Tls(TlsFault::Expired),
        Self::Tls(TlsFault::NotYetValid),
        Self::Tls(TlsFault::WrongHost),
        Self::Tls(TlsFault::UnknownIssuer),
        Self::Tls(TlsFault::WrongPurpose),
        Self::Tls(TlsFault::WeakOrBadSignature),
        Self::Tls(TlsFault::BadCertificate),
        Self::Tls(TlsFault::NotPinned),
        Self::Tls(TlsFault::NoCommonVersion),
        Self::Tls(TlsFault::Alert),
        Self::Tls(TlsFault::NotTls),
        Self::Tls(TlsFault::Closed),
        Self::ConnectionLost,
        Self::NotHttp,
        Self::TimedOut,
        Self::Local,
    ];

    fn code(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Refused => "connection_refused",
            Self::Unreachable => "unreachable",
            Self::Proxy => "proxy",
            Self::Tls(fault) => match fault {
                TlsFault::Expired => "tls_expired",
                TlsFault::NotYetValid => "tls_not_yet_valid",
                TlsFault::WrongHost => "tls_wrong_host",
                TlsFault::UnknownIssuer => "tls_unknown_issuer",
                TlsFault::WrongPurpose => "tls_wrong_purpose",
                TlsFault::WeakOrBadSignature => "tls_bad_signature",
                TlsFault::BadCertificate => "tls_bad_certificate",
                TlsFault::NotPinned => "tls_not_pinned",
                TlsFault::NoCommonVersion => "tls_no_common_version",
                TlsFault::Alert => "tls_alert",
                TlsFault::NotTls => "tls_not_tls",
                TlsFault::Closed => "tls_closed",
            },
            Self::ConnectionLost => "connection_lost",
            Self::NotHttp => "not_http",
            Self::TimedOut => "connect_timed_out",
            Self::Local => "local",
        }
    }
}

impl fmt::Display for TransportFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::Dns => {
                "the name of the endpoint's host (or proxy) could not be resolved; check secure_dispatch.endpoint and the name \
                 servers in /etc/resolv.conf. Nothing was sent."
            }
            Self::Refused => {
                "the connection was refused: nothing listens at the endpoint's (or proxy's) address and port. Nothing was sent."
            }
            Self::Unreachable => {
                "the endpoint's (or proxy's) address could not be reached; check routes and firewall. Nothing was sent."
            }
            Self::Proxy => {
                "the proxy did not open a tunnel to the endpoint; check secure_dispatch.proxy and what it allows. Nothing was sent."
            }
            Self::Tls(fault) => return write!(f, "TLS failed: {fault} The API did not take the order."),
            Self::ConnectionLost => {
                return write!(
                    f,
                    "the connection ended before the answer was whole; the API may have taken the order. {SAME_KEY}"
                );
            }
            Self::NotHttp => {
                return write!(
                    f,
                    "what came back is not an HTTP answer; the API may have taken the order. {SAME_KEY}"
                );
            }
            Self::TimedOut => return Phase::Connecting.fmt(f),
            Self::Local => {
                "this process could not open a connection (too many open files, no memory, or not permitted). Nothing was sent."
            }
        };
        f.write_str(what)
    }
}

impl Error {
    /// What happened, for programs: the log's `error`. A closed list, in docs/operations.md.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Configuration(_) => "configuration",
            Self::Validation(_) => "validation",
            Self::Transport(fault) => fault.code(),
            Self::Timeout(Phase::Connecting) => "connect_timeout",
            Self::Timeout(Phase::Waiting) => "answer_timeout",
            Self::Timeout(Phase::Reading) => "body_timeout",
            Self::Rejected { .. } => "http_rejected",
            Self::Unavailable { .. } => "http_unavailable",
            Self::BreakerOpen { .. } => "breaker_open",
            Self::Outbox(fault) => fault.code(),
            Self::Internal => "internal",
        }
    }

    /// The answer's HTTP status, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Unavailable { status, .. } | Self::Rejected { status } => Some(*status),
            _ => None,
        }
    }

    /// Every [`code`](Self::code) that there is.
    #[must_use]
    pub fn codes() -> Vec<&'static str> {
        let phases =
            [Phase::Connecting, Phase::Waiting, Phase::Reading].map(|phase| Self::Timeout(phase).code());
        let mut codes = vec!["configuration", "validation"];
        codes.extend(TransportFault::ALL.map(TransportFault::code));
        codes.extend(phases);
        codes.extend(["http_rejected", "http_unavailable", "breaker_open", "internal"]);
        codes.extend(OutboxFault::ALL.map(OutboxFault::code));
        codes
    }

    /// Whether the API may have taken the order all the same: it was sent, and no answer came.
    #[must_use]
    pub fn leaves_unconfirmed(&self) -> bool {
        matches!(
            self,
            Self::Timeout(Phase::Waiting | Phase::Reading)
                | Self::Transport(TransportFault::ConnectionLost | TransportFault::NotHttp)
                | Self::Internal
        )
    }
}

impl fmt::Display for TlsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "the server's certificate has expired; the API's operator must renew it (or this host's clock is wrong).",
            Self::NotYetValid => "the server's certificate is not valid yet; check this host's clock.",
            Self::WrongHost => "the server's certificate is for another host than the endpoint's.",
            Self::UnknownIssuer => {
                "the server's certificate is not signed by an accepted root, or its intermediate was not sent; check \
                 secure_dispatch.ca_file."
            }
            Self::WrongPurpose => "the server's certificate may not be used for servers.",
            Self::WeakOrBadSignature => {
                "a signature, key size or algorithm in the server's chain is not accepted (SHA-1 and RSA below 2048 bits never are)."
            }
            Self::BadCertificate => "the server's certificate chain is not valid.",
            Self::NotPinned => "the server's public key is none of those in secure_dispatch.pinned_spki.",
            Self::NoCommonVersion => "the server offers neither TLS 1.2 with an accepted cipher suite nor TLS 1.3.",
            Self::Alert => {
                "the server ended the handshake with an alert; if it asks for a client certificate, check \
                 secure_dispatch.client_cert_file."
            }
            Self::NotTls => "the server does not speak TLS on this port.",
            Self::Closed => "the connection ended during the handshake.",
        })
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connecting => f.write_str(
                "connecting to the API took longer than secure_dispatch.connect_timeout_ms or .timeout_ms allow. Nothing was sent.",
            ),
            Self::Waiting => write!(
                f,
                "the API did not answer within secure_dispatch.timeout_ms; it may have taken the order. {SAME_KEY}"
            ),
            Self::Reading => write!(
                f,
                "the API's answer was not whole within secure_dispatch.timeout_ms; it may have taken the order. {SAME_KEY}"
            ),
        }
    }
}

struct ConfigurationMessage<'a>(&'a [Problem]);

impl fmt::Display for ConfigurationMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no order is sent until these settings are corrected and PHP is restarted: ")?;
        join(f, self.0, "; ")
    }
}

struct ValidationMessage<'a>(&'a [Violation]);

impl fmt::Display for ValidationMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the order was not sent: ")?;
        let (told, more) = self.0.split_at(self.0.len().min(MAX_TOLD));
        join(f, told, "; ")?;
        if more.is_empty() { Ok(()) } else { write!(f, "; and {} more", more.len()) }
    }
}

/// How many violations a message tells. The exception has them all.
const MAX_TOLD: usize = 10;

fn join<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T], separator: &str) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(separator)?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

/// The reason phrase of RFC 9110 for a status, in parentheses. Ours, not the answer's: that one is the API's to choose.
fn reason(status: u16) -> String {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .map(|reason| format!(" ({reason})"))
        .unwrap_or_default()
}

fn rejected_advice(status: u16) -> &'static str {
    match status {
        300..=399 => {
            "Redirects are never followed, since they would carry the key elsewhere: set secure_dispatch.endpoint to the final URL."
        }
        401 | 403 => "Check the API key and its header, secure_dispatch.api_key_header.",
        404 | 405 | 410 => "Check the path of secure_dispatch.endpoint.",
        413 => "Check secure_dispatch.max_order_bytes against what the API takes.",
        _ => "The same order would be refused again.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_what_happened_and_what_to_do() {
        let rejected = Error::Rejected { status: 401 }.to_string();
        assert!(rejected.contains("401 (Unauthorized)") && rejected.contains("api_key_header"), "{rejected}");
        assert!(Error::Rejected { status: 307 }.to_string().contains("never followed"));
        assert!(Error::Unavailable { status: 599, retry_after: None }.to_string().contains("599."));
        assert!(Error::Timeout(Phase::Waiting).to_string().contains("same idempotency key"));
    }
}
