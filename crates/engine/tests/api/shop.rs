//! A shop with a testbed of its own: what every test here begins with.

use std::sync::Arc;

use engine::{
    config::{Config, KeySources, SETTINGS, SecretBytes},
    dispatch::{Dispatcher, IdempotencyKey, Receipt},
    error::Error,
    order::{CardNumbers, Order, OrderWriter, Outcome, Policy, Schema, UnknownFields},
    shared::Shared,
};
use testbed::{Testbed, record::Selector};

/// The key that every request carries.
pub const KEY: &str = "k-0123456789";

/// A testbed, and a dispatcher to one of its doors.
pub struct Shop {
    pub testbed: Testbed,
    pub dispatcher: Dispatcher,
    /// What the dispatcher counts.
    pub shared: Arc<Shared>,
}

impl Shop {
    /// Sends to the good door.
    pub fn new(settings: &[(&str, &str)]) -> Self {
        let testbed = Testbed::start().unwrap();
        let shared = Arc::new(Shared::new());
        let config = Arc::new(config(&testbed, "main", settings));
        let dispatcher = Dispatcher::new(config, Arc::clone(&shared)).unwrap();
        Self { testbed, dispatcher, shared }
    }

    /// Sends to the good door, which treats every request so.
    pub fn treated(behaviour: &str, settings: &[(&str, &str)]) -> Self {
        let shop = Self::new(settings);
        shop.testbed.rule(Selector::Any, behaviour);
        shop
    }

    /// Sends a small order under a key.
    pub fn send(&mut self, key: &str) -> Result<Receipt, Error> {
        self.send_order(&order(), key)
    }

    /// Sends an order under a key.
    pub fn send_order(&mut self, order: &Order, key: &str) -> Result<Receipt, Error> {
        self.dispatcher.dispatch(order, Some(IdempotencyKey::parse(key.as_bytes()).unwrap()), None)
    }
}

/// A dispatcher to a door.
pub fn dispatcher(testbed: &Testbed, door: &str, settings: &[(&str, &str)]) -> Dispatcher {
    Dispatcher::new(Arc::new(config(testbed, door, settings)), Arc::default()).unwrap()
}

/// The configuration for a door, by the given settings over those that every test needs.
pub fn config(testbed: &Testbed, door: &str, settings: &[(&str, &str)]) -> Config {
    let needed = [
        ("endpoint", testbed.door(door).url("/orders")),
        ("ca_file", testbed.ca_file().to_str().unwrap().to_owned()),
        // Most tests are about one attempt.
        ("max_attempts", "1".to_owned()),
        ("breaker_min_calls", "10000".to_owned()),
    ];
    let text = |name: &str| {
        let given = settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let needed = || needed.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
        let default = || SETTINGS.iter().find(|s| s.name == name).map(|s| s.default.to_owned());
        given.or_else(needed).or_else(default).unwrap()
    };
    let sources =
        KeySources { ini: Some(SecretBytes::new(KEY.as_bytes().to_vec())), ..KeySources::default() };
    Config::load(text, &sources).config.unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// `{"order_id":1001}`
pub fn order() -> Order {
    order_of(1001)
}

/// `{"order_id":…}`
pub fn order_of(id: i64) -> Order {
    written(|writer| {
        assert!(writer.key(b"order_id").unwrap());
        writer.int(id).unwrap();
    })
}

/// `{"note":"xxx…"}`, more than the sockets of both sides take before the API reads.
pub fn huge_order() -> Order {
    written(|writer| {
        assert!(writer.key(b"note").unwrap());
        writer.string("x".repeat(16 << 20).as_bytes()).unwrap();
    })
}

fn written(fields: impl FnOnce(&mut OrderWriter)) -> Order {
    let policy = Arc::new(Policy {
        schema: Arc::new(Schema::parse(br#"{"properties": {"order_id": {}, "note": {}}}"#).unwrap()),
        unknown_fields: UnknownFields::Drop,
        card_numbers: CardNumbers::Mask,
        max_bytes: 20 << 20,
    });
    let mut writer = OrderWriter::new(&policy);
    writer.begin_object().unwrap();
    fields(&mut writer);
    let whole = writer.end_object();
    match writer.finish(whole) {
        Outcome::Order(order) => order,
        _ => unreachable!("it fits its schema"),
    }
}
