//! Compiled code on disk, sealed so that nobody can replace it by other machine code.
//!
//! wasmtime runs whatever it is given as compiled code without checking it, and its own cache trusts the name of a
//! file. So this store seals each file with an HMAC-SHA256 (RFC 2104) whose key is not in the folder. A file is named
//! `SOURCE-ENGINE.cwasm`, by the SHA-256 of the component and by that of the engine's version and configuration. If a
//! seal does not verify, the component is compiled again.

use hibob_base::digest::Digest;
use hibob_base::digest::hex;
use hibob_base::error::HostError;
use hibob_base::files::write_private;
use hibob_base::key_file;
use hibob_base::private_folder::{Others, PrivateFolder};
use hibob_base::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use std::hash::{Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use wasmtime::Engine;
use wasmtime::component::Component;

/// The beginning of what is sealed, so that the seal of anything else does not verify.
const DOMAIN: &[u8] = b"hibob-compiled/1\0";

/// Length of a seal, in bytes.
const SEAL_BYTES: usize = 32;

/// Largest file that is read, in bytes. Code takes about four times the component.
const FILE_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Most files that are kept. When another one is written, the oldest are removed.
const FILES_MAX: usize = 32;

/// The folder's name in the data directory.
const FOLDER: &str = "compiled";

/// A folder with compiled code.
pub(crate) struct CodeStore {
    data_dir: PrivateFolder,
    folder: PathBuf,
    key: Secret,
}

impl CodeStore {
    /// The store in `data_dir`: the folder `compiled`, and beside it the key `compiled.key`.
    ///
    /// # Errors
    /// One of them cannot be used, is a link, or is open to others than its owner.
    pub(crate) fn open(data_dir: impl Into<PrivateFolder>) -> Result<Self, HostError> {
        let data_dir = data_dir.into();
        let folder = data_dir.subfolder(FOLDER, "what is in it is checked before it is used")?;
        let key = key_file::key(&data_dir, "compiled.key", "plugins are compiled again")?;
        Ok(Self { data_dir, folder, key })
    }

    /// The component with these bytes. Its code is loaded from the store if it is there and its seal verifies; else it
    /// is compiled and stored.
    pub(crate) fn component(&self, engine: &Engine, bytes: &[u8], digest: Digest) -> wasmtime::Result<Component> {
        let fingerprint = fingerprint(engine);
        let name = format!("{}-{}.cwasm", hex(digest.as_bytes()), hex(&fingerprint));
        let path = self.folder.join(&name);
        match self.load(engine, &name, digest, &fingerprint) {
            Ok(component) => return Ok(component),
            Err(NotUsed::Absent) => {}
            Err(NotUsed::Wrong(why)) => {
                tracing::warn!("compiled code {name} is not used, and the plugin is compiled again: {why}")
            }
        }
        let component = Component::from_binary(engine, bytes)?;
        if let Err(error) = self.keep(&path, &component, digest, &fingerprint) {
            tracing::warn!("compiled code {name} cannot be stored: {error:#}");
        }
        Ok(component)
    }

    #[expect(unsafe_code, reason = "it loads machine code, which the seal makes sound")]
    fn load(&self, engine: &Engine, name: &str, digest: Digest, fingerprint: &[u8; 32]) -> Result<Component, NotUsed> {
        let sealed = self.read(name)?;
        let wrong = |why: &str| NotUsed::Wrong(why.to_owned());
        let (seal, code) = sealed.split_at_checked(SEAL_BYTES).ok_or_else(|| wrong("it is cut off"))?;
        let mac = self.mac(digest, fingerprint, code).map_err(|error| NotUsed::Wrong(error.to_string()))?;
        mac.verify_slice(seal).map_err(|_| wrong("its seal does not verify"))?;
        // SAFETY: `deserialize` requires bytes that `Component::serialize` has made. The seal of these bytes was
        // verified with a key that only this data directory has, and `keep` seals nothing but the output of
        // `serialize`. The bytes are in memory, so nobody can change them any more. The seal binds them to this
        // component and this engine; wasmtime also checks its version and settings.
        let component = unsafe { Component::deserialize(engine, code) };
        component.map_err(|error| NotUsed::Wrong(format!("the engine refuses it: {error:#}")))
    }

    /// Reads a file of the folder, if it is this user's alone.
    fn read(&self, name: &str) -> Result<Vec<u8>, NotUsed> {
        let wrong = |error: &dyn std::fmt::Display| NotUsed::Wrong(error.to_string());
        let opened = self.data_dir.open(&format!("{FOLDER}/{name}"), Others::Nothing, "");
        let file = opened.map_err(|error| wrong(&error))?.ok_or(NotUsed::Absent)?;
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| wrong(&error))?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(NotUsed::Wrong(format!("it is larger than {FILE_BYTES_MAX} bytes")));
        }
        Ok(bytes)
    }

    fn keep(&self, path: &Path, component: &Component, digest: Digest, fingerprint: &[u8; 32]) -> wasmtime::Result<()> {
        let code = component.serialize()?;
        let seal = self.mac(digest, fingerprint, &code)?.finalize().into_bytes();
        write_private(path, &[seal.as_slice(), &code].concat())?;
        self.prune(path);
        Ok(())
    }

    fn mac(&self, digest: Digest, fingerprint: &[u8; 32], code: &[u8]) -> wasmtime::Result<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.reveal().as_bytes())
            .map_err(|error| wasmtime::format_err!("{error}"))?;
        // Each part but the last has a fixed length.
        for part in [DOMAIN, digest.as_bytes(), fingerprint, code] {
            mac.update(part);
        }
        Ok(mac)
    }

    /// Removes the oldest files except `new` if there are too many. A file that cannot be removed stays.
    fn prune(&self, new: &Path) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return };
        let mut files: Vec<(SystemTime, PathBuf)> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let metadata = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
                Some((metadata.modified().ok()?, entry.path()))
            })
            .filter(|(_, path)| path != new)
            .collect();
        files.sort();
        for (_, path) in files.iter().take((files.len() + 1).saturating_sub(FILES_MAX)) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Why no code was loaded.
