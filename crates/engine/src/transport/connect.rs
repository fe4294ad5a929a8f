//! A new connection: name, TCP, proxy if one is set, TLS. All of it within `connect_timeout_ms`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hyper_util::{
    client::legacy::connect::{HttpConnector, proxy::Tunnel},
    rt::TokioIo,
};
use rustls::{ClientConfig, ClientConnection};
use tokio::{net::TcpStream, time::timeout_at};
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
    tls: Arc<ClientConfig>,
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
        Ok(Self { config: Arc::clone(config), tcp, tls: Arc::new(tls) })
    }

    /// Not later than `deadline` either.
    pub(super) fn connect(&self, deadline: Instant, times: &mut Times) -> Result<Connection, Error> {
        let begun = Instant::now();
        let deadline = deadline.min(begun + self.config.connect_timeout);
        let socket = self.tcp(deadline)?;
        let connected = Instant::now();
        times.connect = Some(connected - begun);
        let (tls, socket) = self.tls(socket, deadline)?;
        times.tls = Some(connected.elapsed());
        Connection::open(tls, socket, &self.config)
    }

    /// A socket: the endpoint's, or a tunnel to it.
    pub(super) fn tcp(&self, deadline: Instant) -> Result<Socket, Error> {
        on_runtime(deadline, async {
            let tcp = self.open().await.map_err(fault::timed_out_or)?;
            Socket::new(tcp).map_err(|_| Error::Transport(TransportFault::Local))
        })
    }

    async fn open(&self) -> Result<TcpStream, TransportFault> {
        let uri = self.config.endpoint.uri().clone();
        let mut tcp = self.tcp.clone();
        let connected = match &self.config.proxy {
            None => tcp.call(uri).await.map_err(|error| fault::while_connecting(&error)),
            Some(proxy) => {
                let mut tunnel = Tunnel::new(proxy.uri().clone(), tcp);
                tunnel.call(uri).await.map_err(|error| fault::in_tunnel(&error))
            }
        };
        connected.map(TokioIo::into_inner)
    }

    /// The handshake.
    pub(super) fn tls(&self, socket: Socket, deadline: Instant) -> Result<(ClientConnection, Socket), Error> {
        let name = self.config.endpoint.server_name().clone();
        let mut tls = ClientConnection::new(Arc::clone(&self.tls), name).map_err(|_| Error::Internal)?;
        tls.complete_io(&mut socket.until(deadline)).map_err(|error| fault::in_handshake(&error))?;
        Ok((tls, socket))
    }
}

/// Runs what the libraries that look up names and connect can only do on a runtime. It lives no longer than that, and so does what
/// they leave running there.
pub(super) fn on_runtime<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|_| Error::Transport(TransportFault::Local))?;
    runtime.block_on(async {
        timeout_at(deadline.into(), work).await.unwrap_or(Err(Error::Timeout(Phase::Connecting)))
    })
}
