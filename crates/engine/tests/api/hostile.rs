//! Answers that are wrong, huge or hostile: each has its one outcome.

use engine::{
    dispatch::State,
    error::{Error, TransportFault},
};
use proptest::prelude::*;
use testbed::record::Selector;

use crate::shop::Shop;

/// A short name for an outcome.
fn told(outcome: &Result<engine::dispatch::Receipt, Error>) -> String {
    match outcome {
        Ok(receipt) => match &receipt.body {
            Some(body) if body.starts_with(b"{") && body.windows(5).any(|at| at == b"\"id\":") => {
                format!("{} and its word", receipt.status.unwrap())
            }
            Some(body) => format!("{} with {} bytes", receipt.status.unwrap(), body.len()),
            None => format!("{} in a coding", receipt.status.unwrap()),
        },
        Err(Error::Transport(fault)) => format!("{fault:?}"),
        Err(Error::Timeout(phase)) => format!("timeout {phase:?}"),
        Err(Error::Rejected { status }) => format!("rejected {status}"),
        Err(Error::Unavailable { status, retry_after }) => format!("unavailable {status} {retry_after:?}"),
        Err(other) => format!("{other:?}"),
    }
}

#[test]
fn every_answer_has_its_outcome() {
    let mut shop = Shop::new(&[("timeout_ms", "1500"), ("max_response_bytes", "1000")]);
    for (behaviour, expected) in [
        ("status:201,body:{}", "201 with 2 bytes"),
        ("status:204", "204 with 0 bytes"),
        ("header:Content-Encoding=gzip", "200 in a coding"),
        ("header:Content-Encoding=identity", "200 and its word"),
        ("chunked,size:999", "200 with 999 bytes"),
        ("http10,size:1000", "200 with 1000 bytes"),
        ("informational", "200 and its word"),
        ("split:20", "200 and its word"),
        // Over max_response_bytes: the API took the order, what else it says is cut.
        ("size:100000", "200 with 1000 bytes"),
        ("endless", "200 with 1000 bytes"),
        ("redirect:https://elsewhere.example/", "rejected 302"),
        ("status:304", "rejected 304"),
        ("status:307,header:Location=https://localhost/", "rejected 307"),
        ("status:400,echo,echo-headers", "rejected 400"),
        ("status:404,size:10000000", "rejected 404"),
        ("status:401,hang", "timeout Waiting"),
        ("status:408", "unavailable 408 None"),
        ("status:425", "unavailable 425 None"),
        ("status:429,retry-after:17", "unavailable 429 Some(17)"),
        ("status:503,retry-after:-1", "unavailable 503 None"),
        ("status:500,endless", "unavailable 500 None"),
        ("status:999", "NotHttp"),
        ("status:101", "NotHttp"),
        ("status:600", "NotHttp"),
        ("garbage", "NotHttp"),
        ("endless-head", "NotHttp"),
        ("huge-head:300000", "NotHttp"),
        ("huge-head:30000", "200 and its word"),
        ("raw:HTTP/1.1 200 OK%0d%0aContent-Length: -1%0d%0a%0d%0a", "NotHttp"),
        ("raw:HTTP/1.1 200 OK%0d%0aContent-Length: 1%0d%0aContent-Length: 2%0d%0a%0d%0aab", "NotHttp"),
        ("raw:HTTP/1.1 200 OK%0d%0aContent-Length: 99999999999999999999999%0d%0a%0d%0a", "NotHttp"),
        ("raw:HTTP/1.1 200 OK%0d%0aTransfer-Encoding: chunked%0d%0a%0d%0azz%0d%0a", "NotHttp"),
        ("raw:HTTP/2.0 200 OK%0d%0a%0d%0a", "NotHttp"),
        ("raw:HTTP/1.1 200 OK%0d%0aA B: c%0d%0a%0d%0a", "NotHttp"),
        ("raw:", "ConnectionLost"),
        ("before:reset", "ConnectionLost"),
        ("before:fin", "ConnectionLost"),
        ("before:close", "ConnectionLost"),
        ("after:reset", "ConnectionLost"),
        ("after:fin", "ConnectionLost"),
        ("after:close", "ConnectionLost"),
        ("half", "ConnectionLost"),
        ("half:fin", "ConnectionLost"),
        ("half:reset", "ConnectionLost"),
        ("half-head", "ConnectionLost"),
        ("half-head:reset", "ConnectionLost"),
        ("hang", "timeout Waiting"),
        ("delay:5000", "timeout Waiting"),
        ("drops:30", "timeout Waiting"),
        ("split:5000", "timeout Reading"),
        ("status:400,split:5000", "rejected 400"),
        ("", "200 and its word"),
    ] {
        shop.testbed.reset();
        shop.testbed.rule(Selector::Any, behaviour);
        // On a connection of its own: what a reused one adds is another file's subject.
        shop.dispatcher = crate::shop::dispatcher(
            &shop.testbed,
            "main",
            &[("timeout_ms", "1500"), ("max_response_bytes", "1000")],
        );
        let outcome = told(&shop.send("k"));
        assert_eq!(outcome, expected, "{behaviour}");
        assert_eq!(shop.testbed.requests().len(), 1, "{behaviour}");
    }
}

#[test]
fn a_body_cut_at_the_limit_is_the_beginning_of_the_answer() {
    let mut shop = Shop::treated("body:0123456789abcdef", &[("max_response_bytes", "10")]);
    assert_eq!(shop.send("k").unwrap().body.as_deref(), Some(&b"0123456789"[..]));
}

#[test]
fn an_answer_that_nobody_asked_for_is_never_taken_for_one() {
    let mut shop = Shop::treated(
        "raw:HTTP/1.1 200 OK%0d%0aContent-Length: 2%0d%0a%0d%0aokHTTP/1.1 204 Smuggled%0d%0a%0d%0a",
        &[],
    );
    assert_eq!(shop.send("first").unwrap().status, Some(200));
    shop.testbed.rule(Selector::Any, "status:400");
    assert!(matches!(shop.send("second"), Err(Error::Rejected { status: 400 })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn any_bytes_are_an_answer_or_an_error(
        head in prop_oneof![Just(""), Just("HTTP/1.1 200 OK\r\n"), Just("HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\n")],
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        thread_local!(static SHOP: std::cell::RefCell<Shop> =
            std::cell::RefCell::new(Shop::new(&[("timeout_ms", "1500")])));
        let raw = head.bytes().chain(bytes).fold(String::new(), |raw, byte| raw + &format!("%{byte:02x}"));
        SHOP.with_borrow_mut(|shop| {
            shop.testbed.rule(Selector::Any, &format!("raw:{raw}"));
            match shop.send("k") {
                Ok(receipt) => assert!(receipt.state == State::Delivered),
                Err(Error::Transport(TransportFault::NotHttp | TransportFault::ConnectionLost)
                    | Error::Rejected { .. } | Error::Unavailable { .. }) => {}
                Err(other) => panic!("{other:?}"),
            }
        });
    }
}
