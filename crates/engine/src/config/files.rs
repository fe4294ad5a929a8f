//! The files that settings name, read at start, while the process may still read what its workers may not.

use std::{
    fs::File,
    io::Read,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    sync::Arc,
};

use rustix::{
    fs::{Access, access},
    process::geteuid,
};

use rustls::{
    RootCertStore,
    crypto::aws_lc_rs::sign::any_supported_type,
    pki_types::{
        CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
        pem::PemObject,
    },
    sign::CertifiedKey,
};

use super::{Problem, SecretBytes};
use crate::{
    key::{OutboxKeys, SecretMemory},
    order::Schema,
};

/// The largest file read. A bundle of all public roots is 0.3 MB.
const MAX_FILE_BYTES: u64 = 8 << 20;

/// Where systems keep their bundle of roots: Debian and Alpine, Fedora and RHEL, openSUSE, older RHEL, FreeBSD. Fixed, so that
/// `SSL_CERT_FILE` and `SSL_CERT_DIR` have no say.
const SYSTEM_ROOTS: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// Our certificate chain, leaf first, and its private key.
pub struct ClientIdentity {
    chain: Vec<CertificateDer<'static>>,
    /// DER, in the form that `kind` says.
    key: SecretMemory,
    kind: PrivateKeyKind,
}

/// The forms of a private key in DER.
#[derive(Clone, Copy)]
enum PrivateKeyKind {
    Pkcs1,
    Sec1,
    Pkcs8,
}

impl ClientIdentity {
    /// Takes the key into memory of its own.
    fn new(chain: Vec<CertificateDer<'static>>, key: &PrivateKeyDer<'static>) -> Option<Self> {
        let kind = match key {
            PrivateKeyDer::Pkcs1(_) => PrivateKeyKind::Pkcs1,
            PrivateKeyDer::Sec1(_) => PrivateKeyKind::Sec1,
            PrivateKeyDer::Pkcs8(_) => PrivateKeyKind::Pkcs8,
            _ => return None,
        };
        Some(Self { chain, key: SecretMemory::new(key.secret_der()).ok()?, kind })
    }

    /// Chain and key as rustls takes them, for one handshake. None: the key is of a kind that is not supported, or not this
    /// certificate's.
    pub(crate) fn certified_key(&self) -> Option<CertifiedKey> {
        let der = self.key.expose();
        // Borrowed, so that no copy of ours is made.
        let key = match self.kind {
            PrivateKeyKind::Pkcs1 => PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(der)),
            PrivateKeyKind::Sec1 => PrivateKeyDer::Sec1(PrivateSec1KeyDer::from(der)),
            PrivateKeyKind::Pkcs8 => PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der)),
        };
        let certified = CertifiedKey::new(self.chain.clone(), any_supported_type(&key).ok()?);
        // A key that cannot say what its public half is (none of ours) would have to be believed.
        certified.keys_match().is_ok().then_some(certified)
    }
}

const CA_FILE: &str = "secure_dispatch.ca_file";

/// The system's bundle of roots.
pub(super) fn system_roots() -> Result<&'static str, Problem> {
    SYSTEM_ROOTS.iter().copied().find(|path| Path::new(path).exists()).ok_or_else(|| {
        Problem::new(
            CA_FILE,
            "is not set and this system has no bundle of root certificates; install the package ca-certificates",
        )
    })
}

/// The roots of `ca_file`, or the system's.
pub(super) fn roots(ca_file: &str) -> Result<Arc<RootCertStore>, Problem> {
    let mut roots = RootCertStore::empty();
    if ca_file.is_empty() {
        // A bundle that others maintain may hold a root that webpki cannot use; the rest still counts.
        roots.add_parsable_certificates(certificates(CA_FILE, system_roots()?)?);
        return Ok(Arc::new(roots));
    }
    for root in certificates(CA_FILE, ca_file)? {
        roots.add(root).map_err(|_| {
            Problem::new(CA_FILE, "has a certificate in it that cannot be read; check its PEM blocks")
        })?;
    }
    Ok(Arc::new(roots))
}

/// The client certificate and its key: both or neither.
pub(super) fn client(cert_file: &str, key_file: &str) -> Result<Option<ClientIdentity>, Problem> {
    const CERT: &str = "secure_dispatch.client_cert_file";
    const KEY: &str = "secure_dispatch.client_key_file";
    match (cert_file, key_file) {
        ("", "") => return Ok(None),
        ("", _) => {
            return Err(Problem::new(CERT, "is not set, though client_key_file is; mutual TLS needs both"));
        }
        (_, "") => {
            return Err(Problem::new(KEY, "is not set, though client_cert_file is; mutual TLS needs both"));
        }
        _ => {}
    }
    let chain = certificates(CERT, cert_file)?;
    let pem = read(KEY, key_file)?;
    let key = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|_| Problem::new(KEY, "holds no unencrypted private key in PEM (PKCS#8, PKCS#1 or SEC1)"))?;
    ClientIdentity::new(chain, &key)
        .filter(|identity| identity.certified_key().is_some())
        .map(Some)
        .ok_or_else(|| {
            Problem::new(
                KEY,
                "does not fit the certificate in client_cert_file, or is of a kind that is not supported",
            )
        })
}

/// The keys of the outbox, if their file is set.
pub(super) fn outbox_keys(file: &str) -> Result<Option<OutboxKeys>, Problem> {
    const SETTING: &str = "secure_dispatch.outbox_key_file";
    if file.is_empty() {
        return Ok(None);
    }
    OutboxKeys::parse(&read(SETTING, file)?).map(Some).ok_or_else(|| {
        Problem::new(
            SETTING,
            "must hold the base64 of 32 bytes, and after it, each on a line of its own, up to 15 older keys that orders may still be sealed \
             with; make one with: openssl rand -base64 32",
        )
    })
}

