//! Whether a tenant can run, what keeps it from that, and when it starts next: one answer for the command line and the
//! API.

use crate::approval::{is_offered, short};
use hibob_base::clock::minute;
use hibob_base::error::HostError;
use hibob_base::job::JobKind;
use hibob_base::secret::{SecretName, SecretSource};
use hibob_config::tenant::TenantConfig;
use hibob_store::data_dir::DataDir;
use hibob_store::database::ApprovalState;
use serde::Serialize;
use serde_json::{Value, json};

/// Something that keeps a tenant from running, or that a person has to decide about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "condition", rename_all = "kebab-case")]
pub enum Condition {
    /// Its configuration or its database cannot be read.
    Unreadable {
        /// The error code.
        code: String,
        /// What is wrong.
        message: String,
    },
    /// Somebody has disabled it.
    Disabled {
        /// Since when, in Unix seconds.
        since: i64,
        /// Who has, if that was said.
        by: Option<String>,
        /// Why, if that was said.
        reason: Option<String>,
    },
    /// Secrets that its configuration names cannot be used.
    SecretsMissing {
        /// Their names.
        names: Vec<&'static str>,
    },
    /// A run was interrupted, and nobody is at work on what is left of its plan.
    RunInterrupted {
        /// When the plan was begun, in Unix seconds.
        since: i64,
    },
    /// A plan waits for a person's approval.
    PlanWaiting {
        /// The plan's digest.
        plan: String,
        /// Until when, in Unix seconds.
        lapses_at: i64,
    },
}

impl Condition {
    /// The word for machines; `ready` is the word of a tenant without any.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "unreadable",
            Self::Disabled { .. } => "disabled",
            Self::SecretsMissing { .. } => "secrets-missing",
            Self::RunInterrupted { .. } => "run-interrupted",
            Self::PlanWaiting { .. } => "plan-waiting",
        }
    }

    /// The condition for people, in one line.
    pub fn text(&self) -> String {
        match self {
            Self::Unreadable { code, message } => format!("cannot be read: {code}: {message}"),
            Self::Disabled { since, by, reason } => {
                let by = by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
                let reason = reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
                format!("disabled since {}{by}{reason}", minute(*since))
            }
            Self::SecretsMissing { names } => format!("secrets missing: {}", names.join(", ")),
            Self::RunInterrupted { since } => format!("a run was interrupted that had begun at {}", minute(*since)),
            Self::PlanWaiting { plan, lapses_at } => {
                format!("plan {} waits for approval until {}", short(plan), minute(*lapses_at))
            }
        }
    }
}

/// When a job of one kind is started next by its schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextStart {
    /// The kind of job.
    pub kind: JobKind,
    /// When, in Unix seconds: up to `schedule.spread_minutes` after it is due.
    pub at: i64,
}

/// Whether a tenant can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantStatus {
    /// What keeps it from running, the first thing to see to first; nothing, if it is ready.
    pub conditions: Vec<Condition>,
    /// The next starts of its schedules, the earliest first.
    pub next_starts: Vec<NextStart>,
}

impl TenantStatus {
    /// The status of a tenant as it is now. What cannot be read of the tenant is part of it.
    ///
    /// # Errors
    /// The control database failed.
    pub async fn of(data: &DataDir, id: &str) -> Result<Self, HostError> {
        let mut conditions = Vec::new();
        if let Some(disabled) = data.control().disabled(id).await? {
            conditions.push(Condition::Disabled { since: disabled.since, by: disabled.by, reason: disabled.reason });
        }
        let details = async {
            let config = data.config(id).await?;
            let mut found: Vec<Condition> = missing(data, &config).await?.into_iter().collect();
            found.extend(of_runs(data, id).await?);
            Ok::<_, HostError>(found)
        };
        match details.await {
            Ok(found) => conditions.extend(found),
            Err(error) => {
                conditions.push(Condition::Unreadable { code: error.code().to_owned(), message: error.to_string() });
            }
        }
        let starts = data.queue().next_starts(id).await?;
        let next_starts = starts.into_iter().map(|(kind, at)| NextStart { kind, at: at.div_euclid(1_000) }).collect();
        Ok(Self { conditions, next_starts })
    }

