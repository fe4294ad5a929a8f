//! The least that sending an order over TLS can take, for `make bench`: `floor`, one write and one read on a kept connection, by blocking
//! rustls; `hyper`, the same by the HTTP library that the engine stands on. Same protocol as contender.php.
//!
//! Arguments: the way, the file with the order's JSON. From the environment: ENDPOINT, CA, `API_KEY`.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::{
    env, fs,
    io::{BufRead, Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Instant,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use rustix::time::{ClockId, clock_gettime};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

struct Target {
    host: String,
    port: u16,
    path: String,
    key: String,
    tls: Arc<ClientConfig>,
}

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let body = fs::read(&arguments[1]).expect("the order");
    let target = Target::of_environment();
    match arguments[0].as_str() {
        "floor" => {
            let mut send = floor(&target, &body);
            serve(&mut send);
        }
        "hyper" => {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
            let mut connection = runtime.block_on(connect(&target));
            let body = Bytes::from(body);
            serve(&mut || runtime.block_on(ask(&mut connection, &target, &body)));
        }
        other => panic!("no such way: {other}"),
    }
}

/// Does what standard input asks for.
fn serve(send: &mut dyn FnMut()) {
    let used = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    };
    for line in std::io::stdin().lock().lines() {
        let count: usize = line.expect("a line").trim().parse().expect("a number");
        let before = used();
        let times: Vec<String> = (0..count)
            .map(|_| {
                let start = Instant::now();
                send();
                start.elapsed().as_nanos().to_string()
            })
            .collect();
        println!("{{\"times\":[{}],\"cpu\":{}}}", times.join(","), used() - before);
    }
}

impl Target {
    fn of_environment() -> Self {
        let variable = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
        let endpoint: http::Uri = variable("ENDPOINT").parse().expect("a URL");
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(variable("CA")).expect("a certificate")).expect("a root");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            host: endpoint.host().expect("a host").to_owned(),
            port: endpoint.port_u16().expect("a port"),
            path: endpoint.path().to_owned(),
            key: variable("API_KEY"),
            tls: Arc::new(tls),
        }
    }

    fn name(&self) -> ServerName<'static> {
        ServerName::try_from(self.host.clone()).expect("a name")
    }
}

fn floor(target: &Target, body: &[u8]) -> impl FnMut() {
    let socket = TcpStream::connect((target.host.as_str(), target.port)).expect("connect");
    socket.set_nodelay(true).expect("nodelay");
    let connection = ClientConnection::new(Arc::clone(&target.tls), target.name()).expect("tls");
    let mut stream = StreamOwned::new(connection, socket);
    let Target { path, host, port, key, .. } = target;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\nX-API-KEY: {key}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let request = [head.as_bytes(), body].concat();
    let mut answer = vec![0; 65536];
    move || {
        stream.write_all(&request).expect("write");
        let read = stream.read(&mut answer).expect("read");
        assert!(answer[..read].starts_with(b"HTTP/1.1 200"), "the answer");
    }
}

type Connection = hyper::client::conn::http1::SendRequest<Full<Bytes>>;

async fn connect(target: &Target) -> Connection {
    let socket = tokio::net::TcpStream::connect((target.host.as_str(), target.port)).await.expect("connect");
    socket.set_nodelay(true).expect("nodelay");
    let connector = tokio_rustls::TlsConnector::from(Arc::clone(&target.tls));
    let stream = connector.connect(target.name(), socket).await.expect("tls");
    let (sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("http");
    tokio::spawn(connection);
    sender
}

async fn ask(connection: &mut Connection, target: &Target, body: &Bytes) {
    let request = http::Request::post(target.path.as_str())
        .header("host", format!("{}:{}", target.host, target.port))
        .header("content-type", "application/json")
        .header("x-api-key", &target.key)
        .body(Full::new(body.clone()))
        .expect("a request");
    connection.ready().await.expect("ready");
    let answer = connection.send_request(request).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.into_body().collect().await.expect("a body");
}
