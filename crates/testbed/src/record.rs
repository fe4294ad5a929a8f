//! What the API was sent, and what it is to do: the state that all doors share, for tests to set and to judge.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use serde::Serialize;
use tokio::sync::Notify;

use crate::behaviour::Behaviour;

/// One request as it came.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// Counts all requests, from 1.
    pub seq: u64,
    /// The door that it came through.
    pub door: &'static str,
    /// Counts all connections, from 1.
    pub connection: u64,
    /// The method.
    pub method: String,
    /// The request target.
    pub path: String,
    /// The headers by lower-case name; those of one name joined by ", ".
    pub headers: BTreeMap<String, String>,
    /// The body, as text.
    pub body: String,
    /// The Idempotency-Key header.
    pub idempotency_key: Option<String>,
    /// Whether the order was taken before, under the same key: an API that honours keys does nothing more.
    pub replayed: bool,
    /// Whether the whole request was read.
    pub complete: bool,
}

/// What came through a door.
#[derive(Debug, Default, Serialize)]
pub struct Traffic {
    /// TCP connections.
    pub connections: AtomicU64,
    /// Completed TLS handshakes.
    pub handshakes: AtomicU64,
    /// Bytes received inside TLS (or, at the plaintext door, that were not TLS).
    pub app_bytes: AtomicU64,
    /// Request heads.
    pub requests: AtomicU64,
}

/// Which requests a rule is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Selector {
    /// Those with this idempotency key.
    Key(String),
    /// Those to this path.
    Path(String),
    /// All.
    Any,
}

/// The state that all doors share.
pub struct Shared {
    /// Whether requests are recorded.
    pub recording: AtomicBool,
    /// Wakes every idle connection, to be closed.
    pub close_idle: Notify,
    connections: AtomicU64,
    capacity: usize,
    api: Mutex<Api>,
}

#[derive(Default)]
struct Api {
    seq: u64,
    records: VecDeque<Record>,
    rules: HashMap<Selector, Behaviour>,
    /// How often a failing behaviour was used, by selector of its count.
    failed: HashMap<Selector, u64>,
    /// Idempotency keys of the orders that were taken.
    taken: HashSet<String>,
    /// The same, in the sequence in which they were taken.
    sequence: Vec<String>,
}

impl Shared {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            recording: AtomicBool::new(true),
            close_idle: Notify::new(),
            connections: AtomicU64::new(0),
            capacity,
            api: Mutex::default(),
        }
    }

    pub(crate) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Relaxed) + 1
    }

    /// Sets a rule. A rule for a key is stronger than one for a path, and that stronger than one for all.
    pub fn rule(&self, selector: Selector, behaviour: Behaviour) {
        self.api().rules.insert(selector, behaviour);
    }

    /// Forgets all rules and their counts.
    pub fn clear_rules(&self) {
        let mut api = self.api();
        api.rules.clear();
        api.failed.clear();
    }

    /// Forgets rules, records and taken orders. Connections stay.
    pub fn reset(&self) {
        let mut api = self.api();
        let seq = api.seq;
        *api = Api { seq, ..Api::default() };
    }

    /// The requests after number `since`, oldest first.
    #[must_use]
    pub fn requests(&self, since: u64) -> Vec<Record> {
        self.api().records.iter().filter(|record| record.seq > since).cloned().collect()
    }

    /// Orders taken, each idempotency key counted once.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.api().taken.len()
    }

    /// The idempotency keys of the orders taken after the first `since`, in the sequence in which they were taken.
    #[must_use]
    pub fn taken_keys(&self, since: usize) -> Vec<String> {
        self.api().sequence.get(since..).unwrap_or_default().to_vec()
    }

    /// A request's number, and what is to be done with it.
    pub(crate) fn begin(&self, path: &str, key: Option<&str>) -> (u64, Behaviour) {
        let mut api = self.api();
        api.seq += 1;
        let behaviour = api.behaviour(path, key);
        (api.seq, behaviour)
    }

    /// Takes the order of this key; says whether it was taken before.
    pub(crate) fn take(&self, key: &str) -> bool {
        if !self.recording.load(Relaxed) {
            return false;
        }
        let mut api = self.api();
        let is_new = api.taken.insert(key.to_owned());
        if is_new {
            api.sequence.push(key.to_owned());
        }
        !is_new
    }

    /// Keeps a request, if requests are recorded.
    pub(crate) fn keep(&self, record: Record) {
        if !self.recording.load(Relaxed) {
            return;
        }
        let mut api = self.api();
        if api.records.len() >= self.capacity {
            api.records.pop_front();
        }
        api.records.push_back(record);
    }

    fn api(&self) -> MutexGuard<'_, Api> {
        // What a panicking test left behind is still true.
        self.api.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Api {
    fn behaviour(&mut self, path: &str, key: Option<&str>) -> Behaviour {
        let of_path = Selector::Path(path.to_owned());
        let of_key = key.map(|key| Selector::Key(key.to_owned()));
        let rule = of_key.as_ref().and_then(|key| self.rules.get(key));
        let rule =
            rule.or_else(|| self.rules.get(&of_path)).or_else(|| self.rules.get(&Selector::Any)).cloned();
        let mut behaviour = rule.unwrap_or_else(|| played(path));
        if let Some((times, other)) = behaviour.fail.take() {
            let count = self.failed.entry(of_key.unwrap_or(of_path)).or_default();
            if *count < times {
                *count += 1;
                return *other;
            }
        }
        behaviour
    }
}

/// `/play/<behaviour>` plays it; a mistake in it is told as 400.
fn played(path: &str) -> Behaviour {
    let Some(text) = path.strip_prefix("/play/") else { return Behaviour::default() };
    let text = text.split('?').next().unwrap_or_default();
    text.parse().unwrap_or_else(|fault: String| Behaviour {
        status: 400,
        body: crate::behaviour::Body::Text(fault.into_bytes()),
        ..Behaviour::default()
    })
}
