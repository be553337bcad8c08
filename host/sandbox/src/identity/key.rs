//! Keys and signatures in the format of minisign.
//!
//! Signatures are made with the crate `minisign` and checked with `minisign-verify`, which has no dependencies and
//! reads each part at its fixed length.

use crate::identity::package::{Package, read, signature_path};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hibob_base::digest::Digest;
use hibob_base::error::HostError;
use hibob_base::files::{warn_if_open, write_private};
use minisign::{KeyPair, SecretKey, SecretKeyBox};
use std::fmt;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// The environment variable with the password of a secret key, if it has one.
pub const PASSWORD_VARIABLE: &str = "HIBOB_PLUGIN_KEY_PASSWORD";

/// Largest key file, in bytes; one has about 300.
const KEY_BYTES_MAX: u64 = 8 * 1024;

/// The position of the key's number in the bytes of a public key: between the algorithm (2 bytes) and the key (32
/// bytes).
const KEY_ID: std::ops::Range<usize> = 2..10;

/// A public key, as the second line of a minisign key file has it.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    text: String,
    id: String,
    key: minisign_verify::PublicKey,
}

impl PublicKey {
    /// Reads the line of a key: base64 of 42 bytes.
    ///
    /// # Errors
    /// The text is not a public key.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "is not a public key of minisign; it begins with RW and has 56 characters".to_owned();
        let text = text.trim();
        let key = minisign_verify::PublicKey::from_base64(text).map_err(|_| wrong())?;
        let bytes = STANDARD.decode(text).map_err(|_| wrong())?;
        let id: [u8; 8] = bytes.get(KEY_ID).and_then(|id| id.try_into().ok()).ok_or_else(wrong)?;
        Ok(Self { text: text.to_owned(), id: format!("{:016X}", u64::from_le_bytes(id)), key })
    }

    /// Reads a key file: a comment, and the key.
    ///
    /// # Errors
    /// The file cannot be read, or has something else in it, such as the secret key.
    pub fn read(path: &Path) -> Result<Self, HostError> {
        let remedy =
            "name the file with the public key, KEYFILE.pub, or pin the plugin: hibob plugin trust sha256:DIGEST";
        let text = read(path, KEY_BYTES_MAX, remedy)?;
        let text = String::from_utf8_lossy(&text);
        let line = text.lines().nth(1).or_else(|| text.lines().next()).unwrap_or_default();
        Self::parse(line).map_err(|what| HostError::configuration(format!("{} {what}", path.display()), remedy))
    }

    /// The key as a line of text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The key's number, as minisign shows it: 16 hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Verifies a signature of `bytes`, given as the text of a signature file, and returns the comment that is signed
    /// too.
    ///
    /// # Errors
    /// It is not a signature, not by this key, not of these bytes, or has minisign's oldest form, which signs no hash.
    pub fn verify(&self, bytes: &[u8], signature: &str) -> Result<String, minisign_verify::Error> {
        let signature = minisign_verify::Signature::decode(signature)?;
        self.key.verify(bytes, &signature, false)?;
        Ok(signature.trusted_comment().to_owned())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id)
    }
}

/// Generates a key pair. The secret key is written to `path`, which only its owner can read, and the public key to the
/// same path with `.pub` at its end. With a password, the secret key is encrypted.
///
/// # Errors
/// One of the files exists already or cannot be written.
pub fn new_key(path: &Path, password: Option<String>) -> Result<(PublicKey, PathBuf), HostError> {
    let failed = |error: minisign::PError| HostError::Engine(format!("cannot make a key: {error}"));
    let pair = match password {
        Some(password) => KeyPair::generate_encrypted_keypair(Some(password)),
        None => KeyPair::generate_unencrypted_keypair(),
    };
    let pair = pair.map_err(failed)?;
    let public = PublicKey::parse(&pair.pk.to_base64()).map_err(HostError::Engine)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".pub");
    let beside = PathBuf::from(beside);
    let secret = pair.sk.to_box(Some("secret key for hibob plugins")).map_err(failed)?.to_string();
    for (path, text, mode) in
        [(path, zeroize::Zeroizing::new(secret), 0o600), (&beside, zeroize::Zeroizing::new(key_file(&public)), 0o644)]
    {
        write_new(path, &text, mode).map_err(|error| {
            HostError::configuration(
                format!("cannot write {}: {error}", path.display()),
                "name a file that is not there yet, in a folder that can be written",
            )
        })?;
    }
    Ok((public, beside))
}

fn key_file(key: &PublicKey) -> String {
    format!("untrusted comment: minisign public key {}\n{}\n", key.id, key.text)
}

fn write_new(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all())
}

