//! A plan: whether it can be applied at all, and what of it is held. The steps and their words are those of
//! `host/sandbox/src/planning.rs` and `host/jobs/src/run`.

use crate::forms::{ChangeForm, Fault, FindingForm, named_values};
use crate::run::Run;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind};
use hibob_contract::types::{NamedValue, Value};
use hibob_policy::Intake;
use hibob_policy::adopted::{keep, maybe_taken_over};
use hibob_policy::guard::{
    Class, GuardFacts, GuardRow, Held, Release, Released, classes, is_another_target, maybe_archived, maybe_reassigned,
    source,
};
use hibob_policy::plan_digest::plan_digest;
use hibob_policy::plan_json::{change_json, findings_json};
use hibob_policy::plan_limits::{self, change_bytes, finding_bytes};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// Most changes and findings of a plan, and their size in bytes.
const ITEMS_MAX: u64 = 1_000_000;
const BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// The code of the finding that the admin who enabled the sync has left: nothing is applied then.
const ENABLED_BY_INACTIVE: &str = "ENABLED_BY_INACTIVE";

/// A plan's numbers, as the plugin gives them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanForm {
    created_at: u64,
    counts: BTreeMap<String, u64>,
    baseline: Map<String, Json>,
    findings: Vec<FindingForm>,
}

/// What a person has decided for this run.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(crate) struct ReleaseForm {
    /// How many accounts of a class are released, by the class's word.
    release: BTreeMap<String, usize>,
    changed_source: bool,
    confirm_first: bool,
    confirm_reactivations: bool,
}

/// A plan that was taken in.
pub(crate) struct Review {
    pub(crate) planned: Planned,
    intake: Intake,
    /// What is held, once the plan is judged and may be applied.
    pub(crate) held: Option<Held>,
    /// The changes as they are made, at the same positions.
    pub(crate) made: Vec<Change>,
    is_settled: bool,
}

impl Run {
    pub(crate) fn begin_plan(&mut self, form: PlanForm) -> Result<Json, Fault> {
        let mut planned = Planned {
            created_at: form.created_at,
            counts: form.counts,
            findings: form.findings.into_iter().map(FindingForm::finding).collect(),
            baseline: named_values(form.baseline)?,
            changes: Vec::new(),
            active_accounts: Vec::new(),
            has_left: BTreeSet::new(),
        };
        let mut intake = Intake::new(ITEMS_MAX, BYTES_MAX);
        let counted = intake.numbers(&[], &planned.baseline);
        let bytes = planned.findings.iter().map(finding_bytes).sum();
        counted.and_then(|()| intake.count(planned.findings.len(), bytes)).map_err(|over| Fault::plugin(&over.what))?;
        planned.take_reports();
        self.review = Some(Review { planned, intake, held: None, made: Vec::new(), is_settled: false });
        Ok(Json::Null)
    }

    pub(crate) fn add_changes(&mut self, forms: Vec<ChangeForm>) -> Result<Json, Fault> {
        let review = self.review.as_mut().filter(|review| !review.is_settled);
        let review = review.ok_or_else(|| Fault::input("begin-plan has to come first"))?;
        let changes = forms.into_iter().map(ChangeForm::change).collect::<Result<Vec<_>, _>>()?;
        let bytes = changes.iter().map(change_bytes).sum();
        review.intake.count(changes.len(), bytes).map_err(|over| Fault::plugin(&over.what))?;
        review.planned.changes.extend(changes);
        Ok(Json::Null)
    }

