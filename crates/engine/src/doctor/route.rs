//! The way to the API: name, TCP (or the proxy's tunnel), TLS, certificates, one `OPTIONS`, and what the answer says of the clock.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{
    HeaderMap, StatusCode,
    header::{self, HeaderValue},
};
use http_body_util::Full;
use rustls::{ProtocolVersion, pki_types::CertificateDer};
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

use super::{Finding, Verdict};
use crate::{
    config::Config,
    error::{Error, Phase, TransportFault},
    transport::{KEY_STAND_IN, Probe, Request},
};

/// In the sequence in which they stand on each other.
pub(super) const CHECKS: [&str; 6] = [DNS, TCP, TLS, CERTIFICATE, HTTP, CLOCK];

const DNS: &str = "dns";
const TCP: &str = "tcp";
const TLS: &str = "tls";
const CERTIFICATE: &str = "certificate";
const HTTP: &str = "http";
const CLOCK: &str = "clock";

/// A certificate that expires sooner should have been renewed: public CAs' last 90 days, 47 from 2029 on, and are renewed a month before.
const EXPIRES_SOON: Duration = Duration::from_hours(21 * 24);

/// Clocks further apart than this are not kept by NTP.
const CLOCK_WARNING: Duration = Duration::from_mins(1);

/// Clocks further apart than this misjudge certificates' dates and Retry-After.
const CLOCK_FAILURE: Duration = Duration::from_mins(10);

/// Goes as far as the way is open.
pub(super) fn examine(config: &Arc<Config>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Err(failure) = go(config, &mut findings) {
        findings.push(failure);
    }
    for check in CHECKS {
        if !findings.iter().any(|finding| finding.check == check) {
            findings.push(Finding::not_checked(check, "the check before it failed"));
        }
    }
    findings.sort_by_key(|finding| CHECKS.iter().position(|check| *check == finding.check));
    findings
}

/// What is told where the API is to be left alone.
pub(super) fn spared() -> Vec<Finding> {
    let text = "not checked: it was looked at less than 10 s ago; ask again later";
    CHECKS.map(|check| Finding::of(check, Verdict::Warning, text)).to_vec()
}

fn go(config: &Arc<Config>, findings: &mut Vec<Finding>) -> Result<(), Finding> {
    let place = Place::of(config);
    let mut probe = Probe::new(config).map_err(|error| place.failure(DNS, &error))?;
    let host = place.host.as_str();
    if host.parse::<std::net::IpAddr>().is_ok() {
        findings.push(Finding::ok(DNS, format!("{host} is an address")));
    } else {
        let addresses = probe.addresses(host).map_err(|error| place.failure(DNS, &error))?;
        let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        findings.push(Finding::ok(DNS, format!("{host} is {}", addresses.join(", "))));
    }

    let tcp = probe.tcp().map_err(|error| place.failure(TCP, &error))?;
    findings.push(Finding::ok(TCP, format!("connected to {}", place.way)));

    let tls = probe.tls(tcp);
    let now = SystemTime::now();
    for (at, certificate) in probe.chain().iter().enumerate() {
        findings.push(dates(at, certificate, now, tls.is_ok()));
    }
    let version = match tls.map_err(|error| place.failure(TLS, &error))? {
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS 1.3",
    };
    findings
        .push(Finding::ok(TLS, format!("{version}, and the chain is good for {}", config.endpoint.host())));

    let request = options(config).map_err(|error| place.failure(HTTP, &error))?;
    let answer = probe.send(request).map_err(|error| place.failure(HTTP, &error))?;
    findings.push(of_status(answer.status));
    findings.push(of_date(&answer.headers, SystemTime::now()));
    Ok(())
}

/// An order's head but for what makes it one: nothing is taken, and the key goes where it would go.
fn options(config: &Config) -> Result<Request, Error> {
    http::Request::options(config.endpoint.path().clone())
        .header(header::HOST, config.endpoint.host_header())
        .header(header::USER_AGENT, concat!("secure_dispatch/", env!("CARGO_PKG_VERSION")))
        .header(&config.key_header, HeaderValue::from_static(KEY_STAND_IN))
        .header(header::ACCEPT, HeaderValue::from_static("application/json"))
        .header(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))
        .body(Full::new(Bytes::new()))
        .map_err(|_| Error::Internal)
}

