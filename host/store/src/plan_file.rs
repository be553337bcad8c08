//! Saved plans: a file that a person can read, and that is applied exactly as it is or not at all.
//!
//! The file has a JSON object per line: a header, the changes, and a seal, which is the HMAC-SHA256 (RFC 2104) over
//! every byte before it with a key that only this data directory has.

use crate::data_dir::DataDir;
use crate::queue::Selection;
use hibob_base::digest::{hex, unhex};
use hibob_base::error::HostError;
use hibob_base::files::write_private;
use hibob_base::files::{private_dir, sync_folder};
use hibob_base::secret::Secret;
use hibob_config::tenant::TenantConfig;
use hibob_contract::Planned;
use hibob_contract::directory_sync::Change;
use hibob_contract::types::Finding;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The version of this format.
const FORMAT: &str = "hibob-plan/2";

/// The version before, whose header has no epoch.
const FORMAT_WITHOUT_EPOCH: &str = "hibob-plan/1";

/// The folder of the data directory with copies of the plans that jobs are to apply.
const KEPT: &str = "plans";

/// How old a copy has to be before it is removed when no job needs it.
const UNNEEDED_AGE_MIN: Duration = Duration::from_hours(1);

/// Seconds in an hour.
const HOUR: u64 = 60 * 60;

/// The first line of a saved plan: the tenant, settings and plugin that the plan is bound to, and the plan without its
/// changes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`FORMAT`], or [`FORMAT_WITHOUT_EPOCH`].
    format: String,
    /// The epoch of the tenant's database ([`crate::database::TenantDatabase::epoch`]).
    #[serde(default)]
    epoch: String,
    /// The tenant's id.
    pub tenant: String,
    /// When the plan was made, in Unix seconds.
    pub created_at: u64,
    /// The digest of the settings with which the plan was made.
    settings: String,
    /// The digest of the plugin that made it.
    plugin: String,
    /// The plan's counts.
    counts: BTreeMap<String, u64>,
    /// The plan's findings.
    findings: Vec<Finding>,
    /// The baseline that is stored when the plan was applied and the run is accepted.
    baseline: Vec<hibob_contract::types::NamedValue>,
    /// How many changes follow.
    changes: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seal {
    hmac_sha256: String,
}

/// By what a saved plan is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its seal in hex, which is the same in each copy of the file, and in no other plan.
    pub seal: String,
    /// The epoch of the tenant's database that it was made with.
    pub epoch: String,
}

/// What a plan depends on: it is applied only with the settings and the plugin with which it was made.
#[derive(Clone, Debug)]
pub struct Basis<'b> {
    /// The tenant's configuration.
    pub config: &'b TenantConfig,
    /// The digest of every setting in it that a plan depends on.
    pub settings: String,
    /// The digest of the plugin.
    pub plugin: &'b str,
    /// The epoch of the tenant's database. A plan of another one was saved before the database was restored.
    pub epoch: &'b str,
}

/// Saves a plan in a file that only its owner can read. An existing file is replaced as a whole.
///
/// # Errors
/// The file cannot be written.
pub fn save(data: &DataDir, basis: &Basis<'_>, planned: &Planned, path: &Path) -> Result<(), HostError> {
    let header = Header {
        format: FORMAT.to_owned(),
        epoch: basis.epoch.to_owned(),
        tenant: basis.config.id.clone(),
        created_at: planned.created_at,
        settings: basis.settings.clone(),
        plugin: basis.plugin.to_owned(),
        counts: planned.counts.clone(),
        findings: planned.findings.clone(),
        baseline: planned.baseline.clone(),
        changes: planned.changes.len(),
    };
    let mut text = line(&header)?;
    for change in &planned.changes {
        text.push_str(&line(change)?);
    }
    let seal = Seal { hmac_sha256: hex(&mac(&data.plan_key()?, text.as_bytes())?.finalize().into_bytes()) };
    text.push_str(&line(&seal)?);
    write_private(path, text.as_bytes()).map_err(|error| {
        HostError::configuration(
            format!("cannot write {}: {error}", path.display()),
            "name a file in a folder that exists and can be written",
        )
    })
}

