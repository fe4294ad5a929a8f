//! An answer's bytes, as a behaviour wants them.

use std::fmt::Write;

use serde_json::json;

use crate::{
    behaviour::{Behaviour, Body, Shape, Then},
    record::Record,
};

/// An answer's bytes, whole.
pub(crate) struct Answer {
    pub(crate) head: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(behaviour: &Behaviour, request: &Record) -> Self {
        let body = match behaviour.status {
            204 | 304 => Vec::new(),
            _ => body(behaviour, request),
        };
        let head = head(behaviour, request, body.len()).unwrap_or_default().into_bytes();
        Self { head, body: if behaviour.shape == Shape::Chunked { chunked(&body) } else { body } }
    }
}

fn body(behaviour: &Behaviour, request: &Record) -> Vec<u8> {
    match &behaviour.body {
        Body::Ok => {
            json!({ "ok": true, "id": request.seq, "replayed": request.replayed }).to_string().into_bytes()
        }
        Body::Echo => json!({
            "method": request.method, "path": request.path, "headers": request.headers, "body": request.body,
        })
        .to_string()
        .into_bytes(),
        Body::Text(text) => text.clone(),
        Body::Size(size) => vec![b'x'; *size],
    }
}

fn head(behaviour: &Behaviour, request: &Record, length: usize) -> Result<String, std::fmt::Error> {
    let mut head = String::new();
    if behaviour.informational {
        head.push_str("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n");
    }
    let version = if behaviour.shape == Shape::Http10 { "1.0" } else { "1.1" };
    write!(head, "HTTP/{version} {} {}\r\n", behaviour.status, behaviour.reason)?;
    head.push_str("Content-Type: application/json\r\n");
    match behaviour.shape {
        Shape::Chunked | Shape::Endless => head.push_str("Transfer-Encoding: chunked\r\n"),
        Shape::Http10 => {}
        _ if behaviour.status == 204 => {}
        _ => write!(head, "Content-Length: {length}\r\n")?,
    }
    if behaviour.then == (Then::End { announced: true }) {
        head.push_str("Connection: close\r\n");
    }
    if behaviour.huge_head > 0 {
        write!(head, "X-Filler: {}\r\n", "x".repeat(behaviour.huge_head))?;
    }
    for (name, value) in &behaviour.headers {
        write!(head, "{name}: {value}\r\n")?;
    }
    if behaviour.echo_headers {
        for (name, value) in &request.headers {
            write!(head, "X-Echo-{name}: {value}\r\n")?;
        }
    }
    head.push_str("\r\n");
    Ok(head)
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let mut chunks = Vec::new();
    // An empty chunk would be the last one.
    for chunk in body.chunks(0x1000) {
        chunks.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunks.extend_from_slice(chunk);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    chunks
}
