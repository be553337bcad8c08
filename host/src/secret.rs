//! Secrets: where they come from, and how they are kept from being seen.

mod redact;

pub use redact::Redactor;

use crate::error::HostError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A secret in memory: never printed, overwritten when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps a secret.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, for the one place that sends it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Largest secret file, in bytes; a token has about a hundred.
const SECRET_BYTES_MAX: u64 = 16 * 1024;

/// Where a secret comes from: `env:NAME` or `file:PATH`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file, whose first line is the secret.
    File(PathBuf),
}

impl TryFrom<String> for SecretSource {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Ok(Self::Env(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            // What stands there may be the secret itself, so it is not repeated.
            _ => Err("a secret is named as env:NAME or file:PATH, and never written here itself".to_owned()),
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
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

impl SecretSource {
    /// The same source, with a path that does not depend on the current directory.
    #[must_use]
    pub fn resolved(self, base: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(base.join(path)),
            Self::Env(name) => Self::Env(name),
        }
    }

    /// Reads the secret.
    ///
    /// # Errors
    /// It is not there, empty, or more than a line; the error names the tenant and the setting.
    pub fn read(&self, tenant: &str, setting: &str) -> Result<Secret, HostError> {
        let wrong = |what: String| {
            HostError::configuration(
                format!("tenant {tenant}: {setting} is {self}, {what}"),
                "put the secret there, or correct the tenant's file and apply it again",
            )
        };
        let text = Zeroizing::new(match self {
            Self::Env(name) => {
                std::env::var(name).map_err(|_| wrong("and that environment variable is not set".to_owned()))?
            }
            Self::File(path) => {
                let size =
                    std::fs::metadata(path).map_err(|error| wrong(format!("which cannot be read: {error}")))?.len();
                if size > SECRET_BYTES_MAX {
                    return Err(wrong(format!("which has {size} bytes; a secret has at most {SECRET_BYTES_MAX}")));
                }
                std::fs::read_to_string(path).map_err(|error| wrong(format!("which cannot be read: {error}")))?
            }
        });
        let secret = text.trim();
        if secret.is_empty() || !secret.chars().all(|c| c.is_ascii_graphic()) {
            return Err(wrong("which is empty, more than one line, or not plain ASCII".to_owned()));
        }
        Ok(Secret::new(secret.to_owned()))
    }
}
