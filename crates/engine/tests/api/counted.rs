//! What is counted of each call, also of one that fails: bytes and time.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use engine::{shared::Counter, transport::KEY_STAND_IN};

use crate::{
    outbox::Kept,
    shop::{KEY, Shop},
};

const CALLS: u64 = 3;

fn called(behaviour: &str) -> Shop {
    let mut shop = Shop::treated(behaviour, &[("timeout_ms", "300")]);
    for n in 0..CALLS {
        let _ = shop.send(&n.to_string());
    }
    shop
}

#[test]
fn bytes_sent_are_those_that_arrived_but_for_the_keys_length() {
    for behaviour in ["status:200", "status:400", "hang", "half:reset"] {
        let shop = called(behaviour);
        let arrived = shop.testbed.door("main").traffic.app_bytes.load(Relaxed);
        let sent = shop.shared.counters.get(Counter::BytesSent);
        assert_eq!(
            sent + CALLS * KEY.len() as u64,
            arrived + CALLS * KEY_STAND_IN.len() as u64,
            "{behaviour}"
        );
    }
}

#[test]
fn bytes_received_are_the_answers() {
    for (behaviour, body) in [("size:5000", 5000), ("status:400,size:5000", 5000), ("hang", 0)] {
        let received = called(behaviour).shared.counters.get(Counter::BytesReceived);
        let heads = received - CALLS * body;
        assert!(
            if body == 0 { heads == 0 } else { (CALLS * 20..CALLS * 500).contains(&heads) },
            "{behaviour}: {received}"
        );
    }
}

#[test]
fn every_call_is_in_the_histogram_whatever_came_of_it() {
    for (behaviour, least) in [("status:200", 0), ("status:400", 0), ("hang", 300)] {
        let latency = called(behaviour).shared.calls.read();
        assert_eq!(latency.count, CALLS, "{behaviour}");
        assert!(latency.sum >= Duration::from_millis(least * CALLS), "{behaviour}: {latency:?}");
    }
}

#[test]
fn what_became_of_a_call_is_counted_once() {
    let mut kept = Kept::new("", &[]);
    kept.send(1, "k").unwrap();
    // Known by its key, and its key used for another.
    kept.send(1, "k").unwrap();
    kept.send(2, "k").unwrap_err();
    kept.treat("status:422");
    kept.send(3, "l").unwrap_err();
    kept.treat("status:503");
    kept.send(4, "m").unwrap();
    let counted = [
        Counter::Accepted,
        Counter::Delivered,
        Counter::Repeated,
        Counter::Failed,
        Counter::Rejected,
        Counter::Queued,
    ]
    .map(|counter| kept.shop.shared.counters.get(counter));
    assert_eq!(counted, [5, 1, 1, 1, 1, 1]);
}