/// Signs a plugin's file, and returns the path of the signature, which is beside it.
///
/// # Errors
/// A file cannot be read or written, the key is not one of minisign's, or its password is missing or wrong.
pub fn sign(plugin: &Path, key: &Path, password: Option<String>, now_unix_seconds: u64) -> Result<PathBuf, HostError> {
    let package = Package::read_unsigned(plugin)?;
    let key = secret_key(key, password)?;
    let file = plugin.file_name().unwrap_or_default().to_string_lossy();
    let comment = comment(now_unix_seconds, &file, package.digest());
    let signature =
        minisign::sign(None, &key, Cursor::new(package.bytes()), Some(&comment), Some("signature of a hibob plugin"));
    let signature = signature.map_err(|error| HostError::Engine(format!("cannot sign: {error}")))?;
    let path = signature_path(plugin);
    write_private(&path, signature.to_string().as_bytes()).map_err(|error| {
        HostError::configuration(
            format!("cannot write {}: {error}", path.display()),
            "make the plugin's folder writable, or sign a copy of the plugin elsewhere",
        )
    })?;
    Ok(path)
}

/// The comment that is signed with the file, in minisign's own form, for people to read.
fn comment(now_unix_seconds: u64, file: &str, digest: Digest) -> String {
    let file: String = file.chars().filter(|c| !c.is_control()).collect();
    format!("timestamp:{now_unix_seconds}\tfile:{file}\thashed\t{digest}")
}

fn secret_key(path: &Path, password: Option<String>) -> Result<SecretKey, HostError> {
    let make = "make a key: hibob plugin key new KEYFILE";
    let text = zeroize::Zeroizing::new(read(path, KEY_BYTES_MAX, make)?);
    warn_if_open(path);
    let key = || SecretKeyBox::from_string(&String::from_utf8_lossy(&text));
    let wrong = |what: String, remedy: &str| HostError::configuration(format!("{} {what}", path.display()), remedy);
    // A key that is not encrypted is marked so. Any other one needs the password, and the crate must not ask for it in
    // the terminal. Unencrypted keys of the program minisign (`-W`) have no checksum, and the crate refuses them.
    let open = key().and_then(SecretKeyBox::into_unencrypted_secret_key);
    let (open_error, password) = match (open, password) {
        (Ok(key), _) => return Ok(key),
        (Err(error), password) => (error, password),
    };
    let Some(password) = password else {
        let remedy = format!(
            "if the key has a password, put it into {PASSWORD_VARIABLE}; otherwise {make}, or sign with minisign itself: minisign -Sm FILE.wasm -s KEYFILE"
        );
        return Err(wrong(format!("cannot be used as a secret key: {open_error}"), &remedy));
    };
    key().and_then(|key| key.into_secret_key(Some(password))).map_err(|error| {
        wrong(format!("cannot be used as a secret key: {error}"), &format!("check {PASSWORD_VARIABLE}, or {make}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// minisign's own example key and signature (README of minisign-verify).
    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    const SIGNATURE: &str = "untrusted comment: signature from minisign secret key
RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=
trusted comment: timestamp:1556193335\tfile:test
y/rUw2y8/hOUYjZU71eHp/Wo1KZ40fGy2VJEDl34XMJM+TX48Ss/17u3IvIfbVR1FkZZSNCisQbuQY+bHwhEBg==";

    #[test]
    fn signatures_of_minisign_itself_are_checked() {
        let key = PublicKey::parse(KEY).unwrap();
        assert_eq!(key.id(), "E7620F1842B4E81F");
        assert_eq!(key.verify(b"test", SIGNATURE).unwrap(), "timestamp:1556193335\tfile:test");
        assert!(key.verify(b"Test", SIGNATURE).is_err());
    }

    #[test]
    fn every_change_to_a_signature_is_noticed() {
        let key = PublicKey::parse(KEY).unwrap();
        for position in 0..SIGNATURE.len() {
            let mut changed = SIGNATURE.as_bytes().to_vec();
            changed[position] ^= 1;
            let first_line = position < SIGNATURE.find('\n').unwrap(); // the untrusted comment, which is not signed
            let Ok(changed) = String::from_utf8(changed) else { continue };
            assert_eq!(key.verify(b"test", &changed).is_ok(), first_line, "{position}: {changed}");
        }
        for length in 0..SIGNATURE.len() {
            assert!(key.verify(b"test", &SIGNATURE[..length]).is_err(), "cut off after {length} bytes");
        }
    }

    #[test]
    fn a_text_that_is_not_a_key_is_refused() {
        for text in ["", "RW", "untrusted comment: minisign public key", &KEY[1..], &format!("{KEY}{KEY}")] {
            assert!(PublicKey::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_is_made_once_and_signs() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (path, plugin) = (folder.path().join("key"), folder.path().join("p.wasm"));
        let (public, beside) = new_key(&path, None).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(PublicKey::read(&beside).unwrap(), public);
        assert!(new_key(&path, None).is_err(), "a key is not overwritten");
        assert!(PublicKey::read(&path).is_err(), "the secret key is not taken for a public one");

        std::fs::write(&plugin, b"plugin").unwrap();
        let signature = std::fs::read_to_string(sign(&plugin, &path, None, 7).unwrap()).unwrap();
        let comment = public.verify(b"plugin", &signature).unwrap();
        assert!(comment.starts_with("timestamp:7\tfile:p.wasm\thashed\tsha256:"), "{comment}");
        let error = sign(&plugin, &beside, None, 7).unwrap_err();
        assert!(error.to_string().contains("cannot be used as a secret key"), "{error}");
    }
}
