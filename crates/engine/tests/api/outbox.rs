//! No order is lost, none is doubled: the outbox, its lanes, and draining it. Days pass by moving the rows' times.

use std::{
    fs,
    ops::ControlFlow,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use engine::{
    audit::{self, Audit, Sink},
    config::Config,
    dispatch::{Dispatcher, Drained, IdempotencyKey, State},
    error::Error,
    order::Rule,
    outbox::{Fault, Retried, Settings, Tally},
    shared::{Counter, Shared},
};
use rusqlite::Connection;
use testbed::{Testbed, record::Selector};

use crate::shop::{Shop, config, order_of};

/// A shop with an outbox.
pub struct Kept {
    pub shop: Shop,
    config: Arc<Config>,
    dir: tempfile::TempDir,
}

/// What a drainer goes by that only its time ends.
pub fn endlessly() -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Those lines of the log meanwhile that are about the outbox: event, code, dispatch.
fn told<R>(work: impl FnOnce() -> R) -> (R, Vec<[String; 3]>) {
    let settings = audit::Settings { sink: Sink::Php, level: tracing::Level::WARN };
    let audit = Audit::new(settings, Arc::default());
    let result = audit.scope(work);
    let lines = audit.take_lines().into_iter().filter_map(|line| {
        let line: serde_json::Value = serde_json::from_str(&line.text).unwrap();
        line["message"].as_str()?;
        Some(["event", "error", "dispatch"].map(|field| line[field].as_str().unwrap_or("none").to_owned()))
    });
    (result, lines.collect())
}

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER_KEY: &str = "ICECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

impl Kept {
    pub fn new(behaviour: &str, settings: &[(&str, &str)]) -> Self {
        let testbed = Testbed::start().unwrap();
        testbed.rule(Selector::Any, behaviour);
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o700)).unwrap();
        fs::write(dir.path().join("key"), KEY).unwrap();
        let config = Arc::new(Self::config(&testbed, &dir, settings));
        let shared = Arc::new(Shared::new());
        let dispatcher = Dispatcher::new(Arc::clone(&config), Arc::clone(&shared)).unwrap();
        Self { shop: Shop { testbed, dispatcher, shared }, config, dir }
    }

    fn config(testbed: &Testbed, dir: &tempfile::TempDir, settings: &[(&str, &str)]) -> Config {
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let (outbox, key) = (path("outbox.sqlite"), path("key"));
        let mut all = vec![
            ("outbox", outbox.as_str()),
            ("outbox_key_file", key.as_str()),
            ("timeout_ms", "1000"),
            ("wait_ms", "400"),
            ("drain_rate", "10000"),
        ];
        all.retain(|(name, _)| !settings.iter().any(|(other, _)| other == name));
        all.extend_from_slice(settings);
        config(testbed, "main", &all)
    }

    /// Another start of PHP, with other settings.
    fn restart(&mut self, settings: &[(&str, &str)]) {
        self.config = Arc::new(Self::config(&self.shop.testbed, &self.dir, settings));
        self.shop.dispatcher =
            Dispatcher::new(Arc::clone(&self.config), Arc::clone(&self.shop.shared)).unwrap();
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("outbox.sqlite")
    }

    fn outbox(&self) -> &Settings {
        self.config.outbox.as_ref().unwrap()
    }

    pub fn treat(&self, behaviour: &str) {
        self.shop.testbed.rule(Selector::Any, behaviour);
    }

    /// An order with this id, under a key.
    pub fn send(&mut self, id: i64, key: &str) -> Result<engine::dispatch::Receipt, Error> {
        self.shop.send_order(&order_of(id), key)
    }

    fn queue(&mut self, id: i64, key: &str) -> String {
        let receipt = self.send(id, key).unwrap();
        assert_eq!(receipt.state, State::Queued, "{key}");
        receipt.id.to_string()
    }

    pub fn drain(&mut self) -> Drained {
        self.shop.dispatcher.drain(Duration::from_mins(2), endlessly).unwrap()
    }

    /// As another master's drainer, with a breaker of its own.
    pub fn drain_as_another(&self) -> Drained {
        let mut other = Dispatcher::new(Arc::clone(&self.config), Arc::new(Shared::new())).unwrap();
        other.drain(Duration::from_secs(5), endlessly).unwrap()
    }

    /// So much time passes.
    pub fn pass(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).unwrap();
        Connection::open(self.path())
            .unwrap()
            .execute("UPDATE dispatch SET due = due - ?1, since = since - ?1", [millis])
            .unwrap();
    }

    /// The senders of all rows that are being sent were killed, and their leases have ended.
    pub fn leave_leases(&self) {
        Connection::open(self.path())
            .unwrap()
            .execute("UPDATE dispatch SET lease = 1, due = 1 WHERE due IS NOT NULL", ())
            .unwrap();
    }

    /// State and order id of all rows that are not delivered.
    fn rows(&self) -> Vec<(&'static str, String)> {
        let rows = self.outbox().list(100, None).unwrap();
        rows.into_iter().map(|row| (row.state, row.order_id.unwrap_or_default())).collect()
    }

    /// Idempotency keys in the sequence in which the API took their orders.
    fn taken(&self) -> Vec<String> {
        self.shop.testbed.taken_keys()
    }

    fn attempts(&self, key: &str) -> usize {
        let requests = self.shop.testbed.requests();
        requests.iter().filter(|request| request.idempotency_key.as_deref() == Some(key)).count()
    }
}

