//! One change: as it is made, and what the target's answers show of it. The rules are those of `host/jobs/src/run/apply.rs`
//! and `created.rs`; changes are made one after the other, in the order of the plan.

use crate::forms::{Fault, OutcomeForm, named_values_json, outcome_json};
use crate::ledger::Account;
use crate::review::state;
use crate::run::Run;
use hibob_contract::directory_sync::{Change, ChangeKind, Failure, FieldChange, Mismatch, NextStep, Outcome, Written};
use hibob_contract::types::Value;
use hibob_policy::adopted::stays;
use hibob_policy::change_scope::Made;
use hibob_policy::plan_json::change_json;
use hibob_policy::shown::{Shown, as_shown, state_unseen};
use hibob_policy::{ApplyScope, Grant, TargetSettings};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// How far a plan is applied.
#[derive(Default)]
pub(crate) struct Applying {
    /// Whether each change that has ended succeeded, by position.
    ended: BTreeMap<usize, bool>,
    /// The change of the present call.
    now: Option<(usize, Resolved)>,
    /// The accounts that this plan's creations have made, by employee.
    created: BTreeMap<String, String>,
    is_stopped: bool,
}

/// A change with the ids of the accounts that its plan has created.
struct Resolved {
    change: Change,
    /// Fields that are left out, because they name an account that was not created.
    left_out: Vec<FieldChange>,
}

/// How a change ended, as the plugin says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndForm {
    outcome: OutcomeForm,
    /// In Unix seconds.
    now: i64,
    /// Whether the change is not looked at again.
    is_last: bool,
}

impl Run {
    /// The scope of the change at a position, and the change as the plugin gets it; or how it ended without a call.
    pub(crate) fn prepare(
        &mut self,
        position: usize,
        writes: bool,
        settings: TargetSettings,
    ) -> Result<Result<(ApplyScope, Json), Json>, Fault> {
        let review = self.review.as_ref().ok_or_else(|| Fault::input("begin-plan has to come first"))?;
        let held =
            review.held.as_ref().ok_or_else(|| Fault::input("the plan was not reviewed, or may not be applied"))?;
        let change =
            review.made.get(position).ok_or_else(|| Fault::input("the plan has no change at that position"))?;
        let applying = &mut self.applying;
        if applying.is_stopped {
            return Ok(Err(json!({ "outcome": "not-tried" })));
        }
        if let Some(class) = held.changes.get(&position) {
            // Where every field is held, what needs none of them goes on.
            applying.ended.insert(position, held.fields.contains_key(&position));
            return Ok(Err(json!({ "outcome": "held", "class": class })));
        }
        let at = |id: &String| review.planned.changes.iter().position(|other| other.id == *id);
        let failed = change.depends_on.iter().filter_map(at).find(|at| applying.ended.get(at) != Some(&true));
        let because = failed.or_else(|| held.lacks_user_name(&review.planned).get(&position).copied());
        if let Some(because) = because {
            applying.ended.insert(position, false);
            let id = review.planned.changes.get(because).map(|change| change.id.as_str());
            return Ok(Err(json!({ "outcome": "skipped", "because": id })));
        }
        let resolved = resolve(change, &created(&review.planned.changes, &self.applying.created));
        if resolved.change.kind == ChangeKind::Update
            && resolved.change.fields.is_empty()
            && !resolved.left_out.is_empty()
        {
            self.applying.ended.insert(position, false);
            return Ok(Err(outcome_json(&Outcome::Failed(Failure {
                code: "MANAGER_NOT_MADE".to_owned(),
                message: "the line manager's account was not created".to_owned(),
                remedy: "correct what keeps the manager's account from being created, then sync again".to_owned(),
                next: NextStep::Later,
            }))));
        }
        let scope = ApplyScope::new(&resolved.change, self.ledger.facts(&resolved.change), settings);
        let scope = if writes { scope } else { scope.without_writes() };
        let json = change_json(&resolved.change);
        self.applying.now = Some((position, resolved));
        Ok(Ok((scope, json)))
    }

    /// Judges how the present change ended.
    pub(crate) fn outcome(&mut self, form: EndForm) -> Result<Json, Fault> {
        let (position, resolved) = self.applying.now.take().ok_or_else(|| Fault::input("no change is being made"))?;
        let call = self.call.take().ok_or_else(|| Fault::input("no call of the plugin goes on"))?;
        let Grant::Apply(scope) = &call.grant else { return Err(Fault::input("the call makes no change")) };
        let (outcome, change) = (form.outcome.outcome()?, &resolved.change);
        let made = match &outcome {
            Outcome::Done(written) | Outcome::Partly(written) => scope.made(&written.target_id),
            Outcome::Drifted(_) | Outcome::Failed(_) | Outcome::Refused(_) => Made::Nothing,
        };
        let (mut keeps_storage, mut is_fault) = (true, false);
        let outcome = match as_shown(change, outcome, &made) {
            Shown::Outcome(outcome) => outcome,
            Shown::StateUnseen => {
                keeps_storage = false;
                Outcome::Failed(state_unseen())
            }
            Shown::Nothing => {
                (keeps_storage, is_fault) = (false, true);
                let fault = Fault::plugin("says that it has made the change, and no answer of TravelPerk shows that");
                let (code, message, remedy) = (fault.code.to_owned(), fault.message, fault.remedy);
                Outcome::Failed(Failure { code, message, remedy, next: NextStep::Fix })
            }
        };
        let outcome = as_planned(&resolved.left_out, outcome);
        let again = matches!(&outcome, Outcome::Failed(Failure { next: NextStep::Look, .. })) && !form.is_last;
        if again {
            return Ok(json!({ "again": true, "outcome": outcome_json(&outcome), "keep_storage": keeps_storage }));
        }
        let is_state_refused = |written: &Written| written.not_taken.iter().any(|mismatch| mismatch.field == "active");
        let is_made = match &outcome {
            Outcome::Done(_) => true,
            Outcome::Partly(written) => !is_state_refused(written),
            Outcome::Drifted(_) | Outcome::Failed(_) | Outcome::Refused(_) => false,
        };
        self.applying.is_stopped |= matches!(outcome, Outcome::Refused(_));
        self.applying.ended.insert(position, is_made && !is_fault);
        let (ledger, kept) = match &outcome {
            Outcome::Done(written) | Outcome::Partly(written) if is_made => {
                self.record(position, change, written, form.now)
            }
            _ => (Json::Null, Json::Null),
        };
        Ok(json!({
            "again": false,
            "outcome": outcome_json(&outcome),
            "keep_storage": keeps_storage,
            "ledger": ledger,
            "kept": kept,
            "stopped": self.applying.is_stopped,
        }))
    }

