//! The sums of a release's files, and the signature over them: `SHA256SUMS` as `sha256sum` reads it, and
//! `SHA256SUMS.minisig` as minisign does.

use crate::run::root;
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use minisign::{SecretKey, SecretKeyBox};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The file with the sums.
const SUMS: &str = "SHA256SUMS";

/// The file with their signature.
const SIGNATURE: &str = "SHA256SUMS.minisig";

/// The environment variable with the password of the secret key, if it has one.
const PASSWORD_VARIABLE: &str = "HIBOB_RELEASE_KEY_PASSWORD";

/// Writes the sums of all files of a folder into it. A signature over earlier sums is removed, since it does not fit any
/// more.
///
/// # Errors
/// A file cannot be read or written, or there is none.
pub(super) fn write(folder: &Path) -> Result<()> {
    let names = names(folder)?;
    ensure!(!names.is_empty(), "{} has no files to sum up", folder.display());
    let mut text = String::new();
    for name in names {
        text += &format!("{}  {name}\n", digest(&folder.join(&name))?);
    }
    put(&folder.join(SUMS), &text)?;
    match std::fs::remove_file(folder.join(SIGNATURE)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("cannot remove SHA256SUMS.minisig")
        }
        _ => Ok(()),
    }
}

/// Signs the sums of a folder.
///
/// # Errors
/// The key lies in the tree, is not one of minisign's, or its password is missing or wrong; or a file cannot be read or
/// written.
pub(super) fn sign(folder: &Path, key: &Path, version: &str) -> Result<()> {
    let key = secret_key(key, std::env::var(PASSWORD_VARIABLE).ok())?;
    let sums = read(&folder.join(SUMS))?;
    let now_unix_seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let comment = format!("timestamp:{now_unix_seconds}\tfile:{SUMS}\thashed\thibob {version}");
    let signature = minisign::sign(None, &key, Cursor::new(sums), Some(&comment), Some("signature of a hibob release"));
    let signature = signature.map_err(|error| anyhow!("cannot sign: {error}"))?;
    put(&folder.join(SIGNATURE), &signature.to_string())?;
    println!("signed {}", folder.join(SUMS).display());
    Ok(())
}

/// Checks the signature over the sums, the sum of each file, and that each file has one.
///
/// # Errors
/// Something is not as it was signed, or cannot be read.
pub(super) fn verify(folder: &Path, public: &Path) -> Result<()> {
    let key = public_key(public)?;
    let sums = read(&folder.join(SUMS))?;
    let signature = String::from_utf8(read(&folder.join(SIGNATURE))?).context("SHA256SUMS.minisig is not text")?;
    let signature = minisign_verify::Signature::decode(&signature)
        .map_err(|error| anyhow!("SHA256SUMS.minisig is no signature of minisign: {error}"))?;
    key.verify(&sums, &signature, false)
        .map_err(|error| anyhow!("SHA256SUMS is not what {} has signed: {error}", public.display()))?;
    let sums = parse(&String::from_utf8(sums).context("SHA256SUMS is not text")?)?;
    for (name, digest_then) in &sums {
        let digest_now = digest(&folder.join(name))?;
        ensure!(digest_now == *digest_then, "{name} is not the file that was signed: its SHA-256 is {digest_now}");
    }
    let listed: BTreeSet<String> = sums.keys().cloned().collect();
    let others: Vec<String> = names(folder)?.difference(&listed).cloned().collect();
    ensure!(others.is_empty(), "these are in the folder, and not in SHA256SUMS: {}", others.join(", "));
    println!(
        "signed by this key, {}: {}",
        signature.trusted_comment(),
        listed.into_iter().collect::<Vec<_>>().join(", ")
    );
    Ok(())
}

/// The lines of the sums: a name with its digest. A name is that of a file in the same folder.
fn parse(text: &str) -> Result<BTreeMap<String, String>> {
    let mut sums = BTreeMap::new();
    for line in text.lines() {
        let parts = line.split_once("  ").filter(|(digest, name)| {
            digest.len() == 64
                && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
                && !name.contains(['/', '\\'])
                && ![".", ".."].contains(name)
        });
        let (digest, name) =
            parts.with_context(|| format!("SHA256SUMS has a line that is not one of sha256sum: {line}"))?;
        ensure!(sums.insert(name.to_owned(), digest.to_owned()).is_none(), "SHA256SUMS names {name} twice");
    }
    Ok(sums)
}

/// The files of a folder that have a sum.
fn names(folder: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_file() && ![SUMS, SIGNATURE].contains(&name.as_str()) {
            names.insert(name);
        }
    }
    Ok(names)
}

fn digest(path: &Path) -> Result<String> {
    Ok(Sha256::digest(read(path)?).iter().map(|byte| format!("{byte:02x}")).collect())
}

fn secret_key(path: &Path, password: Option<String>) -> Result<SecretKey> {
    let path = path.canonicalize().with_context(|| format!("cannot read {}", path.display()))?;
    let in_tree = root().canonicalize().is_ok_and(|root| path.starts_with(root));
    ensure!(!in_tree, "{} lies in the tree; keep a secret key elsewhere", path.display());
    let text = String::from_utf8(read(&path)?).with_context(|| format!("{} is not text", path.display()))?;
    let key = || SecretKeyBox::from_string(&text);
    // Only a key that is marked as not encrypted is taken without a password, and the crate never asks for one in the
    // terminal.
    let open = key().and_then(SecretKeyBox::into_unencrypted_secret_key);
    let key = match (open, password.filter(|password| !password.is_empty())) {
        (Ok(key), _) => Ok(key),
        (Err(_), Some(password)) => key().and_then(|key| key.into_secret_key(Some(password))),
        (Err(error), None) => bail!(
            "{} cannot be used as a secret key: {error}; its password, if it has one, goes into {PASSWORD_VARIABLE}",
            path.display()
        ),
    };
    key.map_err(|error| anyhow!("{} cannot be used as a secret key: {error}; see {PASSWORD_VARIABLE}", path.display()))
}