const DAY: Duration = Duration::from_hours(24);

#[test]
fn a_known_key_gets_the_earlier_receipt_and_sends_nothing() {
    let mut kept = Kept::new("body:%7B%22a%22%3A1%7D", &[]);
    let first = kept.send(1, "k").unwrap();
    let again = kept.send(1, "k").unwrap();
    assert_eq!((first.state, again.state), (State::Delivered, State::Delivered));
    assert_eq!(
        (first.id, first.status, first.attempts, &first.body),
        (again.id, again.status, again.attempts, &again.body)
    );
    assert_eq!(again.body.as_deref(), Some(&b"{\"a\":1}"[..]));
    assert_eq!(kept.attempts("k"), 1);
    let Err(Error::Validation(violations)) = kept.send(2, "k") else { panic!() };
    assert_eq!(violations[0].rule(), Rule::KeyReused);
    // Another process.
    kept.restart(&[]);
    assert_eq!(kept.send(1, "k").unwrap().id, first.id);
    // Queued ones too.
    kept.treat("status:503");
    let queued = kept.queue(3, "q");
    let attempts = kept.attempts("q");
    assert_eq!(kept.queue(3, "q"), queued);
    assert_eq!(kept.attempts("q"), attempts);
}

#[test]
fn every_outcome_is_delivered_queued_or_rejected() {
    for (behaviour, expected, row) in [
        ("", "delivered 200", ""),
        ("status:201", "delivered 201", ""),
        ("status:408", "queued 408", "queued"),
        ("status:425", "queued 425", "queued"),
        ("status:429", "queued 429", "queued"),
        ("status:500", "queued 500", "queued"),
        ("status:501", "queued 501", "queued"),
        ("status:503,retry-after:600", "queued 503", "queued"),
        ("redirect:https%3A//x/", "queued 302", "queued"),
        ("status:401", "queued 401", "queued"),
        ("status:403", "queued 403", "queued"),
        ("status:404", "queued 404", "queued"),
        ("status:407", "queued 407", "queued"),
        ("status:400", "rejected 400", "rejected"),
        ("status:409", "rejected 409", "rejected"),
        ("status:422", "rejected 422", "rejected"),
        ("hang", "queued", "unconfirmed"),
        ("after:reset", "queued", "unconfirmed"),
        ("before:reset", "queued", "unconfirmed"),
        ("half", "queued", "unconfirmed"),
        ("garbage", "queued", "unconfirmed"),
        ("endless", "delivered 200", ""),
    ] {
        // Only one of them is a matter of time; the others may take theirs on a busy machine.
        let patient: &[_] =
            if behaviour == "hang" { &[] } else { &[("timeout_ms", "10000"), ("wait_ms", "10000")] };
        let mut kept = Kept::new(behaviour, patient);
        let told = match kept.send(1, "k") {
            Ok(receipt) => format!(
                "{} {}",
                if receipt.state == State::Delivered { "delivered" } else { "queued" },
                receipt.status.map_or_else(String::new, |status| status.to_string())
            ),
            Err(Error::Rejected { status }) => format!("rejected {status}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(told.trim_end(), expected, "{behaviour}");
        let rows: Vec<_> = kept.rows().into_iter().map(|(state, _)| state).collect();
        assert_eq!(rows.join(" "), row, "{behaviour}");
        // However it went: when the API is well again, the order arrives, once.
        kept.treat("");
        kept.pass(Duration::from_mins(15));
        let drained = kept.drain();
        assert_eq!(
            (drained.remaining, drained.delivered),
            (0, u64::from(expected.starts_with("queued"))),
            "{behaviour}"
        );
        if row != "rejected" {
            assert_eq!(kept.taken(), ["k"], "{behaviour}");
            assert_eq!(kept.send(1, "k").unwrap().state, State::Delivered);
        }
    }
}

#[test]
fn nothing_of_an_order_can_be_read_from_the_files() {
    let mut kept = Kept::new("", &[("wait_ms", "0")]);
    let readable = |kept: &Kept| {
        let all = fs::read_dir(kept.dir.path()).unwrap().flat_map(|entry| {
            let path = entry.unwrap().path();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
            fs::read(path).unwrap()
        });
        let all: Vec<u8> = all.collect();
        ["987654321", "a-key-of-the-caller", "order_id"]
            .iter()
            .any(|text| all.windows(text.len()).any(|part| part == text.as_bytes()))
    };
    fs::set_permissions(kept.dir.path().join("key"), PermissionsExt::from_mode(0o600)).unwrap();
    kept.queue(987_654_321, "a-key-of-the-caller");
    assert!(!readable(&kept));
    kept.drain();
    assert_eq!(kept.taken(), ["a-key-of-the-caller"]);
    assert!(!readable(&kept));
    // What was sealed is gone, and the log with it.
    assert_eq!(fs::metadata(format!("{}-wal", kept.path().display())).unwrap().len(), 0);
}

#[test]
fn an_orders_rows_leave_in_their_sequence_and_hold_up_no_other() {
    let mut kept = Kept::new("status:503", &[]);
    kept.queue(1, "1a");
    kept.treat("");
    // Its lane has an unfinished row: queued at once, and not sent.
    kept.queue(1, "1b");
    kept.queue(1, "1c");
    assert_eq!(kept.attempts("1b") + kept.attempts("1c"), 0);
    assert_eq!(kept.send(2, "2a").unwrap().state, State::Delivered);
    // The first one is due in 5 seconds, and those behind it not before.
    assert_eq!(kept.drain(), Drained { remaining: 3, ..Drained::default() });
    kept.pass(Duration::from_secs(6));
    assert_eq!(kept.drain(), Drained { delivered: 3, ..Drained::default() });
    assert_eq!(kept.taken(), ["2a", "1a", "1b", "1c"]);
}

#[test]
fn a_rejected_row_does_not_hold_up_its_lane_and_comes_after_a_later_one_by_force_only() {
    let mut kept = Kept::new("status:422", &[]);
    assert!(matches!(kept.send(1, "1a"), Err(Error::Rejected { status: 422 })));
    kept.treat("");
    assert_eq!(kept.send(1, "1b").unwrap().state, State::Delivered);
    let row = kept.outbox().list(10, Some("rejected")).unwrap().remove(0);
    assert!(row.superseded && row.status == Some(422));
    assert_eq!(kept.outbox().retry(row.id, false).unwrap(), Retried::Superseded);
    assert_eq!(kept.outbox().retry_all("rejected", |_| ()).unwrap(), 0);
    assert_eq!(kept.outbox().retry(row.id, true).unwrap(), Retried::Armed);
    assert_eq!(kept.drain().delivered, 1);
    assert_eq!(kept.taken(), ["1b", "1a"]);
    assert_eq!(kept.outbox().retry(row.id, true).unwrap(), Retried::No);
    // The caller may ask for a rejected one again under its own key.
    kept.treat("status:422");
    assert!(kept.send(2, "2a").is_err());
    kept.treat("");
    assert_eq!(kept.send(2, "2a").unwrap().state, State::Delivered);
    assert!(kept.rows().is_empty());
}

#[test]
fn a_killed_senders_row_is_sent_again_under_its_key_or_parked() {
    let mut kept = Kept::new("", &[("wait_ms", "0")]);
    kept.queue(1, "k");
    kept.leave_leases();
    assert_eq!(kept.drain().delivered, 1);
    kept.restart(&[("wait_ms", "0"), ("resend_unconfirmed", "0")]);
    kept.queue(2, "p");
    kept.leave_leases();
    assert_eq!(kept.drain(), Drained::default());
    assert_eq!(kept.rows(), [("unconfirmed", "2".to_owned())]);
    assert_eq!(kept.attempts("p"), 0);
    // The operator has looked, and it was not taken.
    assert_eq!(kept.outbox().retry_all("unconfirmed", |_| ()).unwrap(), 1);
    assert_eq!(kept.drain().delivered, 1);
}

#[test]
fn an_unanswered_order_is_parked_where_it_must_not_be_sent_again() {
    for lost in ["after:reset", "hang", "garbage"] {
        let mut kept = Kept::new(lost, &[("resend_unconfirmed", "0"), ("max_attempts", "3")]);
        kept.queue(1, "k");
        kept.treat("");
        kept.pass(DAY);
        assert_eq!(kept.drain(), Drained::default(), "{lost}");
        assert_eq!(kept.rows(), [("unconfirmed", "1".to_owned())], "{lost}");
        assert_eq!(kept.attempts("k"), 1, "{lost}");
        // Later dispatches of the same order go on.
        assert_eq!(kept.send(1, "k2").unwrap().state, State::Delivered);
    }
}

#[test]
fn rows_for_another_endpoint_are_held_until_the_operator_moves_them() {
    let mut kept = Kept::new("status:503", &[]);
    let id = kept.queue(1, "k");
    let moved = kept.shop.testbed.door("rsa").url("/v2/orders");
    let ca = kept.shop.testbed.ca_file().to_str().unwrap().to_owned();
    kept.treat("");
    kept.restart(&[("endpoint", &moved), ("ca_file", &ca)]);
    kept.pass(DAY);
    assert_eq!(kept.drain(), Drained::default());
    let row = kept.outbox().list(10, Some("held")).unwrap().remove(0);
    assert_eq!((row.id.to_string(), row.reason), (id, Some("it was accepted for another endpoint")));
    assert_eq!(kept.outbox().tally().unwrap().held, 1);
    // It does not hold up what the order's lane does now.
    assert_eq!(kept.send(1, "k2").unwrap().state, State::Delivered);
    assert_eq!(
        kept.outbox().retry_all("held", |_| ()).unwrap(),
        0,
        "a later dispatch of the order was delivered"
    );
    assert_eq!(kept.outbox().retry(row.id, true).unwrap(), Retried::Armed);
    assert_eq!(kept.drain().delivered, 1);
    assert_eq!(kept.shop.testbed.requests().last().unwrap().path, "/v2/orders");
}

#[test]
fn keys_rotate_and_what_no_key_opens_is_kept() {
    let mut kept = Kept::new("status:503", &[]);
    kept.queue(1, "k");
    let key = kept.dir.path().join("key");
    // Rotated: the new one seals, the old one still opens, and rows are still recognised.
    fs::write(&key, format!("{OTHER_KEY}\n{KEY}\n")).unwrap();
    kept.restart(&[]);
    kept.queue(1, "k");
    kept.queue(2, "k2");
    kept.pass(DAY);
    // The old key is gone too early.
    fs::write(&key, OTHER_KEY).unwrap();
    kept.restart(&[]);
    kept.treat("");
    let (drained, told) = told(|| kept.drain());
    assert_eq!((drained.delivered, drained.remaining), (1, 0));
    let row = kept.outbox().list(10, Some("held")).unwrap().remove(0);
    assert_eq!(told, [["held", "none", &row.id.to_string()]]);
    assert_eq!(
        (row.reason, row.order_id),
        (Some("it is sealed with a key that is not in outbox_key_file"), None)
    );
    assert_eq!(kept.outbox().retry(row.id, true).unwrap(), Retried::No);
    // Found again.
    fs::write(&key, format!("{OTHER_KEY}\n{KEY}\n")).unwrap();
    kept.restart(&[]);
    assert_eq!(kept.outbox().retry_all("held", |_| ()).unwrap(), 1);
    assert_eq!(kept.drain().delivered, 1);
    assert_eq!(kept.taken(), ["k2", "k"]);
}

#[test]
fn looking_at_an_outbox_changes_nothing() {
    let mut kept = Kept::new("", &[("wait_ms", "0")]);
    assert_eq!(kept.outbox().tally().unwrap(), Tally::default());
    assert!(!kept.dir.path().join("outbox.sqlite").exists());
    kept.queue(1, "k");
    assert_eq!(kept.outbox().tally().unwrap().queued, 1);
    // With a wrong key, the right one opens it afterwards as before.
    fs::write(kept.dir.path().join("key"), OTHER_KEY).unwrap();
    let wrong = Kept::config(&kept.shop.testbed, &kept.dir, &[]);
    let tally = wrong.outbox.unwrap().tally().unwrap();
    assert_eq!((tally.queued, tally.held), (0, 1));
    assert!(tally.oldest.is_none());
    assert_eq!(kept.send(1, "k").unwrap().state, State::Queued);
    assert_eq!(kept.drain().delivered, 1);
}

#[test]
fn an_outbox_whose_keys_are_all_gone_goes_on_with_new_orders() {
    let mut kept = Kept::new("status:503", &[]);
    kept.queue(1, "k");
    let key = kept.dir.path().join("key");
    fs::write(&key, OTHER_KEY).unwrap();
    kept.restart(&[]);
    kept.treat("");
    let (sent, told) = told(|| kept.send(1, "k2"));
    assert_eq!(sent.unwrap().state, State::Delivered);
    assert_eq!(told, [["outbox_fault", "outbox_key", "none"]]);
    assert_eq!(kept.rows(), [("held", String::new())]);
    fs::write(&key, format!("{OTHER_KEY}\n{KEY}")).unwrap();
    kept.restart(&[]);
    assert_eq!(
        kept.outbox().retry_all("held", |_| ()).unwrap(),
        0,
        "a later dispatch of the order was delivered"
    );
    assert_eq!(kept.rows(), [("held", "1".to_owned())]);
}

#[test]
fn altered_rows_are_held_and_the_rest_goes_on() {
    let mut kept = Kept::new("", &[("wait_ms", "0")]);
    for n in 1..=9 {
        kept.queue(n, &n.to_string());
    }
    let altered = [
        "UPDATE dispatch SET sealed = x'00' WHERE seq = 1",
        "UPDATE dispatch SET sealed = (SELECT sealed FROM dispatch WHERE seq = 4) WHERE seq = 2",
        "UPDATE dispatch SET endpoint = endpoint + 1 WHERE seq = 3",
        "UPDATE dispatch SET id = x'00' WHERE seq = 5",
        // Not what is sealed: these are sent.
        "UPDATE dispatch SET state = -7 WHERE seq = 6",
        "UPDATE dispatch SET attempts = 1 << 62, deferrals = -1, status = 99999, since = -9223372036854775808 WHERE seq = 7",
        "UPDATE dispatch SET attempts = -1, deferrals = 1 << 40 WHERE seq = 8",
        "UPDATE dispatch SET lane = 0 WHERE seq = 9",
        "UPDATE meta SET value = x'ff' WHERE name <> 'index_key'",
    ];
    Connection::open(kept.path()).unwrap().execute_batch(&altered.join(";")).unwrap();
    assert_eq!(kept.drain().delivered, 5);
    let mut taken = kept.taken();
    taken.sort_unstable();
    assert_eq!(taken, ["4", "6", "7", "8", "9"]);
    let mut states: Vec<_> = kept.rows().into_iter().map(|(state, _)| state).collect();
    states.sort_unstable();
    assert_eq!(states, ["held"; 4]);
}

#[test]
fn an_order_is_dead_after_its_time_and_kept() {
    let mut kept = Kept::new("status:503", &[("outbox_max_age_days", "7")]);
    kept.queue(1, "k");
    let mut rounds = 0;
    while kept.outbox().tally().unwrap().queued > 0 {
        kept.pass(Duration::from_hours(3));
        kept.drain();
        rounds += 1;
    }
    assert_eq!(rounds, 56, "7 days of 8 times 3 hours");
    assert_eq!(kept.rows(), [("dead", "1".to_owned())]);
    assert_eq!(kept.outbox().tally().unwrap().ever.dead, 1);
    // Its lane goes on, and so does it when asked for.
    kept.treat("");
    assert_eq!(kept.outbox().retry_all("dead", |_| ()).unwrap(), 1);
    assert_eq!(kept.drain().delivered, 1);
}

#[test]
fn a_row_is_tried_by_the_schedule() {
    let mut kept = Kept::new("status:503", &[]);
    kept.queue(1, "k");
    for seconds in [5, 30, 120, 600, 3600, 7200, 7200] {
        let tried = kept.attempts("k");
        kept.pass(Duration::from_secs(seconds * 8 / 10));
        kept.drain();
        assert_eq!(kept.attempts("k"), tried, "too early: {seconds}");
        kept.pass(Duration::from_secs(seconds * 4 / 10));
        assert_eq!(kept.drain().deferred, 1, "{seconds}");
        assert_eq!(kept.attempts("k"), tried + 1, "{seconds}");
    }
}

#[test]
fn receipts_are_forgotten_after_their_time() {
    let mut kept = Kept::new("", &[("outbox_retention_days", "30")]);
    let first = kept.send(1, "k").unwrap();
    kept.pass(DAY * 29);
    kept.drain();
    assert_eq!(kept.send(1, "k").unwrap().id, first.id);
    kept.pass(DAY * 2);
    kept.drain();
    assert_ne!(kept.send(1, "k").unwrap().id, first.id);
}

/// What an unusable outbox looks like: its fault, the order's outcome with the API well, and with it down.
fn is_sent_directly(kept: &mut Kept, fault: Fault) {
    kept.treat("");
    let (sent, told) = told(|| kept.send(77, "direct").unwrap());
    assert_eq!(sent.state, State::Delivered, "{fault}");
    assert_eq!(told, [["outbox_fault", Error::Outbox(fault).code(), &sent.id.to_string()]]);
    kept.treat("status:503");
    assert!(
        matches!(kept.send(77, "direct").map(drop), Err(Error::Unavailable { status: 503, .. })),
        "{fault}"
    );
    // Who does not wait for the API is told at once.
    let (kept_off, requests) =
        (kept.shop.dispatcher.enqueue(&order_of(78), None, None), kept.attempts("direct"));
    assert!(matches!(kept_off.map(drop), Err(Error::Outbox(told)) if told == fault));
    assert_eq!(kept.shop.testbed.requests().len(), requests, "{fault}");
    assert!(
        matches!(kept.shop.dispatcher.drain(Duration::ZERO, endlessly), Err(Error::Outbox(ended)) if ended == fault)
    );
}

#[test]
fn an_outbox_that_cannot_be_used_is_told_and_the_order_is_sent_directly() {
    let mut kept = Kept::new("", &[]);
    let set_mode = |path: &Path, mode| fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    set_mode(kept.dir.path(), 0o755);
    is_sent_directly(&mut kept, Fault::OpenDirectory);
    set_mode(kept.dir.path(), 0o700);
    fs::write(kept.path(), "this is no database, but it is long enough to be looked at as one ".repeat(40))
        .unwrap();
    set_mode(&kept.path(), 0o644);
    is_sent_directly(&mut kept, Fault::OpenFile);
    set_mode(&kept.path(), 0o600);
    is_sent_directly(&mut kept, Fault::Corrupt);
    fs::remove_file(kept.path()).unwrap();
    let foreign = Connection::open(kept.path()).unwrap();
    foreign.execute_batch("CREATE TABLE mine (a)").unwrap();
    drop(foreign);
    set_mode(&kept.path(), 0o600);
    is_sent_directly(&mut kept, Fault::Foreign);
    let mode = |path| {
        Connection::open(path)
            .unwrap()
            .query_row("PRAGMA journal_mode", (), |row| row.get::<_, String>(0))
            .unwrap()
    };
    assert_eq!(mode(kept.path()), "delete");
    fs::remove_file(kept.path()).unwrap();
    fs::create_dir(kept.path()).unwrap();
    is_sent_directly(&mut kept, Fault::NotAFile);
    fs::remove_dir(kept.path()).unwrap();
    let other = kept.dir.path().join("nowhere").join("outbox.sqlite");
    kept.restart(&[("outbox", other.to_str().unwrap())]);
    is_sent_directly(&mut kept, Fault::NoDirectory);
}

#[test]
fn a_locked_outbox_is_waited_for_no_longer_than_the_call_may_take() {
    let mut kept = Kept::new("", &[]);
    kept.send(1, "first").unwrap();
    let other = Connection::open(kept.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (sent, lines) = told(|| kept.send(2, "k").unwrap());
    assert_eq!(sent.state, State::Delivered);
    assert_eq!(lines, [["outbox_fault", "outbox_locked", &sent.id.to_string()]]);
    other.execute_batch("COMMIT").unwrap();
    let (sent, lines) = told(|| kept.send(3, "l").unwrap());
    assert_eq!((sent.state, lines.len()), (State::Delivered, 0));
}

#[test]
fn a_full_outbox_is_told_and_room_is_used_again() {
    let mut kept = Kept::new("", &[("wait_ms", "0"), ("outbox_max_bytes", "1M")]);
    let mut queued = 0;
    let (sent, told) = told(|| {
        loop {
            let sent = kept.send(queued, &format!("k{queued}")).unwrap();
            if sent.state != State::Queued {
                break sent;
            }
            queued += 1;
        }
    });
    assert_eq!(told, [["outbox_fault", "outbox_full", &sent.id.to_string()]]);
    assert!(queued > 500, "{queued}");
    assert_eq!(kept.drain().delivered, queued.unsigned_abs());
    // Receipts take room too, for as long as they are kept.
    kept.pass(DAY * 31);
    kept.drain();
    assert_eq!(kept.send(-1, "again").unwrap().state, State::Queued);
}

#[test]
fn files_that_are_removed_while_php_runs_are_made_anew() {
    let mut kept = Kept::new("", &[("wait_ms", "0")]);
    for removed in [&[""][..], &["-wal"], &["-shm"], &["-wal", "-shm"], &["", "-wal", "-shm"]] {
        kept.queue(1, &format!("before{removed:?}").replace(['"', ' '], ""));
        for suffix in removed {
            fs::remove_file(format!("{}{suffix}", kept.path().display())).unwrap();
        }
        let key = format!("after{removed:?}").replace(['"', ' '], "");
        let ((), told) = told(|| {
            kept.queue(2, &key);
            kept.drain();
        });
        assert!(kept.taken().contains(&key) && told.is_empty(), "{removed:?}");
    }
}

/// SQLite has one index for all of a process's connections: as long as one of them has it open, so would the next.
#[test]
fn an_index_that_is_removed_is_lost_for_all_threads() {
    let mut kept = Kept::new("", &[("wait_ms", "0")]);
    for n in 1..4 {
        kept.queue(n, &n.to_string());
    }
    let by_another_thread = |id: i64| {
        std::thread::scope(|scope| {
            let work = || {
                let mut other = Dispatcher::new(Arc::clone(&kept.config), Arc::new(Shared::new())).unwrap();
                let key = IdempotencyKey::parse(id.to_string().as_bytes()).unwrap();
                other.enqueue(&order_of(id), Some(key), None).map(|receipt| receipt.state).ok()
            };
            scope.spawn(work).join().unwrap()
        })
    };
    assert_eq!(by_another_thread(4), Some(State::Queued));
    fs::remove_file(format!("{}-shm", kept.path().display())).unwrap();
    assert_ne!(by_another_thread(5), Some(State::Queued));
    // This thread sees it, and gives up what it has.
    assert_eq!(kept.send(6, "6").unwrap().state, State::Queued);
    assert_eq!(kept.rows().len(), 5);
}

#[test]
fn an_open_breaker_queues_at_once_and_uses_up_no_schedule() {
    let settings = [("breaker_min_calls", "5"), ("breaker_open_ms", "60000")];
    let mut kept = Kept::new("status:401", &settings);
    for n in 0..5 {
        kept.queue(n, &n.to_string());
    }
    kept.queue(5, "open");
    assert_eq!(kept.attempts("open"), 0);
    // The drainer does not touch it either, nor wait for longer than its own time.
    kept.pass(DAY);
    let drained = kept.shop.dispatcher.drain(Duration::from_millis(200), endlessly).unwrap();
    assert_eq!(drained, Drained { remaining: 6, next: drained.next, ..Drained::default() });
    // It says when to come back.
    let next = drained.next.unwrap();
    assert!((Duration::from_secs(50)..=Duration::from_mins(1)).contains(&next), "{next:?}");
    assert_eq!(kept.shop.shared.counters.get(Counter::BreakerOpened), 1);
    // A drainer of another master, with a breaker of its own, finds the API well again: its word closes ours.
    kept.treat("");
    assert_eq!(kept.drain_as_another().delivered, 6);
    assert_eq!(kept.send(6, "closed").unwrap().state, State::Delivered);
}

#[test]
fn while_a_drainer_is_at_work_calls_leave_probing_to_it() {
    let settings = [("breaker_min_calls", "1"), ("breaker_open_ms", "1")];
    let mut kept = Kept::new("status:503", &settings);
    kept.queue(1, "probed-1");
    let announce = |kept: &Kept, until: &str| {
        let sql = format!("UPDATE meta SET value = {until} WHERE name = 'drainer_until'");
        Connection::open(kept.path()).unwrap().execute_batch(&sql).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    };
    announce(&kept, "9999999999999");
    kept.queue(2, "left");
    announce(&kept, "0");
    kept.queue(3, "probed-2");
    assert_eq!(["probed-1", "left", "probed-2"].map(|key| kept.attempts(key)), [1, 0, 1]);
}

#[test]
fn several_drainers_share_the_work_and_send_nothing_twice() {
    let mut kept = Kept::new("", &[("wait_ms", "0")]);
    for n in 0..200 {
        kept.queue(n % 50, &format!("k{n}"));
    }
    let config = &kept.config;
    let drain = || {
        let mut drainer = Dispatcher::new(Arc::clone(config), Arc::new(Shared::new())).unwrap();
        let Drained { delivered, deferred, rejected, dead, .. } =
            drainer.drain(Duration::from_mins(1), endlessly).unwrap();
        assert_eq!(deferred + rejected + dead, 0);
        delivered
    };
    let drained: u64 = std::thread::scope(|scope| {
        let drainers: Vec<_> = (0..4).map(|_| scope.spawn(drain)).collect();
        drainers.into_iter().map(|drainer| drainer.join().unwrap()).sum()
    });
    // Those that end early leave rows that another one is sending.
    assert_eq!(drained + kept.drain().delivered, 200);
    assert_eq!(kept.shop.testbed.requests().len(), 200);
    let taken = kept.taken();
    for lane in 0..50 {
        let of_lane: Vec<usize> =
            taken.iter().map(|key| key[1..].parse::<usize>().unwrap()).filter(|n| n % 50 == lane).collect();
        assert!(of_lane.is_sorted() && of_lane.len() == 4, "{lane}: {of_lane:?}");
    }
}

#[test]
fn the_first_calls_of_many_workers_make_one_outbox() {
    const WORKERS: i64 = 6;
    let kept = Kept::new("", &[]);
    for round in 0..200 {
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(kept.dir.path().join(format!("outbox.sqlite{suffix}")));
        }
        let start = std::sync::Barrier::new(usize::try_from(WORKERS).unwrap());
        let work = |id: i64| {
            let mut worker = Dispatcher::new(Arc::clone(&kept.config), Arc::new(Shared::new())).unwrap();
            let key = IdempotencyKey::parse(format!("{round}-{id}").as_bytes()).unwrap();
            start.wait();
            worker.enqueue(&order_of(id), Some(key), None).unwrap().state
        };
        let states: Vec<State> = std::thread::scope(|scope| {
            let workers: Vec<_> = (1..=WORKERS)
                .map(|id| {
                    scope.spawn({
                        let work = &work;
                        move || work(id)
                    })
                })
                .collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).collect()
        });
        assert!(states.iter().all(|state| *state == State::Queued), "{round}: {states:?}");
        assert_eq!(kept.rows().len(), states.len(), "{round}");
    }
    assert_eq!(kept.shop.testbed.requests().len(), 0);
}

#[test]
fn a_days_outage_drains_by_itself() {
    let orders = 10_000;
    let mut kept = Kept::new("status:503", &[("breaker_min_calls", "5"), ("breaker_open_ms", "1")]);
    for n in 0..orders {
        kept.queue(n, &format!("k{n}"));
    }
    for _ in 0..8 {
        kept.pass(Duration::from_hours(3));
        kept.shop.dispatcher.drain(Duration::from_millis(50), endlessly).unwrap();
    }
    kept.treat("");
    kept.pass(Duration::from_hours(3));
    std::thread::sleep(Duration::from_millis(5));
    let drained = kept.drain();
    assert_eq!((drained.delivered, drained.remaining), (orders.unsigned_abs(), 0));
    assert_eq!(kept.taken().len(), 10_000);
}

#[test]
fn draining_is_bounded_by_its_rate() {
    let mut kept = Kept::new("", &[("wait_ms", "0"), ("drain_rate", "50")]);
    for n in 0..26 {
        kept.queue(n, &format!("k{n}"));
    }
    let start = std::time::Instant::now();
    assert_eq!(kept.drain().delivered, 26);
    assert!(start.elapsed() >= Duration::from_millis(500));
}

#[test]
fn a_drainer_can_be_ended_after_each_row_when_all_of_it_is_told() {
    let mut kept = Kept::new("", &[("wait_ms", "0")]);
    for n in 0..3 {
        kept.queue(n, &n.to_string());
    }
    let audit = Audit::new(audit::Settings::default(), Arc::default());
    let mut seen = Vec::new();
    let drained = audit.scope(|| {
        kept.shop.dispatcher.drain(Duration::from_mins(1), || {
            seen.push(audit.take_lines().len());
            if seen.len() < 3 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    });
    assert_eq!(seen, [0, 1, 1]);
    let next = Some(Duration::ZERO);
    assert_eq!(drained.unwrap(), Drained { delivered: 2, remaining: 1, next, ..Drained::default() });
    assert_eq!(kept.drain().delivered, 1);
}

#[test]
fn an_operator_discards_what_is_not_delivered() {
    let mut kept = Kept::new("status:503", &[]);
    let id = kept.queue(1, "1a").parse().unwrap();
    kept.queue(1, "1b");
    assert!(kept.outbox().discard(id).unwrap());
    assert!(!kept.outbox().discard(id).unwrap());
    kept.treat("");
    // Its lane goes on at once.
    assert_eq!(kept.drain().delivered, 1);
    assert_eq!(kept.taken(), ["1b"]);
    let delivered = kept.outbox().list(1, Some("delivered")).unwrap().remove(0);
    assert!(!kept.outbox().discard(delivered.id).unwrap());
}

#[test]
fn a_log_that_was_left_without_its_outbox_is_in_nobodys_way() {
    let mut kept = Kept::new("", &[("wait_ms", "0")]);
    kept.queue(1, "a");
    for leave in [|path: &Path| fs::write(path, ""), |path: &Path| fs::remove_file(path)] {
        leave(&kept.path()).unwrap();
        assert_eq!(kept.drain().remaining, 0);
        kept.queue(2, "b");
        assert_eq!(kept.drain().delivered, 1);
    }
}

#[test]
fn an_outbox_that_was_left_without_its_log_gets_one() {
    let mut kept = Kept::new("", &[("wait_ms", "0")]);
    kept.queue(1, "k");
    let mode: String = Connection::open(kept.path())
        .unwrap()
        .query_row("PRAGMA journal_mode = DELETE", (), |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "delete");
    let (_, told) = told(|| kept.queue(2, "l"));
    assert!(told.is_empty());
    assert_eq!(kept.drain().delivered, 2);
}
