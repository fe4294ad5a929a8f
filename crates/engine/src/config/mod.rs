//! The settings: read once at start, parsed into values that cannot be wrong. What cannot be parsed becomes a [`Problem`],
//! never a stop.
//!
//! The binding reads PHP's ini and hands over text; this module knows what the text must be. Nothing here is read again later.

mod endpoint;
mod files;
mod key_source;
mod log;
mod outbox;

use std::{fmt, ops::RangeInclusive, sync::Arc, time::Duration};

use http::HeaderName;
use zeroize::Zeroizing;

pub use endpoint::{Endpoint, Proxy};
pub use files::{ClientIdentity, SecretFile};
pub use key_source::{KeySource, KeySources};

use crate::{
    audit,
    key::ApiKey,
    order::{CardNumbers, Policy, UnknownFields},
    outbox::Settings as OutboxSettings,
};
use rustls::RootCertStore;

/// The settings' names after `secure_dispatch.`, with their defaults. One table for the binding (which registers them) and
/// for [`Config::load`] (which parses them).
pub const SETTINGS: [Setting; 33] = [
    Setting { name: "endpoint", default: "" },
    Setting { name: "api_key_file", default: "" },
    Setting { name: "api_key_header", default: "X-API-KEY" },
    Setting { name: "ca_file", default: "" },
    Setting { name: "client_cert_file", default: "" },
    Setting { name: "client_key_file", default: "" },
    Setting { name: "pinned_spki", default: "" },
    Setting { name: "proxy", default: "" },
    Setting { name: "connect_timeout_ms", default: "2000" },
    Setting { name: "timeout_ms", default: "5000" },
    Setting { name: "max_attempts", default: "3" },
    Setting { name: "max_order_bytes", default: "262144" },
    Setting { name: "max_response_bytes", default: "65536" },
    Setting { name: "schema_file", default: "" },
    Setting { name: "unknown_fields", default: "drop" },
    Setting { name: "card_numbers", default: "mask" },
    Setting { name: "order_id", default: "" },
    Setting { name: "outbox", default: "" },
    Setting { name: "outbox_key_file", default: "" },
    Setting { name: "wait_ms", default: "1500" },
    Setting { name: "resend_unconfirmed", default: "1" },
    Setting { name: "outbox_max_age_days", default: "7" },
    Setting { name: "outbox_retention_days", default: "30" },
    Setting { name: "outbox_max_bytes", default: "1G" },
    Setting { name: "drain_rate", default: "50" },
    Setting { name: "breaker_failure_percent", default: "50" },
    Setting { name: "breaker_min_calls", default: "5" },
    Setting { name: "breaker_window_ms", default: "30000" },
    Setting { name: "breaker_open_ms", default: "15000" },
    Setting { name: "log", default: "php" },
    Setting { name: "log_level", default: "info" },
    Setting { name: "traceparent", default: "" },
    Setting { name: "harden", default: "1" },
];

/// One setting's name (after `secure_dispatch.`) and default.
#[derive(Debug)]
pub struct Setting {
    /// The name, without the prefix.
    pub name: &'static str,
    /// The value when the operator sets none; empty = none.
    pub default: &'static str,
}

/// One mistake in the settings: which one, what is wrong, what to do. Never a value, which could hold a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The setting's whole name, or the source of the key.
    pub setting: &'static str,
    /// What is wrong and what to do.
    pub what: String,
    /// A file that is there, and that this process's user may not read: right for one that root alone may read, where that user is
    /// somebody who starts PHP on the command line.
    pub unreadable: bool,
}

impl Problem {
    fn new(setting: &'static str, what: impl Into<String>) -> Self {
        Self { setting, what: what.into(), unreadable: false }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.setting, self.what)
    }
}

