//! The settings of a tenant as a person sees and changes them: by the API and in the console.
//!
//! What is sent is compared with what is stored, setting by setting (`key/who.rs` of the configuration). A setting that is the
//! operator's has to be as it was shown. The result is a whole configuration, which passes the checks of a tenant's file.

use crate::data_dir::DataDir;
use crate::database::TenantVersion;
use crate::tenant_change::{parsed, removed};
use hibob_base::error::{HostError, WrongSetting};
use hibob_config::applied_by::AppliedBy;
use hibob_config::key::check::refuse;
use hibob_config::key::difference::{SettingChange, difference};
use hibob_config::key::who::{Who, settings};
use hibob_config::tenant::TenantConfig;
use serde_json::{Map, Value};

/// What is shown in place of a file or a variable of this machine.
pub const ELSEWHERE: &str = "elsewhere";

/// The person who changes settings, and the token with which that is done.
#[derive(Clone, Copy, Debug)]
pub struct Settler<'a> {
    /// The person's work email.
    pub person: &'a str,
    /// The id of the token.
    pub token: &'a str,
}

/// Settings that are to be changed.
#[derive(Clone, Debug)]
pub struct SettingsChange {
    /// The version of which they were made.
    pub over: i64,
    /// The configuration to store.
    pub config: TenantConfig,
    /// The settings that would change.
    pub changes: Vec<SettingChange>,
    /// What would be lost, each as a sentence.
    pub losses: Vec<String>,
}

/// A version of a tenant's settings, and how it differs from the one before.
#[derive(Clone, Debug)]
pub struct ChangedVersion {
    /// The version.
    pub version: TenantVersion,
    /// What it has changed; none for the oldest that is kept.
    pub changes: Vec<SettingChange>,
}

impl DataDir {
    /// The settings of a tenant, as JSON, and their version. To anybody but an operator, files and variables of this machine
    /// are not named.
    ///
    /// # Errors
    /// There is no such tenant, its configuration cannot be read, or the database failed.
    pub async fn settings(&self, id: &str, for_whom: Who) -> Result<(i64, Value), HostError> {
        // The number is read first: if somebody changes the settings in between, it is too small, and storing over it fails.
        let version = self.control().tenant_version(id).await?;
        let mut shown = json(&self.config(id).await?)?;
        if for_whom == Who::Admin {
            hide(&mut shown);
        }
        Ok((version, shown))
    }

    /// Compares settings, as they are sent, with what is stored. Nothing is written. Settings that an admin changes and that
    /// are not sent have their default again; those of the operator stay, and may be sent only as they were shown.
    ///
    /// # Errors
    /// Every setting that is wrong or not to be changed, or the database failed.
    pub async fn settings_change(&self, id: &str, sent: &Value) -> Result<SettingsChange, HostError> {
        let (over, stored) = self.settings(id, Who::Operator).await?;
        let mut shown = stored.clone();
        hide(&mut shown);
        let (mut new, mut left) = (stored.clone(), sent.clone());
        let mut wrong = Vec::new();
        for setting in settings() {
            let value = setting.value(sent);
            let is_as_shown = [&stored, &shown].into_iter().any(|config| setting.value(config) == value);
            match setting.who {
                Who::Admin => setting.set(&mut new, value.cloned()),
                Who::Operator if value.is_none() || is_as_shown => {}
                Who::Operator => wrong.push(operators(&setting.path())),
            }
            setting.set(&mut left, None);
        }
        refuse(wrong, None)?;
        // What no setting has is found by the check of a tenant's file, which names the nearest key.
        merge(&mut new, left);
        let config = TenantConfig::from_json(new, AppliedBy::Operator)?;
        let after = json(&config)?;
        let (changes, losses) = (difference(&stored, &after), removed(&stored, &after));
        Ok(SettingsChange { over, config, changes, losses })
    }

    /// The versions of a tenant's settings, the newest first, each with what it has changed.
    ///
    /// # Errors
    /// A version cannot be read, or the database failed.
    pub async fn settings_versions(&self, id: &str, for_whom: Who) -> Result<Vec<ChangedVersion>, HostError> {
        let versions = self.control().tenant_versions(id).await?;
        let mut configs = Vec::new();
        for version in &versions {
            let mut config = parsed(&version.config)?;
            if for_whom == Who::Admin {
                hide(&mut config);
            }
            configs.push(config);
        }
        let changed = versions.into_iter().enumerate().map(|(at, version)| {
            // The oldest that is kept has nothing to be compared with.
            let changes = configs.get(at).zip(configs.get(at + 1)).map(|(own, before)| difference(before, own));
            ChangedVersion { version, changes: changes.unwrap_or_default() }
        });
        Ok(changed.collect())
    }
}

/// The refusal of a setting that is the operator's.
fn operators(key: &str) -> WrongSetting {
    WrongSetting {
        key: key.to_owned(),
        place: None,
        line: None,
        message: format!("{key} is changed by whoever runs the host, and not here"),
        remedy: "leave it as it is, and ask whoever runs the host".to_owned(),
    }
}

fn json(config: &TenantConfig) -> Result<Value, HostError> {
    serde_json::to_value(config).map_err(|error| HostError::Storage(error.to_string()))
}

/// Takes out what is of this machine.
fn hide(config: &mut Value) {
    for setting in settings() {
        let is_hidden = setting.value(config).is_some_and(|value| setting.is_of_this_machine(value));
        if is_hidden {
            setting.set(config, Some(Value::from(ELSEWHERE)));
        }
    }
}

