//! Secrets in memory: where they come from, to which origins they may be sent, and how they are kept out of texts.

mod header;
mod name;
mod origin;
mod redact;

pub use name::SecretName;
pub use origin::Origin;
pub use redact::{Redactor, SECRET_CHARS_MIN};

use crate::error::HostError;
use crate::files::warn_if_open;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A secret in memory. It is never printed, and is overwritten when it is dropped.
///
/// Copies in the buffers of a connection that sends it are not overwritten.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A secret with this text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// A secret as a person or a file gives it, without white space around it. `None` if it is empty, too long, more
    /// than one word, or not ASCII.
    pub fn checked(text: &str) -> Option<Self> {
        let secret = text.trim();
        let fits = !secret.is_empty() && secret.len() as u64 <= SECRET_BYTES_MAX;
        (fits && secret.chars().all(|c| c.is_ascii_graphic())).then(|| Self::new(secret.to_owned()))
    }

    /// The text of the secret, for the code that sends or compares it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Largest secret, in bytes; a token has about a hundred.
pub const SECRET_BYTES_MAX: u64 = 16 * 1024;

/// Where a secret comes from: `store`, `env:NAME` or `file:PATH`.
///
/// A secret in the store is bound to the origins for which it was entered. The other two sources name something on the
/// operator's machine, in the same configuration as the URL to which the secret is sent. Whoever applies the
/// configuration decides both, so only the local operator may use them (see `AppliedBy` of the configuration).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SecretSource {
    /// The secret store in the control database, filled by `hibob secret set`.
    Store,
    /// An environment variable.
    Env(String),
    /// A file, whose first line is the secret.
    File(PathBuf),
}

impl TryFrom<String> for SecretSource {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "store" => Ok(Self::Store),
            Some(("env", name)) if !name.is_empty() => Ok(Self::Env(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            // The text may be the secret itself, so the message does not repeat it.
            _ => Err("a secret is named as store, env:NAME or file:PATH, and never written here itself".to_owned()),
        }
    }
}

impl From<SecretSource> for String {
    fn from(source: SecretSource) -> Self {
        source.to_string()
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store => f.write_str("store"),
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

impl SecretSource {
    /// Makes the path of a `file:` source absolute: a relative one counts from `base`.
    #[must_use]
    pub fn resolved(self, base: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(base.join(path)),
            Self::Env(_) | Self::Store => self,
        }
    }

    /// Reads a secret from an environment variable or a file.
    ///
    /// # Errors
    /// The secret is missing or malformed; the error names the tenant and the setting. A source `store` is an error
    /// too, since only the secret store can read it.
    pub fn read(&self, tenant: &str, setting: &str) -> Result<Secret, HostError> {
        let wrong = |what: String| {
            HostError::configuration(
                format!("tenant {tenant}: {setting} is {self}, {what}"),
                "put the secret there, or correct the tenant's file and apply it again",
            )
        };
        let text = Zeroizing::new(match self {
            Self::Store => return Err(wrong("which only the store can read".to_owned())),
            Self::Env(name) => {
                std::env::var(name).map_err(|_| wrong("and that environment variable is not set".to_owned()))?
            }
            Self::File(path) => {
                let size =
                    std::fs::metadata(path).map_err(|error| wrong(format!("which cannot be read: {error}")))?.len();
                if size > SECRET_BYTES_MAX {
                    return Err(wrong(format!("which has {size} bytes; a secret has at most {SECRET_BYTES_MAX}")));
                }
                warn_if_open(path);
                std::fs::read_to_string(path).map_err(|error| wrong(format!("which cannot be read: {error}")))?
            }
        });
        let wrong = || wrong("which is empty, more than one line, or not plain ASCII".to_owned());
        Secret::checked(&text).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_back_as_it_was_written_and_a_secret_is_no_source() {
        for text in ["store", "env:TOKEN", "file:/a/b:c"] {
            assert_eq!(SecretSource::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        for text in ["", "s3cr3t", "s3cr3t:x", "store:", "Store", "env:", "file:"] {
            assert!(!SecretSource::try_from(text.to_owned()).unwrap_err().contains("s3cr3t"));
        }
        let resolved = |source: SecretSource| source.resolved(Path::new("/etc")).to_string();
        assert_eq!(resolved(SecretSource::File("token".into())), "file:/etc/token");
        assert_eq!(resolved(SecretSource::Store), "store");
    }

    #[test]
    fn a_secret_is_one_line_and_is_never_printed() {
        assert_eq!(Secret::checked(" tok-en\n").unwrap().reveal(), "tok-en");
        let long = "x".repeat(SECRET_BYTES_MAX as usize + 1);
        for text in ["", " \n", "a b", "two\nlines", "tökén", long.as_str()] {
            assert!(Secret::checked(text).is_none(), "{text}");
        }
        let secret = Secret::new("tok-en".to_owned());
        assert!(!format!("{secret:?} {:#?}", Some(&secret)).contains("tok"));
    }
}
