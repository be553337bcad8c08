//! Backups of a data directory, made while it is in use, and restoring one.
//!
//! A backup is a folder with a copy of each database, made by SQLite's `VACUUM INTO` (consistent at one moment, without
//! free pages), the keys, and a manifest with the SHA-256 of every file. Compiled code is left out, since it can be
//! made again.

use crate::data_dir::DataDir;
use crate::database::{ControlDatabase, TenantDatabase};
use crate::privacy;
use hibob_base::digest::hex;
use hibob_base::error::HostError;
use hibob_base::files::private_dir;
use hibob_base::files::write_private;
use hibob_base::private_folder::PrivateFolder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The version of this format.
const FORMAT: &str = "hibob-backup/1";

/// The manifest's file name. It is written last, so a folder without it is no complete backup.
const MANIFEST: &str = "backup.json";

const CONTROL: &str = "control.db";

const TENANTS: &str = "tenants";

/// The files beside the databases that are copied if they exist.
const FILES: [&str; 5] = ["plan.key", "secrets.key", "secrets.key.next", "trusted-plugins.toml", privacy::LIST_FILE];

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
        match fs::read(data.path().join(name)) {
            Ok(bytes) => {
                write_private(&folder.join(name), &bytes).map_err(|error| unwritable(folder, &error))?;
                add(name.to_owned())?;
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

/// Makes a data directory from a backup. Every file is checked before the first one is written, and the erasures since
/// the backup are carried out before the directory can be used.
///
/// # Errors
/// The folder is no complete backup, the erasure list cannot be read or is older than the backup, or the directory has
/// databases already, or others can write to it.
pub async fn restore(
    folder: &Path,
    data_dir: impl Into<PrivateFolder>,
    since: ForgottenSince<'_>,
) -> Result<Manifest, HostError> {
    let data_dir = data_dir.into();
    let path = data_dir.path();
    let manifest = read(folder)?;
    let list = forgotten_since(folder, since)?;
    let forgotten = privacy::list_text(&list)?;
    let with_key = ControlDatabase::tenants_with_secret(&folder.join(CONTROL), PEOPLE_KEY).await?;
    for tenant in manifest.files.keys().filter_map(|name| tenant_of(name)) {
        privacy::require_known(&list, tenant, with_key.contains(tenant))?;
    }
    if path.join(CONTROL).exists() || path.join(TENANTS).exists() {
        let message = format!("{} has databases already", path.display());
        return Err(HostError::configuration(
            message,
            "move that data directory away first, or name another with --data DIR",
        ));
    }
    data_dir.claim()?;
    private_dir(&path.join(TENANTS))?;
    // The control database last: without it the directory cannot be used.
    let (last, first): (Vec<_>, Vec<_>) = manifest.files.keys().partition(|name| name.as_str() == CONTROL);
    let copy = |name: &String| {
        let bytes = fs::read(folder.join(name)).map_err(|error| unreadable(&folder.join(name), &error))?;
        write_private(&path.join(name), &bytes).map_err(|error| unwritable(path, &error))
    };
    first.into_iter().try_for_each(copy)?;
    if !forgotten.is_empty() {
        write_private(&path.join(privacy::LIST_FILE), forgotten.as_bytes())
            .map_err(|error| unwritable(path, &error))?;
        for tenant in manifest.files.keys().filter_map(|name| tenant_of(name)) {
            privacy::restored(&list, tenant, &TenantDatabase::open(path, tenant).await?).await?;
        }
    }
    last.into_iter().try_for_each(copy)?;
    let day = chrono::DateTime::from_timestamp(manifest.created_at, 0).unwrap_or_default();
    let why = format!("the database was restored from a backup of {}", day.format("%Y-%m-%d %H:%M UTC"));
    resume_after_restore(&DataDir::open(&data_dir).await?, &why).await?;
    Ok(manifest)
}

/// Prepares restored databases for use: no run from before the restore can go on and write, and references are paused
/// until a person has checked the log. Returns how many tenants there are.
///
/// # Errors
/// A database failed. Called again, it starts from the beginning.
pub async fn resume_after_restore(data: &DataDir, why: &str) -> Result<usize, HostError> {
    let tenants = data.control().tenants().await?;
    for (tenant, ..) in &tenants {
        let database = data.tenant_database(tenant).await?;
        // The copies may have been made at different moments.
        data.control().raise_lease(tenant, database.fence_generation().await?).await?;
        // References that were issued since the backup are unknown here. They would be issued again, in a log that does
        // not continue the published one.
        database.pause_references(Some(why)).await?;
    }
    Ok(tenants.len())
}

/// Reads a backup's manifest and compares the SHA-256 of every file with it.
fn read(folder: &Path) -> Result<Manifest, HostError> {
    let wrong = |what: String| {
        HostError::configuration(format!("{}: {what}", folder.display()), "name a folder that hibob backup has made")
    };
    let json = fs::read(folder.join(MANIFEST)).map_err(|_| wrong(format!("{MANIFEST} cannot be read")))?;
    let manifest: Manifest = serde_json::from_slice(&json).map_err(|error| wrong(format!("{MANIFEST}: {error}")))?;
    if manifest.format != FORMAT {
        return Err(wrong(format!("its format is {:?}, and this program knows {FORMAT}", manifest.format)));
    }
    for (name, expected) in &manifest.files {
        if !is_backup_file(name) {
            return Err(wrong(format!("{name:?} is not a file of a backup")));
        }
        if digest(&folder.join(name))? != *expected {
            return Err(wrong(format!("{name} was changed")));
        }
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

fn digest(path: &Path) -> Result<String, HostError> {
    let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
    Ok(hex(&Sha256::digest(&bytes)))
}

fn unreadable(path: &Path, error: &std::io::Error) -> HostError {
    HostError::configuration(
        format!("cannot read {}: {error}", path.display()),
        "check the folder, and who may read it",
    )
}

fn unwritable(path: &Path, error: &std::io::Error) -> HostError {
    HostError::configuration(format!("cannot write {}: {error}", path.display()), "name a folder that can be written")
}