/// Adds what another value has, table by table.
fn merge(into: &mut Value, other: Value) {
    match (into, other) {
        (Value::Object(into), Value::Object(other)) => {
            for (name, value) in other {
                merge(into.entry(name).or_insert_with(|| Value::Object(Map::new())), value);
            }
        }
        (into, other) => {
            if !other.as_object().is_some_and(Map::is_empty) {
                *into = other;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{SETTINGS_CHANGED, StoredBy};
    use serde_json::json;
    use std::path::Path;

    const FILE: &str = "id = \"acme\"\n[hibob]\nurl = \"https://api.hibob.com/v1\"\nservice_user = \"S-1\"\ntoken = \"env:HOME\"\n\
                        [travelperk]\nscim_url = \"https://app.perk.com/scim\"\nkey = \"store\"\n[sync]\nsites = [\"London\"]\n";
    const ANA: Settler<'_> = Settler { person: "ana@acme.example", token: "2c4e" };

    async fn site() -> (tempfile::TempDir, DataDir) {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).await.unwrap();
        let file = TenantConfig::from_text(Path::new("acme.toml"), FILE).unwrap();
        data.put(&file, AppliedBy::Operator).await.unwrap();
        (folder, data)
    }

    #[tokio::test]
    async fn what_is_shown_can_be_sent_back_and_changes_nothing() {
        let (_folder, data) = site().await;
        for who in [Who::Admin, Who::Operator] {
            let (version, shown) = data.settings("acme", who).await.unwrap();
            assert_eq!((version, shown.to_string().contains("HOME")), (1, who == Who::Operator));
            let change = data.settings_change("acme", &shown).await.unwrap();
            assert_eq!((change.changes, change.losses, change.over), (Vec::new(), Vec::new(), 1));
        }
    }

    #[tokio::test]
    async fn a_person_changes_settings_once_and_what_the_operator_has_set_stays() {
        let (_folder, data) = site().await;
        let sent =
            json!({ "sync": { "time_zone": "Europe/Madrid", "site_time_zones": { "St. Gallen": "Europe/Zurich" } } });
        let change = data.settings_change("acme", &sent).await.unwrap();
        let keys: Vec<&str> = change.changes.iter().map(|change| change.key.as_str()).collect();
        assert_eq!(keys, ["sync.site_time_zones.St. Gallen", "sync.sites", "sync.time_zone"]);
        assert_eq!(change.losses, ["sync.sites is removed: the employees of all sites would be synced"]);
        let late = data.settings_change("acme", &json!({})).await.unwrap();
        data.put_settings(&change, ANA).await.unwrap();
        let error = data.put_settings(&late, ANA).await.unwrap_err();
        assert_eq!(error.code(), SETTINGS_CHANGED, "{error}");
        assert!(error.to_string().contains("version 2"), "{error}");
        let config = data.config("acme").await.unwrap();
        assert_eq!(
            (config.time_zone(), &config.sync.sites, config.hibob.service_user.as_str()),
            ("Europe/Madrid", &None, "S-1")
        );
        let versions = data.settings_versions("acme", Who::Admin).await.unwrap();
        let newest = &versions[0];
        assert_eq!(
            (newest.version.person.as_deref(), newest.version.token.as_deref()),
            (Some("ana@acme.example"), Some("2c4e"))
        );
        assert_eq!((newest.version.stored_by.as_str(), newest.changes.len(), versions.len()), ("settings", 3, 2));
    }

    #[tokio::test]
    async fn a_key_that_is_unknown_or_wrong_is_named_with_the_nearest_one() {
        let (_folder, data) = site().await;
        for (sent, words) in [
            (json!({ "sync": { "time_zoen": "UTC" } }), "did you mean `time_zone`"),
            (json!({ "colour": 1 }), "remove it"),
            (json!({ "sync": { "details": ["titel"] } }), "did you mean `title`"),
            (json!({ "sync": "all" }), "write [sync]"),
            (json!({ "sync": { "companies": { "Madrid": 7 } } }), "write a text"),
        ] {
            let error = data.settings_change("acme", &sent).await.unwrap_err();
            assert!(matches!(error, HostError::Settings(_)), "{error:?}");
            assert!(error.remedy().contains(words), "{sent}: {error} {}", error.remedy());
        }
    }

    /// The file that was applied before, applied again, does not undo what was set in the console; a new value counts, and
    /// that is said first.
    #[tokio::test]
    async fn the_same_file_again_keeps_what_a_person_has_set() {
        let (_folder, data) = site().await;
        let sent = json!({ "sync": { "time_zone": "Europe/Madrid" }, "safety": { "archive_limit_percent": 3 } });
        let change = data.settings_change("acme", &sent).await.unwrap();
        data.put_settings(&change, ANA).await.unwrap();
        let file = |text: &str| TenantConfig::from_text(Path::new("acme.toml"), text).unwrap();
        let again = data.tenant_change(file(FILE)).await.unwrap();
        assert_eq!((again.changes.len(), again.losses.len()), (0, 0), "{again:?}");
        assert_eq!(again.kept, ["sync.sites", "sync.time_zone", "safety.archive_limit_percent"]);
        let other = data.tenant_change(file(&format!("{FILE}time_zone = \"UTC\"\n"))).await.unwrap();
        assert_eq!(
            other.losses,
            ["sync.time_zone was set in the console or by the API, and the file has another value"]
        );
        assert_eq!(other.config.time_zone(), "UTC");
        data.put_change(&other, StoredBy::File).await.unwrap();
        assert_eq!(data.tenant_change(file(FILE)).await.unwrap().kept, Vec::<String>::new());
    }
}
