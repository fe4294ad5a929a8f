//! The doors: one port for each kind of TLS that a client should accept, and for each that it must refuse.

use std::{
    collections::BTreeMap,
    error::Error,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use openssl::{
    pkey::PKey,
    ssl::{Ssl, SslAcceptor, SslMethod, SslVersion},
    x509::X509,
};
use rustls::{
    RootCertStore, ServerConfig, SupportedProtocolVersion,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_openssl::SslStream;
use tokio_rustls::TlsAcceptor;

use crate::{
    certificates::{Authority, Identity},
    connection,
    record::{Shared, Traffic},
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// One port.
pub struct Door {
    /// Its name.
    pub name: &'static str,
    /// The host that a client is to ask for; all are on loopback.
    pub host: &'static str,
    /// Its port; stays when the door is shut and opened again.
    pub port: u16,
    /// Base64 of the SHA-256 of its public key, as `pinned_spki` takes it; empty without TLS.
    pub spki_sha256: String,
    /// What came through.
    pub traffic: Traffic,
    front: Front,
    open: watch::Sender<bool>,
}

/// What a client meets there.
enum Front {
    Rustls(TlsAcceptor),
    Openssl(SslAcceptor),
    /// Plain HTTP.
    Plaintext,
    /// Takes the connection and says nothing.
    Hang,
    /// Reads the `ClientHello`, then RST.
    Reset,
    /// Reads the `ClientHello`, then answers nonsense.
    Garbage,
}

/// All doors, not listening yet.
pub(crate) struct Blueprint {
    name: &'static str,
    host: &'static str,
    spki_sha256: String,
    front: Front,
}

const ALL: &[&SupportedProtocolVersion] = rustls::ALL_VERSIONS;
const TLS12: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];
const TLS13: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

/// The host of the wildcard door.
const WILDCARD_HOST: &str = "shop.example.test";

pub(crate) fn blueprints(ca: &Authority, other: &Authority) -> Result<Vec<Blueprint>> {
    let good = ca.server()?;
    let modern = |name, identity: Identity| rustls_door(name, "localhost", &identity, ALL, None);
    Ok(vec![
        // To be accepted.
        rustls_door("main", "localhost", &good, ALL, None)?,
        modern("rsa", ca.rsa()?)?,
        modern("ecdsa", ca.p384()?)?,
        modern("chain", ca.chained()?)?,
        modern("expires_soon", ca.expires_soon()?)?,
        rustls_door("wildcard", WILDCARD_HOST, &ca.named("*.example.test")?, ALL, None)?,
        rustls_door("tls12", "localhost", &good, TLS12, None)?,
        rustls_door("tls13", "localhost", &good, TLS13, None)?,
        rustls_door("mtls", "localhost", &good, ALL, Some(ca))?,
        rustls_door("mtls12", "localhost", &good, TLS12, Some(ca))?,
        // To be refused.
        modern("expired", ca.expired()?)?,
        modern("not_yet_valid", ca.not_yet_valid()?)?,
        modern("wrong_host", ca.named("other.example.test")?)?,
        modern("cn_only", ca.common_name_only()?)?,
        modern("unknown_ca", other.server()?)?,
        modern("self_signed", Authority::self_signed()?)?,
        modern("missing_intermediate", ca.missing_intermediate()?)?,
        modern("leaf_as_ca", ca.leaf_as_ca()?)?,
        modern("name_constraints", ca.outside_name_constraints()?)?,
        modern("client_eku", ca.client()?)?,
        openssl_door("sha1", &ca.sha1()?, SslVersion::TLS1_2, SslVersion::TLS1_3, "DEFAULT@SECLEVEL=0")?,
        openssl_door(
            "rsa1024",
            &ca.rsa1024()?,
            SslVersion::TLS1_2,
            SslVersion::TLS1_3,
            "DEFAULT@SECLEVEL=0",
        )?,
        openssl_door("tls10", &good, SslVersion::TLS1, SslVersion::TLS1, "ALL@SECLEVEL=0")?,
        openssl_door("tls11", &good, SslVersion::TLS1_1, SslVersion::TLS1_1, "ALL@SECLEVEL=0")?,
        openssl_door(
            "cbc_only",
            &good,
            SslVersion::TLS1_2,
            SslVersion::TLS1_2,
            "ECDHE-ECDSA-AES128-SHA@SECLEVEL=0",
        )?,
        bare("plaintext", Front::Plaintext),
        bare("handshake_hang", Front::Hang),
        bare("handshake_reset", Front::Reset),
        bare("handshake_garbage", Front::Garbage),
    ])
}

fn bare(name: &'static str, front: Front) -> Blueprint {
    Blueprint { name, host: "localhost", spki_sha256: String::new(), front }
}

fn rustls_door(
    name: &'static str,
    host: &'static str,
    identity: &Identity,
    versions: &[&'static SupportedProtocolVersion],
    clients: Option<&Authority>,
) -> Result<Blueprint> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions)?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(ca) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(ca.pem().as_bytes())?)?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_single_cert(identity.chain.clone(), identity.key.clone_key())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Blueprint {
        name,
        host,
        spki_sha256: spki_sha256(identity)?,
        front: Front::Rustls(Arc::new(config).into()),
    })
}

