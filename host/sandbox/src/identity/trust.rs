//! Which plugins are trusted: pinned digests and public keys, in a file of the data directory.

use crate::identity::key::PublicKey;
use crate::identity::package::Package;
use hibob_base::digest::Digest;
use hibob_base::error::HostError;
use hibob_base::files::write_private;
use hibob_base::private_folder::{Others, PrivateFolder};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io::Read;

/// The file's name in the data directory.
const FILE: &str = "trusted-plugins.toml";

/// Largest such file, in bytes. It has room for about ten thousand entries.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Why a plugin is trusted, or why it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Its bytes are those of the built-in plugin.
    BuiltIn,
    /// Its digest is pinned.
    Pinned,
    /// A trusted key has signed it.
    Signed {
        /// The key's number.
        key: String,
        /// The comment that is signed too, for people to read.
        comment: String,
    },
    /// None of these.
    Unknown {
        /// Why the plugin is not trusted.
        why: String,
    },
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("trusted: the built-in plugin"),
            Self::Pinned => f.write_str("trusted: its digest is pinned"),
            Self::Signed { key, comment } => {
                write!(f, "trusted: signed by key {key} ({})", comment.replace('\t', ", "))
            }
            Self::Unknown { why } => write!(f, "not trusted: {why}"),
        }
    }
}

impl Identity {
    /// Whether the plugin may be loaded.
    pub fn is_trusted(&self) -> bool {
        !matches!(self, Self::Unknown { .. })
    }
}

/// The plugins that a host trusts. It always trusts the built-in one.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    keys: Vec<PublicKey>,
    digests: BTreeSet<Digest>,
    unsigned: bool,
}

/// What a plugin lacks to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    /// There is no signature.
    NoSignature,
    /// No trusted key has the number in the signature.
    OtherKey,
    /// The signature is in the name of a trusted key, and of other bytes: the file or the signature was changed.
    Changed,
    /// The signature has another form.
    NotOfMinisign,
}

impl Flaw {
    fn why(self) -> &'static str {
        match self {
            Self::NoSignature => "its digest is not pinned, and there is no signature beside it",
            Self::OtherKey => "its digest is not pinned, and its signature is by a key that is not trusted",
            Self::Changed => "the signature beside it does not fit its bytes",
            Self::NotOfMinisign => "the file beside it is not a signature of minisign's present form",
        }
    }

    /// What to do about the plugin with this digest. Nobody is told to trust bytes that a trusted maker has not signed.
    fn remedy(self, digest: Digest) -> String {
        match self {
            Self::Changed => {
                "do not use this file: it, or its signature, was changed after a trusted key had signed it, or \
                              was cut off on its way; get both from the maker again, and find out who could write here"
                    .to_owned()
            }
            Self::NoSignature | Self::OtherKey | Self::NotOfMinisign => format!(
                "if you know where it is from, trust its maker's key (hibob plugin trust KEYFILE.pub) or this file alone (hibob plugin trust {digest}); --allow-unsigned loads it this once"
            ),
        }
    }
}

/// A plugin that is trusted, or that the operator allows without trust. Only [`Trust::admit`] makes it.
pub struct Admitted {
    pub(crate) package: Package,
    /// Why it is trusted, or why not.
    pub(crate) identity: Identity,
}

impl Admitted {
    /// Why it is trusted, or why not.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

impl Trust {
    /// The built-in plugin, and nothing else.
    pub fn built_in() -> Self {
        Self::default()
    }

    /// Admits plugins that are not trusted, too. For development only.
    #[must_use]
    pub fn or_unsigned(mut self) -> Self {
        self.unsigned = true;
        self
    }

    /// The trusted keys.
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// The pinned digests.
    pub fn digests(&self) -> impl Iterator<Item = Digest> {
        self.digests.iter().copied()
    }

    /// Why a plugin is trusted, or why not.
    pub fn identify(&self, package: &Package) -> Identity {
        self.judge(package).unwrap_or_else(|flaw| Identity::Unknown { why: flaw.why().to_owned() })
    }

