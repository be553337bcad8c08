//! Backups of a data directory, made while it is in use, and restoring one.
//!
//! A backup is a folder with a copy of each database, made by SQLite's `VACUUM INTO` (consistent at one moment, without
//! free pages), the keys, and a manifest with the SHA-256 of every file. Compiled code is left out, since it can be
//! made again.

use crate::data_dir::DataDir;
use crate::database::{ControlDatabase, TenantDatabase};
use crate::privacy;
use crate::revoked_tokens;
use hibob_base::digest::hex;
use hibob_base::error::HostError;
use hibob_base::files::{is_link, open_below, private_dir, sync_folder, write_private};
use hibob_base::private_folder::PrivateFolder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The folder of a data directory in which a restore keeps its copies until all are checked.
const STAGING: &str = "restoring";

/// Largest manifest that is read, in bytes: it has about 100 for each tenant.
const MANIFEST_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How many bytes of a file are copied at a time.
const COPIED_BYTES: usize = 64 * 1024;

/// The version of this format.
const FORMAT: &str = "hibob-backup/1";

/// The manifest's file name. It is written last, so a folder without it is no complete backup.
const MANIFEST: &str = "backup.json";

const CONTROL: &str = "control.db";

const TENANTS: &str = "tenants";

/// The files beside the databases that are copied if they exist.
const FILES: [&str; 6] =
    ["plan.key", "secrets.key", "secrets.key.next", "trusted-plugins.toml", privacy::LIST_FILE, revoked_tokens::FILE];

/// The name of the secret with which ids of a tenant's people are hashed.
const PEOPLE_KEY: &str = crate::secrets::PEOPLE_KEY;

/// How the names of the secret store's key files begin. A backup may leave them out, for operators who keep the key
/// elsewhere.
const SECRETS_KEY: &str = "secrets.key";

/// The manifest of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    format: String,
    /// When the backup was made, in Unix seconds.
    pub created_at: i64,
    /// The version of the program that made it.
    pub version: String,
    /// The SHA-256 of each file, by its path in the folder.
    pub files: BTreeMap<String, String>,
}

/// Copies a data directory into a new folder, while runs go on.
///
/// # Errors
/// The folder exists already or cannot be written, a database cannot be read, or the database is on PostgreSQL.
pub async fn backup(data: &DataDir, folder: &Path, with_secrets_key: bool) -> Result<Manifest, HostError> {
    data.control().require_file()?;
    if folder.exists() {
        let message = format!("{} exists already", folder.display());
        return Err(HostError::configuration(message, "name a folder that does not exist; each backup has its own"));
    }
    // No rotation may come between copying the rows and copying the key with which they are encrypted.
    let _lock = data.secrets().hold_key()?;
    private_dir(&folder.join(TENANTS))?;
    let mut files = BTreeMap::new();
    let mut add = |name: String| -> Result<(), HostError> {
        let digest = digest(&folder.join(&name))?;
        files.insert(name, digest);
        Ok(())
    };
    // The tenants' databases first: then the control database's copy, which has the tenants' keys, is never older than
    // theirs. A tenant that is added meanwhile is copied in the second turn.
    let mut copied = BTreeSet::new();
    for is_last in [false, true] {
        if is_last {
            data.control().copy_to(&folder.join(CONTROL)).await?;
            add(CONTROL.to_owned())?;
        }
        for (tenant, ..) in data.control().tenants().await? {
            if copied.insert(tenant.clone()) {
                let name = format!("{TENANTS}/{tenant}.db");
                data.tenant_database(&tenant).await?.copy_to(&folder.join(&name)).await?;
                add(name)?;
            }
        }
    }
    for name in FILES.into_iter().filter(|name| with_secrets_key || !name.starts_with(SECRETS_KEY)) {
        match open_file(data.path(), name) {
            Ok(file) => {
                let digest = copy(file, &folder.join(name)).map_err(|error| unwritable(folder, &error))?;
                files.insert(name.to_owned(), digest);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(&data.path().join(name), &error)),
        }
    }
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        created_at: chrono::Utc::now().timestamp(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        files,
    };
    let json = serde_json::to_vec_pretty(&manifest).map_err(|error| HostError::Storage(error.to_string()))?;
    write_private(&folder.join(MANIFEST), &json).map_err(|error| unwritable(folder, &error))?;
    Ok(manifest)
}

