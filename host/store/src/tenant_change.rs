//! Storing a tenant's file over what is stored: what changes, what is kept, and what would be lost.
//!
//! Some settings can also be set by commands (`hibob tenant enable --by`, `hibob tenant credentials`), and many in the
//! console (`settings.rs`). A file that was applied before knows nothing of that, so that applying it again must not undo it:
//!
//! 1. A setting that a command, or a person in the console, has set is kept if the file does not name it, or names it as
//!    the last file did.
//! 2. If the file names it anew, the file counts; that the other value is lost is said first.
//! 3. It is also said first if a table, the responsible admin, a schedule or a protected account is removed.

use crate::data_dir::DataDir;
use crate::database::{StoredBy, TenantVersion};
use hibob_base::error::HostError;
use hibob_config::applied_by::AppliedBy;
use hibob_config::key::difference::{SettingChange, difference};
use hibob_config::key::who::{Who, settings};
use hibob_config::tenant::TenantConfig;
use serde_json::Value;

/// The settings that commands set as well.
const SET_BY_COMMANDS: [&str; 4] = ["/enabled_by", "/hibob/service_user", "/hibob/token", "/travelperk/key"];

/// A file that is to be applied, compared with what is stored.
#[derive(Clone, Debug)]
pub struct TenantChange {
    /// The configuration to store: the file's, with what is kept.
    pub config: TenantConfig,
    /// Whether the tenant is new.
    pub is_new: bool,
    /// The settings that would change. For a new tenant there are none.
    pub changes: Vec<SettingChange>,
    /// The settings that a command or a person has set and that the file leaves as they are.
    pub kept: Vec<String>,
    /// What would be lost, each as a sentence.
    pub losses: Vec<String>,
}

impl DataDir {
    /// Compares a file's configuration, which was checked when it was read, with what is stored. Nothing is written.
    ///
    /// # Errors
    /// The stored configuration cannot be read, or the database failed.
    pub async fn tenant_change(&self, file: TenantConfig) -> Result<TenantChange, HostError> {
        let Some(stored) = self.control().tenant(&file.id).await? else {
            return Ok(TenantChange {
                config: file,
                is_new: true,
                changes: Vec::new(),
                kept: Vec::new(),
                losses: Vec::new(),
            });
        };
        let stored = parsed(&stored)?;
        let versions = self.control().tenant_versions(&file.id).await?;
        let is_file = |version: &&TenantVersion| {
            ![StoredBy::Command, StoredBy::Settings].iter().any(|by| by.word() == version.stored_by)
        };
        let last_file = versions.iter().find(is_file);
        let last_file = last_file.map_or(Ok(Value::Null), |version| parsed(&version.config))?;
        let mut new = serde_json::to_value(&file).map_err(|error| HostError::Storage(error.to_string()))?;
        let mut kept = Vec::new();
        let mut losses = Vec::new();
        for pointer in SET_BY_COMMANDS {
            let key = pointer.trim_start_matches('/').replace('/', ".");
            let [now, before, wanted] = [&stored, &last_file, &new].map(|config| config.pointer(pointer).cloned());
            let is_set_by_command = now != before;
            if !is_set_by_command || now == wanted {
                continue;
            }
            let Some(now) = now else { continue };
            if wanted.is_some() && wanted != before {
                losses.push(format!("{key} was set by a command, and the file has another value"));
            } else if put(&mut new, pointer, now) {
                kept.push(key);
            }
        }
        if versions.iter().any(|version| version.stored_by == StoredBy::Settings.word()) {
            keep_settings(&stored, &last_file, &mut new, &mut kept, &mut losses);
        }
        losses.extend(removed(&stored, &new));
        // The file was checked when it was read; what is kept may not go with it.
        let config = if kept.is_empty() { file } else { TenantConfig::from_json(new.clone(), AppliedBy::Operator)? };
        Ok(TenantChange { config, is_new: false, changes: difference(&stored, &new), kept, losses })
    }
}

/// Keeps what a person has set, or taken away, since the last file, unless this file has something new for it.
fn keep_settings(stored: &Value, last_file: &Value, new: &mut Value, kept: &mut Vec<String>, losses: &mut Vec<String>) {
    for setting in settings().into_iter().filter(|setting| setting.who == Who::Admin) {
        let [now, before, wanted] = [stored, last_file, &*new].map(|config| setting.value(config).cloned());
        if now == before || now == wanted {
            continue;
        }
        if wanted == before {
            setting.set(new, now);
            kept.push(setting.path());
        } else {
            losses.push(format!(
                "{} was set in the console or by the API, and the file has another value",
                setting.path()
            ));
        }
    }
}