/// Everything a dispatch needs to know. Made once at start, shared by every process and thread after it.
pub struct Config {
    /// Where orders go.
    pub endpoint: Endpoint,
    /// The key that every request carries.
    pub key: ApiKey,
    /// The header it is carried in.
    pub key_header: HeaderName,
    /// The roots that the server's chain must end in.
    pub roots: Arc<RootCertStore>,
    /// Our certificate and its key, for servers that ask for one.
    pub client: Option<ClientIdentity>,
    /// SHA-256 of the accepted public keys; empty = any that the chain vouches for.
    pub pinned_spki: Vec<[u8; 32]>,
    /// The CONNECT proxy.
    pub proxy: Option<Proxy>,
    /// Bounds DNS, TCP, proxy and TLS of one connection.
    pub connect_timeout: Duration,
    /// Bounds a whole call.
    pub timeout: Duration,
    /// How often a call tries to send an order.
    pub max_attempts: u32,
    /// Whether an order whose answer was lost is sent again.
    pub resend_unconfirmed: bool,
    /// When the API counts as down.
    pub breaker: BreakerSettings,
    /// The longest answer's body kept, in bytes.
    pub max_response_bytes: usize,
    /// What may leave.
    pub policy: Arc<Policy>,
    /// JSON Pointers of the order's id; the first that leads to one.
    pub order_id: Vec<String>,
    /// Where orders are kept until they are delivered.
    pub outbox: Option<OutboxSettings>,
    /// The entry of `$_SERVER` that says which trace a dispatch is part of.
    pub traceparent: Option<String>,
}

/// When calls to the API stop, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct BreakerSettings {
    /// The share of failed calls that opens the breaker, in percent.
    pub failure_percent: u64,
    /// Fewer calls than this within the window say nothing.
    pub min_calls: u64,
    /// The time that is looked back on.
    pub window: Duration,
    /// For how long nobody calls.
    pub open: Duration,
}

/// What [`Config::load`] made of the settings.
pub struct Loaded {
    /// The configuration, or everything that is wrong with it.
    pub config: Result<Config, Vec<Problem>>,
    /// Where the key came from, if there was one.
    pub key_source: Option<KeySource>,
    /// The endpoint's host, if the endpoint is right; also when the rest is wrong.
    pub endpoint_host: Option<String>,
    /// Nothing at all was set: installed, but not in use. Not worth a line in the log at every start.
    pub untouched: bool,
    /// Every source of the key that is set; the first is used.
    pub key_sources: Vec<KeySource>,
    /// The files that hold secrets: the key, the client certificate's key, the outbox's key.
    pub secret_files: Vec<SecretFile>,
    /// Where events are told; also when the rest is wrong.
    pub log: audit::Settings,
}

