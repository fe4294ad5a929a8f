//! The audit log: which lines an order leaves, what is in them, and that writing them harms nothing.

use std::{
    fs,
    io::Read,
    os::unix::{fs::PermissionsExt, net::UnixDatagram},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use engine::{
    audit::{Audit, Event, Settings, Sink, What, tell},
    dispatch::{Dispatcher, IdempotencyKey, Traceparent},
    error::Error,
    shared::{Counter, Shared},
};
use serde_json::{Map, Value};
use testbed::{Testbed, record::Selector};
use tracing::Level;

use crate::{
    outbox::{Kept, endlessly},
    shop::{Shop, config, order, order_of},
};

type Line = Map<String, Value>;

/// A log in a file, and what may be read there.
struct Log {
    audit: Audit,
    shared: Arc<Shared>,
    path: PathBuf,
    dir: tempfile::TempDir,
}

impl Log {
    fn new(level: Level) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.log");
        let shared = Arc::new(Shared::new());
        let audit = Audit::new(Settings { sink: Sink::File(path.clone()), level }, Arc::clone(&shared));
        Self { audit, shared, path, dir }
    }

    fn lines(&self) -> Vec<Line> {
        lines(&fs::read_to_string(&self.path).unwrap_or_default())
    }

    /// Names of events, in their sequence.
    fn events(&self) -> Vec<String> {
        self.lines().iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect()
    }

    fn lost(&self) -> u64 {
        self.shared.counters.get(Counter::LogLinesLost)
    }
}

fn lines(text: &str) -> Vec<Line> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn one_line(audit: &Audit) {
    audit.scope(|| tell(What::BreakerClosed, Event::default));
}

#[test]
fn a_dispatch_leaves_its_events_in_their_sequence() {
    let mut shop = Shop::new(&[]);
    let log = Log::new(Level::DEBUG);
    let receipt = log.audit.scope(|| shop.send("k").unwrap());
    log.audit.scope(|| shop.send("l").unwrap());
    assert_eq!(log.events(), ["accepted", "attempt", "delivered", "accepted", "attempt", "delivered"]);
    let lines = log.lines();
    for line in &lines[..3] {
        assert_eq!(line["dispatch"], receipt.id.to_string());
        assert_eq!(line["order_id"], "1001");
        assert_eq!(line["endpoint"], "localhost");
    }
    let delivered = &lines[2];
    assert_eq!(
        (&delivered["level"], &delivered["status"], &delivered["attempt"]),
        (&"INFO".into(), &200.into(), &1.into())
    );
    assert_eq!((&delivered["reused"], &lines[5]["reused"]), (&false.into(), &true.into()));
    for part in ["connect_ms", "tls_ms", "first_byte_ms", "total_ms"] {
        assert!(delivered[part].as_f64().unwrap() > 0.0, "{part}");
    }
    assert!(!lines[5].contains_key("connect_ms") && !lines[5].contains_key("tls_ms"));
}

#[test]
fn a_level_leaves_out_what_is_less() {
    for (level, events) in [
        (Level::TRACE, ["accepted", "attempt", "failed"].as_slice()),
        (Level::INFO, &["failed"]),
        (Level::ERROR, &["failed"]),
    ] {
        let mut shop = Shop::treated("status:500", &[]);
        let log = Log::new(level);
        log.audit.scope(|| shop.send("k").unwrap_err());
        assert_eq!(log.events(), events);
    }
    let mut shop = Shop::new(&[]);
    let log = Log::new(Level::WARN);
    log.audit.scope(|| shop.send("k").unwrap());
    assert!(!log.path.exists());
}

/// The table in the documentation is what other programs rely on.
#[test]
fn every_field_event_and_code_is_documented() {
    let docs =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md")).unwrap();
    let documented = |name: &str| docs.contains(&format!("| `{name}` |"));
    for what in What::ALL {
        assert!(documented(what.name()), "{}", what.name());
        let level = what.level().to_string().to_lowercase().replace("warn", "warning");
        let row = format!("| `{}` | {level} |", what.name());
        assert!(docs.contains(&row), "{row}");
    }
    for code in Error::codes() {
        assert!(documented(code), "{code}");
    }
    let log = Log::new(Level::DEBUG);
    for behaviour in ["", "status:503", "status:400", "after:reset"] {
        let mut shop = Shop::treated(behaviour, &[]);
        let traceparent = Traceparent::parse(TRACEPARENT.as_bytes());
        let _ = log.audit.scope(|| shop.dispatcher.dispatch(&order(), None, traceparent));
    }
    log.audit.scope(|| {
        tell(What::CustodyWarning, || Event {
            message: Some("words"),
            queue: Some(Duration::ZERO),
            ..Event::default()
        });
    });
    for line in log.lines() {
        for (field, value) in &line {
            assert!(documented(field), "{field}");
            assert!(
                matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_)),
                "{field}: {value}"
            );
        }
        let time = line["timestamp"].as_str().unwrap();
        assert!(time.ends_with('Z') && time.len() == "2026-01-01T00:00:00.000000Z".len(), "{time}");
    }
}