    /// What the ledger gets of a change that was made, and which fields the account keeps.
    fn record(&mut self, position: usize, change: &Change, written: &Written, now: i64) -> (Json, Json) {
        let Some(employee) = &change.employee_id else { return (Json::Null, Json::Null) };
        let archived_at = (change.kind == ChangeKind::Archive).then_some(now);
        let account = Account { employee_id: employee.clone(), archived_at, unlinked: false };
        let row = json!({ written.target_id.as_str(): account });
        self.ledger.put(written.target_id.clone(), account);
        if change.kind == ChangeKind::Create {
            self.applying.created.insert(employee.clone(), written.target_id.clone());
        }
        let planned = self.review.as_ref().and_then(|review| review.planned.changes.get(position));
        let stays: BTreeSet<String> = planned
            .map(|planned| planned.fields.iter().filter(|field| stays(planned, field)))
            .into_iter()
            .flatten()
            .map(|field| field.field.clone())
            .collect();
        let is_taken = |field: &&FieldChange| written.not_taken.iter().all(|other| other.field != field.field);
        let now_kept = self.kept.entry(written.target_id.clone()).or_default();
        let before = now_kept.clone();
        now_kept.extend(stays);
        if change.kind != ChangeKind::Create {
            for field in change.fields.iter().filter(is_taken) {
                now_kept.remove(&field.field);
            }
        }
        let kept = if *now_kept == before { Json::Null } else { json!({ written.target_id.as_str(): now_kept }) };
        (row, kept)
    }

    /// Ends the application of the plan.
    pub(crate) fn finish(&mut self) -> Result<Json, Fault> {
        let review = self.review.as_ref().ok_or_else(|| Fault::input("begin-plan has to come first"))?;
        let ended = self.applying.ended.len() == review.planned.changes.len();
        let accepted = review.held.is_some() && ended && !self.applying.is_stopped;
        let has_people = review.planned.count("employees") > 0;
        let baseline = (accepted && has_people).then(|| {
            json!({
                "baseline": named_values_json(&review.planned.baseline),
                "state": {
                    "at": review.planned.created_at,
                    "numbers": named_values_json(&state(&review.planned.baseline)),
                },
            })
        });
        Ok(json!({ "accepted": accepted, "stored": baseline }))
    }
}

/// The accounts of the employees for whom a plan creates one: none where it was not created.
fn created(changes: &[Change], made: &BTreeMap<String, String>) -> BTreeMap<String, Option<String>> {
    let creations = changes.iter().filter(|change| change.kind == ChangeKind::Create);
    creations.filter_map(|change| change.employee_id.clone()).map(|id| (id.clone(), made.get(&id).cloned())).collect()
}

fn resolve(change: &Change, created: &BTreeMap<String, Option<String>>) -> Resolved {
    let mut resolved = Resolved { change: change.clone(), left_out: Vec::new() };
    if resolved.change.target_id.is_none() && change.kind != ChangeKind::Create {
        resolved.change.target_id = change.employee_id.as_ref().and_then(|id| created.get(id)).cloned().flatten();
    }
    resolved.change.fields = Vec::with_capacity(change.fields.len());
    for mut field in change.fields.iter().cloned() {
        let is_there = match &mut field.after {
            Some(Value::Person(person)) if person.account_id.is_none() => {
                match person.employee_id.as_ref().and_then(|id| created.get(id)) {
                    Some(account) => {
                        person.account_id.clone_from(account);
                        account.is_some()
                    }
                    None => true,
                }
            }
            _ => true,
        };
        if is_there { resolved.change.fields.push(field) } else { resolved.left_out.push(field) }
    }
    resolved
}

/// The outcome of the change as it was planned: what was left out is not taken.
fn as_planned(left_out: &[FieldChange], outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Done(mut written) | Outcome::Partly(mut written) if !left_out.is_empty() => {
            written.not_taken.extend(left_out.iter().map(|field| Mismatch {
                field: field.field.clone(),
                expected: field.after.clone(),
                found: field.before.clone(),
            }));
            Outcome::Partly(written)
        }
        outcome => outcome,
    }
}
