//! Whom we speak TLS to: chain, name and, if set, pinned key. There is no setting that turns any of it off.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use ::aws_lc_rs::digest::{SHA256, digest};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::{
        ResolvesClientCert, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
    sign::CertifiedKey,
};

use crate::config::Config;

/// TLS 1.2 and 1.3, HTTP/1.1 by ALPN, no key log, no early data.
///
/// `witness`: who is told of the certificates that servers show. Nothing else depends on it.
pub(super) fn client_config(config: &Arc<Config>, witness: Option<Arc<Witness>>) -> Option<ClientConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = verifier(config, &provider, witness)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?
        // rustls calls every verifier of one's own dangerous. Ours asks rustls' own first and can only refuse more.
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut tls = builder.with_client_cert_resolver(Arc::new(ClientCertificate(Arc::clone(config))));
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(tls)
}

/// Shows our certificate to servers that ask for one. The private key is taken out of its memory for one handshake at a time; what
/// aws-lc makes of it is zeroed when that is over.
struct ClientCertificate(Arc<Config>);

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCertificate")
    }
}

impl ResolvesClientCert for ClientCertificate {
    fn resolve(
        &self,
        _root_hint_subjects: &[&[u8]],
        schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        let certified = self.0.client.as_ref()?.certified_key()?;
        certified.key.choose_scheme(schemes)?;
        Some(Arc::new(certified))
    }

    fn has_certs(&self) -> bool {
        self.0.client.is_some()
    }
}

/// Sees the certificates that a server shows, refused ones too, of which rustls itself tells nobody. The doctor asks it.
#[derive(Debug, Default)]
pub(super) struct Witness(Mutex<Vec<CertificateDer<'static>>>);

impl Witness {
    /// The server's certificate, and what it sent along.
    pub(super) fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn sees(&self, end_entity: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) {
        let shown = std::iter::once(end_entity).chain(intermediates);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            shown.map(|certificate| certificate.clone().into_owned()).collect();
    }
}

fn verifier(
    config: &Config,
    provider: &Arc<CryptoProvider>,
    witness: Option<Arc<Witness>>,
) -> Option<Arc<dyn ServerCertVerifier>> {
    let chain = WebPkiServerVerifier::builder_with_provider(Arc::clone(&config.roots), Arc::clone(provider))
        .build()
        .ok()?;
    if config.pinned_spki.is_empty() && witness.is_none() {
        return Some(chain);
    }
    Some(Arc::new(StricterVerifier { chain, pins: config.pinned_spki.clone(), witness }))
}

/// Demands one of the pinned public keys, if there are any, after the chain was found good.
#[derive(Debug)]
struct StricterVerifier {
    chain: Arc<WebPkiServerVerifier>,
    pins: Vec<[u8; 32]>,
    witness: Option<Arc<Witness>>,
}

impl ServerCertVerifier for StricterVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(witness) = &self.witness {
            witness.sees(end_entity, intermediates);
        }
        let verified =
            self.chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        let spki = ParsedCertificate::try_from(end_entity)?.subject_public_key_info();
        // RFC 7469, section 2.4: SHA-256 of the DER SubjectPublicKeyInfo.
        let hash = digest(&SHA256, &spki);
        if self.pins.is_empty() || self.pins.iter().any(|pin| pin == hash.as_ref()) {
            Ok(verified)
        } else {
            // rustls itself never makes this one: it is there for verifiers like ours, and `fault` reads it as "not pinned".
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}
