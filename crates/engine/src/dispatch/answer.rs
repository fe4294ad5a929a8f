//! What an answer means for the order.

use std::time::SystemTime;

use http::{HeaderMap, StatusCode, header};

use crate::error::Error;

/// What a status means. `unanswered`: the order was sent before under the same key, and no answer came, so that a conflict (409) is most
/// likely with that request, which the API still works on.
pub(super) fn judge(status: StatusCode, headers: &HeaderMap, unanswered: bool) -> Result<(), Error> {
    match status.as_u16() {
        200..=299 => Ok(()),
        status @ (408 | 425 | 429 | 500..) => {
            Err(Error::Unavailable { status, retry_after: retry_after(headers, SystemTime::now()) })
        }
        409 if unanswered => {
            Err(Error::Unavailable { status: 409, retry_after: retry_after(headers, SystemTime::now()) })
        }
        status => Err(Error::Rejected { status }),
    }
}

/// Whether the same order may be taken a moment later: what a call tries again within its own time.
pub(super) fn is_worth_another_attempt(error: &Error) -> bool {
    use crate::error::{Phase, TlsFault, TransportFault};
    match error {
        // Not 501 and 505: the API says that it never will. Other 5xx are no promise either way.
        Error::Unavailable { status, .. } => {
            matches!(status, 408 | 409 | 425 | 429 | 500 | 502 | 503 | 504)
        }
        // The connection ended in the handshake; all else about TLS is a refusal.
        Error::Transport(TransportFault::Tls(fault)) => *fault == TlsFault::Closed,
        Error::Transport(_) | Error::Timeout(Phase::Connecting) => true,
        _ => false,
    }
}

/// Redirects, and statuses that speak of the endpoint, the key or the proxy: the order itself may be right.
pub(super) fn is_not_the_orders_fault(status: u16) -> bool {
    matches!(status, 300..=399 | 401 | 403 | 404 | 407)
}

/// RFC 9110, section 10.2.3: a number of seconds or an HTTP-date. Anything else counts as absent, a date in the past as now.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<u64> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let wait = date.duration_since(now).unwrap_or_default();
    // Rounded up: a second too early is too early.
    Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn after(value: &str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        retry_after(&headers, UNIX_EPOCH + Duration::from_millis(784_111_767_500))
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(after("120"), Some(120));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(10));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:27 GMT"), Some(0));
        assert_eq!(after("-1"), None);
        assert_eq!(after(""), None);
        assert_eq!(after("99999999999999999999"), None);
        assert_eq!(after("soon"), None);
    }

    #[test]
    fn a_status_is_delivered_rejected_or_unavailable_and_tried_again_or_not() {
        for status in 200..600 {
            for unanswered in [false, true] {
                let outcome = judge(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), unanswered);
                let again = outcome.as_ref().is_err_and(is_worth_another_attempt);
                match status {
                    200..=299 => assert!(outcome.is_ok(), "{status}"),
                    408 | 425 | 429 | 500 | 502..=504 => {
                        assert!(matches!(outcome, Err(Error::Unavailable { .. })) && again, "{status}");
                    }
                    501 | 505..=599 => {
                        assert!(matches!(outcome, Err(Error::Unavailable { .. })) && !again, "{status}");
                    }
                    409 if unanswered => {
                        assert!(matches!(outcome, Err(Error::Unavailable { status: 409, .. })) && again);
                    }
                    _ => assert!(matches!(outcome, Err(Error::Rejected { .. })) && !again, "{status}"),
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_retry_after_panics(value in any::<String>()) {
            let _ = after(&value);
        }
    }
}
