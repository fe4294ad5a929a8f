//! One deadline, right retries: which outcomes are tried again, under which names, and when not.

use std::time::{Duration, Instant};

use engine::error::{Error, TransportFault};
use testbed::record::Selector;

use crate::shop::Shop;

fn shop(behaviour: &str, more: &[(&str, &str)]) -> Shop {
    Shop::treated(behaviour, &[more, &[("max_attempts", "3"), ("timeout_ms", "3000")]].concat())
}

/// Attempt numbers as the API saw them.
fn attempts(shop: &Shop, key: &str) -> Vec<String> {
    let requests = shop.testbed.requests();
    let of_key = requests.iter().filter(|request| request.idempotency_key.as_deref() == Some(key));
    of_key.map(|request| request.headers["secure-dispatch-attempt"].clone()).collect()
}

#[test]
fn what_may_pass_is_tried_again_under_the_same_key_with_the_next_number() {
    for failure in [
        "status:408",
        "status:425",
        "status:429",
        "status:500",
        "status:502",
        "status:503",
        "status:504",
        "before:reset",
        "after:reset",
        "after:fin",
        "half",
        "half-head:reset",
        "garbage",
    ] {
        let mut shop = shop(&format!("fail:2:{failure}"), &[]);
        let receipt = shop.send("k").unwrap_or_else(|error| panic!("{failure}: {error}"));
        assert_eq!((receipt.status, receipt.attempts), (Some(200), 3), "{failure}");
        assert_eq!(attempts(&shop, "k"), ["1", "2", "3"], "{failure}");
    }
}

#[test]
fn what_will_not_pass_is_sent_once() {
    for failure in [
        "status:400",
        "status:401",
        "status:403",
        "status:404",
        "status:409",
        "status:410",
        "status:422",
        "status:501",
        "status:505",
        "redirect:https%3A//x/",
    ] {
        let mut shop = shop(&format!("fail:1:{failure}"), &[]);
        assert!(shop.send("k").is_err(), "{failure}");
        assert_eq!(attempts(&shop, "k"), ["1"], "{failure}");
    }
}

#[test]
fn a_conflict_is_tried_again_only_after_an_unanswered_attempt() {
    let mut shop = shop("fail:1:after:reset,status:409", &[]);
    let outcome = shop.send("k").map(drop);
    assert!(matches!(outcome, Err(Error::Unavailable { status: 409, .. })), "{outcome:?}");
    assert_eq!(attempts(&shop, "k"), ["1", "2", "3"]);
}

#[test]
fn attempts_end_with_max_attempts_and_the_last_outcome_is_told() {
    let mut shop = shop("status:503,retry-after:0", &[("max_attempts", "2")]);
    let outcome = shop.send("k").map(drop);
    assert!(matches!(outcome, Err(Error::Unavailable { status: 503, retry_after: Some(0) })), "{outcome:?}");
    assert_eq!(attempts(&shop, "k").len(), 2);
}

#[test]
fn a_retry_after_that_fits_is_waited_for_and_one_that_does_not_is_told() {
    let mut shop = shop("fail:1:status:429+retry-after:1", &[]);
    let start = Instant::now();
    shop.send("k").unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1));
    let date = httpdate::fmt_http_date(std::time::SystemTime::now() + Duration::from_mins(10));
    for (key, wait, expected) in
        [("s", "3", 3..=3), ("l", "600", 600..=600), ("d", &date.replace(',', "%2C"), 598..=600)]
    {
        shop.testbed.rule(Selector::Any, &format!("status:503,retry-after:{wait}"));
        let start = Instant::now();
        let Err(Error::Unavailable { retry_after: Some(told), .. }) = shop.send(key).map(drop) else {
            panic!("{wait}")
        };
        assert!(expected.contains(&told), "{wait}: {told}");
        assert_eq!(attempts(&shop, key).len(), 1);
        // At once, rather than at the deadline.
        assert!(start.elapsed() < Duration::from_secs(3));
    }
}

#[test]
fn a_refused_connection_is_tried_again_until_the_attempts_are_used_up() {
    let mut shop = shop("", &[]);
    shop.testbed.door("main").set_open(false);
    std::thread::sleep(Duration::from_millis(300));
    let outcome = shop.send("k").map(drop);
    assert!(matches!(outcome, Err(Error::Transport(TransportFault::Refused))), "{outcome:?}");
    let shared = &shop.shared.counters;
    assert_eq!(shared.get(engine::shared::Counter::Retries), 2);
}

#[test]
fn nothing_is_sent_again_where_the_operator_says_so() {
    for failure in ["after:reset", "half", "garbage"] {
        let mut shop = shop(&format!("fail:1:{failure}"), &[("resend_unconfirmed", "0")]);
        assert!(shop.send("k").is_err());
        assert_eq!(attempts(&shop, "k"), ["1"], "{failure}");
    }
    // An answer, even of a failing API, leaves nothing unconfirmed.
    let mut shop = shop("fail:1:status:503", &[("resend_unconfirmed", "0")]);
    shop.send("k").unwrap();
}

#[test]
fn the_breaker_opens_and_refuses_at_once_and_a_probe_closes_it() {
    let settings = [("breaker_min_calls", "5"), ("breaker_open_ms", "300"), ("max_attempts", "1")];
    let mut shop = shop("status:503", &settings);
    for n in 0..5 {
        assert!(matches!(shop.send(&n.to_string()), Err(Error::Unavailable { .. })));
    }
    assert!(matches!(shop.send("open"), Err(Error::BreakerOpen { retry_after: 1 })));
    assert!(attempts(&shop, "open").is_empty());
    std::thread::sleep(Duration::from_millis(310));
    // The probe fails, and it is open again.
    assert!(matches!(shop.send("probe"), Err(Error::Unavailable { .. })));
    assert!(matches!(shop.send("open-again"), Err(Error::BreakerOpen { .. })));
    shop.testbed.rule(Selector::Any, "");
    std::thread::sleep(Duration::from_millis(310));
    for n in 10..20 {
        shop.send(&n.to_string()).unwrap();
    }
}

#[test]
fn an_api_that_refuses_orders_is_not_down() {
    let mut shop = shop("status:422", &[("breaker_min_calls", "5")]);
    for n in 0..50 {
        assert!(matches!(shop.send(&n.to_string()), Err(Error::Rejected { status: 422 })));
    }
}
