//! Name resolution that a deadline can cut and no environment variable can steer: getaddrinfo(3) blocks its thread for as long
//! as it likes and obeys `RES_OPTIONS`, `LOCALDOMAIN` and `HOSTALIASES`, which any PHP code may set.

use std::{
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use hickory_resolver::{
    TokioResolver,
    config::{ResolverConfig, ResolverOpts},
    net::runtime::TokioRuntimeProvider,
    system_conf::read_system_conf,
};
use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

/// Resolves by `/etc/hosts` and the name servers of `/etc/resolv.conf`. Both are read for each new connection: those are
/// rare, and a worker that lives for weeks must see what the host's operator changes.
#[derive(Clone)]
pub(super) struct Resolver {
    connect_timeout: Duration,
}

/// No address, for whatever reason.
#[derive(Debug, thiserror::Error)]
#[error("the name could not be resolved")]
pub(super) struct DnsFault;

impl Resolver {
    pub(super) fn new(connect_timeout: Duration) -> Self {
        Self { connect_timeout }
    }

    /// The addresses of a name, or of an address written as one.
    pub(super) async fn lookup(self, name: Name) -> Result<std::vec::IntoIter<SocketAddr>, DnsFault> {
        let (config, mut options) = system_configuration();
        // A query that got lost must be asked again while there is time: the system's own default, 5 s, is longer than most
        // connect timeouts.
        options.timeout = options.timeout.min(self.connect_timeout / 3);
        let resolver = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            .with_options(options)
            .build()
            .map_err(|_| DnsFault)?;
        let found = resolver.lookup_ip(name.as_str()).await.map_err(|_| DnsFault)?;
        // The port is the caller's to set.
        let addresses: Vec<_> = found.iter().map(|ip| SocketAddr::new(ip, 0)).collect();
        if addresses.is_empty() { Err(DnsFault) } else { Ok(addresses.into_iter()) }
    }
}

/// What `/etc/resolv.conf` says, or no name server at all: /etc/hosts is enough for many a container.
fn system_configuration() -> (ResolverConfig, ResolverOpts) {
    read_system_conf().unwrap_or_else(|_| (ResolverConfig::default(), ResolverOpts::default()))
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = DnsFault;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(self.clone().lookup(name))
    }
}
