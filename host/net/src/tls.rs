//! TLS through rustls, which trusts the platform's certificates and those that the operator adds.

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// The platform's certificates, read once. It is no error if there are none: connections to stand-ins on this machine
/// use no TLS.
static PLATFORM: LazyLock<Vec<CertificateDer<'static>>> = LazyLock::new(|| {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!("a certificate of the platform cannot be read: {error}");
    }
    found.certs
});

/// How many certificates of authorities this machine has that servers can be checked with.
pub fn platform_certificates() -> usize {
    RootCertStore::empty().add_parsable_certificates(PLATFORM.iter().cloned()).0
}

/// Reads the certificates in `network.ca_file` (PEM), which are trusted beside the platform's.
///
/// # Errors
/// The file cannot be read, is not PEM, or has no certificate or one that cannot be read.
pub fn ca_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |what: String| format!("network.ca_file is {}: {what}", path.display());
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
    let certificates: Result<Vec<_>, _> = certificates.collect();
    let certificates = certificates.map_err(|error| wrong(error.to_string()))?;
    match RootCertStore::empty().add_parsable_certificates(certificates.iter().cloned()) {
        (0, 0) => Err(wrong("it has no certificate in PEM (-----BEGIN CERTIFICATE-----)".to_owned())),
        (_, 0) => Ok(certificates),
        (_, broken) => Err(wrong(format!("{broken} of its {} certificates cannot be read", certificates.len()))),
    }
}

/// The TLS configuration of connections. The certificates in `ca_file` (PEM) are trusted beside the platform's.
///
/// # Errors
/// The file cannot be read, or has no certificate.
pub fn config(ca_file: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(PLATFORM.iter().cloned());
    if let Some(path) = ca_file {
        roots.add_parsable_certificates(ca_certificates(path)?);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth())
}
