//! HTTP/1.1 on one connection, by hand: no server library can be talked into half an answer.

use std::{collections::BTreeMap, io, sync::atomic::Ordering::Relaxed, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
};

use crate::{
    answer::Answer,
    behaviour::{Behaviour, Ending, Pace, Reading, Shape, Then},
    door::Door,
    record::{Record, Shared},
};

/// A stream over a TCP connection that can be reset.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Wire for tokio_rustls::server::TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

impl Wire for tokio_openssl::SslStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref()
    }
}

const MAX_HEADERS: usize = 100;
const READ_SIZE: usize = 32 << 10;

/// Answers requests until the client or a behaviour ends the connection.
pub(crate) async fn serve(wire: impl Wire, door: &Door, shared: &Shared) -> io::Result<()> {
    let mut connection = Connection {
        wire,
        door,
        shared,
        number: shared.next_connection(),
        received: Vec::with_capacity(READ_SIZE),
    };
    let mut then = Then::Keep;
    while connection.next_request_begins(then).await? {
        match connection.exchange().await? {
            Some(next) => then = next,
            None => return Ok(()),
        }
    }
    Ok(())
}

struct Connection<'a, W> {
    wire: W,
    door: &'a Door,
    shared: &'a Shared,
    number: u64,
    /// What was received and is not used up.
    received: Vec<u8>,
}

/// A request's head.
struct Head {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    /// Bytes, the blank line included.
    length: usize,
}

