//! The way to the endpoint step by step, for the doctor: each step is the dispatches' own, and takes `connect_timeout_ms` at most.

use std::{future::Future, net::IpAddr, sync::Arc};

use rustls::{ProtocolVersion, pki_types::CertificateDer};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};

use super::{Answer, Request, Times, Transport, dns::Resolver, fault, tls::Witness};
use crate::{
    config::Config,
    error::{Error, Phase, TransportFault},
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
    pub(crate) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Error> {
        let no_address = |_| Error::Transport(TransportFault::Dns);
        // It is made of any text.
        let name = host.parse().map_err(|_| Error::Internal)?;
        let lookup = Resolver::new(self.config.connect_timeout).lookup(name);
        let found = self.in_time(async { lookup.await.map_err(no_address) }).await?;
        Ok(found.map(|address| address.ip()).collect())
    }

    /// Opens a socket to the endpoint, through the proxy if there is one.
    pub(crate) async fn tcp(&mut self) -> Result<TcpStream, Error> {
        let limit = self.config.connect_timeout;
        let tcp = async { self.transport.connector.tcp().await.map_err(fault::timed_out_or) };
        timeout(limit, tcp).await.unwrap_or(Err(Error::Timeout(Phase::Connecting)))
    }

    /// Speaks TLS over it, and keeps the connection for [`Self::send`].
    pub(crate) async fn tls(&mut self, tcp: TcpStream) -> Result<Option<ProtocolVersion>, Error> {
        let connector = &self.transport.connector;
        let handshake = async {
            let tls = connector.tls(tcp).await?;
            let version = tls.get_ref().1.protocol_version();
            Ok((version, connector.over(tls).await?))
        };
        let (version, connection) = self.in_time(handshake).await?;
        self.transport.kept = Some(connection);
        Ok(version)
    }

    /// What the server showed, whether that was found good or not: its certificate first.
    pub(crate) fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.witness.chain()
    }

    /// Sends a request as a dispatch is sent, within `timeout_ms`. It is in nobody's counters.
    pub(crate) async fn send(&mut self, request: Request) -> Result<Answer, Error> {
        let deadline = Instant::now() + self.config.timeout;
        let (counters, mut times) = (Counters::default(), Times::default());
        let answer = self.transport.send(request, deadline, &counters, &mut times).await;
        answer.map_err(|failure| failure.error)
    }

    async fn in_time<T>(&self, step: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        timeout(self.config.connect_timeout, step).await.unwrap_or(Err(Error::Timeout(Phase::Connecting)))
    }
}