/// Keeps a copy of a saved plan for a job that applies it, so that the file may change or be removed. Returns the
/// SHA-256 of the copy, by which the job names it.
///
/// # Errors
/// The file is no saved plan of this data directory, or the copy cannot be written.
pub fn keep(data: &DataDir, path: &Path) -> Result<String, HostError> {
    read(data, path)?;
    let unkept = |error: std::io::Error| HostError::Storage(format!("the plan cannot be kept: {error}"));
    let bytes = std::fs::read(path).map_err(unkept)?;
    let digest = hex(&Sha256::digest(&bytes));
    let kept = kept(data, &digest)?;
    private_dir(&data.path().join(KEPT))?;
    write_private(&kept, &bytes).map_err(unkept)?;
    // The copy is checked too, because the file may have changed since it was read first.
    read(data, &kept).inspect_err(|_| forget(data, &digest))?;
    Ok(digest)
}

/// The path of the copy with this SHA-256.
///
/// # Errors
/// The text is no SHA-256.
pub fn kept(data: &DataDir, digest: &str) -> Result<PathBuf, HostError> {
    let is_digest = unhex(digest).is_some_and(|bytes| bytes.len() == Sha256::output_size());
    if !is_digest {
        let message = format!("`{}` names no saved plan", digest.escape_debug());
        return Err(HostError::configuration(message, "give the SHA-256 of one that is kept, in hex"));
    }
    Ok(data.path().join(KEPT).join(format!("{digest}.plan")))
}

/// Says how the settings or the plugin have changed since a plan was made, by their digests; none if they have not.
pub fn moved_basis(settings: &str, made_by: &str, settings_now: &str, plugin_now: &str) -> Option<String> {
    if settings != settings_now {
        Some("the settings have changed since the plan was made".to_owned())
    } else if made_by != plugin_now {
        Some(format!("the plan was made by the plugin {made_by}, and this one is {plugin_now}"))
    } else {
        None
    }
}

/// Removes a copy.
pub fn forget(data: &DataDir, digest: &str) {
    let removed = kept(data, digest).map(std::fs::remove_file);
    if let Ok(Err(error)) = removed {
        tracing::debug!("a plan that was kept stays: {error}");
    }
}

/// Removes the copies of a tenant's plans that name an employee. The jobs that were to apply them fail. Returns how
/// many copies were removed.
///
/// # Errors
/// A copy cannot be read or removed.
pub fn remove_those_about(data: &DataDir, tenant: &str, employee_id: &str) -> Result<usize, HostError> {
    let failed = |error: std::io::Error| HostError::Storage(format!("the plans that are kept for jobs: {error}"));
    let folder = data.path().join(KEPT);
    let mut removed = 0;
    if !folder.exists() {
        return Ok(removed);
    }
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let text = std::fs::read_to_string(&path).map_err(failed)?;
        let header = text.lines().next().and_then(|line| serde_json::from_str::<Header>(line).ok());
        let is_theirs = header.is_none_or(|header| header.tenant == tenant);
        if is_theirs && text.contains(&format!("\"{employee_id}\"")) {
            std::fs::remove_file(&path).map_err(failed)?;
            removed += 1;
        }
    }
    sync_folder(&folder)?;
    Ok(removed)
}

/// Removes the copies that no job needs any more, such as copies for jobs that were cancelled.
///
/// # Errors
/// The queue cannot be read.
pub async fn forget_unneeded(data: &DataDir) -> Result<(), HostError> {
    let jobs = data.queue().list(Selection { tenant: None, ended_max: 0 }).await?;
    let needed: BTreeSet<String> =
        jobs.into_iter().filter_map(|job| job.arguments.saved_plan().map(str::to_owned)).collect();
    let Ok(entries) = std::fs::read_dir(data.path().join(KEPT)) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|at| at.elapsed().ok());
        let is_needed = name.strip_suffix(".plan").is_some_and(|digest| needed.contains(digest));
        // A copy is made before its job is queued.
        if !is_needed && age.is_some_and(|age| age > UNNEEDED_AGE_MIN) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    Ok(())
}

fn line(value: &impl Serialize) -> Result<String, HostError> {
    let json = serde_json::to_string(value).map_err(|error| HostError::Storage(error.to_string()))?;
    Ok(json + "\n")
}

fn mac(key: &Secret, text: &[u8]) -> Result<Hmac<Sha256>, HostError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.reveal().as_bytes())
        .map_err(|error| HostError::Storage(error.to_string()))?;
    mac.update(text);
    Ok(mac)
}

/// A saved plan whose seal was verified. Its tenant, epoch, settings, plugin and age are checked by [`Saved::accept`].
pub struct Saved {
    seal: String,
    header: Header,
    changes: Vec<Change>,
}