#[test]
fn the_code_of_each_failure_is_told() {
    for (behaviour, code, event) in [
        ("status:503", "http_unavailable", "failed"),
        ("status:422", "http_rejected", "rejected"),
        ("status:302", "http_rejected", "rejected"),
        ("hang", "answer_timeout", "failed"),
        ("after:reset", "connection_lost", "failed"),
        ("garbage", "not_http", "failed"),
    ] {
        let mut shop = Shop::treated(behaviour, &[("timeout_ms", "200")]);
        let log = Log::new(Level::INFO);
        log.audit.scope(|| shop.send("k").unwrap_err());
        let line = log.lines().pop().unwrap();
        assert_eq!((&line["error"], &line["event"]), (&code.into(), &event.into()), "{behaviour}");
        assert_eq!(line["level"], "ERROR");
    }
    let testbed = Testbed::start().unwrap();
    let log = Log::new(Level::INFO);
    for door in ["expired", "wrong_host", "unknown_ca", "plaintext", "handshake_reset"] {
        let mut dispatcher = Dispatcher::new(Arc::new(config(&testbed, door, &[])), Arc::default()).unwrap();
        log.audit.scope(|| dispatcher.dispatch(&order(), None, None).unwrap_err());
    }
    let codes: Vec<_> = log.lines().iter().map(|line| line["error"].as_str().unwrap().to_owned()).collect();
    assert_eq!(codes, ["tls_expired", "tls_wrong_host", "tls_unknown_issuer", "tls_not_tls", "tls_closed"]);
}

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn a_dispatch_joins_the_trace_of_its_request() {
    let mut shop = Shop::new(&[]);
    let log = Log::new(Level::INFO);
    let traceparent = Traceparent::parse(TRACEPARENT.as_bytes());
    log.audit.scope(|| shop.dispatcher.dispatch(&order(), None, traceparent).unwrap());
    log.audit.scope(|| shop.send("none").unwrap());
    let header = |n: usize| shop.testbed.requests()[n].headers.get("traceparent").cloned();
    assert_eq!((header(0).as_deref(), header(1)), (Some(TRACEPARENT), None));
    let lines = log.lines();
    assert_eq!(lines[0]["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert!(!lines[1].contains_key("trace_id"));
}

#[test]
fn an_order_from_the_outbox_is_told_by_whoever_sends_it() {
    let kept = Kept::new("", &[("wait_ms", "0"), ("breaker_min_calls", "2")]);
    let Shop { testbed, mut dispatcher, .. } = kept.shop;
    let log = Log::new(Level::INFO);
    log.audit.scope(|| {
        let key = || IdempotencyKey::parse(b"k").ok();
        dispatcher.dispatch(&order(), key(), Traceparent::parse(TRACEPARENT.as_bytes())).unwrap();
        dispatcher.dispatch(&order(), key(), None).unwrap();
        dispatcher.dispatch(&order_of(5), key(), None).unwrap_err();
        testbed.rule(Selector::Any, "status:400");
        dispatcher.dispatch(&order_of(2), None, None).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        testbed.rule(Selector::Any, "");
        dispatcher.drain(Duration::from_secs(1), endlessly).unwrap();
        testbed.rule(Selector::Any, "status:401");
        for n in 3..5 {
            dispatcher.dispatch(&order_of(n), None, None).unwrap();
        }
        dispatcher.drain(Duration::from_millis(900), endlessly).unwrap();
    });
    assert_eq!(
        log.events(),
        [
            "queued",
            "repeated",
            "invalid",
            "queued",
            "delivered",
            "delivered",
            "queued",
            "queued",
            "deferred",
            "breaker_opened",
            "deferred"
        ]
    );
    let lines = log.lines();
    let delivered = &lines[4];
    assert_eq!(delivered["dispatch"], lines[0]["dispatch"]);
    assert_eq!(delivered["order_id"], "1001");
    assert_eq!(delivered["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert!(delivered["queue_ms"].as_f64().unwrap() >= 20.0);
    assert_eq!(testbed.requests()[0].headers.get("traceparent").map(String::as_str), Some(TRACEPARENT));
    assert_eq!((&lines[8]["status"], &lines[8]["error"]), (&401.into(), &"http_rejected".into()));
}

/// What is told, from a moment on, of an order that was accepted before.
fn told<R>(kept: &mut Kept, work: impl FnOnce(&mut Kept) -> R) -> Vec<String> {
    let log = Log::new(Level::INFO);
    log.audit.scope(|| work(kept));
    log.events()
}

#[test]
fn an_order_that_waits_for_an_operator_is_told_as_what_it_is() {
    let day = Duration::from_hours(24);
    // Its answer was lost, and it must not be sent again: in the call, in a drain, and where its sender was killed.
    let parking = [("resend_unconfirmed", "0")];
    let mut kept = Kept::new("after:reset", &parking);
    assert_eq!(told(&mut kept, |kept| kept.send(1, "k")), ["unconfirmed"]);
    let mut kept = Kept::new("status:503", &parking);
    kept.send(1, "k").unwrap();
    kept.treat("after:reset");
    kept.pass(day);
    assert_eq!(told(&mut kept, Kept::drain), ["unconfirmed"]);
    let mut kept = Kept::new("", &[("wait_ms", "0"), parking[0]]);
    kept.send(1, "k").unwrap();
    kept.leave_leases();
    assert_eq!(told(&mut kept, Kept::drain), ["unconfirmed"]);
    // It is too old.
    let mut kept = Kept::new("status:503", &[]);
    kept.send(1, "k").unwrap();
    kept.pass(8 * day);
    assert_eq!(told(&mut kept, Kept::drain), ["dead"]);
    // It cannot be opened.
    let mut kept = Kept::new("", &[("wait_ms", "0")]);
    kept.send(1, "k").unwrap();
    rusqlite::Connection::open(kept.path())
        .unwrap()
        .execute("UPDATE dispatch SET sealed = x'00'", ())
        .unwrap();
    assert_eq!(told(&mut kept, Kept::drain), ["held"]);
}

#[test]
fn a_breaker_that_a_drainers_word_closes_is_told() {
    let mut kept = Kept::new("status:401", &[("breaker_min_calls", "2"), ("breaker_open_ms", "60000")]);
    let opened = told(&mut kept, |kept| {
        for n in 0..2 {
            kept.send(n, &n.to_string()).unwrap();
        }
    });
    assert_eq!(opened, ["queued", "breaker_opened", "queued"]);
    kept.treat("");
    kept.pass(Duration::from_hours(24));
    kept.drain_as_another();
    assert_eq!(told(&mut kept, |kept| kept.send(2, "2")), ["breaker_closed", "delivered"]);
}

#[test]
fn an_order_id_that_leads_to_a_text_is_cut() {
    let log = Log::new(Level::INFO);
    let mut shop = Shop::new(&[]);
    log.audit.scope(|| shop.send_order(&order_of(i64::MIN), "k").unwrap());
    assert_eq!(log.lines()[0]["order_id"], i64::MIN.to_string());
    let subject = engine::audit::Subject {
        dispatch: uuid::Uuid::nil(),
        order_id: engine::audit::OrderId::new(Box::new(|| Some("é".repeat(1000)))),
        endpoint: "host",
        traceparent: None,
    };
    log.audit.scope(|| tell(What::Queued, || Event::of(&subject)));
    assert_eq!(log.lines()[1]["order_id"], "é".repeat(64));
}

#[test]
fn a_file_is_private_and_survives_rotation_by_name_and_by_truncation() {
    let log = Log::new(Level::INFO);
    one_line(&log.audit);
    assert_eq!(fs::metadata(&log.path).unwrap().permissions().mode() & 0o137, 0);
    let old = log.dir.path().join("audit.log.1");
    fs::rename(&log.path, &old).unwrap();
    one_line(&log.audit);
    assert_eq!((lines(&fs::read_to_string(&old).unwrap()).len(), log.lines().len()), (1, 1));
    // copytruncate: what is written next begins at the beginning, and leaves no hole.
    fs::write(&log.path, "").unwrap();
    one_line(&log.audit);
    assert_eq!(log.lines().len(), 1);
    assert_eq!(log.lost(), 0);
}

#[test]
fn a_log_that_cannot_be_written_harms_no_dispatch_and_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("target");
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let fifo = dir.path().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let mut shop = Shop::new(&[]);
    for sink in [
        Sink::File("/dev/full".into()),
        Sink::File("/no/such/directory/audit.log".into()),
        Sink::File(dir.path().into()),
        Sink::File(link),
        Sink::File(fifo),
        Sink::Syslog("/no/such/socket".into()),
    ] {
        let shared = Arc::new(Shared::new());
        let audit = Audit::new(Settings { sink: sink.clone(), level: Level::INFO }, Arc::clone(&shared));
        let begun = Instant::now();
        audit.scope(|| shop.send(&format!("{sink:?}").replace(' ', "_")).unwrap());
        // A FIFO without a reader would be waited for until it has one.
        assert!(begun.elapsed() < Duration::from_secs(20), "{sink:?}");
        assert_eq!(shared.counters.get(Counter::LogLinesLost), 1, "{sink:?}");
    }
    assert!(!target.exists());
}

#[test]
fn lines_of_many_writers_do_not_mix() {
    let log = Log::new(Level::INFO);
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let audit = &log.audit;
            scope.spawn(move || {
                let words = format!("{writer}").repeat(3000);
                for _ in 0..200 {
                    audit.scope(|| {
                        tell(What::BreakerClosed, || Event { message: Some(&words), ..Event::default() });
                    });
                }
            });
        }
    });
    assert_eq!(log.lines().len(), 1600);
}