/// Where connections go first.
struct Place {
    host: String,
    /// For people.
    way: String,
}

impl Place {
    fn of(config: &Config) -> Self {
        let endpoint = format!("{}, port {}", config.endpoint.host(), config.endpoint.port());
        match config.proxy.as_ref().and_then(|proxy| proxy.uri().host()) {
            Some(host) => Self {
                host: host.trim_matches(['[', ']']).to_owned(),
                way: format!("{endpoint}, through the proxy {host}"),
            },
            None => Self { host: config.endpoint.host().to_owned(), way: endpoint },
        }
    }

    /// As the dispatches' own messages, less what those say of the order: here is none.
    fn failure(&self, check: &'static str, error: &Error) -> Finding {
        let Self { host, way } = self;
        let text = match error {
            Error::Transport(TransportFault::Dns) => format!(
                "{host} could not be resolved; check secure_dispatch.endpoint (or .proxy), /etc/hosts, and the name servers in /etc/resolv.conf"
            ),
            Error::Transport(TransportFault::Refused) => {
                format!("the connection to {way}, is refused; is the API up, and is this the right port?")
            }
            Error::Transport(TransportFault::Unreachable) => {
                format!("{way} cannot be reached; check routes and firewall")
            }
            Error::Transport(TransportFault::Proxy) => {
                format!("no tunnel to {way}; check secure_dispatch.proxy and what it allows")
            }
            Error::Transport(TransportFault::Tls(fault)) => match fault.to_string() {
                text if text.contains("; ") => text,
                text => format!(
                    "{}; check host and port in secure_dispatch.endpoint, and ask the API's operator",
                    text.trim_end_matches('.')
                ),
            },
            Error::Transport(TransportFault::ConnectionLost) => {
                "the connection ended before the answer was whole; look at the API's log".to_owned()
            }
            Error::Transport(TransportFault::NotHttp) => {
                format!("what came back is not an HTTP answer; is this an HTTPS API? {way}")
            }
            Error::Timeout(Phase::Connecting) | Error::Transport(TransportFault::TimedOut) => format!(
                "{way}: no end within secure_dispatch.connect_timeout_ms; check the firewall, and whether the API is up"
            ),
            Error::Timeout(_) => {
                "the API did not answer within secure_dispatch.timeout_ms; is it overloaded?".to_owned()
            }
            _ => "this process could not open a connection; too many open files, no memory, or not permitted"
                .to_owned(),
        };
        Finding::of(check, Verdict::Failure, text.trim_end_matches('.'))
    }
}

/// `trusted`: the handshake succeeded. Then a certificate that was sent along and is expired is none that it rests on.
fn dates(at: usize, der: &CertificateDer<'_>, now: SystemTime, trusted: bool) -> Finding {
    let name = if at == 0 { "the server's".to_owned() } else { format!("intermediate {at}'s") };
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return Finding::of(CERTIFICATE, Verdict::Warning, &format!("{name} certificate cannot be read"));
    };
    let end = certificate.validity().not_after;
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let left = end.timestamp().saturating_sub(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
    let (date, days) = (end.to_datetime().date(), left / (24 * 60 * 60));
    if left < 0 {
        let verdict = if trusted { Verdict::Warning } else { Verdict::Failure };
        let text = format!(
            "{name} certificate has expired on {date}; the API's operator must renew it (or take it out of what the server sends)"
        );
        Finding::of(CERTIFICATE, verdict, &text)
    } else if u64::try_from(left).is_ok_and(|left| left < EXPIRES_SOON.as_secs()) {
        let text = format!(
            "{name} certificate expires on {date}, in {days} days; ask the API's operator whether it is being renewed"
        );
        Finding::of(CERTIFICATE, Verdict::Warning, &text)
    } else {
        Finding::ok(CERTIFICATE, format!("{name} certificate is valid until {date}, {days} days more"))
    }
}

