//! TLS records that no good server sends.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::Arc,
    thread,
};

use engine::{
    dispatch::Dispatcher,
    error::{Error, TransportFault},
};
use rustls::{
    ServerConfig, ServerConnection, Stream,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

use crate::shop::{Shop, dispatcher, order};

/// What a server does about a request.
#[derive(Clone, Copy, Debug)]
enum Reply {
    /// Answers, and sends this behind the answer, as it is and in the same segment.
    Then(&'static [u8]),
    /// Ends the connection by a fatal alert in place of an answer, from so many requests on a connection on.
    Alert { after: usize },
}

/// A server's URL, and its certificate.
fn server(reply: Reply) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for tcp in listener.incoming() {
            let (mut tcp, config) = (tcp.unwrap(), Arc::clone(&config));
            thread::spawn(move || {
                let mut tls = ServerConnection::new(config).unwrap();
                let (mut request, mut requests) = (Vec::new(), 0);
                let mut piece = [0; 4096];
                while let Ok(read @ 1..) = Stream::new(&mut tls, &mut tcp).read(&mut piece) {
                    request.extend_from_slice(&piece[..read]);
                    if !request.ends_with(b"}") {
                        continue;
                    }
                    request.clear();
                    requests += 1;
                    let mut tail = &[][..];
                    match reply {
                        Reply::Alert { after } if requests > after => {
                            // bad_record_mac.
                            tls.read_tls(&mut &RUBBISH[..]).unwrap();
                            tls.process_new_packets().unwrap_err();
                        }
                        Reply::Alert { .. } => tls.writer().write_all(ANSWER).unwrap(),
                        Reply::Then(bytes) => {
                            tls.writer().write_all(ANSWER).unwrap();
                            tail = bytes;
                        }
                    }
                    let mut sent = Vec::new();
                    while tls.wants_write() {
                        tls.write_tls(&mut sent).unwrap();
                    }
                    sent.extend_from_slice(tail);
                    if tcp.write_all(&sent).is_err() {
                        return;
                    }
                }
            });
        }
    });
    (url, made.cert.pem())
}

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

/// A record that cannot be decrypted.
const RUBBISH: &[u8] = b"\x17\x03\x03\x00\x14aaaaaaaaaaaaaaaaaaaa";

/// A dispatcher to such a server.
fn dispatcher_to(shop: &Shop, reply: Reply) -> Dispatcher {
    let (url, certificate) = server(reply);
    let directory = tempfile::tempdir().unwrap();
    let ca = directory.path().join("ca.pem");
    std::fs::write(&ca, certificate).unwrap();
    dispatcher(&shop.testbed, "main", &[("endpoint", &url), ("ca_file", ca.to_str().unwrap())])
}

#[test]
fn an_answer_counts_whatever_comes_behind_it() {
    let shop = Shop::new(&[]);
    // Nothing; an alert in plain text; what is no TLS at all.
    for tail in [b"", &b"\x15\x03\x03\x00\x02\x02\x28"[..], b"HTTP/1.1 200 OK\r\n\r\n", RUBBISH] {
        let mut dispatcher = dispatcher_to(&shop, Reply::Then(tail));
        for _ in 0..3 {
            let receipt = dispatcher.dispatch(&order(), None, None).unwrap();
            assert_eq!((receipt.status, receipt.attempts), (Some(200), 1), "{tail:?}");
        }
    }
}

#[test]
fn an_order_that_an_alert_came_for_may_have_been_taken() {
    let shop = Shop::new(&[]);
    let mut dispatcher = dispatcher_to(&shop, Reply::Alert { after: 0 });
    let error = dispatcher.dispatch(&order(), None, None).map(drop).unwrap_err();
    assert!(matches!(error, Error::Transport(TransportFault::ConnectionLost)), "{error:?}");
    assert!(error.to_string().contains("may have taken the order"));
    // On a kept connection it is sent once more, on a new one.
    let mut dispatcher = dispatcher_to(&shop, Reply::Alert { after: 1 });
    for _ in 0..3 {
        assert_eq!(dispatcher.dispatch(&order(), None, None).unwrap().status, Some(200));
    }
}