/// The erasures since the backup was made, which are carried out in the restored data directory.
#[derive(Clone, Copy, Debug)]
pub enum ForgottenSince<'f> {
    /// Those on the erasure list of the lost data directory, or on a copy of the list.
    List(&'f Path),
    /// None: the operator says that nobody was erased since.
    Nobody,
}

/// The tokens that were revoked since the backup was made, which are revoked in the restored data directory.
#[derive(Clone, Copy, Debug)]
pub enum RevokedSince<'f> {
    /// Those on the list of the lost data directory, or on a copy of the list.
    List(&'f Path),
    /// None: the operator says that no token was revoked since.
    Nothing,
    /// Nobody has said, so a backup with valid tokens is not restored.
    Unknown,
}

/// What has happened since a backup was made, and must not be undone by restoring it.
#[derive(Clone, Debug)]
pub struct Since<'f> {
    /// The erasures.
    pub forgotten: ForgottenSince<'f>,
    /// The revoked tokens. If it is unknown, the list beside the erasure list counts, if there is one.
    pub revoked: RevokedSince<'f>,
}

impl<'f> From<ForgottenSince<'f>> for Since<'f> {
    fn from(forgotten: ForgottenSince<'f>) -> Self {
        Self { forgotten, revoked: RevokedSince::Unknown }
    }
}

/// Makes a data directory from a backup. Every file is copied and checked before the first one is put into its place, so
/// that what was checked is what is used. The erasures since the backup are carried out, and the tokens revoked, before
/// the directory can be used. Links in the backup are not followed.
///
/// # Errors
/// The folder is no complete backup, a list cannot be read or is older than the backup, the backup has valid tokens and
/// it is unknown which were revoked since, or the directory has databases already, or others can write to it.
pub async fn restore<'f>(
    folder: &Path,
    data_dir: impl Into<PrivateFolder>,
    since: impl Into<Since<'f>>,
) -> Result<Manifest, HostError> {
    let data_dir = data_dir.into();
    let was_there = data_dir.path().exists();
    let restored = restore_into(folder, &data_dir, since.into()).await;
    if restored.is_err() && !was_there {
        // Only if it is empty: nothing that was restored is removed.
        let _ = fs::remove_dir(data_dir.path());
    }
    restored
}

async fn restore_into(folder: &Path, data_dir: &PrivateFolder, since: Since<'_>) -> Result<Manifest, HostError> {
    let path = data_dir.path();
    let manifest = read(folder)?;
    if path.join(CONTROL).exists() || path.join(TENANTS).exists() {
        let message = format!("{} has databases already", path.display());
        return Err(HostError::configuration(
            message,
            "move that data directory away first, or name another with --data DIR",
        ));
    }
    data_dir.claim()?;
    let staged = Staging::of(path)?;
    staged.copy_from(folder, &manifest)?;
    let revoked = revoked_since(&staged.path, &since).await?;
    let list = forgotten_since(&staged.path, since.forgotten)?;
    let forgotten = privacy::list_text(&list)?;
    let with_key = ControlDatabase::tenants_with_secret(&staged.path.join(CONTROL), PEOPLE_KEY).await?;
    for tenant in manifest.files.keys().filter_map(|name| tenant_of(name)) {
        privacy::require_known(&list, tenant, with_key.contains(tenant))?;
    }
    private_dir(&path.join(TENANTS))?;
    // The control database last: without it the directory cannot be used.
    let (last, first): (Vec<_>, Vec<_>) = manifest.files.keys().partition(|name| name.as_str() == CONTROL);
    let put =
        |name: &String| fs::rename(staged.path.join(name), path.join(name)).map_err(|error| unwritable(path, &error));
    first.into_iter().try_for_each(put)?;
    if !forgotten.is_empty() {
        let list = path.join(privacy::LIST_FILE);
        write_private(&list, forgotten.as_bytes()).map_err(|error| unwritable(path, &error))?;
        for tenant in manifest.files.keys().filter_map(|name| tenant_of(name)) {
            privacy::restored(&list, tenant, &TenantDatabase::open(path, tenant).await?).await?;
        }
    }
    if !revoked.is_empty() {
        let list = path.join(revoked_tokens::FILE);
        write_private(&list, revoked.as_bytes()).map_err(|error| unwritable(path, &error))?;
    }
    last.into_iter().try_for_each(put)?;
    drop(staged);
    sync_folder(path)?;
    let made = hibob_base::clock::minute(manifest.created_at);
    let why = format!("the database was restored from a backup of {made}");
    resume_after_restore(&DataDir::open(data_dir).await?, &why).await?;
    Ok(manifest)
}

