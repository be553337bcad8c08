//! The first sync of a tenant: a person confirms it once.
//!
//! 1. The first sync is over as soon as a run has applied a plan to its end. What guards held of that plan does not
//!    count, nor does a plan without changes.
//! 2. Until then nothing is written without a yes. A command gets it by an answer at a terminal or by `--yes`
//!    ([`Yes::first`]); a job by an approval of its plan, for which the plan waits as in `approval.rs`. Where
//!    `safety.allow_first` is set, none is needed. Where every plan waits for approval, the approval is the yes.
//! 3. The yes is for the changes that the person was shown. Changes of a plan that was begun before do not need it
//!    again: they are compared by what they do (`difference.rs`), and what a second write of an account was to set may be
//!    set by an update of that account. So what a crash, an interruption or somebody who abandons the rest has left is
//!    made without a second yes, and anything else is not.
//! 4. Accounts that are inactive in TravelPerk and would be made active are not part of that yes: somebody may have
//!    archived them on purpose. They are held by name until a yes of their own ([`Yes::reactivations`]) or an approval.
//!    That lasts beyond the first sync: the tenant's database keeps these accounts' ids.

use crate::run::Running;
use crate::run::difference::{does_the_same, writes_the_same};
use crate::run::ports::RunPorts;
use hibob_base::error::HostError;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind};
use hibob_contract::types::Value;
use hibob_policy::guard::{Class, GuardRow, Held};
use hibob_store::database::FirstSyncState;
use hibob_store::privacy;
use hibob_store::run_store::RunStore;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The plugin's count of accounts whose email address has a domain that employees have too.
const SAME_DOMAIN: &str = "same-domain-accounts";

/// What a person has said yes to, for one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Yes {
    /// To the first sync: creating, adopting and updating accounts, and what else the guards do not hold.
    pub first: bool,
    /// To making accounts active again that the first sync has found inactive.
    pub reactivations: bool,
}

/// What the first sync of a tenant would do, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FirstSync {
    /// Accounts that would be created.
    pub create: usize,
    /// Accounts that would be adopted.
    pub adopt: usize,
    /// Accounts that would be updated.
    pub update: usize,
    /// Inactive accounts that would be made active, after a yes of their own.
    pub reactivate: usize,
    /// Accounts that would be archived.
    pub archive: usize,
    /// Accounts that TravelPerk has already with an email address at one of the company's domains; none if the plugin
    /// does not count them.
    pub same_domain_accounts: Option<u64>,
}

impl FirstSync {
    fn of(planned: &Planned) -> Self {
        let mut first = Self { same_domain_accounts: planned.counts.get(SAME_DOMAIN).copied(), ..Self::default() };
        for change in &planned.changes {
            let number = match change.kind {
                _ if reactivates(change) => &mut first.reactivate,
                ChangeKind::Create => &mut first.create,
                ChangeKind::Adopt => &mut first.adopt,
                ChangeKind::Archive => &mut first.archive,
                ChangeKind::Update | ChangeKind::Reactivate => &mut first.update,
                ChangeKind::CreateCostCenter | ChangeKind::RestoreCostCenter => continue,
            };
            *number += 1;
        }
        first
    }

    /// What would be done, in one sentence.
    pub fn text(&self) -> String {
        let Self { create, adopt, update, reactivate, archive, same_domain_accounts } = self;
        let others = match same_domain_accounts {
            Some(number) => format!("; {number} of the accounts that TravelPerk has share the company's email domains"),
            None => String::new(),
        };
        format!(
            "the first sync has {create} accounts to create, {adopt} to adopt, {update} to update, {archive} to archive and {reactivate} to reactivate{others}"
        )
    }
}

/// What the first sync of this tenant would do, if it is to be confirmed; none if it is over, or the tenant's settings
/// allow it, or there is nothing to do.
///
/// # Errors
/// The store failed.
pub async fn first_sync(
    run_store: &impl RunStore,
    allow_first: bool,
    planned: &Planned,
) -> Result<Option<FirstSync>, HostError> {
    if allow_first || planned.changes.is_empty() || run_store.first_sync().await?.is_over {
        return Ok(None);
    }
    Ok(Some(FirstSync::of(planned)))
}

/// Whether a change makes an account active that is there already.
fn reactivates(change: &Change) -> bool {
    let sets_active =
        || change.fields.iter().any(|field| field.field == "active" && field.after == Some(Value::Flag(true)));
    change.kind == ChangeKind::Reactivate || (change.target_id.is_some() && sets_active())
}