    /// Judges the plan. It may be judged again with another release.
    pub(crate) fn review(&mut self, form: &ReleaseForm) -> Result<Json, Fault> {
        let Some(mut review) = self.review.take() else {
            return Err(Fault::input("begin-plan has to come first"));
        };
        let judged = self.judge(&mut review, form);
        let planned = &review.planned;
        let kinds = planned.changes.iter().fold(BTreeMap::<&str, usize>::new(), |mut kinds, change| {
            *kinds.entry(change.kind.word()).or_default() += 1;
            kinds
        });
        let told = match &judged {
            Ok(held) => json!({ "guards": held.guards, "held": held_number(held), "stopped": null }),
            Err(fault) => json!({ "guards": [], "held": planned.changes.len(), "stopped": fault }),
        };
        let mut ok = json!({
            "digest": plan_digest(&planned.changes),
            "created_at": planned.created_at,
            "counts": planned.counts,
            "changes": planned.changes.len(),
            "kinds": kinds,
            "findings": findings_json(&planned.findings),
            "first": (!self.first_sync_over && !planned.changes.is_empty()).then(|| first_text(planned)),
        });
        if let (Some(ok), Json::Object(told)) = (ok.as_object_mut(), told) {
            ok.extend(told);
        }
        review.held = judged.ok();
        review.made = review.held.as_ref().map(|held| held.without_held_fields(planned)).unwrap_or_default();
        self.review = Some(review);
        Ok(ok)
    }

    fn judge(&self, review: &mut Review, form: &ReleaseForm) -> Result<Held, Fault> {
        if !review.is_settled {
            self.settle(&mut review.planned)?;
            review.is_settled = true;
        }
        let planned = &review.planned;
        if let Some(finding) = planned.findings.iter().find(|finding| finding.code == ENABLED_BY_INACTIVE) {
            return Err(Fault::new(ENABLED_BY_INACTIVE, finding.message.clone(), finding.remedy.clone()));
        }
        let since = self.limits.archivings_since(planned.created_at);
        if !form.changed_source {
            let states = self.states.iter().filter(|state| state.at >= since);
            let states = states.map(|state| named_values(state.numbers.clone())).collect::<Result<Vec<_>, _>>()?;
            source(planned, &self.stored, &states, &self.limits)
                .map_err(|why| Fault::new("SOURCE_UNTRUSTED", why.reasons, why.remedy))?;
        }
        let facts = GuardFacts {
            sums: self.ledger.sums(since),
            owners: self.ledger.owners(&maybe_reassigned(planned)),
            archived: self.ledger.archived(&maybe_archived(planned)),
            since,
            is_first: !self.first_sync_over,
        };
        let mut held = classes(planned, &facts, &self.limits, &Released::from(release(form)?));
        if !self.first_sync_over && !form.confirm_reactivations {
            hold_reactivations(planned, &mut held);
        }
        let to_confirm = planned.changes.iter().any(|change| !reactivates(change));
        if !self.first_sync_over && !form.confirm_first && to_confirm {
            return Err(Fault::new(
                "FIRST_SYNC_UNCONFIRMED",
                format!("{}; nobody has confirmed it, and nothing was changed", first_text(planned)),
                "look at the plan; if these are the right people and the right company in TravelPerk, apply it with confirmFirst",
            ));
        }
        Ok(held)
    }

    /// What every plan has to be, and what is changed in it, before the guards look at it.
    fn settle(&self, planned: &mut Planned) -> Result<(), Fault> {
        self.require_known_target()?;
        planned.findings.extend(self.observed.so_far().clock_finding());
        // Nothing that takes long or fails keeps a leaver's account active.
        planned.changes.sort_by_key(|change| {
            change.kind != ChangeKind::Archive || !change.depends_on.is_empty() || !change.after.is_empty()
        });
        plan_limits::check(planned).map_err(|what| Fault::plugin(&what))?;
        if let Some(change) = self.work_emails.unknown(&planned.changes, self.settings.swap_address.as_deref()) {
            return Err(Fault::plugin(&format!(
                "planned the change {} with a work email that HiBob did not give for the employee {}; nothing was changed",
                change.id,
                change.employee_id.as_deref().unwrap_or("nobody")
            )));
        }
        self.work_emails.show_departures(planned);
        if !self.settings.clear_adopted {
            let known = self.ledger.owners(&maybe_taken_over(planned)).into_keys().collect();
            keep(planned, &self.kept, &known);
        }
        Ok(())
    }

