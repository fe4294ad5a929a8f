//! What is sent of an order, as often as it is.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use http_body_util::Full;

use super::{IdempotencyKey, Traceparent};
use crate::{
    config::Config,
    transport::{KEY_STAND_IN, Request},
};

/// An order, ready to be sent.
pub(super) struct Parcel<'a> {
    pub(super) config: &'a Config,
    pub(super) json: Bytes,
    pub(super) idempotency_key: &'a IdempotencyKey,
    pub(super) traceparent: Option<&'a Traceparent>,
}

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const ATTEMPT: HeaderName = HeaderName::from_static("secure-dispatch-attempt");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// So many headers are set below, and a few more by hyper.
const HEADERS: usize = 12;

impl Parcel<'_> {
    /// The request of an attempt; hyper takes each away.
    pub(super) fn request(&self, attempt: u32) -> Request {
        let endpoint = &self.config.endpoint;
        let media_type = HeaderValue::from_static("application/json");
        let mut headers = HeaderMap::with_capacity(HEADERS);
        headers.insert(header::HOST, endpoint.host_header().clone());
        let user_agent = HeaderValue::from_static(concat!("secure_dispatch/", env!("CARGO_PKG_VERSION")));
        headers.insert(header::USER_AGENT, user_agent);
        // Before anything that PHP code chooses: an API that echoes so many bytes of a request always cuts the key in the same place.
        headers.insert(&self.config.key_header, HeaderValue::from_static(KEY_STAND_IN));
        headers.insert(header::ACCEPT, media_type.clone());
        // An answer in another coding could hold anything.
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(header::CONTENT_TYPE, media_type);
        headers.insert(IDEMPOTENCY_KEY, self.idempotency_key.header_value().clone());
        headers.insert(ATTEMPT, HeaderValue::from(attempt));
        if let Some(traceparent) = self.traceparent.and_then(Traceparent::header_value) {
            headers.insert(TRACEPARENT, traceparent);
        }
        let mut request = Request::new(Full::new(self.json.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from(endpoint.path().clone());
        *request.headers_mut() = headers;
        request
    }
}