    /// The state in one word: that of the first condition, or `ready`.
    pub fn word(&self) -> &'static str {
        self.conditions.first().map_or("ready", Condition::word)
    }

    /// The state for people, in one line.
    pub fn text(&self) -> String {
        if self.conditions.is_empty() {
            return "ready".to_owned();
        }
        self.conditions.iter().map(Condition::text).collect::<Vec<_>>().join("; ")
    }

    /// The next starts for people, in one line; empty if there is no schedule.
    pub fn next_text(&self) -> String {
        let starts = self.next_starts.iter().map(|next| format!("{} at {}", next.kind.word(), minute(next.at)));
        starts.collect::<Vec<_>>().join(", ")
    }

    /// The status for machines.
    pub fn json(&self) -> Value {
        let starts: Vec<Value> =
            self.next_starts.iter().map(|next| json!({ "kind": next.kind.word(), "at": next.at })).collect();
        json!({ "state": self.word(), "conditions": self.conditions, "next_starts": starts })
    }
}

/// The secrets that the configuration names and that cannot be used. Those from the environment are left out: it is the
/// running host's environment that counts.
async fn missing(data: &DataDir, config: &TenantConfig) -> Result<Option<Condition>, HostError> {
    let listed = data.secrets().list(config).await?;
    let is_usable = |name: SecretName| match config.source(name) {
        None | Some(SecretSource::Env(_)) => true,
        Some(SecretSource::Store) => listed.iter().any(|row| row.name == name.as_str() && row.state == "in-use"),
        Some(source @ SecretSource::File(_)) => source.read(&config.id, name.as_str()).is_ok(),
    };
    let names: Vec<&'static str> =
        SecretName::ALL.into_iter().filter(|name| !is_usable(*name)).map(SecretName::as_str).collect();
    Ok((!names.is_empty()).then_some(Condition::SecretsMissing { names }))
}

/// What runs have left in the tenant's database.
async fn of_runs(data: &DataDir, id: &str) -> Result<Vec<Condition>, HostError> {
    let database = data.tenant_database(id).await?;
    let mut found = Vec::new();
    if let Some(since) = database.open_journal_since().await?
        && !data.control().is_leased(id).await?
    {
        found.push(Condition::RunInterrupted { since });
    }
    let open = database.open_approval(chrono::Utc::now().timestamp()).await?;
    if let Some(row) = open.filter(|row| row.state == ApprovalState::Waiting && !is_offered(row)) {
        found.push(Condition::PlanWaiting { plan: row.plan, lapses_at: row.lapses_at });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> TenantConfig {
        let config = json!({
            "id": "acme",
            "hibob": { "url": "https://api.hibob.com/v1", "service_user": "SERVICE-1", "token": "store" },
            "travelperk": { "scim_url": "https://app.perk.com/api/v2/scim", "key": "env:NO_SUCH_VARIABLE" },
            "schedule": { "sync": "0 2 * * *" },
        });
        serde_json::from_value(config).unwrap()
    }

    #[tokio::test]
    async fn each_condition_is_told_and_the_first_is_the_state() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).await.unwrap();
        let config = config();
        let stored = serde_json::to_string(&config).unwrap();
        data.control().put_tenant("acme", &stored, 0).await.unwrap();
        data.refresh_schedules().await.unwrap();
        let status = TenantStatus::of(&data, "acme").await.unwrap();
        assert_eq!(status.conditions, [Condition::SecretsMissing { names: vec!["hibob.token"] }]);
        assert_eq!((status.word(), status.next_starts.len()), ("secrets-missing", 1));
        assert!(
            status.next_starts[0].kind == JobKind::Sync && status.next_starts[0].at > chrono::Utc::now().timestamp()
        );
        let secret = hibob_base::secret::Secret::checked("a-token-of-hibob").unwrap();
        data.secrets().set(&config, SecretName::HiBobToken, &secret).await.unwrap();
        let status = TenantStatus::of(&data, "acme").await.unwrap();
        assert_eq!(
            (status.word(), status.text().as_str(), status.json()["state"].clone()),
            ("ready", "ready", json!("ready"))
        );

        data.disable("acme", Some("ana@acme.example"), Some("a new contract")).await.unwrap();
        let status = TenantStatus::of(&data, "acme").await.unwrap();
        assert_eq!((status.word(), status.next_starts.len()), ("disabled", 0));
        assert!(status.text().ends_with(" by ana@acme.example: a new contract"), "{}", status.text());
        assert_eq!(status.json()["conditions"][0]["by"], "ana@acme.example");
        // What cannot be read is told instead of being an error, so that a list shows the others.
        data.control().put_tenant("acme", "{}", 0).await.unwrap();
        let status = TenantStatus::of(&data, "acme").await.unwrap();
        let words: Vec<&str> = status.conditions.iter().map(Condition::word).collect();
        assert_eq!(words, ["disabled", "unreadable"]);
    }
}