    /// Why a plugin is trusted, or what it lacks.
    fn judge(&self, package: &Package) -> Result<Identity, Flaw> {
        if package.is_embedded() {
            return Ok(Identity::BuiltIn);
        }
        if self.digests.contains(&package.digest()) {
            return Ok(Identity::Pinned);
        }
        let signature = package.signature().ok_or(Flaw::NoSignature)?;
        use minisign_verify::Error;
        let mut flaw = Flaw::OtherKey;
        for key in &self.keys {
            flaw = match key.verify(package.bytes(), signature) {
                Ok(comment) => return Ok(Identity::Signed { key: key.id().to_owned(), comment }),
                Err(Error::UnexpectedKeyId) => continue,
                Err(Error::InvalidSignature) => Flaw::Changed,
                Err(_) => Flaw::NotOfMinisign,
            };
        }
        Err(flaw)
    }

    /// Admits a plugin if it is trusted, or, with a warning in the log, if plugins without trust are allowed.
    ///
    /// # Errors
    /// The plugin is not trusted.
    pub fn admit(&self, package: Package) -> Result<Admitted, HostError> {
        let flaw = match self.judge(&package) {
            Ok(identity) => return Ok(Admitted { package, identity }),
            Err(flaw) => flaw,
        };
        let (name, digest, why) = (package.name(), package.digest(), flaw.why());
        if !self.unsigned {
            return Err(HostError::Untrusted {
                message: format!("the plugin {name} is not trusted: {why} ({digest})"),
                remedy: flaw.remedy(digest),
            });
        }
        tracing::warn!(plugin = name, %digest, "loading a plugin that is not trusted (--allow-unsigned): {why}");
        Ok(Admitted { package, identity: Identity::Unknown { why: why.to_owned() } })
    }
}

/// The file that lists what is trusted.
#[derive(Clone, Debug)]
pub struct TrustFile {
    folder: PrivateFolder,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Content {
    keys: Vec<String>,
    digests: Vec<String>,
}

impl TrustFile {
    /// The file of a data directory. If it does not exist, only the built-in plugin is trusted.
    pub fn of(data_dir: impl Into<PrivateFolder>) -> Self {
        Self { folder: data_dir.into() }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// The file cannot be read, has a wrong entry, is a link or another user's, or can be written by others than its
    /// owner.
    pub fn read(&self) -> Result<Trust, HostError> {
        let path = self.folder.path().join(FILE);
        let wrong = |what: String, remedy: &str| HostError::configuration(format!("{} {what}", path.display()), remedy);
        let advice = "then look what it lists: whoever can write it could have made any plugin trusted";
        let Some(file) = self.folder.open(FILE, Others::Read, advice)? else { return Ok(Trust::default()) };
        let remedy = "correct it, or remove it and trust again: hibob plugin trust KEYFILE.pub";
        let mut text = String::new();
        let read = file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text);
        read.map_err(|error| wrong(format!("cannot be read: {error}"), remedy))?;
        if text.len() as u64 > FILE_BYTES_MAX {
            return Err(wrong(format!("is larger than {FILE_BYTES_MAX} bytes"), remedy));
        }
        let content: Content =
            toml::from_str(&text).map_err(|error| wrong(format!("cannot be read: {error}"), remedy))?;
        let keys: Result<Vec<_>, _> = content.keys.iter().map(|key| PublicKey::parse(key)).collect();
        let digests: Result<BTreeSet<_>, _> = content.digests.iter().map(|digest| digest.parse()).collect();
        Ok(Trust {
            keys: keys.map_err(|what| wrong(format!("lists a key that {what}"), remedy))?,
            digests: digests.map_err(|what: String| wrong(format!("lists a wrong digest: {what}"), remedy))?,
            unsigned: false,
        })
    }

    /// Trusts a key. Returns false if it was trusted before.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn add_key(&self, key: &PublicKey) -> Result<bool, HostError> {
        self.change(|trust| {
            let new = !trust.keys.contains(key);
            if new {
                trust.keys.push(key.clone());
            }
            new
        })
    }

    /// Pins a digest. Returns false if it was pinned before.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn add_digest(&self, digest: Digest) -> Result<bool, HostError> {
        self.change(|trust| trust.digests.insert(digest))
    }

