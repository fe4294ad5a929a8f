//! An explicit proxy: it is asked for a tunnel, and sees nothing of what goes through.

use engine::error::{Error, Phase, TransportFault};
use testbed::{Testbed, proxy::Mode};

use crate::shop::{KEY, dispatcher, order};

#[test]
fn a_proxy_sees_host_and_port_and_nothing_else() {
    let testbed = Testbed::start().unwrap();
    let proxy = format!("http://127.0.0.1:{}", testbed.proxy().port);
    let mut dispatcher = dispatcher(&testbed, "wildcard", &[("proxy", &proxy)]);
    for _ in 0..3 {
        dispatcher.dispatch(&order(), None, None).unwrap();
    }
    let asked = testbed.proxy().state().requests;
    assert_eq!(asked.len(), 1, "one tunnel for three orders");
    let target = format!("shop.example.test:{}", testbed.door("wildcard").port);
    assert!(asked[0].starts_with(&format!("CONNECT {target} HTTP/1.1\r\n")), "{asked:?}");
    assert!(!asked[0].contains(KEY) && !asked[0].contains("/orders"), "{asked:?}");
}

#[test]
fn a_proxy_that_opens_no_tunnel_is_told_as_such() {
    let testbed = Testbed::start().unwrap();
    let proxy = format!("http://127.0.0.1:{}", testbed.proxy().port);
    for mode in [Mode::Authenticate, Mode::Garbage, Mode::Close, Mode::Hang] {
        testbed.proxy().set_mode(mode);
        let outcome = dispatcher(&testbed, "main", &[("proxy", &proxy), ("connect_timeout_ms", "400")])
            .dispatch(&order(), None, None)
            .map(drop);
        match mode {
            Mode::Hang => assert!(matches!(outcome, Err(Error::Timeout(Phase::Connecting))), "{outcome:?}"),
            _ => assert!(
                matches!(outcome, Err(Error::Transport(TransportFault::Proxy))),
                "{mode:?}: {outcome:?}"
            ),
        }
    }
    assert!(testbed.requests().is_empty());
}

#[test]
fn an_absent_proxy_is_not_gone_around() {
    let testbed = Testbed::start().unwrap();
    // Nothing listens on port 1.
    let outcome = dispatcher(&testbed, "main", &[("proxy", "http://127.0.0.1:1")])
        .dispatch(&order(), None, None)
        .map(drop);
    assert!(matches!(outcome, Err(Error::Transport(TransportFault::Refused))), "{outcome:?}");
    assert!(testbed.requests().is_empty());
}