#[test]
fn syslog_gets_a_severity_and_our_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let socket = UnixDatagram::bind(&path).unwrap();
    let shared = Arc::new(Shared::new());
    let audit = Audit::new(Settings { sink: Sink::Syslog(path), level: Level::DEBUG }, Arc::clone(&shared));
    for (what, priority) in
        [(What::Failed, 11), (What::Deferred, 12), (What::Delivered, 14), (What::Attempt, 15)]
    {
        audit.scope(|| tell(what, Event::default));
        let mut message = [0; 1000];
        let length = socket.recv(&mut message).unwrap();
        let text = std::str::from_utf8(&message[..length]).unwrap();
        let prefix = format!("<{priority}>secure_dispatch[{}]: ", std::process::id());
        let line = text.strip_prefix(&prefix).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(lines(line)[0]["event"], what.name());
    }
    // Nobody reads it: full at some time, and not waited for.
    for _ in 0..10_000 {
        audit.scope(|| tell(What::Delivered, Event::default));
    }
    assert!(shared.counters.get(Counter::LogLinesLost) > 0);
}

#[test]
fn lines_for_php_are_handed_over_once_and_bounded() {
    let shared = Arc::new(Shared::new());
    let audit = Audit::new(Settings::default(), Arc::clone(&shared));
    audit.scope(|| tell(What::Deferred, Event::default));
    let handed = audit.take_lines();
    assert_eq!((handed.len(), handed[0].severity), (1, 4));
    assert!(!handed[0].text.contains('\n') && audit.take_lines().is_empty());
    for _ in 0..20_000 {
        one_line(&audit);
    }
    assert_eq!(audit.take_lines().len(), 10_000);
    assert_eq!(shared.counters.get(Counter::LogLinesLost), 10_000);
    // Those of another thread are its own.
    std::thread::scope(|scope| {
        one_line(&audit);
        scope.spawn(|| {
            assert!(audit.take_lines().is_empty());
            one_line(&audit);
            one_line(&audit);
            assert_eq!(audit.take_lines().len(), 2);
        });
    });
    assert_eq!(audit.take_lines().len(), 1);
    audit.lose(5);
    assert_eq!(shared.counters.get(Counter::LogLinesLost), 10_005);
    let off = Audit::new(Settings { sink: Sink::Off, level: Level::TRACE }, shared);
    one_line(&off);
    assert!(off.take_lines().is_empty());
}

/// `tracing` is a crate that others use too: what they say could be anything.
#[test]
fn what_other_crates_say_goes_nowhere() {
    let log = Log::new(Level::TRACE);
    log.audit.scope(|| {
        tracing::error!("a secret");
        tracing::error!(target: "hickory_resolver", "a secret");
    });
    let mut text = String::new();
    let _ = fs::File::open(&log.path).and_then(|mut file| file.read_to_string(&mut text));
    assert_eq!(text, "");
}
