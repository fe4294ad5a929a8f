//! Where requests go: an [`Endpoint`] exists only if it is https, a [`Proxy`] only if it is one that we can speak to.

use http::{HeaderValue, Uri, uri::PathAndQuery};
use rustls::pki_types::ServerName;

use super::Problem;

/// An https URL, taken apart: where to connect, whom to expect there, what to ask for.
#[derive(Debug)]
pub struct Endpoint {
    uri: Uri,
    host: String,
    server_name: ServerName<'static>,
    host_header: HeaderValue,
    path: PathAndQuery,
}

impl Endpoint {
    /// Parses `https://host[:port][/path][?query]`, the scheme in any case.
    ///
    /// # Errors
    /// A [`Problem`] for anything else: another scheme, user and password, a fragment, white space, a host that is neither an
    /// ASCII name nor an IP address. It tells no part of the URL, which can hold a secret.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let problem = |what: &str| Problem::new("secure_dispatch.endpoint", what);
        if text.is_empty() {
            return Err(problem("is not set; set it to the https:// URL that takes the orders"));
        }
        let parts = Authority::parse(text, "https").map_err(|fault| {
            problem(match fault {
                AuthorityFault::Scheme => "must begin with https://; orders and the key are never sent in clear text",
                AuthorityFault::UserInfo => {
                    "has a user name or password in it; take it out: the key comes from api_key_file or another source of its own"
                }
                AuthorityFault::Fragment => "has a fragment (#…), which is never sent to a server; take it out",
                AuthorityFault::Malformed => {
                    "is not a URL; write https://host[:port]/path in ASCII (an internationalised host as xn--…, other characters \
                     percent-encoded)"
                }
            })
        })?;
        let server_name = ServerName::try_from(parts.host.clone())
            .map_err(|_| problem("names a host that is neither a DNS name nor an IP address"))?;
        let authority = parts.uri.authority().map_or("", |authority| authority.as_str());
        // The default port is left out, as RFC 9110, section 4.2.2 asks of a normal form: some servers compare literally.
        let authority = authority.strip_suffix(":443").unwrap_or(authority);
        let host_header = HeaderValue::from_str(authority).map_err(|_| problem("is not a URL"))?;
        let path = parts.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        Ok(Self { uri: parts.uri, host: parts.host, server_name, host_header, path })
    }

    /// The host, for people: a name or an address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.uri.port_u16().unwrap_or(443)
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(crate) fn server_name(&self) -> &ServerName<'static> {
        &self.server_name
    }

    pub(crate) fn host_header(&self) -> &HeaderValue {
        &self.host_header
    }

    pub(crate) fn path(&self) -> &PathAndQuery {
        &self.path
    }
}

/// An HTTP proxy that is asked for a tunnel (CONNECT), so that it sees host and port of the endpoint and nothing else.
#[derive(Debug)]
pub struct Proxy(Uri);

impl Proxy {
    /// Parses `http://host:port`; the empty text is no proxy.
    ///
    /// # Errors
    /// A [`Problem`] for another scheme, a path, or user and password: any PHP code can read this setting.
    pub fn parse(text: &str) -> Result<Option<Self>, Problem> {
        let problem = |what: &str| Problem::new("secure_dispatch.proxy", what);
        if text.is_empty() {
            return Ok(None);
        }
        let parts = Authority::parse(text, "http").map_err(|fault| {
            problem(match fault {
                AuthorityFault::UserInfo => {
                    "has a user name or password in it, which any PHP code could read there; use a proxy that knows this host by its \
                     address"
                }
                _ => "must be http://host:port (what passes through it is TLS all the same)",
            })
        })?;
        if parts.uri.path_and_query().is_some_and(|path| path.as_str() != "/") {
            return Err(problem("must be http://host:port, without a path"));
        }
        Ok(Some(Self(parts.uri)))
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.0
    }
}

enum AuthorityFault {
    Scheme,
    UserInfo,
    Fragment,
    Malformed,
}

/// The checks that endpoint and proxy share.
struct Authority {
    uri: Uri,
    host: String,
}

impl Authority {
    fn parse(text: &str, scheme: &str) -> Result<Self, AuthorityFault> {
        let rest = text
            .split_once("://")
            .filter(|(found, _)| found.eq_ignore_ascii_case(scheme))
            .ok_or(AuthorityFault::Scheme)?
            .1;
        // http::Uri drops a fragment without a word.
        if rest.contains('#') {
            return Err(AuthorityFault::Fragment);
        }
        let authority = rest.split(['/', '?', '\\']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(AuthorityFault::UserInfo);
        }
        let uri: Uri = format!("{scheme}://{rest}").parse().map_err(|_| AuthorityFault::Malformed)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(AuthorityFault::Malformed)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        // "host:" and "host:99999" parse, and then have no port; port 0 cannot be connected to.
        let has_port = uri
            .authority()
            .is_some_and(|authority| authority.as_str().len() > uri.host().map_or(0, str::len));
        if has_port && uri.port_u16().is_none_or(|port| port == 0) {
            return Err(AuthorityFault::Malformed);
        }
        Ok(Self { uri, host })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_https_in_any_case() {
        let endpoint = Endpoint::parse("HTTPS://Api.Example.com:443/v1/orders?shop=1").unwrap();
        assert_eq!(
            (
                endpoint.host(),
                endpoint.port(),
                endpoint.path().as_str(),
                endpoint.host_header().to_str().unwrap()
            ),
            ("Api.Example.com", 443, "/v1/orders?shop=1", "Api.Example.com")
        );
        let v6 = Endpoint::parse("https://[::1]:8443").unwrap();
        assert_eq!((v6.host(), v6.port(), v6.path().as_str()), ("::1", 8443, "/"));
        assert_eq!(v6.host_header().to_str().unwrap(), "[::1]:8443");
    }

    #[test]
    fn anything_else_is_refused_with_its_own_reason() {
        for (text, part) in [
            ("", "not set"),
            ("http://a.example/", "must begin with https://"),
            ("https:/a.example/", "must begin with https://"),
            ("//a.example/", "must begin with https://"),
            ("https://user:pw@a.example/", "user name or password"),
            ("https://a.example/#x", "fragment"),
            ("https://", "not a URL"),
            ("https:///orders", "not a URL"),
            ("https://a.example:0/", "not a URL"),
            ("https://a.example:99999/", "not a URL"),
            ("https://a.example:/", "not a URL"),
            ("https://a b.example/", "not a URL"),
            (" https://a.example/", "must begin with https://"),
            ("https://a.example/\n", "not a URL"),
            ("https://münchen.example/", "not a URL"),
            ("https://-.example/", "neither a DNS name"),
        ] {
            let told = Endpoint::parse(text).unwrap_err().to_string();
            assert!(told.contains(part), "{text:?}: {told}");
        }
    }

    #[test]
    fn a_proxy_is_plain_http_without_a_password() {
        assert!(Proxy::parse("").unwrap().is_none());
        assert!(Proxy::parse("http://proxy.example:3128").unwrap().is_some());
        assert!(Proxy::parse("http://proxy.example:3128/").unwrap().is_some());
        for text in ["https://p:1", "socks5://p:1", "http://u:p@p:1", "http://p:1/x", "p:1"] {
            assert!(Proxy::parse(text).is_err(), "{text}");
        }
    }
}
