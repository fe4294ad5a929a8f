//! The TLS matrix: what must be refused is refused before any HTTP byte, what must be accepted works.

use std::{fmt::Write, sync::atomic::Ordering::Relaxed};

use engine::error::{Error, Phase, TlsFault, TransportFault};
use testbed::Testbed;

use crate::shop::{KEY, dispatcher, order};

/// Every door that must be refused, and what is said of it. None: it is the connect timeout's business.
const REFUSED: [(&str, Option<TlsFault>); 19] = [
    ("expired", Some(TlsFault::Expired)),
    ("not_yet_valid", Some(TlsFault::NotYetValid)),
    ("wrong_host", Some(TlsFault::WrongHost)),
    ("cn_only", Some(TlsFault::WrongHost)),
    ("unknown_ca", Some(TlsFault::UnknownIssuer)),
    ("self_signed", Some(TlsFault::UnknownIssuer)),
    ("missing_intermediate", Some(TlsFault::UnknownIssuer)),
    ("leaf_as_ca", Some(TlsFault::BadCertificate)),
    ("name_constraints", Some(TlsFault::BadCertificate)),
    ("client_eku", Some(TlsFault::WrongPurpose)),
    ("sha1", Some(TlsFault::WeakOrBadSignature)),
    ("rsa1024", Some(TlsFault::WeakOrBadSignature)),
    ("tls10", Some(TlsFault::NoCommonVersion)),
    ("tls11", Some(TlsFault::NoCommonVersion)),
    ("cbc_only", Some(TlsFault::NoCommonVersion)),
    ("plaintext", Some(TlsFault::NotTls)),
    ("handshake_hang", None),
    ("handshake_reset", Some(TlsFault::Closed)),
    ("handshake_garbage", Some(TlsFault::NotTls)),
];

#[test]
fn what_must_be_refused_is_refused_before_any_http_byte() {
    let testbed = Testbed::start().unwrap();
    let mut table = String::from("\n");
    let mut wrong = 0;
    for (door, expected) in REFUSED {
        let outcome = dispatcher(&testbed, door, &[("connect_timeout_ms", "500")])
            .dispatch(&order(), None, None)
            .map(drop);
        let right = match (&outcome, expected) {
            (Err(Error::Transport(TransportFault::Tls(fault))), Some(expected)) => *fault == expected,
            (Err(Error::Timeout(Phase::Connecting)), None) => true,
            _ => false,
        };
        let traffic = &testbed.door(door).traffic;
        let (connections, http) = (
            traffic.connections.load(Relaxed),
            traffic.app_bytes.load(Relaxed) + traffic.requests.load(Relaxed),
        );
        let right = right && connections == 1 && http == 0;
        wrong += usize::from(!right);
        writeln!(
            table,
            "{} {door:<22} connections {connections}, HTTP bytes {http}: {outcome:?}",
            if right { "ok   " } else { "WRONG" }
        )
        .unwrap();
    }
    assert_eq!(wrong, 0, "{table}");
}

#[test]
fn what_must_be_accepted_is_accepted() {
    let testbed = Testbed::start().unwrap();
    let proxy = format!("http://127.0.0.1:{}", testbed.proxy().port);
    let (cert, key) = testbed.client_files();
    let client = [("client_cert_file", cert.to_str().unwrap()), ("client_key_file", key.to_str().unwrap())];
    let plain: &[(&str, &str)] = &[];
    for (door, settings) in [
        ("main", plain),
        ("rsa", plain),
        ("ecdsa", plain),
        ("chain", plain),
        // Its name is found by the proxy alone.
        ("wildcard", &[("proxy", &proxy)]),
        ("tls12", plain),
        ("tls13", plain),
        ("mtls", &client),
        ("mtls12", &client),
    ] {
        let mut dispatcher = dispatcher(&testbed, door, settings);
        for _ in 0..2 {
            let receipt =
                dispatcher.dispatch(&order(), None, None).unwrap_or_else(|error| panic!("{door}: {error}"));
            assert_eq!(receipt.status, Some(200), "{door}");
        }
        assert_eq!(testbed.door(door).traffic.connections.load(Relaxed), 1, "{door}");
    }
    let requests = testbed.requests();
    assert_eq!(requests.len(), 18);
    for request in requests {
        assert_eq!(request.headers.get("x-api-key").map(String::as_str), Some(KEY));
        assert_eq!(request.body, r#"{"order_id":1001}"#);
    }
}

#[test]
fn a_server_that_wants_a_client_certificate_and_gets_none_takes_no_order() {
    let testbed = Testbed::start().unwrap();
    for door in ["mtls", "mtls12"] {
        let outcome = dispatcher(&testbed, door, &[]).dispatch(&order(), None, None).map(drop);
        assert!(
            matches!(outcome, Err(Error::Transport(TransportFault::Tls(TlsFault::Alert)))),
            "{door}: {outcome:?}"
        );
        assert_eq!(testbed.door(door).traffic.requests.load(Relaxed), 0, "{door}");
    }
}

#[test]
fn a_pin_is_checked_as_well_as_the_chain() {
    let testbed = Testbed::start().unwrap();
    let pin = testbed.door("main").spki_sha256.clone();
    let other = testbed.door("rsa").spki_sha256.clone();
    let both = format!("{other}, {pin}");
    for pins in [&pin, &both] {
        dispatcher(&testbed, "main", &[("pinned_spki", pins)]).dispatch(&order(), None, None).unwrap();
    }
    let refused =
        dispatcher(&testbed, "ecdsa", &[("pinned_spki", &both)]).dispatch(&order(), None, None).map(drop);
    assert!(
        matches!(refused, Err(Error::Transport(TransportFault::Tls(TlsFault::NotPinned)))),
        "{refused:?}"
    );
    assert_eq!(testbed.door("ecdsa").traffic.app_bytes.load(Relaxed), 0);
    // The right key in a certificate that nobody vouches for.
    let unknown = testbed.door("unknown_ca").spki_sha256.clone();
    let refused = dispatcher(&testbed, "unknown_ca", &[("pinned_spki", &unknown)])
        .dispatch(&order(), None, None)
        .map(drop);
    assert!(
        matches!(refused, Err(Error::Transport(TransportFault::Tls(TlsFault::UnknownIssuer)))),
        "{refused:?}"
    );
}
