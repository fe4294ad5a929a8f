//! A new connection: name, TCP, proxy if one is set, TLS. All of it within `connect_timeout_ms`.

use std::{sync::Arc, time::Duration};

use hyper_util::{
    client::legacy::connect::{HttpConnector, proxy::Tunnel},
    rt::TokioIo,
};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tower_service::Service;

use super::{
    Times,
    connection::Connection,
    dns::Resolver,
    fault,
    socket::Socket,
    tls::{self, Witness},
};
use crate::{
    config::Config,
    error::{Error, Phase, TransportFault},
};

/// After this long without a byte the kernel asks the peer whether it is still there.
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);

/// Opens connections to the endpoint.
pub(super) struct Connector {
    config: Arc<Config>,
    tcp: HttpConnector<Resolver>,
    tls: TlsConnector,
}

impl Connector {
    pub(super) fn new(config: &Arc<Config>, witness: Option<Arc<Witness>>) -> Result<Self, Error> {
        let mut tcp = HttpConnector::new_with_resolver(Resolver::new(config.connect_timeout));
        // Its default is to refuse https URLs, since it leaves TLS to its caller: us.
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(TCP_KEEPALIVE));
        // Shared out over a host's addresses, so that one which swallows packets leaves time for the next.
        tcp.set_connect_timeout(Some(config.connect_timeout));
        let tls = tls::client_config(config, witness).ok_or(Error::Internal)?;
        let tls = TlsConnector::from(Arc::new(tls));
        Ok(Self { config: Arc::clone(config), tcp, tls })
    }

    pub(super) async fn connect(&mut self, times: &mut Times) -> Result<Connection, Error> {
        timeout(self.config.connect_timeout, self.open(times))
            .await
            .unwrap_or(Err(Error::Timeout(Phase::Connecting)))
    }

    async fn open(&mut self, times: &mut Times) -> Result<Connection, Error> {
        let begun = Instant::now();
        let tcp = self.tcp().await.map_err(fault::timed_out_or)?;
        let connected = Instant::now();
        times.connect = Some(connected - begun);
        let tls = self.tls(tcp).await?;
        times.tls = Some(connected.elapsed());
        self.over(tls).await
    }

    /// The handshake.
    pub(super) async fn tls(&self, tcp: TcpStream) -> Result<TlsStream<Socket>, Error> {
        let name = self.config.endpoint.server_name().clone();
        let handshake = self.tls.connect(name, Socket::new(tcp)).await;
        handshake.map_err(|error| Error::Transport(fault::in_handshake(&error)))
    }

    /// HTTP over TLS.
    pub(super) async fn over(&self, tls: TlsStream<Socket>) -> Result<Connection, Error> {
        Connection::open(tls, &self.config).await.map_err(|failure| Error::Transport(failure.fault))
    }

    /// A socket: the endpoint's, or a tunnel to it.
    pub(super) async fn tcp(&mut self) -> Result<TcpStream, TransportFault> {
        let uri = self.config.endpoint.uri().clone();
        let Some(proxy) = &self.config.proxy else {
            return self
                .tcp
                .call(uri)
                .await
                .map(TokioIo::into_inner)
                .map_err(|error| fault::while_connecting(&error));
        };
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.tcp.clone());
        tunnel.call(uri).await.map(TokioIo::into_inner).map_err(|error| fault::in_tunnel(&error))
    }
}