/// What may leave: the schema in a file, or the built-in one.
pub(super) fn schema(file: &str) -> Result<Arc<Schema>, Problem> {
    const SETTING: &str = "secure_dispatch.schema_file";
    if file.is_empty() {
        return Ok(Arc::new(Schema::built_in()));
    }
    let parsed = Schema::parse(&read(SETTING, file)?);
    parsed.map(Arc::new).map_err(|fault| Problem::new(SETTING, format!("({file}) {fault}")))
}

fn certificates(setting: &'static str, path: &str) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let pem = read(setting, path)?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|_| Problem::new(setting, "is not a PEM file of certificates"))?;
    if certificates.is_empty() {
        return Err(Problem::new(setting, "holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"));
    }
    Ok(certificates)
}

/// Reads a regular file of bounded size, by its absolute path.
pub(super) fn read(setting: &'static str, path: &str) -> Result<SecretBytes, Problem> {
    let path = Path::new(path);
    if !path.is_absolute() {
        return Err(Problem::new(
            setting,
            "must be an absolute path: what a relative one means changes with each PHP server",
        ));
    }
    let fault = |what: String| Problem::new(setting, format!("({}) {what}", path.display()));
    let unreadable = |error: std::io::Error| {
        Problem {
        unreadable: error.kind() == std::io::ErrorKind::PermissionDenied,
        ..fault(match error.kind() {
            std::io::ErrorKind::NotFound => "does not exist".to_owned(),
            std::io::ErrorKind::PermissionDenied => {
                "cannot be read by the user that PHP starts as; php-fpm and Apache start as root, the CLI as whoever calls it".to_owned()
            }
            kind => format!("cannot be read: {kind}"),
        })
    }
    };
    // Before opening: a FIFO would hang PHP's start, a device never end.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(fault("is not a regular file".to_owned()));
    }
    // Room for all of it at once: a buffer that grows leaves unzeroed copies behind.
    let mut content = SecretBytes::new(Vec::new());
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    if length > MAX_FILE_BYTES {
        return Err(fault("is larger than 8 MiB".to_owned()));
    }
    content.reserve_exact(usize::try_from(length).unwrap_or(0) + 1);
    file.take(length).read_to_end(&mut content).map_err(unreadable)?;
    Ok(content)
}

/// A file that holds a secret, and which setting named it.
#[derive(Clone, Debug)]
pub struct SecretFile {
    /// The setting's whole name.
    pub setting: &'static str,
    /// The file.
    pub path: String,
}

impl SecretFile {
    /// Who, other than its owner, may read it by its mode: "others" or "its group".
    #[must_use]
    pub fn readable_by(&self) -> Option<&'static str> {
        match self.mode()? {
            mode if mode & 0o004 != 0 => Some("others"),
            mode if mode & 0o040 != 0 => Some("its group"),
            _ => None,
        }
    }

    /// The permission bits, if the file is there.
    #[must_use]
    pub fn mode(&self) -> Option<u32> {
        std::fs::metadata(&self.path).ok().map(|metadata| metadata.permissions().mode() & 0o7777)
    }

    /// What gives it away to the user that this process runs as now, and so to any PHP code in it: "… the user".
    #[must_use]
    pub fn reached_here(&self) -> Option<&'static str> {
        if access(self.path.as_str(), Access::READ_OK).is_ok() {
            return Some("can be read by");
        }
        // Its owner gives himself leave with chmod.
        if std::fs::metadata(&self.path).is_ok_and(|metadata| metadata.uid() == geteuid().as_raw()) {
            return Some("belongs to");
        }
        let directory = Path::new(&self.path).parent()?;
        access(directory, Access::WRITE_OK).is_ok().then_some("can be replaced by")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault<T>(result: Result<T, Problem>) -> String {
        result.err().map(|problem| problem.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_file_is_absolute_regular_and_there() {
        assert!(fault(read("s", "relative.pem")).contains("absolute path"));
        assert!(fault(read("s", "/no/such")).contains("does not exist"));
        assert!(fault(read("s", "/dev/zero")).contains("not a regular file"));
        assert!(fault(read("s", "/tmp")).contains("not a regular file"));
    }

    #[test]
    fn a_client_identity_is_a_certificate_and_its_own_key() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let one = rcgen::generate_simple_self_signed(["a".to_owned()]).unwrap();
        let other = rcgen::generate_simple_self_signed(["b".to_owned()]).unwrap();
        let cert = write("cert.pem", one.cert.pem());
        let key = write("key.pem", one.signing_key.serialize_pem());
        let other_key = write("other.pem", other.signing_key.serialize_pem());
        assert!(client("", "").unwrap().is_none());
        assert!(client(&cert, &key).unwrap().is_some());
        assert!(fault(client(&cert, "")).contains("needs both"));
        assert!(fault(client("", &key)).contains("needs both"));
        assert!(fault(client(&cert, &other_key)).contains("does not fit"));
        assert!(fault(client(&cert, &cert)).contains("no unencrypted private key"));
        assert!(fault(client(&key, &key)).contains("holds no certificate"));
    }

    #[test]
    fn a_ca_file_holds_certificates_that_can_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        assert!(fault(roots(path.to_str().unwrap())).contains("cannot be read"));
        std::fs::write(&path, "nothing").unwrap();
        assert!(fault(roots(path.to_str().unwrap())).contains("holds no certificate"));
    }
}