#[derive(Debug)]
enum NotUsed {
    Absent,
    Wrong(String),
}

/// SHA-256 of all that compiled code depends on beside the component: wasmtime's version, the engine's settings, the
/// processor's features.
fn fingerprint(engine: &Engine) -> [u8; 32] {
    struct Sha(Sha256);
    impl Hasher for Sha {
        fn finish(&self) -> u64 {
            0 // `Hash` only writes
        }

        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
    }
    let mut sha = Sha(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut sha);
    sha.0.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use wasmtime::Config;

    const SMALL: &[u8] = b"\0asm\x0d\0\x01\0";

    fn engine(fuel: bool) -> Engine {
        Engine::new(Config::new().consume_fuel(fuel)).unwrap()
    }

    /// Why the store does not load the code of these bytes; `None` if it does.
    fn why_not(store: &CodeStore, engine: &Engine, bytes: &[u8]) -> Option<String> {
        let (digest, fingerprint) = (Digest::of(bytes), fingerprint(engine));
        let name = format!("{}-{}.cwasm", hex(digest.as_bytes()), hex(&fingerprint));
        store.load(engine, &name, digest, &fingerprint).err().map(|why| format!("{why:?}"))
    }

    fn only_file(store: &CodeStore) -> PathBuf {
        let mut files = std::fs::read_dir(&store.folder).unwrap();
        files.next().unwrap().unwrap().path()
    }

    #[test]
    fn compiled_code_is_loaded_by_an_equal_engine_only() {
        let folder = tempfile::tempdir().unwrap();
        let store = CodeStore::open(folder.path()).unwrap();
        let (one, other) = (engine(false), engine(true));
        assert_eq!(why_not(&store, &one, SMALL).unwrap(), "Absent");
        store.component(&one, SMALL, Digest::of(SMALL)).unwrap();
        assert_eq!(why_not(&store, &one, SMALL), None);
        assert_eq!(why_not(&store, &other, SMALL).unwrap(), "Absent");
        assert_eq!(fingerprint(&one), fingerprint(&engine(false)));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let key = folder.path().join("compiled.key");
        assert_eq!((mode(&store.folder), mode(&only_file(&store)), mode(&key)), (0o700, 0o600, 0o600));
    }

    #[test]
    fn changed_code_is_compiled_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = CodeStore::open(folder.path()).unwrap();
        let engine = engine(false);
        let make = || store.component(&engine, SMALL, Digest::of(SMALL)).unwrap();
        make();
        let path = only_file(&store);
        let whole = std::fs::read(&path).unwrap();
        let mut cases: Vec<(Vec<u8>, &str)> = vec![
            (Vec::new(), "cut off"),
            (whole[..31].to_vec(), "cut off"),
            (whole[..whole.len() - 1].to_vec(), "seal does not verify"),
            ([whole.clone(), vec![0]].concat(), "seal does not verify"),
        ];
        for position in [0, 31, 32, whole.len() / 2, whole.len() - 1] {
            let mut flipped = whole.clone();
            flipped[position] ^= 1;
            cases.push((flipped, "seal does not verify"));
        }
        for (bytes, why) in cases {
            std::fs::write(&path, &bytes).unwrap();
            assert!(why_not(&store, &engine, SMALL).unwrap().contains(why), "{} bytes", bytes.len());
            make();
            assert_eq!(why_not(&store, &engine, SMALL), None, "it was replaced");
        }
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        assert!(why_not(&store, &engine, SMALL).unwrap().contains("others than its owner"));
        make();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    /// The file is replaced by one of another component, another engine or another data directory.
    #[test]
    fn swapped_code_is_compiled_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = CodeStore::open(folder.path()).unwrap();
        let strange = tempfile::tempdir().unwrap();
        let strange = CodeStore::open(strange.path()).unwrap();
        let other = [SMALL, b"\0\x02\x01x"].concat(); // with a custom section
        let (one, two) = (engine(false), engine(true));
        let name = |bytes: &[u8], engine: &Engine| {
            format!("{}-{}.cwasm", hex(Digest::of(bytes).as_bytes()), hex(&fingerprint(engine)))
        };
        store.component(&one, SMALL, Digest::of(SMALL)).unwrap();
        store.component(&one, &other, Digest::of(&other)).unwrap();
        store.component(&two, SMALL, Digest::of(SMALL)).unwrap();
        strange.component(&one, SMALL, Digest::of(SMALL)).unwrap();
        let place = store.folder.join(name(SMALL, &one));
        for file in [
            store.folder.join(name(&other, &one)),
            store.folder.join(name(SMALL, &two)),
            strange.folder.join(name(SMALL, &one)),
        ] {
            std::fs::copy(&file, &place).unwrap();
            assert!(why_not(&store, &one, SMALL).unwrap().contains("seal does not verify"), "{}", file.display());
        }
        store.component(&one, SMALL, Digest::of(SMALL)).unwrap();
        assert_eq!(why_not(&store, &one, SMALL), None);
    }

    #[test]
    fn links_to_other_code_are_not_followed() {
        let (folder, strange) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let theirs = CodeStore::open(strange.path()).unwrap();
        theirs.component(&engine(false), SMALL, Digest::of(SMALL)).unwrap();
        // Code and key of another directory fit each other, and whoever made them could have made them of anything.
        for name in ["compiled", "compiled.key"] {
            std::os::unix::fs::symlink(strange.path().join(name), folder.path().join(name)).unwrap();
            let Err(error) = CodeStore::open(folder.path()) else { panic!("{name}") };
            assert!(error.to_string().contains("is a link"), "{error}");
            std::fs::remove_file(folder.path().join(name)).unwrap();
        }
        let store = CodeStore::open(folder.path()).unwrap();
        std::os::unix::fs::symlink(only_file(&theirs), store.folder.join(only_file(&theirs).file_name().unwrap()))
            .unwrap();
        assert!(why_not(&store, &engine(false), SMALL).unwrap().contains("is a link"));
    }

    #[test]
    fn a_folder_that_others_can_enter_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = CodeStore::open(folder.path()).unwrap();
        for mode in [0o750, 0o705, 0o770] {
            std::fs::set_permissions(&store.folder, PermissionsExt::from_mode(mode)).unwrap();
            let Err(error) = CodeStore::open(folder.path()) else { panic!("mode {mode:o}") };
            assert!(error.remedy().contains("chmod 700"), "{error}");
        }
    }

    #[test]
    fn old_files_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let store = CodeStore::open(folder.path()).unwrap();
        for number in 0..FILES_MAX + 5 {
            std::fs::write(store.folder.join(format!("old{number}")), b"").unwrap();
        }
        store.component(&engine(false), SMALL, Digest::of(SMALL)).unwrap();
        assert_eq!(std::fs::read_dir(&store.folder).unwrap().count(), FILES_MAX);
        assert_eq!(why_not(&store, &engine(false), SMALL), None);
    }
}
