//! The issuer's public folder: plain files for any static web server. They have no personal data.

use crate::references::keys::IssuerKeys;
use crate::references::log::Log;
use crate::references::witness;
use crate::references::witness::WitnessReport;
use chrono::Utc;
use hibob_base::error::HostError;
use hibob_base::files::require_replaceable;
use hibob_config::references::issuing;
use hibob_config::tenant::TenantConfig;
use hibob_reference_format::VERIFY_PAGE;
use hibob_reference_format::domain::Domain;
use hibob_reference_format::log::checkpoint::Checkpoint;
use hibob_reference_format::log::note::SignedNote;
use hibob_reference_format::publish::{self, Publication};
use hibob_reference_format::status_list::{Bitstring, ENTRIES, Purpose, StatusList, list_path};
use hibob_store::data_dir::DataDir;
use hibob_store::database::ReferenceState;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

/// The path of the log's head in the folder. It is written last, so that everything that it refers to is there before
/// it.
const CHECKPOINT: &str = "references/log/checkpoint";

/// The result of a publication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Published {
    /// How many entries the log has.
    pub references: usize,
    /// How many files are new or changed.
    pub written: usize,
    /// How many files the publication has.
    pub files: usize,
    /// What the witnesses answered about the log's head.
    #[serde(flatten)]
    pub witnesses: WitnessReport,
}

/// Writes the issuer's public files into a folder. Files of earlier publications stay, as proofs may need them.
///
/// # Errors
/// The issuer has no key, the folder has a log that this one does not continue or revocations that this one does not
/// have, somebody else publishes, or it cannot be written.
pub async fn publish(data: &DataDir, config: &TenantConfig, folder: &Path) -> Result<Published, HostError> {
    // One publication at a time, so that an older one does not overwrite a newer one.
    let lease = data.control().lease(&format!("{}/publish", config.id), "a publication").await?;
    let published = publish_alone(data, config, folder).await;
    lease.release().await?;
    published
}

async fn publish_alone(data: &DataDir, config: &TenantConfig, folder: &Path) -> Result<Published, HostError> {
    let keys = IssuerKeys::open(data, config).await?;
    let database = data.tenant_database(&config.id).await?;
    let signer = keys.current().await?;
    let domain = keys.issuer().domain.clone();
    let mut log = Log::extended(&database, issuing(config)?).await?;
    let other = |what: String| {
        HostError::configuration(
            format!("{}: {what}", folder.display()),
            "name this issuer's own folder; if the tenant's database was restored from a backup, restore a newer one",
        )
    };
    if let Some(before) = before(folder)? {
        log.require_continues(&before).map_err(other)?;
    }
    let taken = database.status_positions().await?;
    let numbers: BTreeSet<u32> = taken.iter().map(|(list, ..)| *list).collect();
    let mut lists = Vec::new();
    for (list, purpose) in numbers.into_iter().flat_map(|list| Purpose::ALL.map(|purpose| (list, purpose))) {
        let bits = bits(&taken, list, purpose);
        require_kept(folder, &domain, list, purpose, &taken).map_err(other)?;
        let status = StatusList { domain: domain.clone(), list, purpose, issued: Utc::now(), bits };
        let signed = status.sign(&signer.key, &signer.selector);
        lists.push((list, purpose, signed.map_err(|error| HostError::Engine(error.to_string()))?));
    }
    let witnesses = witness::ask(config, &keys, &mut log).await?;
    let files = publish::files(&Publication {
        key_file: &keys.key_file().await?,
        entries: &log.entries,
        checkpoint: &log.signed(&signer.key)?,
        status_lists: &lists,
        verify_page: VERIFY_PAGE.as_bytes(),
    });
    let files = files.map_err(|error| HostError::Engine(error.to_string()))?;
    let mut written = 0;
    let (last, first): (Vec<_>, Vec<_>) = files.iter().partition(|(path, _)| path.as_str() == CHECKPOINT);
    for (path, bytes) in first.into_iter().chain(last) {
        written += usize::from(put(&folder.join(path), bytes)?);
    }
    Ok(Published { references: log.entries.len(), written, files: files.len(), witnesses })
}

/// A place in the status lists: list, index, and the state of its reference.
type Place = (u32, u32, ReferenceState);

/// The bits of a status list.
fn bits(taken: &[Place], list: u32, purpose: Purpose) -> Bitstring {
    let state = match purpose {
        Purpose::Revocation => ReferenceState::Revoked,
        Purpose::Supersession => ReferenceState::Superseded,
    };
    Bitstring::with(taken.iter().filter(|(of, _, is)| *of == list && *is == state).map(|(_, index, _)| *index))
}

/// Checks that every reference which the published list has as revoked or superseded still is. Without this, an old
/// backup could make a revoked reference valid again.
///
/// # Errors
/// How many are not, or why the published list cannot be read.
fn require_kept(folder: &Path, domain: &Domain, list: u32, purpose: Purpose, taken: &[Place]) -> Result<(), String> {
    let path = folder.join(list_path(list, purpose));
    let Ok(bytes) = std::fs::read(&path) else { return Ok(()) };
    let (published, _) =
        StatusList::parse(&bytes, domain, list, purpose).map_err(|error| format!("{}: {error}", path.display()))?;
    // A superseded reference may have been revoked since.
    let mut kept = bits(taken, list, purpose);
    taken
        .iter()
        .filter(|(of, _, is)| *of == list && *is == ReferenceState::Revoked)
        .for_each(|(_, index, _)| kept.set(*index));
    let lost = (0..ENTRIES).filter(|index| published.bits.get(*index) == Some(true) && kept.get(*index) != Some(true));
    match lost.count() {
        0 => Ok(()),
        lost => Err(format!("{lost} references that are revoked or superseded there are valid here")),
    }
}

/// The head of the log that was published in the folder before; none in a new folder.
fn before(folder: &Path) -> Result<Option<Checkpoint>, HostError> {
    let path = folder.join(CHECKPOINT);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unwritable(&path, &error)),
    };
    let read = SignedNote::parse(&text).and_then(|note| Checkpoint::parse(note.text()));
    read.map(Some).map_err(|error| {
        HostError::configuration(
            format!("{}: {error}", path.display()),
            "name this issuer's own folder, or an empty one",
        )
    })
}

/// Writes a file so that readers see either the old or the new content. False if the content was the same already.
fn put(path: &Path, bytes: &[u8]) -> Result<bool, HostError> {
    let failed = |error: std::io::Error| unwritable(path, &error);
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    require_replaceable(path).map_err(failed)?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file =
        tempfile::Builder::new().prefix(".publish-").permissions(public()).tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(true)
}

/// The permissions of a published file: everybody may read it, because a web server of another user does.
fn public() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}

fn unwritable(path: &Path, error: &std::io::Error) -> HostError {
    HostError::configuration(format!("cannot write {}: {error}", path.display()), "name a folder that can be written")
}
