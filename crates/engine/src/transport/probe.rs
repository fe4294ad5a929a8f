//! The way to the endpoint step by step, for the doctor: each step is the dispatches' own, and takes `connect_timeout_ms` at most.

use std::{net::IpAddr, sync::Arc, time::Instant};

use rustls::{ProtocolVersion, pki_types::CertificateDer};

use super::{
    Answer, Request, Times, Transport, connect::on_runtime, connection::Connection, dns::Resolver,
    socket::Socket, tls::Witness,
};
use crate::{
    config::Config,
    error::{Error, TransportFault},
    shared::Counters,
};

/// A way that is looked at. The steps are to be taken in their sequence.
pub(crate) struct Probe {
    config: Arc<Config>,
    transport: Transport,
    witness: Arc<Witness>,
}

impl Probe {
    pub(crate) fn new(config: &Arc<Config>) -> Result<Self, Error> {
        let witness = Arc::<Witness>::default();
        let transport = Transport::watched(config, Some(Arc::clone(&witness)))?;
        Ok(Self { config: Arc::clone(config), transport, witness })
    }

    /// What the resolver finds for a host.
    pub(crate) fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Error> {
        // It is made of any text.
        let name = host.parse().map_err(|_| Error::Internal)?;
        let lookup = Resolver::new(self.config.connect_timeout).lookup(name);
        let found = on_runtime(self.step(), async {
            lookup.await.map_err(|_| Error::Transport(TransportFault::Dns))
        })?;
        Ok(found.map(|address| address.ip()).collect())
    }

    /// Opens a socket to the endpoint, through the proxy if there is one.
    pub(crate) fn tcp(&self) -> Result<Socket, Error> {
        self.transport.connector.tcp(self.step())
    }

    /// Speaks TLS over it, and keeps the connection for [`Self::send`].
    pub(crate) fn tls(&mut self, socket: Socket) -> Result<Option<ProtocolVersion>, Error> {
        let (tls, socket) = self.transport.connector.tls(socket, self.step())?;
        let version = tls.protocol_version();
        self.transport.kept = Some(Connection::open(tls, socket, &self.config)?);
        Ok(version)
    }

    /// What the server showed, whether that was found good or not: its certificate first.
    pub(crate) fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.witness.chain()
    }

    /// Sends a request as a dispatch is sent, within `timeout_ms`. It is in nobody's counters.
    pub(crate) fn send(&mut self, request: Request) -> Result<Answer, Error> {
        let deadline = Instant::now() + self.config.timeout;
        let (counters, mut times) = (Counters::default(), Times::default());
        let answer = self.transport.send(request, deadline, &counters, &mut times);
        answer.map_err(|failure| failure.error)
    }

    /// When a step that begins now is to be over.
    fn step(&self) -> Instant {
        Instant::now() + self.config.connect_timeout
    }
}