/// Prepares restored databases for use: no run from before the restore can go on and write, no plan of before is
/// applied, and references are paused until a person has checked the log. Returns how many tenants there are.
///
/// # Errors
/// A database failed. Called again, it starts from the beginning.
pub async fn resume_after_restore(data: &DataDir, why: &str) -> Result<usize, HostError> {
    let (tenants, now) = (data.control().tenants().await?, chrono::Utc::now().timestamp());
    for (tenant, ..) in &tenants {
        let database = data.tenant_database(tenant).await?;
        // The copies may have been made at different moments.
        data.control().raise_lease(tenant, database.fence_generation().await?).await?;
        // References that were issued since the backup are unknown here. They would be issued again, in a log that does
        // not continue the published one.
        database.pause_references(Some(why)).await?;
        // Plans of before may have been applied since the backup, and this database does not know it.
        database.void_plans(why, now).await?;
    }
    Ok(tenants.len())
}

/// Copies of a backup's files in the data directory that is being restored. They are removed together with this.
struct Staging {
    path: PathBuf,
}

impl Staging {
    /// An empty folder for the copies. What an earlier restore has left there is removed.
    fn of(data_dir: &Path) -> Result<Self, HostError> {
        let path = data_dir.join(STAGING);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(unwritable(&path, &error)),
            Ok(()) | Err(_) => {}
        }
        private_dir(&path.join(TENANTS))?;
        Ok(Self { path })
    }

    /// Copies every file of a backup, and compares the SHA-256 of what was copied with the manifest.
    fn copy_from(&self, folder: &Path, manifest: &Manifest) -> Result<(), HostError> {
        for (name, expected) in &manifest.files {
            let file = open_file(folder, name).map_err(|error| unreadable(&folder.join(name), &error))?;
            let digest = copy(file, &self.path.join(name)).map_err(|error| unwritable(&self.path, &error))?;
            if digest != *expected {
                return Err(not_of_backup(folder, &format!("{name} was changed")));
            }
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!("{} stays and can be removed: {error}", self.path.display());
        }
    }
}

/// Opens a file of a folder, without following links below the folder.
fn open_file(folder: &Path, name: &str) -> io::Result<File> {
    let file = open_below(folder, Path::new(name)).map_err(|error| {
        if is_link(error) {
            io::Error::other("it is a link or behind one, which is not followed")
        } else {
            error.into()
        }
    })?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a file")) }
}

/// Copies a file into a new one that only its owner can read, and returns the SHA-256 of what was copied.
fn copy(from: File, to: &Path) -> io::Result<String> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    let digest = pass(from, |bytes| file.write_all(bytes))?;
    file.sync_all()?;
    Ok(digest)
}

/// Reads a file to its end, piece by piece, and returns its SHA-256.
fn pass(mut file: File, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<String> {
    let (mut sha, mut buffer) = (Sha256::new(), vec![0; COPIED_BYTES]);
    loop {
        let count = file.read(&mut buffer)?;
        let bytes = buffer.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(hex(&sha.finalize()));
        }
        sha.update(bytes);
        each(bytes)?;
    }
}

fn not_of_backup(folder: &Path, what: &str) -> HostError {
    HostError::configuration(format!("{}: {what}", folder.display()), "name a folder that hibob backup has made")
}

/// Reads a backup's manifest, and checks that it names only files that a backup can have.
fn read(folder: &Path) -> Result<Manifest, HostError> {
    let wrong = |what: String| not_of_backup(folder, &what);
    let mut json = Vec::new();
    let whole = open_file(folder, MANIFEST).and_then(|file| file.take(MANIFEST_BYTES_MAX).read_to_end(&mut json));
    whole.map_err(|error| wrong(format!("{MANIFEST} cannot be read: {error}")))?;
    let manifest: Manifest = serde_json::from_slice(&json).map_err(|error| wrong(format!("{MANIFEST}: {error}")))?;
    if manifest.format != FORMAT {
        return Err(wrong(format!("its format is {:?}, and this program knows {FORMAT}", manifest.format)));
    }
    if let Some(name) = manifest.files.keys().find(|name| !is_backup_file(name)) {
        return Err(wrong(format!("{name:?} is not a file of a backup")));
    }
    if manifest.files.contains_key(CONTROL) { Ok(manifest) } else { Err(wrong(format!("{CONTROL} is missing"))) }
}