impl Config {
    /// Parses the settings, reads the files that they name, and picks the key.
    ///
    /// `setting` gives the text of a setting by its name in [`SETTINGS`].
    #[must_use]
    pub fn load(setting: impl Fn(&'static str) -> String, sources: &KeySources) -> Loaded {
        let mut problems = Problems(Vec::new());
        let untouched = is_untouched(&setting, sources);
        let key_sources = key_source::set(&setting("api_key_file"), sources);

        let endpoint = problems.keep(Endpoint::parse(&setting("endpoint")));
        let endpoint_host = endpoint.as_ref().map(|endpoint| endpoint.host().to_owned());
        let (key, key_source) = match key_source::pick(&setting("api_key_file"), sources) {
            Ok((key, source)) => (Some(key), Some(source)),
            Err(problem) => (problems.keep(Err(problem)), None),
        };
        let key_header = problems.keep(parse_key_header(&setting("api_key_header")));
        let ca_file = setting("ca_file");
        let roots = if ca_file.is_empty() {
            problems.keep(files::system_roots());
            None
        } else {
            problems.keep(files::roots(&ca_file))
        };
        let client = problems.keep(files::client(&setting("client_cert_file"), &setting("client_key_file")));
        let pinned_spki = problems.keep(parse_pins(&setting("pinned_spki")));
        let proxy = problems.keep(Proxy::parse(&setting("proxy")));
        let connect_timeout =
            problems.keep(parse_millis("secure_dispatch.connect_timeout_ms", &setting("connect_timeout_ms")));
        let timeout = problems.keep(parse_millis("secure_dispatch.timeout_ms", &setting("timeout_ms")));
        let max_order_bytes =
            problems.keep(parse_bytes("secure_dispatch.max_order_bytes", &setting("max_order_bytes")));
        let max_response_bytes =
            problems.keep(parse_bytes("secure_dispatch.max_response_bytes", &setting("max_response_bytes")));
        let schema = problems.keep(files::schema(&setting("schema_file")));
        let unknown_fields = problems.keep(parse_unknown_fields(&setting("unknown_fields")));
        let card_numbers = problems.keep(parse_card_numbers(&setting("card_numbers")));
        let max_attempts =
            problems.keep(parse_number("secure_dispatch.max_attempts", &setting("max_attempts"), 1..=20));
        let order_id = problems.keep(parse_order_id(&setting("order_id")));
        let breaker = parse_breaker(&setting, &mut problems);
        let outbox = outbox::parse(&setting, timeout, &mut problems);
        let log = log::parse(&setting, &mut problems);
        let traceparent = problems.keep(log::parse_traceparent(&setting("traceparent")));
        // The system's own are hundreds, and read for nothing where something else is wrong, as in a PHP that may not read the key.
        let roots =
            if ca_file.is_empty() && problems.0.is_empty() { problems.keep(files::roots("")) } else { roots };

        let config = (|| {
            Some(Config {
                endpoint: endpoint?,
                key: key?,
                key_header: key_header?,
                roots: roots?,
                client: client?,
                pinned_spki: pinned_spki?,
                proxy: proxy?,
                connect_timeout: connect_timeout?,
                timeout: timeout?,
                max_response_bytes: max_response_bytes?,
                policy: Arc::new(Policy {
                    schema: schema?,
                    unknown_fields: unknown_fields?,
                    card_numbers: card_numbers?,
                    max_bytes: max_order_bytes?,
                }),
                max_attempts: max_attempts?,
                resend_unconfirmed: is_on(&setting("resend_unconfirmed")),
                breaker: breaker?,
                order_id: order_id?,
                outbox,
                traceparent: traceparent?,
            })
        })();
        let secret_files = [
            (KeySource::File.name(), setting("api_key_file")),
            (KeySource::Credential.name(), sources.credential().unwrap_or_default()),
            ("secure_dispatch.client_key_file", setting("client_key_file")),
            ("secure_dispatch.outbox_key_file", setting("outbox_key_file")),
        ];
        let secret_files = secret_files
            .into_iter()
            .filter(|(_, path)| !path.is_empty())
            .map(|(setting, path)| SecretFile { setting, path })
            .collect();
        Loaded {
            config: config.filter(|_| problems.0.is_empty()).ok_or(problems.0),
            key_source,
            endpoint_host,
            untouched,
            key_sources,
            secret_files,
            log,
        }
    }
}

/// Whether the extension is installed, but not in use.
#[must_use]
pub fn is_untouched(setting: &impl Fn(&'static str) -> String, sources: &KeySources) -> bool {
    SETTINGS.iter().all(|s| setting(s.name) == s.default) && sources.is_empty()
}

/// An on/off setting, as PHP writes them: php.ini's parser makes `1` of On and nothing of Off.
#[must_use]
pub fn is_on(text: &str) -> bool {
    !matches!(text.trim().to_ascii_lowercase().as_str(), "" | "0" | "off" | "no" | "false" | "none")
}

/// Collects what is wrong, so that an operator learns of every mistake at once.
struct Problems(Vec<Problem>);

impl Problems {
    fn keep<T>(&mut self, parsed: Result<T, Problem>) -> Option<T> {
        parsed.map_err(|problem| self.0.push(problem)).ok()
    }
}

/// Headers that are ours or HTTP's own: the key in one of them would break the request or be dropped on the way.
const RESERVED_HEADERS: [&str; 19] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "idempotency-key",
    "keep-alive",
    "secure-dispatch-attempt",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "proxy-connection",
];

fn parse_key_header(text: &str) -> Result<HeaderName, Problem> {
    const SETTING: &str = "secure_dispatch.api_key_header";
    let name = HeaderName::from_bytes(text.as_bytes()).map_err(|_| {
        Problem::new(SETTING, "is not an HTTP header name; use letters, digits and dashes, like X-API-KEY")
    })?;
    if RESERVED_HEADERS.contains(&name.as_str()) {
        return Err(Problem::new(
            SETTING,
            "names a header that HTTP or secure_dispatch itself needs; use another, like X-API-KEY",
        ));
    }
    Ok(name)
}

fn parse_pins(text: &str) -> Result<Vec<[u8; 32]>, Problem> {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    text.split(',')
        .map(|pin| BASE64_STANDARD.decode(pin.trim()).ok().and_then(|hash| hash.try_into().ok()))
        .collect::<Option<_>>()
        .ok_or_else(|| {
            Problem::new(
                "secure_dispatch.pinned_spki",
                "must be base64 SHA-256 hashes of public keys (44 characters each), separated by commas",
            )
        })
}

fn parse_unknown_fields(text: &str) -> Result<UnknownFields, Problem> {
    match text.trim().to_ascii_lowercase().as_str() {
        "drop" => Ok(UnknownFields::Drop),
        "reject" => Ok(UnknownFields::Reject),
        _ => Err(Problem::new("secure_dispatch.unknown_fields", "must be drop or reject")),
    }
}

fn parse_card_numbers(text: &str) -> Result<CardNumbers, Problem> {
    match text.trim().to_ascii_lowercase().as_str() {
        "mask" => Ok(CardNumbers::Mask),
        "reject" => Ok(CardNumbers::Reject),
        _ => Err(Problem::new("secure_dispatch.card_numbers", "must be mask or reject")),
    }
}

fn parse_breaker(
    setting: &impl Fn(&'static str) -> String,
    problems: &mut Problems,
) -> Option<BreakerSettings> {
    let number = |name, text: &str, range| parse_number(name, text, range).map(u64::from);
    let failure_percent = problems.keep(number(
        "secure_dispatch.breaker_failure_percent",
        &setting("breaker_failure_percent"),
        1..=100,
    ));
    let min_calls =
        problems.keep(number("secure_dispatch.breaker_min_calls", &setting("breaker_min_calls"), 1..=10_000));
    let window =
        problems.keep(parse_millis("secure_dispatch.breaker_window_ms", &setting("breaker_window_ms")));
    let open = problems.keep(parse_millis("secure_dispatch.breaker_open_ms", &setting("breaker_open_ms")));
    Some(BreakerSettings {
        failure_percent: failure_percent?,
        min_calls: min_calls?,
        window: window?,
        open: open?,
    })
}

fn parse_order_id(text: &str) -> Result<Vec<String>, Problem> {
    match text.trim() {
        "" => Ok(vec!["/order_id".to_owned(), "/id".to_owned()]),
        pointer if pointer.starts_with('/') => Ok(vec![pointer.to_owned()]),
        _ => Err(Problem::new(
            "secure_dispatch.order_id",
            "must be a JSON Pointer (RFC 6901) into the order, like /order_id; or empty, for /order_id, else /id",
        )),
    }
}

fn parse_number(setting: &'static str, text: &str, range: RangeInclusive<u32>) -> Result<u32, Problem> {
    text.trim().parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
        Problem::new(setting, format!("must be a whole number, {} to {}", range.start(), range.end()))
    })
}

