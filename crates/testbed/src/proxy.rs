//! An HTTP proxy that opens tunnels, and finds every host on loopback, so that a client can ask for `shop.example.test`
//! without any name server.

use std::{
    io,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

/// What the proxy does with a CONNECT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Opens the tunnel.
    #[default]
    Ok,
    /// Answers 407.
    Authenticate,
    /// Says nothing.
    Hang,
    /// Answers what is not HTTP.
    Garbage,
    /// Ends the connection.
    Close,
}

/// The proxy's port, and what it was asked for.
pub struct Proxy {
    /// Its port.
    pub port: u16,
    state: Mutex<State>,
}

/// What the proxy does and was asked for.
#[derive(Clone, Default, Serialize)]
pub struct State {
    /// What it does.
    pub mode: Mode,
    /// Each request's head, as it came.
    pub requests: Vec<String>,
}

impl Proxy {
    pub(crate) async fn open() -> io::Result<Arc<Self>> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let proxy = Arc::new(Self { port: listener.local_addr()?.port(), state: Mutex::default() });
        let serving = Arc::clone(&proxy);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let proxy = Arc::clone(&serving);
                // A client that goes away is none of the proxy's business.
                tokio::spawn(async move { proxy.serve(stream).await.is_ok() });
            }
        });
        Ok(proxy)
    }

    /// What it does from now on; forgets what it was asked for.
    pub fn set_mode(&self, mode: Mode) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State { mode, requests: Vec::new() };
    }

    /// What it does and was asked for.
    #[must_use]
    pub fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let port = head
            .split_ascii_whitespace()
            .nth(1)
            .and_then(|target| target.rsplit_once(':')?.1.parse::<u16>().ok())
            .ok_or(io::ErrorKind::InvalidInput)?;
        let mode = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.requests.push(head);
            state.mode
        };
        match mode {
            Mode::Ok => {
                let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
                server.set_nodelay(true)?;
                client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
                copy_bidirectional(&mut client, &mut server).await.map(drop)
            }
            Mode::Authenticate => {
                client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n").await
            }
            Mode::Hang => tokio::io::copy(&mut client, &mut tokio::io::sink()).await.map(drop),
            Mode::Garbage => client.write_all(b"220 mail.example.test ESMTP\r\n").await,
            Mode::Close => Ok(()),
        }
    }
}
