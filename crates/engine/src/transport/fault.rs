//! From the libraries' errors to our closed list. Their texts are dropped: they hold addresses, names and bytes of the peer's.

use std::{error::Error as StdError, io};

use rustls::{AlertDescription, CertificateError};

use super::{dns::DnsFault, socket::is_deadline};
use crate::error::{Error, Phase, TlsFault, TransportFault};

/// Why no TCP connection came about.
pub(super) fn while_connecting(error: &(dyn StdError + 'static)) -> TransportFault {
    if find::<DnsFault>(error).is_some() {
        return TransportFault::Dns;
    }
    match io_error(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset) => TransportFault::Refused,
        Some(io::ErrorKind::TimedOut) => TransportFault::TimedOut,
        Some(
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable,
        ) => TransportFault::Unreachable,
        _ => TransportFault::Local,
    }
}

/// Why the proxy opened no tunnel. What went wrong on the way to the proxy itself is told as that.
pub(super) fn in_tunnel(error: &(dyn StdError + 'static)) -> TransportFault {
    match while_connecting(error) {
        TransportFault::Local => TransportFault::Proxy,
        fault => fault,
    }
}

/// A connect(2) that timed out is our deadline's business, whoever's clock it was.
pub(super) fn timed_out_or(fault: TransportFault) -> Error {
    match fault {
        TransportFault::TimedOut => Error::Timeout(Phase::Connecting),
        fault => Error::Transport(fault),
    }
}

/// Why the TLS handshake failed.
pub(super) fn in_handshake(error: &io::Error) -> Error {
    if is_deadline(error) {
        return Error::Timeout(Phase::Connecting);
    }
    Error::Transport(TransportFault::Tls(match find::<rustls::Error>(error) {
        Some(error) => tls(error),
        None => TlsFault::Closed,
    }))
}

/// Why waiting for an open connection's peer ended.
pub(super) fn on_the_wire(error: &io::Error, phase: Phase, is_silent: bool) -> Error {
    if is_deadline(error) { Error::Timeout(phase) } else { in_exchange(error, is_silent) }
}

/// Why an exchange on an open connection ended early. `is_silent`: the server has never sent anything over it.
pub(super) fn in_exchange(error: &(dyn StdError + 'static), is_silent: bool) -> Error {
    let malformed = || {
        // What hyper says of a head, and of a body's chunks; and rustls of records.
        find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse)
            || matches!(
                io_error(error).map(io::Error::kind),
                Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
            )
    };
    Error::Transport(match find::<rustls::Error>(error) {
        // With TLS 1.3 the server judges our certificate after we take the handshake for done, but before it reads any request.
        Some(alert) if is_silent && is_about_our_certificate(alert) => TransportFault::Tls(tls(alert)),
        // After any other it may have taken the order.
        Some(rustls::Error::AlertReceived(_)) => TransportFault::ConnectionLost,
        _ if malformed() => TransportFault::NotHttp,
        _ => TransportFault::ConnectionLost,
    })
}

fn is_about_our_certificate(error: &rustls::Error) -> bool {
    matches!(
        error,
        rustls::Error::AlertReceived(
            AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
                | AlertDescription::AccessDenied
        )
    )
}

fn tls(error: &rustls::Error) -> TlsFault {
    match error {
        rustls::Error::InvalidCertificate(error) => certificate(error),
        rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity,
        )
        | rustls::Error::PeerIncompatible(_) => TlsFault::NoCommonVersion,
        rustls::Error::AlertReceived(_) => TlsFault::Alert,
        _ => TlsFault::NotTls,
    }
}

fn certificate(error: &CertificateError) -> TlsFault {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsFault::NotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsFault::WrongHost
        }
        CertificateError::UnknownIssuer => TlsFault::UnknownIssuer,
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            TlsFault::WrongPurpose
        }
        CertificateError::BadSignature
        | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            TlsFault::WeakOrBadSignature
        }
        CertificateError::ApplicationVerificationFailure => TlsFault::NotPinned,
        _ => TlsFault::BadCertificate,
    }
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// The innermost: hyper-util wraps an `io::Error` in errors of its own, and some of those in an `io::Error` again.
fn io_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a io::Error> {
    chain(error).filter_map(|error| error.downcast_ref()).last()
}

/// An error and its causes. An `io::Error` that only wraps another error is followed into it: its `source` is that error's
/// source, so that the wrapped one itself would be missed.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}