const MAX_MILLIS: u64 = 3_600_000;

fn parse_millis(setting: &'static str, text: &str) -> Result<Duration, Problem> {
    match text.trim().parse::<u64>() {
        Ok(millis @ 1..=MAX_MILLIS) => Ok(Duration::from_millis(millis)),
        _ => Err(Problem::new(setting, "must be a whole number of milliseconds, 1 to 3600000")),
    }
}

const MAX_BYTES: usize = 64 << 20;

/// A size that fits into memory.
fn parse_bytes(setting: &'static str, text: &str) -> Result<usize, Problem> {
    parse_size(text)
        .and_then(|bytes| usize::try_from(bytes).ok())
        .filter(|bytes| (1..=MAX_BYTES).contains(bytes))
        .ok_or_else(|| Problem::new(setting, "must be a number of bytes, 1 to 64M; K and M are understood"))
}

/// A size, with the K, M and G that PHP's own settings take.
fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let (digits, unit) = match text.char_indices().next_back() {
        Some((last, 'k' | 'K')) => (&text[..last], 1 << 10),
        Some((last, 'm' | 'M')) => (&text[..last], 1 << 20),
        Some((last, 'g' | 'G')) => (&text[..last], 1 << 30),
        _ => (text, 1),
    };
    digits.trim_end().parse::<u64>().ok().and_then(|number| number.checked_mul(unit))
}