    fn require_known_target(&self) -> Result<(), Fault> {
        let gone = self.ledger.active_among(self.observed.so_far().gone.iter());
        let active = self.ledger.sums(i64::MAX).active;
        if !is_another_target(gone, active) {
            return Ok(());
        }
        Err(Fault::new(
            "ANOTHER_TARGET",
            format!(
                "{gone} of {active} active accounts that this sync knows are not there any more: this is another TravelPerk account, or its accounts were deleted; nothing was written"
            ),
            "give the key of the right TravelPerk account; or if it is a new one on purpose, begin with an empty ledger",
        ))
    }

    /// A page of the changes as they were judged.
    pub(crate) fn changes(&self, start: usize, max: usize) -> Result<Json, Fault> {
        let review = self.review.as_ref().ok_or_else(|| Fault::input("begin-plan has to come first"))?;
        let held = review.held.as_ref();
        let row = |(position, change): (usize, &Change)| {
            let mut row = change_json(change);
            let class = held.and_then(|held| held.changes.get(&position));
            let fields = held.and_then(|held| held.fields.get(&position));
            if let Some(row) = row.as_object_mut() {
                row.insert("held".to_owned(), json!(class));
                row.insert("held_fields".to_owned(), json!(fields.cloned().unwrap_or_default()));
            }
            row
        };
        let page = review.planned.changes.iter().enumerate().skip(start).take(max);
        Ok(Json::Array(page.map(row).collect()))
    }
}

/// How many changes are held, whole or in part.
fn held_number(held: &Held) -> usize {
    held.changes.keys().chain(held.fields.keys()).collect::<BTreeSet<_>>().len()
}

fn release(form: &ReleaseForm) -> Result<Release, Fault> {
    let mut release = Release { changed_source: form.changed_source, ..Release::default() };
    for (word, &number) in &form.release {
        let class = Class::ALL.iter().find(|class| json!(class).as_str() == Some(word));
        release.set(*class.ok_or_else(|| Fault::input(format!("there is no class {word}")))?, number);
    }
    Ok(release)
}

/// Whether a change makes an account active that is there already.
fn reactivates(change: &Change) -> bool {
    let sets_active =
        || change.fields.iter().any(|field| field.field == "active" && field.after == Some(Value::Flag(true)));
    change.kind == ChangeKind::Reactivate || (change.target_id.is_some() && sets_active())
}

/// Holds the reactivations of a first sync, to which a person says yes by itself.
fn hold_reactivations(planned: &Planned, held: &mut Held) {
    let asked: Vec<usize> =
        planned.changes.iter().enumerate().filter(|(_, change)| reactivates(change)).map(|(at, _)| at).collect();
    if asked.is_empty() {
        return;
    }
    held.guards.retain(|guard| guard.class != Class::Reactivating);
    held.guards.push(GuardRow {
        class: Class::Reactivating,
        field: None,
        message: format!(
            "{} accounts were inactive in TravelPerk when this tenant was first synced, and would be made active; somebody may have archived them on purpose",
            asked.len()
        ),
        remedy: "look at each of them, and if all of them should be able to log in, apply it with confirmReactivations"
            .to_owned(),
    });
    held.changes.extend(asked.into_iter().map(|position| (position, Class::Reactivating)));
}

/// What a first sync would do, in one sentence.
fn first_text(planned: &Planned) -> String {
    let number = |is_one: &dyn Fn(&Change) -> bool| planned.changes.iter().filter(|change| is_one(change)).count();
    let of = |kind: ChangeKind| number(&|change| change.kind == kind && !reactivates(change));
    format!(
        "the first sync has {} accounts to create, {} to adopt, {} to update, {} to archive and {} to reactivate",
        of(ChangeKind::Create),
        of(ChangeKind::Adopt),
        of(ChangeKind::Update),
        of(ChangeKind::Archive),
        number(&reactivates)
    )
}

/// The numbers of a baseline that the guard of the source compares.
pub(crate) fn state(baseline: &[NamedValue]) -> Vec<NamedValue> {
    use hibob_policy::guard::{LAST_DAYS, STATUSES};
    let is_compared = |value: &&NamedValue| {
        ["employees", STATUSES, LAST_DAYS].contains(&value.name.as_str()) || value.name.starts_with("field:")
    };
    baseline.iter().filter(is_compared).cloned().collect()
}