impl<W: Wire> Connection<'_, W> {
    /// Waits for a request's first byte, idle in the way that the answer before it asked for. False: the connection is over.
    async fn next_request_begins(&mut self, then: Then) -> io::Result<bool> {
        if !self.received.is_empty() {
            return Ok(true);
        }
        let (limit, ending) = match then {
            Then::Keep => (None, Ending::Close),
            Then::End { .. } => (Some(Duration::ZERO), Ending::Close),
            Then::Idle(limit, ending) => (Some(limit), ending),
            Then::Unsolicited(limit) => (Some(limit), Ending::Close),
        };
        let timer = async {
            match limit {
                Some(limit) => sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        let ended = {
            let shared = self.shared;
            tokio::select! {
                biased;
                () = timer => true,
                () = shared.close_idle.notified() => true,
                more = self.receive() => return more,
            }
        };
        if ended {
            if matches!(then, Then::Unsolicited(_)) {
                self.wire
                    .write_all(
                        b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                    )
                    .await?;
            }
            self.end(ending).await?;
        }
        Ok(false)
    }

    /// Receives more; false at the end of the stream.
    async fn receive(&mut self) -> io::Result<bool> {
        self.received.reserve(READ_SIZE);
        let length = self.wire.read_buf(&mut self.received).await?;
        self.door.traffic.app_bytes.fetch_add(length as u64, Relaxed);
        Ok(length > 0)
    }

    /// One request and its answer. None: the connection is over.
    async fn exchange(&mut self) -> io::Result<Option<Then>> {
        let Some(head) = self.head().await? else { return Ok(None) };
        self.door.traffic.requests.fetch_add(1, Relaxed);
        let key = head.headers.get("idempotency-key").cloned();
        let (seq, mut behaviour) = self.shared.begin(&head.path, key.as_deref());
        if behaviour.then == Then::Keep
            && head.headers.get("connection").is_some_and(|value| value == "close")
        {
            behaviour.then = Then::End { announced: true };
        }
        let mut record = Record {
            seq,
            door: self.door.name,
            connection: self.number,
            method: head.method,
            path: head.path,
            headers: head.headers,
            body: String::new(),
            idempotency_key: key,
            replayed: false,
            complete: false,
        };
        if let Some(ending) = behaviour.before {
            self.shared.keep(record);
            return self.end(ending).await.map(|()| None);
        }
        match behaviour.reading {
            Reading::AtOnce => {}
            Reading::After(pause) => sleep(pause).await,
            Reading::Never => {
                let answer = Answer::new(&behaviour, &record);
                self.shared.keep(record);
                self.answer(&behaviour, answer).await?;
                // Not even its end is read.
                return std::future::pending().await;
            }
        }
        let length = record.headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        if record.headers.contains_key("expect") {
            self.wire.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        self.received.drain(..head.length);
        while self.received.len() < length {
            if !self.receive().await? {
                self.shared.keep(record);
                return Ok(None);
            }
        }
        record.body = String::from_utf8_lossy(&self.received[..length]).into_owned();
        record.complete = true;
        self.received.drain(..length);
        if let Some(key) = record.idempotency_key.as_deref()
            && behaviour.takes_the_order()
        {
            record.replayed = self.shared.take(key);
        }
        let answer = Answer::new(&behaviour, &record);
        self.shared.keep(record);
        if let Some(ending) = behaviour.after {
            return self.end(ending).await.map(|()| None);
        }
        if !behaviour.delay.is_zero() {
            sleep(behaviour.delay).await;
        }
        if behaviour.hang {
            while self.receive().await? {
                self.received.clear();
            }
            return Ok(None);
        }
        self.answer(&behaviour, answer).await
    }

    /// Reads a request's head. None: the connection is over.
    async fn head(&mut self) -> io::Result<Option<Head>> {
        loop {
            if let Some(head) = parse(&self.received)? {
                return Ok(Some(head));
            }
            if !self.receive().await? {
                return Ok(None);
            }
        }
    }

    async fn answer(&mut self, behaviour: &Behaviour, answer: Answer) -> io::Result<Option<Then>> {
        let Answer { head, body } = answer;
        match behaviour.shape {
            Shape::Whole | Shape::Chunked => {
                self.paced(behaviour.pace, &head, &body).await?;
                if matches!(behaviour.then, Then::End { .. }) {
                    return self.end(Ending::Close).await.map(|()| None);
                }
                Ok(Some(behaviour.then))
            }
            Shape::Http10 => {
                self.paced(behaviour.pace, &head, &body).await?;
                self.end(Ending::Close).await.map(|()| None)
            }
            Shape::Half(ending) => {
                self.paced(behaviour.pace, &head, &body[..body.len() / 2]).await?;
                self.end(ending).await.map(|()| None)
            }
            Shape::HalfHead(ending) => {
                self.paced(behaviour.pace, &head[..head.len() / 2], b"").await?;
                self.end(ending).await.map(|()| None)
            }
            Shape::Raw(ref bytes) => {
                self.paced(behaviour.pace, bytes, b"").await?;
                self.end(Ending::Close).await.map(|()| None)
            }
            Shape::Endless => {
                self.wire.write_all(&head).await?;
                self.without_end(&format!("2000\r\n{}\r\n", "x".repeat(0x2000))).await
            }
            Shape::EndlessHead => {
                self.wire.write_all(b"HTTP/1.1 200 Testbed\r\n").await?;
                self.without_end(&format!("X-Filler: {}\r\n", "x".repeat(0x400))).await
            }
        }
    }

    async fn without_end(&mut self, piece: &str) -> io::Result<Option<Then>> {
        loop {
            self.wire.write_all(piece.as_bytes()).await?;
            self.wire.flush().await?;
            tokio::task::yield_now().await;
        }
    }

    async fn paced(&mut self, pace: Pace, head: &[u8], body: &[u8]) -> io::Result<()> {
        match pace {
            Pace::Once => self.write(&[head, body].concat()).await,
            Pace::Split(pause) => {
                self.write(head).await?;
                sleep(pause).await;
                self.write(body).await
            }
            Pace::Drops(pause) => {
                for byte in head.iter().chain(body) {
                    self.write(&[*byte]).await?;
                    sleep(pause).await;
                }
                Ok(())
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.write_all(bytes).await?;
        self.wire.flush().await
    }

    /// Ends the connection; dropping it afterwards is what sends FIN or RST.
    async fn end(&mut self, ending: Ending) -> io::Result<()> {
        match ending {
            Ending::Close => self.wire.shutdown().await,
            Ending::Fin => Ok(()),
            Ending::Reset => self.wire.tcp().set_zero_linger(),
        }
    }
}

fn parse(received: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = request.parse(received).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let mut map = BTreeMap::<String, String>::new();
    for header in request.headers.iter() {
        let value = String::from_utf8_lossy(header.value);
        map.entry(header.name.to_ascii_lowercase())
            .and_modify(|known| {
                known.push_str(", ");
                known.push_str(&value);
            })
            .or_insert_with(|| value.to_string());
    }
    let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
    Ok(Some(Head { method: text(request.method), path: text(request.path), headers: map, length }))
}