    /// Stops trusting the key with this number. Returns false if it was not trusted.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn remove_key(&self, id: &str) -> Result<bool, HostError> {
        self.change(|trust| {
            let before = trust.keys.len();
            trust.keys.retain(|key| !key.id().eq_ignore_ascii_case(id));
            trust.keys.len() < before
        })
    }

    /// Removes a pinned digest. Returns false if it was not pinned.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn remove_digest(&self, digest: Digest) -> Result<bool, HostError> {
        self.change(|trust| trust.digests.remove(&digest))
    }

    /// Changes the file. The folder is locked, so that processes change it one after the other.
    fn change(&self, change: impl FnOnce(&mut Trust) -> bool) -> Result<bool, HostError> {
        let failed =
            |error: std::io::Error| HostError::Storage(format!("{}: {error}", self.folder.path().join(FILE).display()));
        let folder = File::open(self.folder.path()).map_err(failed)?;
        folder.lock().map_err(failed)?;
        let mut trust = self.read()?;
        let changed = change(&mut trust);
        if changed {
            let content = Content {
                keys: trust.keys.iter().map(|key| key.text().to_owned()).collect(),
                digests: trust.digests.iter().map(ToString::to_string).collect(),
            };
            let text = toml::to_string(&content).map_err(|error| HostError::Storage(error.to_string()))?;
            write_private(&self.folder.path().join(FILE), text.as_bytes()).map_err(failed)?;
        }
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::key::{new_key, sign};
    use std::os::unix::fs::PermissionsExt;

    fn unknown(trust: &Trust, package: &Package) -> String {
        match trust.identify(package) {
            Identity::Unknown { why } => why,
            identity => panic!("{identity}"),
        }
    }

    #[test]
    fn a_pin_or_a_signature_makes_trust_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let file = TrustFile::of(folder.path());
        let (plugin, key, other) =
            (folder.path().join("p.wasm"), folder.path().join("key"), folder.path().join("other"));
        std::fs::write(&plugin, b"plugin").unwrap();
        let (public, _) = new_key(&key, None).unwrap();
        let (strange, _) = new_key(&other, None).unwrap();
        let package = || Package::read(&plugin).unwrap();
        assert!(unknown(&file.read().unwrap(), &package()).contains("no signature beside it"));
        assert!(file.read().unwrap().admit(package()).is_err());
        assert!(file.read().unwrap().or_unsigned().admit(package()).is_ok());
        assert_eq!(file.read().unwrap().identify(&Package::embedded()), Identity::BuiltIn);

        assert!(file.add_digest(package().digest()).unwrap() && !file.add_digest(package().digest()).unwrap());
        assert_eq!(file.read().unwrap().identify(&package()), Identity::Pinned);
        assert!(file.remove_digest(package().digest()).unwrap() && !file.remove_digest(package().digest()).unwrap());

        sign(&plugin, &key, None, 1).unwrap();
        file.add_key(&strange).unwrap();
        assert!(unknown(&file.read().unwrap(), &package()).contains("a key that is not trusted"));
        assert!(file.add_key(&public).unwrap() && !file.add_key(&public).unwrap());
        let trust = file.read().unwrap();
        assert!(matches!(trust.identify(&package()), Identity::Signed { key, .. } if key == public.id()));
        std::fs::write(&plugin, b"Plugin").unwrap();
        assert!(unknown(&trust, &package()).contains("does not fit its bytes"));
        let remedy = trust.admit(package()).err().unwrap().remedy();
        assert!(
            remedy.contains("do not use") && !remedy.contains("plugin trust") && !remedy.contains("--allow"),
            "{remedy}"
        );
        std::fs::write(crate::identity::signature_path(&plugin), b"nonsense").unwrap();
        assert!(unknown(&trust, &package()).contains("not a signature"));
        assert!(file.remove_key(&public.id().to_lowercase()).unwrap());
        assert_eq!(file.read().unwrap().keys(), [strange]);
    }

    #[test]
    fn a_file_that_others_can_write_or_that_is_wrong_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = TrustFile::of(folder.path());
        file.add_digest(Digest::of(b"x")).unwrap();
        let path = folder.path().join(FILE);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o620)).unwrap();
        let error = file.read().unwrap_err();
        assert!(error.to_string().contains("written by others") && error.remedy().contains("chmod 600"), "{error}");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        for text in ["keys = [\"RWx\"]", "digests = [\"sha256:00\"]", "plugins = []", "keys ="] {
            std::fs::write(&path, text).unwrap();
            assert!(file.read().is_err(), "{text}");
        }
        let elsewhere = tempfile::tempdir().unwrap();
        TrustFile::of(elsewhere.path()).add_digest(Digest::of(b"y")).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(elsewhere.path().join(FILE), &path).unwrap();
        assert!(file.read().unwrap_err().to_string().contains("is a link"));
    }
}