/// What a key's source held; zeroed when dropped.
pub type SecretBytes = Zeroizing<Vec<u8>>;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn load(set: &[(&str, &str)], sources: &KeySources) -> Loaded {
        Config::load(
            |name| {
                set.iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| (*value).to_owned())
                    .or_else(|| SETTINGS.iter().find(|s| s.name == name).map(|s| s.default.to_owned()))
                    .unwrap()
            },
            sources,
        )
    }

    fn ini_key() -> KeySources {
        KeySources { ini: Some(SecretBytes::new(b"k-123".to_vec())), ..KeySources::default() }
    }

    #[test]
    fn every_mistake_is_told_at_once_and_no_value_is() {
        let loaded = load(
            &[
                ("endpoint", "http://secret.example/"),
                ("ca_file", "/no/such/secret.pem"),
                ("timeout_ms", "secret"),
                ("api_key_header", "Host"),
                ("pinned_spki", "secret"),
                ("max_order_bytes", "0"),
                ("proxy", "https://secret:secret@proxy"),
            ],
            &KeySources::default(),
        );
        let problems = loaded.config.err().unwrap();
        let settings: Vec<_> = problems.iter().map(|problem| problem.setting).collect();
        assert_eq!(
            settings,
            [
                "secure_dispatch.endpoint",
                "secure_dispatch.api_key",
                "secure_dispatch.api_key_header",
                "secure_dispatch.ca_file",
                "secure_dispatch.pinned_spki",
                "secure_dispatch.proxy",
                "secure_dispatch.timeout_ms",
                "secure_dispatch.max_order_bytes",
            ]
        );
        let told: Vec<_> = problems
            .iter()
            .filter(|p| p.setting != "secure_dispatch.ca_file")
            .map(ToString::to_string)
            .collect();
        assert!(!told.concat().contains("secret."), "{told:?}");
        assert!(!loaded.untouched);
    }

    #[test]
    fn nothing_set_is_not_a_mistake_worth_a_log_line() {
        let loaded = load(&[], &KeySources::default());
        assert!(loaded.untouched && loaded.config.is_err());
    }

    #[test]
    fn an_endpoint_and_a_key_are_enough() {
        let ca = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let ca_file = dir.path().join("ca.pem");
        std::fs::write(&ca_file, ca.cert.pem()).unwrap();
        let loaded = load(
            &[("endpoint", "https://localhost/orders"), ("ca_file", ca_file.to_str().unwrap())],
            &ini_key(),
        );
        let config = loaded.config.ok().unwrap();
        assert_eq!(loaded.key_source, Some(KeySource::Ini));
        assert_eq!(config.timeout, Duration::from_secs(5));
        assert_eq!(config.policy.max_bytes, 262_144);
        assert_eq!(config.roots.len(), 1);
    }

    #[test]
    fn sizes_are_written_as_php_writes_them() {
        assert_eq!(parse_bytes("s", "256K"), Ok(262_144));
        assert_eq!(parse_bytes("s", " 1m "), Ok(1 << 20));
        assert!(
            parse_bytes("s", "1G").is_err()
                && parse_bytes("s", "-1").is_err()
                && parse_bytes("s", "").is_err()
        );
    }

    proptest! {
        #[test]
        fn no_text_panics_a_parser(text in any::<String>()) {
            let _ = parse_bytes("s", &text);
            let _ = parse_millis("s", &text);
            let _ = parse_pins(&text);
            let _ = parse_key_header(&text);
            let _ = Endpoint::parse(&text);
            let _ = Proxy::parse(&text);
        }
    }
}
