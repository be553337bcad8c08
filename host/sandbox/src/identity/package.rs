//! A plugin's bytes and the signature beside them, which are read once.

use hibob_base::digest::Digest;
use hibob_base::error::HostError;
use hibob_base::files::read_at_most;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// Largest plugin, in bytes. The built-in one has about one million.
pub const PLUGIN_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Largest signature file, in bytes; one has about 300.
const SIGNATURE_BYTES_MAX: u64 = 8 * 1024;

/// The built-in plugin's digest.
static EMBEDDED: LazyLock<Digest> = LazyLock::new(|| Digest::of(hibob_connector_component::COMPONENT));

/// A plugin's bytes as they were read, and the signature if there is one. Nothing is checked yet.
#[derive(Clone)]
pub struct Package {
    name: String,
    bytes: Arc<[u8]>,
    digest: Digest,
    signature: Option<String>,
}

impl Package {
    /// A plugin with these bytes. `name` is for messages; `signature` is the content of a minisign signature file.
    pub fn new(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>, signature: Option<String>) -> Self {
        let bytes = bytes.into();
        let digest = Digest::of(&bytes);
        Self { name: name.into(), bytes, digest, signature }
    }

    /// The plugin that this program was built with.
    pub fn embedded() -> Self {
        let bytes = hibob_connector_component::COMPONENT.into();
        Self { name: "the built-in plugin".to_owned(), bytes, digest: *EMBEDDED, signature: None }
    }

    /// Reads a plugin's file, and the signature beside it if there is one.
    ///
    /// # Errors
    /// One of the files cannot be read or is too large.
    pub fn read(path: &Path) -> Result<Self, HostError> {
        let mut package = Self::read_unsigned(path)?;
        let beside = signature_path(path);
        if !matches!(beside.try_exists(), Ok(false)) {
            let remedy = "sign the plugin again: hibob plugin sign FILE.wasm --key KEYFILE";
            let text = read(&beside, SIGNATURE_BYTES_MAX, remedy)?;
            package.signature = Some(String::from_utf8_lossy(&text).into_owned());
        }
        Ok(package)
    }

    /// Reads a plugin's file without a signature, in order to sign it.
    pub(super) fn read_unsigned(path: &Path) -> Result<Self, HostError> {
        let bytes = read(path, PLUGIN_BYTES_MAX, "name a .wasm file that exists")?;
        Ok(Self::new(path.display().to_string(), bytes, None))
    }

    /// The name that messages use.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The component's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The signature file's text, if there is one.
    pub(super) fn signature(&self) -> Option<&str> {
        self.signature.as_deref()
    }

    /// Whether these are the built-in plugin's bytes.
    pub(super) fn is_embedded(&self) -> bool {
        self.digest == *EMBEDDED
    }
}

/// The path of a plugin's signature: beside the plugin, with `.minisig` at its end, as minisign names it.
pub fn signature_path(plugin: &Path) -> PathBuf {
    let mut name = plugin.as_os_str().to_owned();
    name.push(".minisig");
    PathBuf::from(name)
}

/// Reads a whole file of at most `bytes_max` bytes. `remedy` is that of the error.
pub(super) fn read(path: &Path, bytes_max: u64, remedy: &str) -> Result<Vec<u8>, HostError> {
    let wrong = |what: String| HostError::configuration(format!("{} {what}", path.display()), remedy);
    let bytes = read_at_most(path, bytes_max).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    bytes.ok_or_else(|| wrong(format!("is larger than {bytes_max} bytes")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_as_text_reads_back() {
        let digest = Digest::of(b"abc");
        assert!(digest.to_string().starts_with("sha256:ba7816bf"), "{digest}");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        for text in ["sha256:ba78", "ba7816bf", "md5:ba7816bf", ""] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_file_is_read_up_to_a_size() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [0; 11]).unwrap();
        assert_eq!(read(file.path(), 11, "").unwrap().len(), 11);
        assert!(read(file.path(), 10, "").unwrap_err().to_string().contains("larger than 10 bytes"));
    }
}