fn public_key(path: &Path) -> Result<minisign_verify::PublicKey> {
    let text = String::from_utf8(read(path)?).with_context(|| format!("{} is not text", path.display()))?;
    let line = text.lines().find(|line| !line.starts_with("untrusted comment:")).unwrap_or_default();
    minisign_verify::PublicKey::from_base64(line.trim())
        .map_err(|error| anyhow!("{} has no public key of minisign: {error}", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn put(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use minisign::KeyPair;
    use std::path::PathBuf;

    const PASSWORD: &str = "a password of the tests";

    /// A folder with two files that are summed up and signed, and the public key.
    struct Signed {
        place: tempfile::TempDir,
        public: PathBuf,
    }

    impl Signed {
        fn new() -> Self {
            let place = tempfile::tempdir().unwrap();
            let (secret, public) = (place.path().join("release.key"), place.path().join("release.pub"));
            let pair = KeyPair::generate_unencrypted_keypair().unwrap();
            std::fs::write(&secret, pair.sk.to_box(None).unwrap().to_string()).unwrap();
            std::fs::write(&public, pair.pk.to_box().unwrap().to_string()).unwrap();
            let signed = Self { place, public };
            std::fs::create_dir(signed.folder()).unwrap();
            std::fs::write(signed.folder().join("hibob-1-here.tar.gz"), "an archive").unwrap();
            std::fs::write(signed.folder().join("hibob_1_amd64.deb"), "a package").unwrap();
            write(&signed.folder()).unwrap();
            sign(&signed.folder(), &secret, "1").unwrap();
            signed
        }

        fn folder(&self) -> PathBuf {
            self.place.path().join("files")
        }

        /// What a check says after `change` was done to the folder.
        fn after(change: impl FnOnce(&Path)) -> String {
            let signed = Self::new();
            change(&signed.folder());
            format!("{:#}", verify(&signed.folder(), &signed.public).unwrap_err())
        }
    }

    #[test]
    fn what_was_signed_is_verified() {
        let signed = Signed::new();
        verify(&signed.folder(), &signed.public).unwrap();
    }

    #[test]
    fn every_change_is_named() {
        let put = |name: &'static str, text: &'static str| {
            move |folder: &Path| std::fs::write(folder.join(name), text).unwrap()
        };
        assert!(
            Signed::after(put("hibob-1-here.tar.gz", "an  archive")).contains("hibob-1-here.tar.gz is not the file")
        );
        assert!(Signed::after(put("another.deb", "")).contains("not in SHA256SUMS: another.deb"));
        assert!(Signed::after(put(SUMS, "")).contains("SHA256SUMS is not what"));
        assert!(Signed::after(put(SIGNATURE, "")).contains("no signature of minisign"));
        let gone = Signed::after(|folder| std::fs::remove_file(folder.join("hibob_1_amd64.deb")).unwrap());
        assert!(gone.contains("cannot read") && gone.contains("hibob_1_amd64.deb"), "{gone}");
        // Somebody else's key.
        let (one, other) = (Signed::new(), Signed::new());
        assert!(verify(&one.folder(), &other.public).is_err());
    }

    #[test]
    fn new_sums_do_not_keep_an_old_signature() {
        let signed = Signed::new();
        write(&signed.folder()).unwrap();
        assert!(!signed.folder().join(SIGNATURE).exists());
        assert!(verify(&signed.folder(), &signed.public).is_err());
    }

    #[test]
    fn sums_name_files_of_their_own_folder_only() {
        let digest = "0".repeat(64);
        assert_eq!(parse(&format!("{digest}  a.deb\n")).unwrap().len(), 1);
        for line in
            ["", "a.deb", &format!("{digest} a.deb"), &format!("{digest}  ../a.deb"), &format!("{digest}  .."), "00  a"]
        {
            assert!(parse(&format!("{line}\n")).is_err(), "{line}");
        }
        assert!(parse(&format!("{digest}  a\n{digest}  a\n")).is_err());
    }

    #[test]
    fn a_key_with_a_password_opens_with_that_password_alone() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("release.key");
        let pair = KeyPair::generate_encrypted_keypair(Some(PASSWORD.to_owned())).unwrap();
        std::fs::write(&path, pair.sk.to_box(None).unwrap().to_string()).unwrap();
        secret_key(&path, Some(PASSWORD.to_owned())).unwrap();
        assert!(secret_key(&path, Some("another".to_owned())).is_err());
        let missing = format!("{:#}", secret_key(&path, None).unwrap_err());
        assert!(missing.contains(PASSWORD_VARIABLE), "{missing}");
    }

    #[test]
    fn a_key_that_lies_in_the_tree_is_refused() {
        let why = format!("{:#}", secret_key(&root().join("Cargo.toml"), None).unwrap_err());
        assert!(why.contains("lies in the tree"), "{why}");
    }
}
