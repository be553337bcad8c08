//! The issuer's public folder: plain files for any static web server. They have no personal data.

use crate::references::keys::IssuerKeys;
use crate::references::log::Log;
use crate::references::witness;
use crate::references::witness::WitnessReport;
use chrono::{DateTime, TimeDelta, Utc};
use hibob_base::error::HostError;
use hibob_base::files::require_replaceable;
use hibob_config::references::issuing;
use hibob_config::tenant::TenantConfig;
use hibob_reference_format::VERIFY_PAGE;
use hibob_reference_format::domain::Domain;
use hibob_reference_format::keys::file;
use hibob_reference_format::log::checkpoint::Checkpoint;
use hibob_reference_format::log::note::SignedNote;
use hibob_reference_format::log::published;
use hibob_reference_format::publish::{self, Publication};
use hibob_reference_format::status_list::{Bitstring, ENTRIES, Purpose, StatusList, VALID_FOR, list_path};
use hibob_store::data_dir::DataDir;
use hibob_store::database::ReferenceState;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

/// The path of the log's head in the folder. It is written last, so that everything that it refers to is there before
/// it.
const CHECKPOINT: &str = published::PATH;

/// The result of a publication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Published {
    /// How many entries the log has.
    pub references: usize,
    /// How many files are new or changed.
    pub written: usize,
    /// How many files the publication has.
    pub files: usize,
    /// Until when the status lists count, in Unix seconds; none where there is no list yet.
    pub lists_end_at: Option<i64>,
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
    let (now, taken) = (Utc::now(), database.status_positions().await?);
    let mut lists = Vec::new();
    for (list, purpose) in begun(&taken) {
        let bits = bits(&taken, list, purpose);
        require_kept(folder, &domain, list, purpose, &taken).map_err(other)?;
        let status = StatusList::new(domain.clone(), list, purpose, now, bits);
        let signed = status.sign(&signer.key, &signer.selector);
        lists.push((list, purpose, signed.map_err(|error| HostError::Engine(error.to_string()))?));
    }
    let witnesses = witness::ask(config, &keys, &mut log).await?;
    // The head has the time of the lists: a list that is older than the head beside it is one that is shown again.
    let mut head = log.signed(&signer.key)?;
    published::date(&mut head, &signer.key, now).map_err(|error| HostError::Engine(error.to_string()))?;
    let files = publish::files(&Publication {
        key_file: &keys.key_file().await?,
        entries: &log.entries,
        checkpoint: &head,
        status_lists: &lists,
        verify_page: VERIFY_PAGE.as_bytes(),
    });
    let files = files.map_err(|error| HostError::Engine(error.to_string()))?;
    let mut written = 0;
    let (last, first): (Vec<_>, Vec<_>) = files.iter().partition(|(path, _)| path.as_str() == CHECKPOINT);
    for (path, bytes) in first.into_iter().chain(last) {
        written += usize::from(put(&folder.join(path), bytes)?);
    }
    let lists_end_at = (!lists.is_empty()).then(|| (now + VALID_FOR).timestamp());
    Ok(Published { references: log.entries.len(), written, files: files.len(), lists_end_at, witnesses })
}

/// The age of published lists, from which they are signed anew: a run a day does so each day, also if one begins a
/// little earlier than the one before it.
const SIGN_ANEW_AFTER: TimeDelta = TimeDelta::hours(20);

/// Publishes if the folder does not have what there is to publish: if the log, a status or the keys have changed, a list
/// is missing or cannot be read, or the lists are of another day. `None` means that it has.
///
/// # Errors
/// As for [`publish`].
pub(super) async fn publish_if_due(
    data: &DataDir,
    config: &TenantConfig,
    folder: &Path,
    now: DateTime<Utc>,
) -> Result<Option<Published>, HostError> {
    if is_due(data, config, folder, now).await? { publish(data, config, folder).await.map(Some) } else { Ok(None) }
}

async fn is_due(data: &DataDir, config: &TenantConfig, folder: &Path, now: DateTime<Utc>) -> Result<bool, HostError> {
    let keys = IssuerKeys::open(data, config).await?;
    let database = data.tenant_database(&config.id).await?;
    let domain = &keys.issuer().domain;
    let has = |path: &str, bytes: &[u8]| std::fs::read(folder.join(path)).is_ok_and(|old| old == bytes);
    let key_file = keys.key_file().await?.render();
    if !has(file::PATH, key_file.as_bytes()) || !has(publish::VERIFY_PAGE_PATH, VERIFY_PAGE.as_bytes()) {
        return Ok(true);
    }
    // A head that cannot be read is left to the publication, which says so.
    let Ok(Some(head)) = before(folder) else { return Ok(true) };
    let entries = database.log_entries().await?;
    if head.size != entries.len() as u64 {
        return Ok(true);
    }
    let taken = database.status_positions().await?;
    Ok(begun(&taken).any(|(list, purpose)| !is_current(folder, domain, list, purpose, &taken, now)))
}

/// Whether the folder's list says what it would say now, and was signed today.
fn is_current(
    folder: &Path,
    domain: &Domain,
    list: u32,
    purpose: Purpose,
    taken: &[Place],
    now: DateTime<Utc>,
) -> bool {
    let read = std::fs::read(folder.join(list_path(list, purpose))).ok();
    let read = read.and_then(|bytes| StatusList::parse(&bytes, domain, list, purpose).ok());
    read.is_some_and(|(published, _)| {
        let is_young = published.valid_until.is_some() && now < published.issued + SIGN_ANEW_AFTER;
        is_young && published.bits == bits(taken, list, purpose)
    })
}

/// A place in the status lists: list, index, and the state of its reference.
type Place = (u32, u32, ReferenceState);

/// The lists that have a place which is taken: number and purpose.
fn begun(taken: &[Place]) -> impl Iterator<Item = (u32, Purpose)> + use<> {
    let numbers: BTreeSet<u32> = taken.iter().map(|(list, ..)| *list).collect();
    numbers.into_iter().flat_map(|list| Purpose::ALL.map(|purpose| (list, purpose)))
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_reference_format::keys::{SecretKey, Selector};

    #[test]
    fn a_list_is_signed_anew_when_it_has_changed_and_once_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let (domain, purpose) = (Domain::parse("acme.example").unwrap(), Purpose::Revocation);
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let (key, selector) = (SecretKey::from_seed(&[7; 32]), Selector::parse("k1").unwrap());
        let path = folder.path().join(list_path(1, purpose));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let taken = [(1, 5, ReferenceState::Revoked), (1, 6, ReferenceState::Valid)];
        let current = |taken: &[Place], hours| {
            is_current(folder.path(), &domain, 1, purpose, taken, now + TimeDelta::hours(hours))
        };
        assert!(!current(&taken, 0), "there is no list");
        let list = StatusList::new(domain.clone(), 1, purpose, now, bits(&taken, 1, purpose));
        std::fs::write(&path, list.sign(&key, &selector).unwrap()).unwrap();
        assert!(current(&taken, 0) && current(&taken, 19));
        assert!(!current(&taken, 20), "it is of the day before");
        assert!(!current(&[(1, 6, ReferenceState::Revoked)], 0), "another reference is revoked");
        let without_end = StatusList { valid_until: None, ..list };
        std::fs::write(&path, without_end.sign(&key, &selector).unwrap()).unwrap();
        assert!(!current(&taken, 0), "it does not say until when it counts");
        std::fs::write(&path, "<!doctype html>").unwrap();
        assert!(!current(&taken, 0));
    }
}