/// An API owes `OPTIONS` nothing: that it answers at all is what counts, except for what speaks of the key, the place or its health.
fn of_status(status: StatusCode) -> Finding {
    let (verdict, text) = match status.as_u16() {
        200..=299 | 405 | 501 => {
            return Finding::ok(HTTP, format!("the API answers (OPTIONS: HTTP status {})", status.as_u16()));
        }
        300..=399 => (
            Verdict::Failure,
            "redirect, and none is followed; set secure_dispatch.endpoint to the final URL",
        ),
        401 | 403 => (
            Verdict::Warning,
            "the API does not accept the key (or OPTIONS); check the key and secure_dispatch.api_key_header, or try --send-test",
        ),
        407 | 408 | 425 | 429 => {
            (Verdict::Warning, "the API asks to come back later; orders are tried again later")
        }
        500.. => (Verdict::Warning, "the API is not well; orders are tried again later"),
        // 404 and the like: to OPTIONS most likely.
        _ => {
            return Finding::ok(
                HTTP,
                format!(
                    "the API answers (OPTIONS: HTTP status {}; if orders are refused too, check the path of secure_dispatch.endpoint)",
                    status.as_u16()
                ),
            );
        }
    };
    Finding::of(HTTP, verdict, &format!("HTTP status {}: {text}", status.as_u16()))
}

fn of_date(headers: &HeaderMap, now: SystemTime) -> Finding {
    let date = headers.get(header::DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    let Some(date) = date else { return Finding::not_checked(CLOCK, "the API's answer has no Date") };
    let (apart, way) = match now.duration_since(date) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    let verdict = match apart {
        apart if apart > CLOCK_FAILURE => Verdict::Failure,
        apart if apart > CLOCK_WARNING => Verdict::Warning,
        _ => return Finding::ok(CLOCK, format!("within {} s of the API's", CLOCK_WARNING.as_secs())),
    };
    let text = format!(
        "this host's clock is {} s {way} the API's; have it kept by NTP (timedatectl): certificates' dates and Retry-After rest on it",
        apart.as_secs()
    );
    Finding::of(CLOCK, verdict, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_verdict() {
        for status in 200..600 {
            let finding = of_status(StatusCode::from_u16(status).unwrap());
            let expected = match status {
                300..=399 => Verdict::Failure,
                501 => Verdict::Ok,
                401 | 403 | 407 | 408 | 425 | 429 | 500.. => Verdict::Warning,
                _ => Verdict::Ok,
            };
            assert_eq!(finding.verdict, expected, "{status}");
            assert_eq!(finding.remedy.is_none(), expected == Verdict::Ok, "{status}");
        }
    }

    #[test]
    fn clocks_may_be_a_minute_apart() {
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let mut headers = HeaderMap::new();
        assert_eq!(of_date(&headers, date).verdict, Verdict::Warning);
        headers.insert(header::DATE, httpdate::fmt_http_date(date).parse().unwrap());
        let verdict = |apart: u64| {
            let apart = Duration::from_secs(apart);
            [date + apart, date - apart].map(|now| of_date(&headers, now).verdict)
        };
        assert_eq!(verdict(0), [Verdict::Ok; 2]);
        assert_eq!(verdict(60), [Verdict::Ok; 2]);
        assert_eq!(verdict(61), [Verdict::Warning; 2]);
        assert_eq!(verdict(601), [Verdict::Failure; 2]);
        headers.insert(header::DATE, HeaderValue::from_static("yesterday"));
        assert_eq!(of_date(&headers, date).verdict, Verdict::Warning);
    }

    #[test]
    fn a_certificate_is_renewed_three_weeks_before_its_end() {
        let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert;
        let (_, parsed) = X509Certificate::from_der(certificate.der()).unwrap();
        let end = u64::try_from(parsed.validity().not_after.timestamp()).unwrap();
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(end);
        let verdict = |now, trusted| dates(0, certificate.der(), now, trusted).verdict;
        assert_eq!(verdict(end - EXPIRES_SOON, true), Verdict::Ok);
        assert_eq!(verdict(end - EXPIRES_SOON + Duration::from_secs(1), true), Verdict::Warning);
        assert_eq!(verdict(end + Duration::from_secs(1), false), Verdict::Failure);
        // Sent along, and not needed.
        assert_eq!(verdict(end + Duration::from_secs(1), true), Verdict::Warning);
        assert_eq!(dates(1, &CertificateDer::from(vec![1, 2, 3]), end, true).verdict, Verdict::Warning);
    }
}
