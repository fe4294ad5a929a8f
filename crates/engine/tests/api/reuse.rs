//! One kept connection: what the server does to it while nobody looks must never surface.

use std::{collections::HashMap, sync::atomic::Ordering::Relaxed, thread::sleep, time::Duration};

use engine::error::{Error, TransportFault};
use testbed::record::Selector;

use crate::shop::Shop;

fn key(shop: &Shop, key: &str, behaviour: &str) {
    shop.testbed.rule(Selector::Key(key.to_owned()), behaviour);
}

#[test]
fn a_thousand_orders_take_one_connection() {
    let mut shop = Shop::new(&[]);
    for n in 0..1000 {
        shop.send(&n.to_string()).unwrap();
    }
    assert_eq!(shop.testbed.requests().len(), 1000);
    assert_eq!(shop.testbed.door("main").traffic.connections.load(Relaxed), 1);
}

#[test]
fn a_refused_order_does_not_cost_the_connection() {
    let mut shop = Shop::treated("status:400,size:5000", &[]);
    for n in 0..10 {
        assert!(matches!(shop.send(&n.to_string()), Err(Error::Rejected { status: 400 })));
    }
    assert_eq!(shop.testbed.door("main").traffic.connections.load(Relaxed), 1);
}

#[test]
fn a_connection_that_ended_while_idle_never_surfaces() {
    for ending in
        ["idle:10", "idle:10:fin", "idle:10:reset", "unsolicited:10", "close", "close-silent", "http10"]
    {
        let mut shop = Shop::treated(ending, &[]);
        for n in 0..10 {
            shop.send(&n.to_string()).unwrap_or_else(|error| panic!("{ending}: {error}"));
            sleep(Duration::from_millis(30));
        }
        assert_eq!(shop.testbed.requests().len(), 10, "{ending}");
        assert_eq!(shop.testbed.door("main").traffic.connections.load(Relaxed), 10, "{ending}");
    }
}

#[test]
fn a_server_that_closes_as_the_order_arrives_sees_it_once() {
    // Gaps around the server's limit, so that its close and our request cross on the way.
    let mut shop = Shop::treated("idle:50", &[]);
    for n in 0..200_u64 {
        shop.send(&n.to_string()).unwrap();
        sleep(Duration::from_micros(47_000 + (n % 40) * 150));
    }
    let mut seen = HashMap::new();
    for request in shop.testbed.requests().into_iter().filter(|request| request.complete) {
        *seen.entry(request.idempotency_key).or_insert(0) += 1;
    }
    assert_eq!(seen.len(), 200);
    assert!(seen.values().all(|&times| times == 1), "{seen:?}");
}

#[test]
fn a_request_on_a_reused_connection_that_ends_unanswered_is_replayed_once_under_its_key() {
    for ending in ["after:close", "after:fin", "after:reset", "before:fin", "before:reset"] {
        let mut shop = Shop::new(&[]);
        shop.send("first").unwrap();
        key(&shop, "k", &format!("fail:1:{ending}"));
        let receipt = shop.send("k").unwrap_or_else(|error| panic!("{ending}: {error}"));
        assert_eq!(receipt.attempts, 2);
        let requests: Vec<_> = shop.testbed.requests().into_iter().skip(1).collect();
        assert_eq!(requests.len(), 2, "{ending}");
        assert!(requests.iter().all(|request| request.idempotency_key.as_deref() == Some("k")), "{ending}");
        assert_ne!(requests[0].connection, requests[1].connection, "{ending}");
    }
}

#[test]
fn an_order_that_was_sent_is_never_told_as_not_sent() {
    let mut shop = Shop::new(&[]);
    shop.send("first").unwrap();
    key(&shop, "k", "after:reset");
    // An API that restarts: it has read the order, and the connection for the replay is refused, or taken and dropped.
    shop.testbed.door("main").set_open(false);
    let outcome = shop.send("k").map(drop);
    assert!(matches!(outcome, Err(Error::Transport(TransportFault::ConnectionLost))), "{outcome:?}");
    assert_eq!(shop.testbed.requests().len(), 2);
}

#[test]
fn a_replay_happens_once() {
    let mut shop = Shop::new(&[]);
    shop.send("first").unwrap();
    key(&shop, "k", "fail:2:after:fin");
    let outcome = shop.send("k").map(drop);
    assert!(matches!(outcome, Err(Error::Transport(TransportFault::ConnectionLost))), "{outcome:?}");
    assert_eq!(shop.testbed.requests().len(), 3);
}

#[test]
fn a_request_on_a_fresh_connection_is_not_replayed() {
    let mut shop = Shop::new(&[]);
    key(&shop, "k", "fail:1:after:fin");
    let outcome = shop.send("k").map(drop);
    assert!(matches!(outcome, Err(Error::Transport(TransportFault::ConnectionLost))), "{outcome:?}");
    assert_eq!(shop.testbed.requests().len(), 1);
}

#[test]
fn a_request_that_was_answered_in_part_is_not_replayed() {
    for part in ["half", "half:reset", "half-head", "half-head:reset", "garbage"] {
        let mut shop = Shop::new(&[]);
        shop.send("first").unwrap();
        key(&shop, "k", &format!("fail:1:{part}"));
        let outcome = shop.send("k").map(drop);
        assert!(matches!(outcome, Err(Error::Transport(_))), "{part}: {outcome:?}");
        assert_eq!(shop.testbed.requests().len(), 2, "{part}");
    }
}

#[test]
fn a_server_that_comes_back_is_found_again() {
    let mut shop = Shop::new(&[]);
    shop.send("first").unwrap();
    shop.testbed.close_idle();
    shop.testbed.door("main").set_open(false);
    while shop.send("down").is_ok() {
        shop.testbed.close_idle();
        sleep(Duration::from_millis(5));
    }
    shop.testbed.door("main").set_open(true);
    while shop.send("up").is_err() {
        sleep(Duration::from_millis(5));
    }
}
