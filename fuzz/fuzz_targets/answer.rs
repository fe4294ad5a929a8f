//! Whatever an API answers, over real TLS: a receipt or an error, no panic, no hang, and nothing left over for the next request.
#![no_main]

use std::{cell::RefCell, fmt::Write, sync::Arc};

use engine::{
    config::{Config, KeySources, SETTINGS},
    dispatch::{Dispatcher, State},
    order::{Order, OrderWriter, Outcome},
};
use libfuzzer_sys::fuzz_target;
use testbed::{Testbed, record::Selector};
use zeroize::Zeroizing;

const KEY: &str = "sk-0123456789";

struct Shop {
    testbed: Testbed,
    dispatcher: Dispatcher,
    order: Order,
}

impl Shop {
    fn open() -> Self {
        let testbed = Testbed::start().expect("a testbed");
        let url = testbed.door("main").url("/orders");
        let ca = testbed.ca_file().to_str().expect("a path").to_owned();
        let text = |name: &str| match name {
            "endpoint" => url.clone(),
            "ca_file" => ca.clone(),
            "max_response_bytes" => "1000".to_owned(),
            // Each answer by itself.
            "max_attempts" => "1".to_owned(),
            "breaker_min_calls" => "10000".to_owned(),
            name => SETTINGS.iter().find(|s| s.name == name).map_or("", |s| s.default).to_owned(),
        };
        let sources = KeySources { ini: Some(Zeroizing::new(KEY.as_bytes().to_vec())), ..KeySources::default() };
        let config = Config::load(text, &sources).config.ok().expect("a configuration");
        let mut writer = OrderWriter::new(&config.policy);
        let whole = (|| {
            writer.begin_object()?;
            writer.key(b"order_id")?;
            writer.int(1)?;
            writer.end_object()
        })();
        let Outcome::Order(order) = writer.finish(whole) else { panic!("an order") };
        Self { testbed, dispatcher: Dispatcher::new(Arc::new(config), Arc::default()).expect("a dispatcher"), order }
    }
}

thread_local!(static SHOP: RefCell<Shop> = RefCell::new(Shop::open()));

fuzz_target!(|answer: &[u8]| {
    SHOP.with_borrow_mut(|shop| {
        shop.testbed.reset();
        let mut behaviour = "fail:1:raw:".to_owned();
        for byte in answer {
            let _ = write!(behaviour, "%{byte:02x}");
        }
        shop.testbed.rule(Selector::Any, &behaviour);
        let order = &shop.order;
        let key = |text: &[u8]| engine::dispatch::IdempotencyKey::parse(text).ok();
        match shop.dispatcher.dispatch(order, key(b"first"), None) {
            Ok(receipt) => {
                let body = receipt.body.unwrap_or_default();
                assert!(receipt.state == State::Delivered && body.len() <= 1000);
                assert!(!body.windows(KEY.len()).any(|part| part == KEY.as_bytes()), "the key comes back");
            }
            Err(engine::error::Error::Internal | engine::error::Error::Timeout(_)) => panic!("internal, or a hang"),
            Err(_) => {}
        }
        // A good answer afterwards is that answer.
        shop.testbed.rule(Selector::Any, "status:203");
        let next = shop.dispatcher.dispatch(order, key(b"next"), None).expect("a good answer");
        assert_eq!(next.status.as_u16(), 203);
    });
});