fn openssl_door(
    name: &'static str,
    identity: &Identity,
    min: SslVersion,
    max: SslVersion,
    ciphers: &str,
) -> Result<Blueprint> {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    acceptor.set_min_proto_version(Some(min))?;
    acceptor.set_max_proto_version(Some(max))?;
    acceptor.set_cipher_list(ciphers)?;
    acceptor.set_private_key(PKey::private_key_from_der(identity.key.secret_der())?.as_ref())?;
    for (depth, certificate) in identity.chain.iter().enumerate() {
        let certificate = X509::from_der(certificate)?;
        if depth == 0 {
            acceptor.set_certificate(&certificate)?;
        } else {
            acceptor.add_extra_chain_cert(certificate)?;
        }
    }
    Ok(Blueprint {
        name,
        host: "localhost",
        spki_sha256: spki_sha256(identity)?,
        front: Front::Openssl(acceptor.build()),
    })
}

fn spki_sha256(identity: &Identity) -> Result<String> {
    let leaf = identity.chain.first().ok_or("a chain has a leaf")?;
    let spki = X509::from_der(leaf)?.public_key()?.public_key_to_der()?;
    Ok(BASE64_STANDARD.encode(::aws_lc_rs::digest::digest(&::aws_lc_rs::digest::SHA256, &spki)))
}

/// Opens every door on a free port and serves it until the runtime ends.
pub(crate) async fn open(
    blueprints: Vec<Blueprint>,
    shared: &Arc<Shared>,
) -> io::Result<BTreeMap<&'static str, Arc<Door>>> {
    let mut doors = BTreeMap::new();
    for Blueprint { name, host, spki_sha256, front } in blueprints {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let open = watch::Sender::new(true);
        let door = Arc::new(Door { name, host, port, spki_sha256, traffic: Traffic::default(), front, open });
        tokio::spawn(listen(listener, Arc::clone(&door), Arc::clone(shared)));
        doors.insert(name, door);
    }
    Ok(doors)
}

impl Door {
    /// Shuts the port, so that connecting is refused, or opens it again.
    pub fn set_open(&self, open: bool) {
        self.open.send_replace(open);
    }

    /// The URL of a path behind this door.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("https://{}:{}{path}", self.host, self.port)
    }
}

async fn listen(listener: TcpListener, door: Arc<Door>, shared: Arc<Shared>) {
    let mut open = door.open.subscribe();
    let mut listener = Some(listener);
    loop {
        let Some(listening) = listener.as_ref().filter(|_| *open.borrow_and_update()) else {
            listener = None;
            if open.wait_for(|open| *open).await.is_err() {
                return;
            }
            // The port can be in use for a moment by an outgoing connection of another process.
            while listener.is_none() {
                listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, door.port))).await.ok();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            continue;
        };
        tokio::select! {
            accepted = listening.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let (door, shared) = (Arc::clone(&door), Arc::clone(&shared));
                tokio::spawn(async move {
                    door.traffic.connections.fetch_add(1, Relaxed);
                    // A client that goes away is none of the API's business.
                    let _ = enter(stream, &door, &shared).await;
                });
            }
            _ = open.changed() => {}
        }
    }
}

async fn enter(mut stream: TcpStream, door: &Door, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match &door.front {
        Front::Rustls(acceptor) => {
            let stream = acceptor.accept(stream).await?;
            door.traffic.handshakes.fetch_add(1, Relaxed);
            connection::serve(stream, door, shared).await
        }
        Front::Openssl(acceptor) => {
            let ssl = Ssl::new(acceptor.context())?;
            let mut stream = SslStream::new(ssl, stream)?;
            std::pin::Pin::new(&mut stream).accept().await.map_err(io::Error::other)?;
            door.traffic.handshakes.fetch_add(1, Relaxed);
            connection::serve(stream, door, shared).await
        }
        Front::Plaintext => plaintext(stream, door).await,
        Front::Hang => drain(stream).await,
        Front::Reset => {
            client_hello(&mut stream).await?;
            stream.set_zero_linger()
        }
        Front::Garbage => {
            client_hello(&mut stream).await?;
            stream.write_all(b"SSH-2.0-not_what_you_wanted\r\n\0\xff\xfe\x01").await?;
            drain(stream).await
        }
    }
}

/// An HTTP server without TLS: what is not a `ClientHello` counts as HTTP.
async fn plaintext(mut stream: TcpStream, door: &Door) -> io::Result<()> {
    const TLS_HANDSHAKE: u8 = 0x16;
    let first = client_hello(&mut stream).await?;
    if first.first() != Some(&TLS_HANDSHAKE) {
        door.traffic.app_bytes.fetch_add(first.len() as u64, Relaxed);
        door.traffic.requests.fetch_add(1, Relaxed);
    }
    stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await?;
    stream.shutdown().await?;
    drain(stream).await
}

async fn client_hello(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut first = vec![0; 4096];
    let length = stream.read(&mut first).await?;
    first.truncate(length);
    Ok(first)
}

/// Reads and forgets until the client ends the connection.
async fn drain(mut stream: TcpStream) -> io::Result<()> {
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(drop)
}