/// Whether a backup can have a file with this name. No such name leads out of the folder.
fn is_backup_file(name: &str) -> bool {
    let is_id = |id: &str| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    name == CONTROL || FILES.contains(&name) || tenant_of(name).is_some_and(|id| !id.is_empty() && is_id(id))
}

/// The tenant whose database has this file name in a backup.
fn tenant_of(name: &str) -> Option<&str> {
    name.strip_prefix(TENANTS)?.strip_prefix('/')?.strip_suffix(".db")
}

/// The path of the erasure list that the restored data directory is to have.
fn forgotten_since(folder: &Path, since: ForgottenSince<'_>) -> Result<PathBuf, HostError> {
    let own = folder.join(privacy::LIST_FILE);
    let ForgottenSince::List(path) = since else { return Ok(own) };
    if !path.exists() {
        let message = format!("there is no erasure list at {}", path.display());
        return Err(HostError::configuration(
            message,
            "name the file forgotten.list of the data directory that is replaced, or a copy of it; if nobody was ever erased: --nobody-forgotten",
        ));
    }
    if privacy::list_text(path)?.starts_with(&privacy::list_text(&own)?) {
        return Ok(path.to_owned());
    }
    Err(HostError::configuration(
        format!("{} lacks erasures that the backup's own list has", path.display()),
        "name the newest copy of the list; lines are only ever added to it",
    ))
}

/// The text of the list of revoked tokens that the restored data directory is to have.
async fn revoked_since(folder: &Path, since: &Since<'_>) -> Result<String, HostError> {
    let own = revoked_tokens::list_text(&folder.join(revoked_tokens::FILE))?;
    let beside = match since.forgotten {
        ForgottenSince::List(list) => Some(list.with_file_name(revoked_tokens::FILE)).filter(|list| list.exists()),
        ForgottenSince::Nobody => None,
    };
    let path = match (since.revoked, beside) {
        (RevokedSince::List(path), _) => path.to_owned(),
        (RevokedSince::Unknown, Some(path)) => path,
        (RevokedSince::Nothing, _) => return Ok(own),
        (RevokedSince::Unknown, None) => {
            let now = chrono::Utc::now().timestamp();
            let valid = ControlDatabase::valid_tokens_in(&folder.join(CONTROL), now).await?;
            if valid == 0 {
                return Ok(own);
            }
            return Err(HostError::configuration(
                format!(
                    "the backup has {valid} valid tokens of the API, and it is unknown which of them were revoked since it was made"
                ),
                "give --revoked-tokens FILE, the file revoked-tokens.list of the data directory that is replaced, or a copy of \
                 it; or --no-token-revoked",
            ));
        }
    };
    if !path.exists() {
        return Err(HostError::configuration(
            format!("there is no list of revoked tokens at {}", path.display()),
            "name the file revoked-tokens.list of the data directory that is replaced, or a copy of it; if no token was \
             revoked since the backup was made: --no-token-revoked",
        ));
    }
    let text = revoked_tokens::list_text(&path)?;
    if text.starts_with(&own) {
        return Ok(text);
    }
    Err(HostError::configuration(
        format!("{} lacks tokens that the backup's own list has", path.display()),
        "name the newest copy of the list; lines are only ever added to it",
    ))
}

fn digest(path: &Path) -> Result<String, HostError> {
    let read = File::open(path).and_then(|file| pass(file, |_| Ok(())));
    read.map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &io::Error) -> HostError {
    HostError::configuration(
        format!("cannot read {}: {error}", path.display()),
        "check the folder, and who may read it",
    )
}

fn unwritable(path: &Path, error: &io::Error) -> HostError {
    HostError::configuration(format!("cannot write {}: {error}", path.display()), "name a folder that can be written")
}
