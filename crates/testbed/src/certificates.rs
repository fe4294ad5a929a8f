//! The testbed's own CA and every certificate that its doors show, made at start and never written but for the CA's and the
//! client's.

use std::error::Error;

use openssl::{
    asn1::Asn1Time,
    bn::BigNum,
    hash::MessageDigest,
    pkey::{PKey, Private},
    rsa::Rsa,
    x509::{X509, X509Builder, X509Name, extension::SubjectAlternativeName},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PKCS_ECDSA_P384_SHA384,
    PKCS_RSA_SHA256,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};

/// A chain, leaf first, and the leaf's private key.
pub struct Identity {
    /// Leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// PKCS#8.
    pub key: PrivateKeyDer<'static>,
}

/// A CA, made anew at every start.
pub struct Authority {
    ca: CertifiedIssuer<'static, KeyPair>,
}

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The names of a server on loopback.
const LOOPBACK: [&str; 2] = ["localhost", "127.0.0.1"];

impl Authority {
    /// A root CA.
    pub fn new(name: &str) -> Result<Self> {
        Ok(Self { ca: CertifiedIssuer::self_signed(authority(name), KeyPair::generate()?)? })
    }

    /// The root's certificate.
    pub fn pem(&self) -> String {
        self.ca.pem()
    }

    /// What a good server has: ECDSA P-256.
    pub fn server(&self) -> Result<Identity> {
        issue(&self.ca, &leaf(&LOOPBACK)?, &KeyPair::generate()?)
    }

    /// RSA, 2048 bits.
    pub fn rsa(&self) -> Result<Identity> {
        issue(&self.ca, &leaf(&LOOPBACK)?, &KeyPair::generate_for(&PKCS_RSA_SHA256)?)
    }

    /// ECDSA P-384.
    pub fn p384(&self) -> Result<Identity> {
        issue(&self.ca, &leaf(&LOOPBACK)?, &KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?)
    }

    /// For the named host instead of loopback.
    pub fn named(&self, host: &str) -> Result<Identity> {
        issue(&self.ca, &leaf(&[host])?, &KeyPair::generate()?)
    }

    /// Signed by an intermediate, which is sent along.
    pub fn chained(&self) -> Result<Identity> {
        let intermediate = self.intermediate(authority("Testbed intermediate"))?;
        issue_through(&intermediate, &leaf(&LOOPBACK)?)
    }

    /// Signed by an intermediate, which is kept back.
    pub fn missing_intermediate(&self) -> Result<Identity> {
        let mut identity = self.chained()?;
        identity.chain.truncate(1);
        Ok(identity)
    }

    /// Signed by a certificate that is no CA.
    pub fn leaf_as_ca(&self) -> Result<Identity> {
        let intermediate = self.intermediate(leaf(&["leaf.example.test"])?)?;
        issue_through(&intermediate, &leaf(&LOOPBACK)?)
    }

