//! What is stored of a plan that waits for approval: the plan itself, and what the guards report about it.

use crate::run::first::FirstSync;
use crate::run::guard::{guard, judge};
use hibob_base::digest::hex;
use hibob_base::error::HostError;
use hibob_config::tenant::TenantConfig;
use hibob_contract::Planned;
use hibob_policy::guard::{Class, GuardRow, Release, Released};
use hibob_store::database::{ApprovalRow, TenantDatabase};
use hibob_store::privacy;
use hibob_store::privacy::{DecryptedPlan, KeyRows, Keyring};
use hibob_store::run_store::RunStore;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What the guards report about a plan when no release is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasons {
    /// How the source differs too much from the last accepted run; none if it does not.
    source: Option<String>,
    /// The classes of changes of which there are too many.
    guards: Vec<GuardRow>,
    /// Since when a plan has waited without a decision, in Unix seconds: this one, or one that it has replaced. None for
    /// what has not been stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<i64>,
    /// What the tenant's first sync would do, where it has to be confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) first: Option<String>,
    /// Whether a person has asked to see the plan, and nobody has to decide about it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    offered: bool,
}

impl Reasons {
    pub(super) async fn of(
        run_store: &impl RunStore,
        config: &TenantConfig,
        planned: &Planned,
    ) -> Result<Self, HostError> {
        match judge(run_store, config, planned, &Released::default()).await? {
            Ok(held) => Ok(Self { guards: held.guards, ..Self::default() }),
            Err(untrusted) => {
                let release = Release { changed_source: true, ..Release::default() };
                let guards = guard(run_store, config, planned, &release.into()).await?.guards;
                Ok(Self { source: Some(untrusted.reasons), guards, ..Self::default() })
            }
        }
    }

    /// These, and the first sync that has to be confirmed.
    pub(super) fn with_first(self, first: Option<&FirstSync>) -> Self {
        Self { first: first.map(FirstSync::text), ..self }
    }

    /// Reads what was stored with a plan.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(row: &ApprovalRow) -> Result<Self, HostError> {
        serde_json::from_str(&row.reasons).map_err(|error| unreadable(&row.plan, &error))
    }

    /// Since when a plan has waited without a decision; none where an earlier version has stored the plan.
    pub(super) fn since(&self) -> Option<i64> {
        self.since
    }

    /// These reasons, with the time since when a plan waits.
    pub(super) fn waiting_since(&self, since: i64) -> Self {
        Self { since: Some(since), ..self.clone() }
    }

    /// These reasons, for a plan that is offered.
    pub(in crate::run) fn offered(&self) -> Self {
        Self { offered: true, ..self.clone() }
    }

    /// Whether a person has asked to see the plan, and nobody has to decide about it.
    pub fn are_of_an_offer(&self) -> bool {
        self.offered
    }

    /// The classes of changes of which there are too many.
    pub fn guards(&self) -> &[GuardRow] {
        &self.guards
    }

    /// Whether they say the same of a plan. The numbers of a guard change with each leaver who is archived meanwhile.
    pub(super) fn say_the_same(&self, other: &Self) -> bool {
        let classes =
            |reasons: &Self| reasons.guards.iter().map(|guard| (guard.class, guard.field.clone())).collect::<Vec<_>>();
        (&self.source, &self.first) == (&other.source, &other.first) && classes(self) == classes(other)
    }

    /// Whether archivings are within their limits, the source can be trusted, and nobody has to confirm a first sync.
    pub(super) fn lets_leavers_go(&self) -> bool {
        self.source.is_none() && self.first.is_none() && !self.holds_archivings()
    }

    /// Whether there are too many archivings.
    pub(super) fn holds_archivings(&self) -> bool {
        self.guards.iter().any(|guard| guard.class == Class::Archiving)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.source.is_none() && self.guards.is_empty() && self.first.is_none()
    }

    /// Whether the source differs too much from earlier accepted runs.
    pub(in crate::run) fn is_source_held(&self) -> bool {
        self.source.is_some()
    }

    /// One sentence for each.
    pub fn messages(&self) -> Vec<String> {
        let guards = self.guards.iter().map(|guard| &guard.message);
        self.first.iter().chain(&self.source).chain(guards).cloned().collect()
    }

    /// The first of these that was not among the `approved` ones, as a sentence; none if all were. A source that
    /// differs in another way than the approved one counts as new.
    pub(super) fn beyond<'r>(&'r self, approved: &Self) -> Option<&'r str> {
        let first = self.first.as_ref().filter(|_| approved.first.is_none());
        let source = self.source.as_ref().filter(|source| approved.source.as_ref() != Some(*source));
        let is_new = |guard: &&GuardRow| {
            approved.guards.iter().all(|known| (known.class, &known.field) != (guard.class, &guard.field))
        };
        first.or(source).or_else(|| self.guards.iter().find(is_new).map(|guard| &guard.message)).map(String::as_str)
    }
}

fn unreadable(plan: &str, error: &impl std::fmt::Display) -> HostError {
    HostError::Storage(format!("the stored plan {plan} cannot be read: {error}"))
}

/// A stored plan: its exact bytes, and its content.
pub struct StoredPlan {
    pub(super) id: i64,
    pub(super) digest: String,
    pub(super) bytes: Vec<u8>,
    pub(super) settings: String,
    pub(super) plugin: String,
    /// Whether whoever approves it releases more archivings than the limits allow.
    pub(super) releases_archivings: bool,
    /// The content, decrypted.
    pub opened: DecryptedPlan,
}

impl StoredPlan {
    /// Reads the plan of a row, and checks that it has the row's digest.
    ///
    /// # Errors
    /// The digest differs, the tenant's key is missing, or the database failed.
    pub async fn read(
        database: &TenantDatabase,
        keyring: &Keyring<impl KeyRows>,
        row: &ApprovalRow,
    ) -> Result<Self, HostError> {
        let bytes = database.stored_plan(&row.plan).await?;
        if hex(&Sha256::digest(&bytes)) != row.plan {
            return Err(HostError::Storage(format!("the stored plan {} was changed", row.plan)));
        }
        let opened = privacy::plan::decrypt(keyring, &bytes).await?.map_err(|error| unreadable(&row.plan, &error))?;
        let (settings, plugin) = (row.settings.clone(), row.plugin.clone());
        let releases_archivings = Reasons::read(row)?.holds_archivings();
        Ok(Self { id: row.id, digest: row.plan.clone(), bytes, settings, plugin, releases_archivings, opened })
    }
}
