//! All tenants at a glance: what needs a person, the last run, and the next start.

use crate::history::line_json;
use crate::tenant_status::{Condition, TenantStatus};
use hibob_base::error::{Exit, HostError};
use hibob_base::job::Lane;
use hibob_store::data_dir::DataDir;
use hibob_store::database::{PastRun, TenantDatabase};
use serde_json::{Value, json};

/// Whether a tenant needs a person, in the order in which people should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attention {
    /// Its configuration or database cannot be read, or its last run failed as a whole.
    Broken,
    /// A plan waits for approval, or an interrupted run for a decision.
    WaitingForYou,
    /// A safety check has held something in its last run.
    Held,
    /// A secret is missing.
    Incomplete,
    /// Somebody has disabled it.
    Paused,
    /// Nobody has to do anything.
    Ready,
}

impl Attention {
    /// The word for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::WaitingForYou => "waiting-for-you",
            Self::Held => "held",
            Self::Incomplete => "incomplete",
            Self::Paused => "paused",
            Self::Ready => "ready",
        }
    }

    /// Of a tenant with this status and this last run.
    pub fn of(status: &TenantStatus, last: Option<&PastRun>) -> Self {
        match status.conditions.first() {
            Some(Condition::Unreadable { .. }) => Self::Broken,
            Some(Condition::Disabled { .. }) => Self::Paused,
            Some(Condition::SecretsMissing { .. }) => Self::Incomplete,
            Some(Condition::RunInterrupted { .. } | Condition::PlanWaiting { .. }) => Self::WaitingForYou,
            None => match last.and_then(|run| Exit::of(run.exit_code)) {
                Some(Exit::Held) => Self::Held,
                Some(Exit::Refused | Exit::Failed | Exit::Usage) => Self::Broken,
                _ => Self::Ready,
            },
        }
    }
}

/// A tenant with its status, what it needs, and its last run.
#[derive(Clone, Debug)]
pub struct Glance {
    /// The tenant's id.
    pub tenant: String,
    /// Whether it needs a person.
    pub attention: Attention,
    /// Its status.
    pub status: TenantStatus,
    /// The last run that was to write accounts; for a tenant without one, the last run.
    pub last_run: Option<PastRun>,
    /// The name of the zone in which its days begin.
    pub time_zone: String,
}

impl Glance {
    /// A tenant as it is now. What cannot be read of it is part of its status.
    ///
    /// # Errors
    /// The control database failed.
    pub async fn of(data: &DataDir, tenant: &str) -> Result<Self, HostError> {
        let status = TenantStatus::of(data, tenant).await?;
        let last_run = match data.tenant_database(tenant).await {
            Ok(database) => last_run(&database).await.unwrap_or_default(),
            Err(_) => None, // the status says so
        };
        let attention = Attention::of(&status, last_run.as_ref());
        let time_zone =
            data.config(tenant).await.map_or_else(|_| "UTC".to_owned(), |config| config.time_zone().to_owned());
        Ok(Self { tenant: tenant.to_owned(), attention, status, last_run, time_zone })
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        json!({
            "tenant": self.tenant,
            "attention": self.attention.word(),
            "time_zone": self.time_zone,
            "status": self.status.json(),
            "last_run": self.last_run.as_ref().map(line_json),
        })
    }
}

/// The last run that was to write accounts, or else the last one.
async fn last_run(database: &TenantDatabase) -> Result<Option<PastRun>, HostError> {
    match database.last_run(Lane::Directory).await? {
        Some(run) => Ok(Some(run)),
        None => Ok(database.past_runs(1).await?.pop()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(conditions: Vec<Condition>) -> TenantStatus {
        TenantStatus { conditions, next_starts: Vec::new() }
    }

    fn run(exit: Exit) -> PastRun {
        PastRun {
            id: 1,
            kind: hibob_base::job::RunKind::Sync,
            trigger: "manual".to_owned(),
            job: None,
            started_at: 0,
            finished_at: 1,
            exit_code: i64::from(exit as u8),
            report: Value::Null,
        }
    }

    #[test]
    fn what_needs_a_person_comes_from_the_status_and_else_from_the_last_run() {
        let waiting = || vec![Condition::PlanWaiting { plan: "00".to_owned(), lapses_at: 1 }];
        let missing = || vec![Condition::SecretsMissing { names: vec!["hibob.token"] }];
        for (conditions, last, expected) in [
            (vec![], None, Attention::Ready),
            (vec![], Some(Exit::Done), Attention::Ready),
            (vec![], Some(Exit::SomeFailed), Attention::Ready),
            (vec![], Some(Exit::Held), Attention::Held),
            (vec![], Some(Exit::Refused), Attention::Broken),
            (vec![], Some(Exit::Failed), Attention::Broken),
            (waiting(), Some(Exit::Failed), Attention::WaitingForYou),
            (missing(), None, Attention::Incomplete),
            (vec![Condition::Disabled { since: 1, by: None, reason: None }], Some(Exit::Held), Attention::Paused),
        ] {
            let last = last.map(run);
            assert_eq!(Attention::of(&status(conditions), last.as_ref()), expected, "{last:?}");
        }
        assert!(Attention::Broken < Attention::WaitingForYou && Attention::Paused < Attention::Ready);
    }
}
