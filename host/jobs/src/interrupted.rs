//! The plan of an interrupted run, as the command line and the API show it.

use hibob_base::error::HostError;
use hibob_store::data_dir::DataDir;
use hibob_store::database::{InterruptedPlan, TenantDatabase, restored_because};
use hibob_store::queue::JobId;
use serde_json::{Value, json};

/// A plan that is not applied to its end, and with which no run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interrupted {
    plan: InterruptedPlan,
    /// What has interrupted it on purpose; none after a crash.
    by: Option<String>,
}

/// What interrupts a run whose job was cancelled, as the subject of a sentence.
pub fn cancelled(job: JobId) -> String {
    format!("a person, by cancelling job {job},")
}

/// What interrupts a run whose tenant was disabled, as the subject of a sentence.
const DISABLED: &str = "a person, by disabling the tenant,";

/// What a person has done that stops a run of this tenant, and of this job if it is one: it was cancelled, or the tenant
/// was disabled. It is read anew each time.
///
/// # Errors
/// The control database cannot be read.
pub async fn stopped_by(data: &DataDir, tenant: &str, job: Option<&str>) -> Result<Option<String>, HostError> {
    if let Some(job) = job
        && data.queue().is_cancelled(job).await?
    {
        return Ok(Some(cancelled_by_key(job)));
    }
    Ok(data.control().disabled_since(tenant).await?.map(|_| DISABLED.to_owned()))
}

/// As [`cancelled`], by the key of the job.
pub(crate) fn cancelled_by_key(key: &str) -> String {
    cancelled(key.split('@').next().and_then(|number| number.parse().ok()).unwrap_or_default())
}

/// The interrupted plan of a tenant; none if there is none, or if a run goes on, which may be applying it.
///
/// # Errors
/// A database failed.
pub async fn find(data: &DataDir, tenant: &str, database: &TenantDatabase) -> Result<Option<Interrupted>, HostError> {
    let Some(plan) = database.interrupted_plan().await? else { return Ok(None) };
    if data.control().is_leased(tenant).await? {
        return Ok(None);
    }
    let by = match (&plan.interrupted, &plan.job) {
        (Some((_, by)), _) => Some(by.clone()),
        (None, Some(job)) if data.queue().is_cancelled(job).await? => Some(cancelled_by_key(job)),
        (None, _) => None,
    };
    // A run may have ended it in between.
    let is_open = database.interrupted_plan().await?.is_some_and(|now| now.journal == plan.journal);
    Ok(is_open.then_some(Interrupted { plan, by }))
}

impl Interrupted {
    /// In one sentence, with what a person can do about it.
    pub fn text(&self, tenant: &str) -> String {
        let started = hibob_base::clock::minute(self.plan.started_at);
        if self.by.as_deref().and_then(restored_because).is_some() {
            return format!(
                "the database was restored while the run of {started} applied its plan; the next run abandons the rest"
            );
        }
        let changes = self.plan.changes.map(|changes| format!(" of {changes}")).unwrap_or_default();
        let mut text = match &self.by {
            Some(by) => format!("{by} has interrupted the run of {started}"),
            None => format!("the run of {started} has not come to its end"),
        };
        text.push_str(&format!(": {}{changes} changes are done", self.plan.finished));
        text.push_str(&begun(self.plan.in_flight));
        text.push_str(&match &self.by {
            Some(_) => {
                format!("; apply the rest: hibob runs resume {tenant}; or leave it undone: hibob runs abandon {tenant}")
            }
            None => "; the next run looks what became of them, and makes a new plan".to_owned(),
        });
        text
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        json!({
            "run": self.plan.run,
            "started_at": self.plan.started_at,
            "interrupted_at": self.plan.interrupted.as_ref().map(|(at, _)| at),
            "by": self.by,
            "changes": self.plan.changes,
            "finished": self.plan.finished,
            "in_flight": self.plan.in_flight,
        })
    }
}

/// How many changes were begun, of which it is not known whether they were made, as a part of a sentence.
pub(crate) fn begun(number: i64) -> String {
    match number {
        0 => String::new(),
        1 => ", 1 was begun and may have been made".to_owned(),
        number => format!(", {number} were begun and may have been made"),
    }
}