/// Puts a value where its table is.
fn put(config: &mut Value, pointer: &str, value: Value) -> bool {
    let (table, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    let Some(table) = config.pointer_mut(table).and_then(Value::as_object_mut) else { return false };
    table.insert(name.to_owned(), value);
    true
}

/// What a tenant has by one configuration (JSON) and would not have by another one, each as a sentence.
pub fn removed(stored: &Value, new: &Value) -> Vec<String> {
    let mut losses = Vec::new();
    for (pointer, what) in [
        ("/travelperk", "[travelperk] is removed: nothing would be synced any more"),
        ("/references", "[references] is removed: nobody who leaves would get a reference any more"),
        ("/schedule/sync", "schedule.sync is removed: syncs would start by hand only"),
        ("/schedule/references", "schedule.references is removed: references would be issued by hand only"),
        ("/sync/sites", "sync.sites is removed: the employees of all sites would be synced"),
    ] {
        if stored.pointer(pointer).is_some() && new.pointer(pointer).is_none() {
            losses.push(what.to_owned());
        }
    }
    let admins = |config: &Value| -> Vec<String> {
        let admins = config.pointer("/safety/admins").and_then(Value::as_array);
        admins.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let still = admins(new);
    let gone: Vec<String> = admins(stored).into_iter().filter(|admin| !still.contains(admin)).collect();
    if !gone.is_empty() {
        losses.push(format!("safety.admins loses {}: such an account could be archived", gone.join(", ")));
    }
    losses
}

pub(crate) fn parsed(json: &str) -> Result<Value, HostError> {
    serde_json::from_str(json).map_err(|error| HostError::Storage(format!("a stored configuration: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const FILE: &str = "id = \"acme\"\n[hibob]\nurl = \"https://api.hibob.com/v1\"\nservice_user = \"S-1\"\ntoken = \"store\"\n\
                        [travelperk]\nscim_url = \"https://app.perk.com/scim\"\nkey = \"store\"\n";

    fn file(text: &str) -> TenantConfig {
        TenantConfig::from_text(Path::new("acme.toml"), text).unwrap()
    }

    #[tokio::test]
    async fn what_a_command_has_set_is_kept_unless_the_file_names_it_anew() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).await.unwrap();
        assert!(data.tenant_change(file(FILE)).await.unwrap().is_new);
        data.put(&file(FILE), AppliedBy::Operator).await.unwrap();
        let unchanged = data.tenant_change(file(FILE)).await.unwrap();
        assert_eq!((unchanged.changes.len(), unchanged.losses.len()), (0, 0));

        let mut config = data.config("acme").await.unwrap();
        config.enabled_by = Some("ana@acme.example".to_owned());
        config.hibob.service_user = "S-2".to_owned();
        data.put_by(&config, AppliedBy::Operator, StoredBy::Command).await.unwrap();
        // The same file again, with a setting more: what the commands did stays.
        let more = data.tenant_change(file(&format!("{FILE}[sync]\nsites = [\"London\"]\n"))).await.unwrap();
        assert_eq!(more.kept, ["enabled_by", "hibob.service_user"]);
        assert_eq!((more.config.hibob.service_user.as_str(), more.losses.len()), ("S-2", 0));
        assert_eq!(more.config.enabled_by.as_deref(), Some("ana@acme.example"));
        let keys: Vec<&str> = more.changes.iter().map(|change| change.key.as_str()).collect();
        assert_eq!(keys, ["sync.sites"]);
        // A file that names another service user counts, and says what is lost.
        let other = data.tenant_change(file(&FILE.replace("S-1", "S-3"))).await.unwrap();
        assert_eq!(other.config.hibob.service_user, "S-3");
        assert_eq!(other.losses, ["hibob.service_user was set by a command, and the file has another value"]);
    }

    #[tokio::test]
    async fn what_would_be_removed_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).await.unwrap();
        let more = "[sync]\nsites = [\"London\"]\n[schedule]\nsync = \"0 2 * * *\"\n[safety]\nadmins = [\"ana@acme.example\"]\n";
        data.put(&file(&format!("{FILE}{more}")), AppliedBy::Operator).await.unwrap();
        let losses = data.tenant_change(file(FILE)).await.unwrap().losses;
        let begins: Vec<&str> = losses.iter().map(|loss| loss.split(':').next().unwrap()).collect();
        assert_eq!(
            begins,
            ["schedule.sync is removed", "sync.sites is removed", "safety.admins loses ana@acme.example"]
        );
    }

    #[tokio::test]
    async fn each_configuration_is_a_version_and_the_same_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).await.unwrap();
        for (text, expected) in [(FILE.to_owned(), 1), (FILE.to_owned(), 1), (FILE.replace("S-1", "S-2"), 2)] {
            let applied = data.put(&file(&text), AppliedBy::Operator).await.unwrap();
            assert_eq!(
                (applied.stored.version, applied.stored.is_changed),
                (expected, expected == 2 || applied.stored.is_new)
            );
        }
        let versions = data.control().tenant_versions("acme").await.unwrap();
        assert_eq!(versions.iter().map(|version| version.version).collect::<Vec<_>>(), [2, 1]);
        assert!(versions.last().unwrap().config.contains("S-1"));
    }
}
