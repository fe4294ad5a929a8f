//! `timeout_ms` is one deadline for everything, `connect_timeout_ms` for the way to the API.

use engine::error::{Error, Phase, TransportFault};
use testbed::record::Selector;

use crate::shop::{Shop, dispatcher, huge_order, order};

#[test]
fn the_deadline_holds_over_drops_that_keep_coming() {
    let mut shop =
        Shop::treated("drops:20,size:200", &[("timeout_ms", "1000"), ("connect_timeout_ms", "900")]);
    let outcome = shop.send("k").map(drop);
    assert!(matches!(outcome, Err(Error::Timeout(_))), "{outcome:?}");
    // What is left of that answer is not the next one's.
    shop.testbed.rule(Selector::Any, "status:201");
    assert_eq!(shop.send("next").unwrap().status, Some(201));
}

#[test]
fn a_replay_has_no_deadline_of_its_own() {
    let mut shop = Shop::new(&[("timeout_ms", "600")]);
    shop.send("first").unwrap();
    // The reused connection ends after 400 ms, the fresh one then says nothing for as long.
    shop.testbed.rule(Selector::Key("k".to_owned()), "fail:1:delay:400+raw:,delay:400");
    let outcome = shop.send("k").map(drop);
    assert!(matches!(outcome, Err(Error::Timeout(Phase::Waiting))), "{outcome:?}");
    assert_eq!(shop.testbed.requests().len(), 3);
}

#[test]
fn the_whole_deadline_bounds_connecting_too() {
    let shop = Shop::new(&[]);
    let settings = [("timeout_ms", "200"), ("connect_timeout_ms", "60000")];
    let outcome =
        dispatcher(&shop.testbed, "handshake_hang", &settings).dispatch(&order(), None, None).map(drop);
    assert!(matches!(outcome, Err(Error::Timeout(Phase::Connecting))), "{outcome:?}");
}

#[test]
fn an_order_that_the_api_takes_its_time_to_read_goes_on_when_it_does() {
    let mut shop = Shop::treated("pause:300", &[("timeout_ms", "20000")]);
    let receipt = shop.send_order(&huge_order(), "k").unwrap();
    assert_eq!((receipt.status, receipt.attempts), (Some(200), 1));
    assert!(shop.testbed.requests()[0].complete);
}

#[test]
fn the_deadline_holds_over_an_order_that_is_not_read() {
    let mut shop = Shop::treated("pause:60000", &[("timeout_ms", "1000")]);
    let outcome = shop.send_order(&huge_order(), "k").map(drop);
    assert!(matches!(outcome, Err(Error::Timeout(Phase::Waiting))), "{outcome:?}");
    // The connection that the rest of that order is still owed to is nobody's.
    shop.testbed.rule(Selector::Any, "status:201");
    assert_eq!(shop.send("next").unwrap().status, Some(201));
}

#[test]
fn an_answer_to_an_order_that_is_not_read_counts() {
    for status in [413, 200] {
        let mut shop = Shop::treated(&format!("unread,status:{status}"), &[("timeout_ms", "20000")]);
        let told = match shop.send_order(&huge_order(), "k") {
            Ok(receipt) => receipt.status,
            Err(error) => error.status(),
        };
        assert_eq!(told, Some(status));
        shop.testbed.rule(Selector::Any, "status:201");
        assert_eq!(shop.send("next").unwrap().status, Some(201));
    }
}

#[test]
fn a_shut_port_is_told_as_such() {
    let mut shop = Shop::new(&[]);
    shop.testbed.door("main").set_open(false);
    // Shutting takes a moment, in which a connection may yet be taken, or taken and dropped.
    let refused = (0..1000).any(|_| {
        shop.dispatcher = dispatcher(&shop.testbed, "main", &[]);
        matches!(shop.send("k"), Err(Error::Transport(TransportFault::Refused)))
    });
    assert!(refused);
}

#[test]
fn a_name_that_does_not_exist_is_told_as_such() {
    let shop = Shop::new(&[]);
    let outcome = dispatcher(&shop.testbed, "main", &[("endpoint", "https://no-such-host.invalid/")])
        .dispatch(&order(), None, None)
        .map(drop);
    assert!(matches!(outcome, Err(Error::Transport(TransportFault::Dns))), "{outcome:?}");
}
