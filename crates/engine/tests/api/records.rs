//! TLS records that no good server sends.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::Arc,
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, Stream,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

use crate::shop::{Shop, dispatcher, order};

/// A server that sends `tail` behind each answer, as it is and in the same segment. Returns its URL, and its certificate.
fn server(tail: &'static [u8]) -> (String, String) {
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
                let mut request = Vec::new();
                let mut piece = [0; 4096];
                while let Ok(read @ 1..) = Stream::new(&mut tls, &mut tcp).read(&mut piece) {
                    request.extend_from_slice(&piece[..read]);
                    if request.ends_with(b"}") {
                        request.clear();
                        tls.writer().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
                        let mut sent = Vec::new();
                        while tls.wants_write() {
                            tls.write_tls(&mut sent).unwrap();
                        }
                        sent.extend_from_slice(tail);
                        if tcp.write_all(&sent).is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
    (url, made.cert.pem())
}

#[test]
fn an_answer_counts_whatever_comes_behind_it() {
    let shop = Shop::new(&[]);
    let directory = tempfile::tempdir().unwrap();
    let ca = directory.path().join("ca.pem");
    // Nothing; an alert in plain text; what is no TLS at all; a record that cannot be decrypted.
    let tails: [&[u8]; 4] = [
        b"",
        b"\x15\x03\x03\x00\x02\x02\x28",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"\x17\x03\x03\x00\x14aaaaaaaaaaaaaaaaaaaa",
    ];
    for tail in tails {
        let (url, certificate) = server(tail);
        std::fs::write(&ca, certificate).unwrap();
        let settings = [("endpoint", url.as_str()), ("ca_file", ca.to_str().unwrap())];
        let mut dispatcher = dispatcher(&shop.testbed, "main", &settings);
        for _ in 0..3 {
            let receipt = dispatcher.dispatch(&order(), None, None).unwrap();
            assert_eq!((receipt.status, receipt.attempts), (Some(200), 1), "{tail:?}");
        }
    }
}
