//! Setting a tenant up, step by step, in the order of TravelPerk's own guide. Each step knows from what is stored whether it
//! is done, so that the setting up can be left and taken up at any step, by anybody.

use hibob_base::error::HostError;
use hibob_base::job::JobKind;
use hibob_base::person::check_person;
use hibob_base::secret::{SecretName, SecretSource};
use hibob_config::tenant::TenantConfig;
use hibob_store::data_dir::DataDir;
use hibob_store::queue::{Job, State};
use serde_json::{Value, json};

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The service user in HiBob and its token.
    ServiceUser,
    /// TravelPerk's API key.
    Key,
    /// The permission group in HiBob. It comes after the key, since the check of it asks both services.
    Permissions,
    /// Who is synced.
    People,
    /// Which details.
    Details,
    /// Cost centers.
    CostCenters,
    /// Companies.
    Companies,
    /// Trip approvals.
    Approvals,
    /// The first plan, and the decision about it.
    FirstPlan,
}

impl Step {
    /// Every step, in its order.
    pub const ALL: [Self; 9] = [
        Self::ServiceUser,
        Self::Key,
        Self::Permissions,
        Self::People,
        Self::Details,
        Self::CostCenters,
        Self::Companies,
        Self::Approvals,
        Self::FirstPlan,
    ];

    /// Its word in the API, in addresses and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::ServiceUser => "service-user",
            Self::Key => "key",
            Self::Permissions => "permissions",
            Self::People => "people",
            Self::Details => "details",
            Self::CostCenters => "cost-centers",
            Self::Companies => "companies",
            Self::Approvals => "approvals",
            Self::FirstPlan => "first-plan",
        }
    }

    /// The step of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.word() == word)
    }

    /// Whether it is done when a person says so. The other steps are done when what they are for is there.
    pub fn is_settled_by_a_person(self) -> bool {
        matches!(self, Self::People | Self::Details | Self::CostCenters | Self::Companies | Self::Approvals)
    }
}

/// A step of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepState {
    /// The step.
    pub step: Step,
    /// Whether it is done.
    pub is_done: bool,
    /// Who has settled it, and when (Unix seconds), if a person has.
    pub settled: Option<(String, i64)>,
}

/// How far a tenant is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Its steps. A tenant without TravelPerk has only those about HiBob.
    pub steps: Vec<StepState>,
}

impl Setup {
    /// How far a tenant is set up now.
    ///
    /// # Errors
    /// A database failed, or the tenant's configuration cannot be read.
    pub async fn of(data: &DataDir, tenant: &str) -> Result<Self, HostError> {
        let config = data.config(tenant).await?;
        let settled = data.control().settled_steps(tenant).await?;
        let token = entered(data, &config, SecretName::HiBobToken).await?;
        let syncs = config.travelperk.is_some();
        let key = if syncs { entered(data, &config, SecretName::TravelPerkKey).await? } else { None };
        let is_synced = syncs && data.tenant_database(tenant).await?.first_sync().await?.is_over;
        let check = data.queue().last_ended(tenant, JobKind::Check).await?;
        let is_allowed = token.is_some_and(|since| check.as_ref().is_some_and(|job| is_allowed(job, since)));
        let steps = Step::ALL.into_iter().filter(|step| syncs || matches!(step, Step::ServiceUser | Step::Permissions));
        let steps = steps.map(|step| {
            let own = settled.iter().find(|settled| settled.step == step.word());
            let is_done = match step {
                Step::ServiceUser => token.is_some(),
                // Who was synced has what that takes.
                Step::Permissions => is_allowed || is_synced,
                Step::Key => key.is_some(),
                Step::FirstPlan => is_synced,
                _ => own.is_some() || is_synced,
            };
            StepState { step, is_done, settled: own.map(|own| (own.person.clone(), own.settled_at)) }
        });
        Ok(Self { steps: steps.collect() })
    }

    /// How many steps are done.
    pub fn done(&self) -> usize {
        self.steps.iter().filter(|step| step.is_done).count()
    }

    /// As JSON.
    pub fn json(&self, tenant: &str) -> Value {
        let row = |state: &StepState| {
            json!({
                "step": state.step.word(), "done": state.is_done,
                "settled_by": state.settled.as_ref().map(|(person, _)| person),
                "settled_at": state.settled.as_ref().map(|(_, at)| at),
            })
        };
        let steps: Vec<Value> = self.steps.iter().map(row).collect();
        json!({ "tenant": tenant, "done": self.done(), "steps": steps })
    }
}

/// Notes that a person has settled a step.
///
/// # Errors
/// The step is none that a person settles, `by` is no email address, or the database failed.
pub async fn settle(
    data: &DataDir,
    tenant: &str,
    step: Step,
    by: &str,
    token: &str,
    now: i64,
) -> Result<(), HostError> {
    check_person(by)?;
    if !step.is_settled_by_a_person() {
        let message =
            format!("the step {} is not settled by a word: it is done when what it is for is there", step.word());
        return Err(HostError::configuration(message, "do what the step says, and look again"));
    }
    data.control().settle_step(tenant, step.word(), by, token, now).await
}

/// Since when a secret can be used, in Unix seconds; 0 for one that the operator keeps elsewhere, none if it cannot be used.
async fn entered(data: &DataDir, config: &TenantConfig, name: SecretName) -> Result<Option<i64>, HostError> {
    match config.source(name) {
        Some(SecretSource::Store) => {
            let listed = data.secrets().list(config).await?;
            let own = listed.into_iter().find(|secret| secret.name == name.as_str() && secret.state == "in-use");
            Ok(own.and_then(|secret| secret.entered_at))
        }
        Some(_) => Ok(Some(0)),
        None => Ok(None),
    }
}

/// Whether a check that was made since this time (Unix seconds) has found everything that is needed.
fn is_allowed(job: &Job, since: i64) -> bool {
    const MILLISECONDS: i64 = 1_000;
    let result = job.result.as_ref();
    let permissions = result.and_then(|result| result["permissions"].as_array());
    let is_fine = |row: &Value| row["granted"] == true || row["needed_for"].as_array().is_some_and(Vec::is_empty);
    job.state == State::Done
        && job.started_at.is_some_and(|at| at >= since * MILLISECONDS)
        && permissions.is_some_and(|rows| !rows.is_empty() && rows.iter().all(is_fine))
}