    /// Signed by an intermediate that may sign for another domain only.
    pub fn outside_name_constraints(&self) -> Result<Identity> {
        let mut params = authority("Testbed constrained intermediate");
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("permitted.example.test".to_owned())],
            excluded_subtrees: Vec::new(),
        });
        issue_through(&self.intermediate(params)?, &leaf(&LOOPBACK)?)
    }

    /// Past its time since yesterday.
    pub fn expired(&self) -> Result<Identity> {
        let mut params = leaf(&LOOPBACK)?;
        params.not_before = OffsetDateTime::now_utc() - Duration::days(30);
        params.not_after = OffsetDateTime::now_utc() - Duration::days(1);
        issue(&self.ca, &params, &KeyPair::generate()?)
    }

    /// For ten days more.
    pub fn expires_soon(&self) -> Result<Identity> {
        let mut params = leaf(&LOOPBACK)?;
        params.not_after = OffsetDateTime::now_utc() + Duration::days(10) + Duration::hours(1);
        issue(&self.ca, &params, &KeyPair::generate()?)
    }

    /// Valid from tomorrow.
    pub fn not_yet_valid(&self) -> Result<Identity> {
        let mut params = leaf(&LOOPBACK)?;
        params.not_before = OffsetDateTime::now_utc() + Duration::days(1);
        issue(&self.ca, &params, &KeyPair::generate()?)
    }

    /// Named by its common name only, as before 2000.
    pub fn common_name_only(&self) -> Result<Identity> {
        let mut params = leaf(&[])?;
        params.distinguished_name = name("localhost");
        issue(&self.ca, &params, &KeyPair::generate()?)
    }

    /// For clients.
    pub fn client(&self) -> Result<Identity> {
        let mut params = leaf(&LOOPBACK)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        issue(&self.ca, &params, &KeyPair::generate()?)
    }

    /// Signed by itself.
    pub fn self_signed() -> Result<Identity> {
        let key = KeyPair::generate()?;
        Ok(Identity { chain: vec![leaf(&LOOPBACK)?.self_signed(&key)?.into()], key: private(&key)? })
    }

    /// Signed with SHA-1.
    pub fn sha1(&self) -> Result<Identity> {
        self.with_openssl(
            &PKey::private_key_from_der(KeyPair::generate()?.serialized_der())?,
            MessageDigest::sha1(),
        )
    }

    /// With an RSA key of 1024 bits.
    pub fn rsa1024(&self) -> Result<Identity> {
        self.with_openssl(&PKey::from_rsa(Rsa::generate(1024)?)?, MessageDigest::sha256())
    }

    fn intermediate(&self, params: CertificateParams) -> Result<CertifiedIssuer<'static, KeyPair>> {
        Ok(CertifiedIssuer::signed_by(params, KeyPair::generate()?, &self.ca)?)
    }

    /// A certificate that rcgen will not make, good but for its key or its signature.
    fn with_openssl(&self, key: &PKey<Private>, digest: MessageDigest) -> Result<Identity> {
        let root = X509::from_der(self.ca.der())?;
        let root_key = PKey::private_key_from_der(self.ca.key().serialized_der())?;
        let mut subject = X509Name::builder()?;
        subject.append_entry_by_text("CN", "Testbed weak leaf")?;
        let mut builder = X509Builder::new()?;
        builder.set_version(2)?;
        let serial = BigNum::from_u32(1)?.to_asn1_integer()?;
        builder.set_serial_number(&serial)?;
        builder.set_subject_name(&subject.build())?;
        builder.set_issuer_name(root.subject_name())?;
        let (start, end) = (Asn1Time::days_from_now(0)?, Asn1Time::days_from_now(30)?);
        builder.set_not_before(&start)?;
        builder.set_not_after(&end)?;
        builder.set_pubkey(key)?;
        let names = SubjectAlternativeName::new()
            .dns(LOOPBACK[0])
            .ip(LOOPBACK[1])
            .build(&builder.x509v3_context(Some(&root), None))?;
        builder.append_extension(names)?;
        builder.sign(&root_key, digest)?;
        Ok(Identity {
            chain: vec![CertificateDer::from(builder.build().to_der()?)],
            key: PrivateKeyDer::try_from(key.private_key_to_pkcs8()?)?,
        })
    }
}

fn issue(issuer: &Issuer<'_, KeyPair>, params: &CertificateParams, key: &KeyPair) -> Result<Identity> {
    Ok(Identity { chain: vec![params.signed_by(key, issuer)?.into()], key: private(key)? })
}

fn issue_through(
    intermediate: &CertifiedIssuer<'_, KeyPair>,
    params: &CertificateParams,
) -> Result<Identity> {
    let mut identity = issue(intermediate, params, &KeyPair::generate()?)?;
    identity.chain.push(intermediate.der().clone());
    Ok(identity)
}

fn private(key: &KeyPair) -> Result<PrivateKeyDer<'static>> {
    Ok(PrivateKeyDer::try_from(key.serialize_der())?)
}

fn authority(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn leaf(hosts: &[&str]) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(hosts.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    params.distinguished_name = name("Testbed leaf");
    params.use_authority_key_identifier_extension = true;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

fn name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}