/// Whether a person has said yes to a change with a plan that was begun before.
fn is_left_of(begun: &BTreeMap<String, Change>, change: &Change) -> bool {
    let is_second_half = || {
        let mut own = begun.values().filter(|begun| begun.employee_id == change.employee_id);
        change.kind == ChangeKind::Update && change.employee_id.is_some() && own.any(|own| writes_the_same(change, own))
    };
    begun.get(&change.id).is_some_and(|begun| does_the_same(begun, change)) || is_second_half()
}

/// Whether a change makes an account active for which a person has to say yes (rule 4).
fn is_asked_for(state: &FirstSyncState, change: &Change) -> bool {
    let is_listed = || change.target_id.as_ref().is_some_and(|account| state.reactivations_asked_for.contains(account));
    reactivates(change) && (!state.is_over || is_listed())
}

/// Adds the reactivations for which a person has to say yes to what the guards hold.
pub(super) fn hold_reactivations(state: &FirstSyncState, planned: &Planned, held: &mut Held) {
    let asked_for = planned.changes.iter().enumerate().filter(|(_, change)| is_asked_for(state, change));
    let positions: Vec<usize> = asked_for.map(|(position, _)| position).collect();
    if positions.is_empty() {
        return;
    }
    let number = positions.len();
    for position in positions {
        held.changes.entry(position).or_insert(Class::Reactivating);
    }
    let is_asked = |position: &usize| planned.changes.get(*position).is_some_and(|change| is_asked_for(state, change));
    if held.of_class(Class::Reactivating).keys().all(is_asked) {
        // It says more than the guard that counts them.
        held.guards.retain(|guard| guard.class != Class::Reactivating);
    }
    held.guards.push(GuardRow {
        class: Class::Reactivating,
        field: None,
        message: format!(
            "{number} accounts were inactive in TravelPerk when this tenant was first synced, and would be made active; somebody may have archived them on purpose"
        ),
        remedy: "look at each of them, and if all of them should be able to log in, sync again with --reactivate".to_owned(),
    });
}

impl<P: RunPorts> Running<P> {
    /// Notes what a person has said yes to, for this run.
    pub fn say_yes(&mut self, yes: Yes) {
        self.yes = yes;
    }

    /// What a person has to confirm before this plan is applied; none if nothing. Inactive accounts are counted in it,
    /// and need a yes of their own.
    ///
    /// # Errors
    /// The tenant's key is missing, or the store failed.
    pub async fn to_confirm(&self, planned: &Planned) -> Result<Option<FirstSync>, HostError> {
        let allow_first = self.ports.config().safety.allow_first;
        let Some(first) = first_sync(self.ports.run_store(), allow_first, planned).await? else { return Ok(None) };
        let begun = self.begun().await?;
        // A reactivation is held by itself.
        let is_confirmed = |change: &Change| reactivates(change) || is_left_of(&begun, change);
        Ok(if planned.changes.iter().all(is_confirmed) { None } else { Some(first) })
    }

    /// The changes of the plan that make inactive accounts active, after a person's yes.
    ///
    /// # Errors
    /// The store failed.
    pub async fn reactivations_to_confirm(&self, planned: &Planned) -> Result<Vec<Change>, HostError> {
        let state = self.ports.run_store().first_sync().await?;
        Ok(planned.changes.iter().filter(|change| is_asked_for(&state, change)).cloned().collect())
    }

    /// The changes of plans that were begun before, by their ids.
    async fn begun(&self) -> Result<BTreeMap<String, Change>, HostError> {
        let mut changes = BTreeMap::new();
        for begun in self.ports.run_store().begun_plans().await? {
            // What cannot be read confirms nothing.
            let Ok(plan) = privacy::plan::decrypt(self.keyring(), &begun.plan).await? else { continue };
            let Ok(held) = serde_json::from_str::<Held>(&begun.held) else { continue };
            let made = plan.planned.changes.into_iter().enumerate();
            let made = made.filter(|(position, _)| !held.changes.contains_key(position));
            changes.extend(made.map(|(_, change)| (change.id.clone(), change)));
        }
        Ok(changes)
    }

    /// Takes out of what is held what a person has said yes to, and keeps which accounts still need a yes.
    pub(super) async fn release_reactivations(&self, planned: &Planned, held: &mut Held) -> Result<(), HostError> {
        if !planned.changes.iter().any(reactivates) {
            return Ok(());
        }
        let state = self.ports.run_store().first_sync().await?;
        let begun = if self.yes.reactivations { BTreeMap::new() } else { self.begun().await? };
        let (mut still, mut released) = (BTreeSet::new(), BTreeSet::new());
        for (position, change) in planned.changes.iter().enumerate().filter(|(_, change)| is_asked_for(&state, change))
        {
            if self.yes.reactivations || begun.get(&change.id).is_some_and(|begun| does_the_same(begun, change)) {
                // A guard of another class may hold it as well.
                if held.changes.get(&position) == Some(&Class::Reactivating) {
                    held.changes.remove(&position);
                }
                released.extend(change.target_id.clone());
            } else {
                still.extend(change.target_id.clone());
            }
        }
        if held.of_class(Class::Reactivating).is_empty() {
            held.guards.retain(|guard| guard.class != Class::Reactivating);
        }
        self.keep_asking(&state, still, &released).await
    }

