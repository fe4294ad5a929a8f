//! A third-party HTTPS API that can misbehave in every way that matters: for tests, the demo and the benchmark.
//!
//! # Layout
//!
//! * [`door`]: its ports, one for each kind of TLS that a client should accept or must refuse;
//! * `certificates`: its CA and what the doors show;
//! * `connection`, `answer`: HTTP/1.1 by hand on each connection;
//! * [`behaviour`]: what a request is answered with, in words;
//! * [`record`]: what was asked, and which rules say what to do;
//! * [`proxy`]: an HTTP proxy to reach the doors through;
//! * `control`: all of it over HTTP, for tests in other languages.
//!
//! It runs on a thread of its own for as long as its [`Testbed`] lives; everything is on loopback, on free ports.
#![forbid(unsafe_code)]

mod answer;
pub mod behaviour;
mod certificates;
mod connection;
mod control;
pub mod door;
pub mod proxy;
pub mod record;

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
};

use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::{
    behaviour::Behaviour,
    certificates::Authority,
    door::Door,
    proxy::Proxy,
    record::{Record, Selector, Shared},
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How many requests are kept.
const KEEP: usize = 20_000;

/// A running testbed; stops when dropped.
pub struct Testbed {
    api: Arc<Api>,
    control: u16,
    dir: TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// What the control API shares with the Rust one.
pub(crate) struct Api {
    pub(crate) shared: Arc<Shared>,
    pub(crate) doors: BTreeMap<&'static str, Arc<Door>>,
    pub(crate) proxy: Arc<Proxy>,
}

impl Testbed {
    /// Makes the certificates, opens the doors.
    ///
    /// # Errors
    /// No port, no descriptor, no directory.
    pub fn start() -> Result<Self> {
        let ca = Authority::new("Testbed CA")?;
        let dir = tempfile::Builder::new().prefix("testbed-").tempdir()?;
        write_identity(&ca, dir.path())?;
        let other = Authority::new("Another CA")?;
        fs::write(dir.path().join("other_ca.pem"), other.pem())?;
        let blueprints = door::blueprints(&ca, &other)?;
        let (opened, ready) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("testbed".to_owned())
            .spawn(move || run(blueprints, &opened, stopped))?;
        let (api, control) = ready.recv()??;
        Ok(Self { api, control, dir, stop: Some(stop), thread: Some(thread) })
    }

    /// The PEM file of the CA's certificate.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// The PEM files of a client's certificate and key, as the door `mtls` demands.
    #[must_use]
    pub fn client_files(&self) -> (PathBuf, PathBuf) {
        (self.dir.path().join("client.pem"), self.dir.path().join("client.key"))
    }

    /// A door by its name.
    ///
    /// # Panics
    /// When there is none of this name: the test is wrong.
    #[must_use]
    pub fn door(&self, name: &str) -> &Door {
        self.api.doors.get(name).unwrap_or_else(|| panic!("no door {name}"))
    }

    /// The proxy.
    #[must_use]
    pub fn proxy(&self) -> &Proxy {
        &self.api.proxy
    }

    /// What to do with some requests.
    ///
    /// # Panics
    /// When the behaviour cannot be parsed: the test is wrong.
    pub fn rule(&self, selector: Selector, behaviour: &str) {
        let parsed: Behaviour = behaviour.parse().unwrap_or_else(|fault| panic!("{behaviour}: {fault}"));
        self.api.shared.rule(selector, parsed);
    }

    /// The requests so far, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Record> {
        self.api.shared.requests(0)
    }

    /// The idempotency keys of the orders taken, in the sequence in which they were taken.
    #[must_use]
    pub fn taken_keys(&self) -> Vec<String> {
        self.api.shared.taken_keys(0)
    }

    /// Forgets rules and records.
    pub fn reset(&self) {
        self.api.shared.reset();
    }

    /// Ends every idle connection.
    pub fn close_idle(&self) {
        self.api.shared.close_idle.notify_waiters();
    }

    /// What a program in another language needs to know.
    #[must_use]
    pub fn description(&self) -> Value {
        let doors: serde_json::Map<_, _> = self
            .api
            .doors
            .iter()
            .map(|(name, door)| {
                (
                    (*name).to_owned(),
                    json!({ "host": door.host, "port": door.port, "spki_sha256": door.spki_sha256 }),
                )
            })
            .collect();
        let (client_cert, client_key) = self.client_files();
        json!({
            "ca": self.ca_file(),
            "other_ca": self.dir.path().join("other_ca.pem"),
            "client_cert": client_cert,
            "client_key": client_key,
            "control": format!("http://127.0.0.1:{}", self.control),
            "proxy": format!("http://127.0.0.1:{}", self.api.proxy.port),
            "doors": doors,
        })
    }
}

impl Drop for Testbed {
    fn drop(&mut self) {
        // Both fail only when the thread is gone already.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
}

type Opened = Result<(Arc<Api>, u16)>;

fn run(blueprints: Vec<door::Blueprint>, opened: &mpsc::Sender<Opened>, stopped: oneshot::Receiver<()>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(opened.send(Err(error.into()))),
    };
    runtime.block_on(async move {
        let opening = open(blueprints).await;
        let failed = opening.is_err();
        if opened.send(opening).is_ok() && !failed {
            // An error means that the Testbed is gone, which is as good.
            let _ = stopped.await;
        }
    });
}

async fn open(blueprints: Vec<door::Blueprint>) -> Opened {
    let shared = Arc::new(Shared::new(KEEP));
    let doors = door::open(blueprints, &shared).await?;
    let api = Arc::new(Api { shared, doors, proxy: Proxy::open().await? });
    let control = control::open(Arc::clone(&api)).await?;
    Ok((api, control))
}

fn write_identity(ca: &Authority, dir: &Path) -> Result<()> {
    fs::write(dir.join("ca.pem"), ca.pem())?;
    let client = ca.client()?;
    let leaf = client.chain.first().ok_or("a chain has a leaf")?;
    fs::write(dir.join("client.pem"), openssl::x509::X509::from_der(leaf)?.to_pem()?)?;
    let PrivateKeyDer::Pkcs8(key) = &client.key else { return Err("rcgen's keys are PKCS#8".into()) };
    let key = openssl::pkey::PKey::private_key_from_pkcs8(key.secret_pkcs8_der())?;
    fs::write(dir.join("client.key"), key.private_key_to_pem_pkcs8()?)?;
    Ok(())
}