/// Reads a saved plan and verifies its seal.
///
/// # Errors
/// The file cannot be read, is no saved plan, was made with another data directory, or was changed in any byte.
pub fn read(data: &DataDir, path: &Path) -> Result<Saved, HostError> {
    let refused = |what: String| {
        let remedy = "make a new plan: hibob plan TENANT --out FILE";
        HostError::configuration(format!("{} {what}", path.display()), remedy)
    };
    let text = std::fs::read_to_string(path).map_err(|error| refused(format!("cannot be read: {error}")))?;
    let sealed = text.strip_suffix('\n').and_then(|text| Some(text.rfind('\n')? + 1));
    let (body, seal) = sealed.map(|end| text.split_at(end)).ok_or_else(|| refused("is not a saved plan".to_owned()))?;
    let seal: Seal =
        serde_json::from_str(seal).map_err(|_| refused("is not a saved plan, or is cut off".to_owned()))?;
    let expected = unhex(&seal.hmac_sha256).unwrap_or_default();
    let genuine = mac(&data.plan_key()?, body.as_bytes())?.verify_slice(&expected).is_ok();
    if !genuine {
        return Err(refused("was changed, or was not made with this data directory".to_owned()));
    }
    let mut lines = body.lines();
    let header: Header = lines
        .next()
        .and_then(|line| serde_json::from_str(line).ok())
        .filter(|header: &Header| match header.format.as_str() {
            FORMAT => true,
            FORMAT_WITHOUT_EPOCH => header.epoch.is_empty(),
            _ => false,
        })
        .ok_or_else(|| refused(format!("is not in the format {FORMAT}")))?;
    let changes: Result<Vec<Change>, _> = lines.map(serde_json::from_str).collect();
    let changes = changes.map_err(|error| refused(format!("holds a change that cannot be read: {error}")))?;
    if changes.len() != header.changes {
        return Err(refused("does not hold as many changes as it says".to_owned()));
    }
    Ok(Saved { seal: hex(&expected), header, changes })
}

impl Saved {
    /// The tenant that the plan was made for.
    pub fn tenant(&self) -> &str {
        &self.header.tenant
    }

    /// By what the plan is known.
    pub fn identity(&self) -> Identity {
        Identity { seal: self.seal.clone(), epoch: self.header.epoch.clone() }
    }

    /// The plan, if it was made for this tenant with these settings and this plugin, and is not too old at
    /// `now_unix_seconds`.
    ///
    /// # Errors
    /// The plan was made for another tenant, before its database was restored, or with other settings or another
    /// plugin; it is too old, or its time is in the future.
    pub fn accept(self, basis: &Basis<'_>, now_unix_seconds: u64) -> Result<Planned, HostError> {
        let (header, tenant) = (self.header, &basis.config.id);
        let refused = |what: String| {
            let remedy = format!("make a new plan: hibob plan {tenant} --out FILE");
            HostError::configuration(format!("tenant {tenant}: {what}"), remedy)
        };
        if header.tenant != *tenant {
            return Err(refused(format!("the plan was made for tenant {}", header.tenant)));
        }
        if header.epoch != basis.epoch {
            return Err(refused(if header.epoch.is_empty() {
                "the plan was saved by an earlier version of hibob, or before the tenant's database was restored"
                    .to_owned()
            } else {
                "the plan was saved before the tenant's database was restored, or before the tenant was removed and added again"
                    .to_owned()
            }));
        }
        if let Some(moved) = moved_basis(&header.settings, &header.plugin, &basis.settings, basis.plugin) {
            return Err(refused(moved));
        }
        let age_hours_max = u64::from(basis.config.sync.plan_age_hours_max);
        let now = now_unix_seconds;
        if header.created_at > now.saturating_add(HOUR) {
            return Err(refused(
                "the plan's time lies in the future; this machine's clock is wrong, or was".to_owned(),
            ));
        }
        if now.saturating_sub(header.created_at) > age_hours_max.saturating_mul(HOUR) {
            return Err(refused(format!("the plan is older than {age_hours_max} hours (sync.plan_age_hours_max)")));
        }
        Ok(Planned {
            created_at: header.created_at,
            counts: header.counts,
            findings: header.findings,
            active_accounts: Vec::new(),
            has_left: BTreeSet::new(),
            baseline: header.baseline,
            changes: self.changes,
        })
    }
}