    /// Keeps that an approved plan releases the reactivations in it.
    pub(super) async fn approved_reactivations(&self, planned: &Planned) -> Result<(), HostError> {
        let released = planned.changes.iter().filter(|change| reactivates(change));
        let released = released.filter_map(|change| change.target_id.clone()).collect();
        self.keep_asking(&self.ports.run_store().first_sync().await?, BTreeSet::new(), &released).await
    }

    async fn keep_asking(
        &self,
        state: &FirstSyncState,
        still: BTreeSet<String>,
        released: &BTreeSet<String>,
    ) -> Result<(), HostError> {
        let before: BTreeSet<String> = state.reactivations_asked_for.iter().cloned().collect();
        let after: BTreeSet<String> = before.union(&still).cloned().collect();
        let after: BTreeSet<String> = after.difference(released).cloned().collect();
        if after == before {
            return Ok(());
        }
        let after: Vec<String> = after.into_iter().collect();
        self.ports.run_store().ask_for_reactivations(self.fence, &after).await
    }
}

/// The error of a first sync to which nobody has said yes, for a command.
pub(super) fn unconfirmed(tenant: &str, first: &FirstSync, waiting: Option<&str>) -> HostError {
    let approve = waiting
        .map(|plan| format!("; or approve the plan that waits: hibob plans show {tenant} {plan}"))
        .unwrap_or_default();
    HostError::held(
        format!("tenant {tenant}: {}; nobody has confirmed it, and nothing was changed", first.text()),
        format!(
            "look at the plan: hibob plan {tenant} --all; if these are the right people and the right company in TravelPerk, run the same command with --yes{approve}"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_contract::directory_sync::FieldChange;

    fn change(id: &str, kind: ChangeKind, active: Option<bool>) -> Change {
        let flag = |flag| Some(Value::Flag(flag));
        let field = |after: bool| FieldChange { field: "active".to_owned(), before: flag(!after), after: flag(after) };
        Change {
            id: id.to_owned(),
            kind,
            employee_id: Some(id.to_owned()),
            target_id: (kind != ChangeKind::Create).then(|| format!("a-{id}")),
            display_name: format!("Ana {id}"),
            depends_on: Vec::new(),
            after: Vec::new(),
            fields: active.map(field).into_iter().collect(),
            reason: String::new(),
        }
    }

    fn planned() -> Planned {
        let changes = vec![
            change("1", ChangeKind::Create, Some(true)),
            change("2", ChangeKind::Adopt, None),
            change("3", ChangeKind::Adopt, Some(true)),
            change("4", ChangeKind::Reactivate, Some(true)),
            change("5", ChangeKind::Archive, Some(false)),
            change("6", ChangeKind::Update, None),
        ];
        let counts = BTreeMap::from([(SAME_DOMAIN.to_owned(), 7)]);
        Planned {
            created_at: 0,
            counts,
            findings: Vec::new(),
            baseline: Vec::new(),
            changes,
            active_accounts: Vec::new(),
            has_left: BTreeSet::new(),
        }
    }

    /// An adopted account that was inactive counts as one that would be reactivated, since it is.
    #[test]
    fn what_is_confirmed_is_told_by_number() {
        let first = FirstSync::of(&planned());
        let told = "the first sync has 1 accounts to create, 1 to adopt, 1 to update, 1 to archive and 2 to reactivate; 7 of the accounts that TravelPerk has share the company's email domains";
        assert_eq!(first.text(), told);
    }

    #[test]
    fn reactivations_are_held_in_the_first_sync_and_those_without_a_yes_after_it() {
        let held = |is_over: bool, asked_for: &[&str]| {
            let asked_for = asked_for.iter().map(ToString::to_string).collect();
            let mut held = Held::default();
            hold_reactivations(&FirstSyncState { is_over, reactivations_asked_for: asked_for }, &planned(), &mut held);
            assert_eq!(held.guards.len(), usize::from(!held.changes.is_empty()));
            held.changes.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(held(false, &[]), [2, 3]);
        assert_eq!(held(true, &[]), Vec::<usize>::new(), "somebody who was archived later and works here again");
        assert_eq!(held(true, &["a-4", "a-5", "a-99"]), [3]);
    }
}
