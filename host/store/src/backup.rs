//! Backups of a data directory, made while it is in use, and restoring one.
//!
//! A backup is a folder: each database as SQLite's `VACUUM INTO` writes it (a consistent copy of one moment, without
//! free pages), the keys, and a manifest with the SHA-256 of every file. Compiled code is left out; it is made again.

use crate::data_dir::DataDir;
use crate::database::{ControlDatabase, TenantDatabase};
use crate::privacy;
use hibob_base::digest::hex;
use hibob_base::error::HostError;
use hibob_base::files::private_dir;
use hibob_base::files::write_private;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The version of this format.
const FORMAT: &str = "hibob-backup/1";

/// The manifest's file name. It is written last: a folder without it is no backup.
const MANIFEST: &str = "backup.json";

const CONTROL: &str = "control.db";

const TENANTS: &str = "tenants";

/// Files beside the databases, where they are there.
const FILES: [&str; 5] = ["plan.key", "secrets.key", "secrets.key.next", "trusted-plugins.toml", privacy::LIST_FILE];

/// The secret by which a tenant's people are known.
const PEOPLE_KEY: &str = crate::secrets::PEOPLE_KEY;

/// The keys of the secret store, which can be kept elsewhere, begin so.
const SECRETS_KEY: &str = "secrets.key";

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    format: String,
    /// Unix seconds.
    pub created_at: i64,
    /// The version of the program that made it.
    pub version: String,
    /// The SHA-256 of each file, by its path in the folder.
    pub files: BTreeMap<String, String>,
}

/// Copies a data directory into a new folder, while runs go on.
///
/// # Errors
/// The folder is there already or cannot be written, a database cannot be read, or it is a server's.
pub async fn backup(data: &DataDir, folder: &Path, with_secrets_key: bool) -> Result<Manifest, HostError> {
    data.control().require_file()?;
    if folder.exists() {
        let message = format!("{} is there already", folder.display());
        return Err(HostError::configuration(message, "name a folder that is not there; each backup has its own"));
    }
    // The rows and the key that they are sealed with are of one time.
    let _lock = data.secrets().hold_key()?;
    private_dir(&folder.join(TENANTS))?;
    let mut files = BTreeMap::new();
    let mut add = |name: String| -> Result<(), HostError> {
        let digest = digest(&folder.join(&name))?;
        files.insert(name, digest);
        Ok(())
    };
    // The tenants first: what the control database has of a tenant, its keys for one, is then never older. A tenant that
    // comes meanwhile is copied in the second turn.
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

/// Where a restored data directory learns who was forgotten since the backup was made.
#[derive(Clone, Copy, Debug)]
pub enum ForgottenSince<'f> {
    /// From the list of the data directory that is lost, or from a copy of it.
    List(&'f Path),
    /// Nobody was.
    Nobody,
}

/// Makes a data directory of a backup. Every file is looked at before the first one is written. Whoever was forgotten since
/// the backup was made is forgotten in it before it can be used.
///
/// # Errors
/// The folder is no whole backup, the list is none or is older than the backup, or the directory has databases already.
pub async fn restore(folder: &Path, path: &Path, since: ForgottenSince<'_>) -> Result<Manifest, HostError> {
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
    private_dir(&path.join(TENANTS))?;
    // The control database last: without it the directory is not in use.
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
    resume_after_restore(&DataDir::open(path).await?, &why).await?;
    Ok(manifest)
}

/// Makes databases that were restored fit to go on. No run of before may come back and write, and references wait until
/// somebody has looked. Returns how many tenants there are.
///
/// # Errors
/// A database failed; asked again, it begins anew.
pub async fn resume_after_restore(data: &DataDir, why: &str) -> Result<usize, HostError> {
    let tenants = data.control().tenants().await?;
    for (tenant, ..) in &tenants {
        let database = data.tenant_database(tenant).await?;
        // The copies may be of different moments.
        data.control().raise_lease(tenant, database.fence_generation().await?).await?;
        // What was issued since is not known here, and would be issued once more, in a log beside the published one.
        database.pause_references(Some(why)).await?;
    }
    Ok(tenants.len())
}

/// Reads a backup's manifest and compares every file with it; the databases are looked through as well.
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

/// Whether a name is one that a backup can have: nothing outside of the folder.
fn is_backup_file(name: &str) -> bool {
    let is_id = |id: &str| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    name == CONTROL || FILES.contains(&name) || tenant_of(name).is_some_and(|id| !id.is_empty() && is_id(id))
}

/// The tenant whose database has this name in a backup.
fn tenant_of(name: &str) -> Option<&str> {
    name.strip_prefix(TENANTS)?.strip_prefix('/')?.strip_suffix(".db")
}

/// The list of those who were forgotten, as the restored data directory is to have it.
fn forgotten_since(folder: &Path, since: ForgottenSince<'_>) -> Result<PathBuf, HostError> {
    let own = folder.join(privacy::LIST_FILE);
    let ForgottenSince::List(path) = since else { return Ok(own) };
    if !path.exists() {
        let message = format!("there is no list of those who were forgotten at {}", path.display());
        return Err(HostError::configuration(
            message,
            "name the file forgotten.list of the data directory that is replaced, or a copy of it; if nobody was ever forgotten: --nobody-forgotten",
        ));
    }
    if privacy::list_text(path)?.starts_with(&privacy::list_text(&own)?) {
        return Ok(path.to_owned());
    }
    Err(HostError::configuration(
        format!("{} lacks people whom the backup itself knows as forgotten", path.display()),
        "name the newest copy of the list; it is only ever added to",
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
