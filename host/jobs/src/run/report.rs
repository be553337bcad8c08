//! The report of a directory sync: what the run did, for people and for machines.

use crate::run::approval::Reasons;
use crate::run::difference::DifferenceRow;
use crate::run::first::FirstSync;
use crate::run::rows;
use crate::run::rows::RowResult;
use crate::run::run_report::{Common, HISTORY_ROWS_MAX, RunReport};
use hibob_base::error::{Exit, HostError};
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange, Mismatch};
use hibob_contract::types::{Finding, Severity, Value};
use hibob_contract::{ActiveAccount, Planned};
use hibob_policy::guard::{Class, GuardRow};
use hibob_policy::on_hold;
use hibob_store::database::ApprovalRow;
use hibob_store::privacy::LEFT_OUT;
use hibob_store::update_row::UpdateRow;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// An error or a warning, about one employee or about nobody in particular.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorRow {
    /// HiBob's id; none where it is about nobody in particular.
    pub employee_id: Option<String>,
    /// The error code: stable, in capitals.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What a person can do about it.
    pub remedy: String,
}

impl From<&Finding> for ErrorRow {
    fn from(finding: &Finding) -> Self {
        Self {
            employee_id: finding.employee_id.clone(),
            code: finding.code.clone(),
            message: finding.message.clone(),
            remedy: finding.remedy.clone(),
        }
    }
}

/// A change that a guard holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldRow {
    /// The class of changes that the guard holds.
    pub class: Class,
    /// HiBob's id of the employee.
    pub employee_id: Option<String>,
    /// The name of the account, for people to read.
    pub display_name: String,
    /// The fields that are held, while the rest of the change is made; empty where the whole change is held.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

/// A plan that waits for approval. No part of it was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingPlan {
    /// The SHA-256 of the stored plan, in hex.
    pub plan: String,
    /// How many changes it has.
    pub changes: usize,
    /// What the guards report, one sentence for each; may be empty where every plan waits.
    pub why: Vec<String>,
    /// When it lapses, in Unix seconds.
    pub lapses_at: i64,
    /// Since when a plan has waited without a decision, in Unix seconds: this one, or one that it has replaced.
    pub since: i64,
    /// False if an earlier run stored it, and this run's plan would do the same.
    pub is_new: bool,
}

/// The approval with which a plan was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approved {
    /// The SHA-256 of the plan that was approved and applied, in hex.
    pub plan: String,
    /// Who asked for the run that made the plan; none for a schedule.
    pub requested_by: Option<String>,
    /// The work email of the person who approved it.
    pub by: Option<String>,
    /// How they were allowed to: `token ID`, or `command-line`.
    pub with: Option<String>,
    /// When they approved it, in Unix seconds.
    pub at: Option<i64>,
    /// What the guards report about the plan, one sentence for each; without approval these changes would have been
    /// held.
    pub released: Vec<String>,
}

impl Approved {
    pub(super) fn of(row: &ApprovalRow, released: Vec<String>) -> Self {
        Self {
            plan: row.plan.clone(),
            requested_by: row.requested_by.clone(),
            by: row.decided_by.clone(),
            with: row.decided_with.clone(),
            at: row.decided_at,
            released,
        }
    }
}

/// An approved plan that was not applied, because it is out of date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stale {
    /// The SHA-256 of the stored plan, in hex.
    pub plan: String,
    /// Why, as the rest of a sentence after a colon.
    pub why: String,
    /// How a new plan differs from it.
    pub differences: Vec<DifferenceRow>,
}

/// What ended a run early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stopped {
    /// The error code: stable, in capitals.
    pub code: String,
    /// What happened, in one sentence.
    pub message: String,
    /// What a person can do about it.
    pub remedy: String,
    #[serde(skip)]
    exit: Option<Exit>,
}

impl Stopped {
    /// From the error that ended the run.
    pub fn by(error: &HostError) -> Self {
        Self {
            code: error.code().to_owned(),
            message: error.to_string(),
            remedy: error.remedy(),
            exit: Some(error.exit()),
        }
    }

    /// The exit code of the program.
    pub fn exit(&self) -> Exit {
        self.exit.unwrap_or(Exit::Failed)
    }
}

/// The outcome of a run. Printed as one JSON object by `--json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The tenant's id.
    pub tenant: String,
    /// The run's number in the tenant's history.
    pub run: Option<i64>,
    /// Accounts created.
    pub created: u64,
    /// Accounts adopted.
    pub adopted: u64,
    /// Accounts updated.
    pub updated: u64,
    /// Accounts archived.
    pub archived: u64,
    /// Accounts reactivated.
    pub reactivated: u64,
    /// Cost centers created.
    pub cost_centers_created: u64,
    /// Cost centers restored.
    pub cost_centers_restored: u64,
    /// Accounts that needed no change.
    pub kept: u64,
    /// Employees for whom something failed, while planning or while applying.
    pub failed: u64,
    /// Employees for whom matching found a conflict, and who are left alone.
    pub conflicts: u64,
    /// Erased employees of whom something was left out of the plan.
    #[serde(skip_serializing_if = "is_zero")]
    pub forgotten: u64,
    /// Changes that were not made because the account has changed since the plan was made.
    pub drifted: u64,
    /// Accounts of which an update was accepted, and TravelPerk kept no field of it.
    pub not_taken: u64,
    /// Changes that were not tried, because one that they depend on failed or the run was stopped.
    pub skipped: u64,
    /// What went wrong, one row for each employee and fault.
    pub errors: Vec<ErrorRow>,
    /// What was left out on purpose, and other facts that a person should know.
    pub warnings: Vec<ErrorRow>,
    /// Who is left out of the sync by settings, one row each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<ErrorRow>,
    /// The changes that guards hold, one row each.
    pub held: Vec<HeldRow>,
    /// Accounts that were active in the target before this run, of nobody who is employed in the source, without those
    /// that the run has archived. A run record names only those of employees.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub active_accounts: Vec<ActiveAccount>,
    /// For each class of changes that is held: what the guard reports, and what to do.
    pub guards: Vec<GuardRow>,
    /// What the tenant's first sync would do, where a person has to confirm it or has confirmed it in this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<FirstSync>,
    /// The plan that waits for approval, instead of being applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<WaitingPlan>,
    /// The approval with which the plan was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approved>,
    /// The approved plan that was not applied because it is stale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale: Option<Stale>,
    /// What ended the run early.
    pub error: Option<Stopped>,
    /// The rows of the run record. They are not part of the printed report.
    #[serde(skip)]
    pub updates: Vec<UpdateRow>,
    /// Whether the plan waits because its source differs too much from earlier accepted runs.
    #[serde(skip)]
    pub(super) is_source_held: bool,
    /// Whether a person has released a source that differs too much, so that it is not compared with earlier ones any
    /// more.
    #[serde(skip)]
    pub(super) starts_source_anew: bool,
    /// The database's number of the decided plan that this run has applied or found stale.
    #[serde(skip)]
    pub(super) settled: Option<i64>,
}

/// The code of the error about a leaver whose account is active.
const LEAVER_HAS_ACTIVE_ACCOUNT: &str = "LEAVER_HAS_ACTIVE_ACCOUNT";

/// What a person can do about a leaver's account that a run did not change.
const TO_MEND: &str = "mend what keeps the run from applying it, or archive the account in TravelPerk by hand";

/// The code of the finding about somebody whom the settings leave out of the sync.
pub const EXCLUDED: &str = "EXCLUDED";

impl Report {
    /// The report of a plan of which nothing has been applied yet.
    pub fn planned(tenant: &str, planned: &Planned) -> Self {
        let rows =
            |severity| planned.findings.iter().filter(move |finding| finding.severity == severity).map(ErrorRow::from);
        Self {
            tenant: tenant.to_owned(),
            kept: planned.count("keep"),
            failed: planned.count("failed"),
            conflicts: planned.count("conflict"),
            forgotten: planned.count(LEFT_OUT),
            errors: rows(Severity::Error).collect(),
            warnings: rows(Severity::Warning).collect(),
            active_accounts: planned.active_accounts.clone(),
            excluded: rows(Severity::Notice).filter(|row| [EXCLUDED, on_hold::CODE].contains(&&*row.code)).collect(),
            ..Self::default()
        }
    }

    /// The report of a run that an error ended before there was a plan.
    pub fn stopped(tenant: &str, error: HostError) -> Self {
        let mut report = Self { tenant: tenant.to_owned(), ..Self::default() };
        report.stop(error);
        report
    }

    /// How the run ended.
    pub fn exit(&self) -> Exit {
        RunReport::exit(self)
    }

    /// Notes what ended the run early.
    pub fn stop(&mut self, error: HostError) {
        RunReport::stop(self, error);
    }

    /// Notes that a failure, which the report has already, ended the run.
    pub(super) fn stop_with(&mut self, code: &str, message: String, remedy: String) {
        self.error = Some(Stopped { code: code.to_owned(), message, remedy, exit: Some(Exit::Failed) });
    }

    /// Adds the rows of a change to the run record.
    pub(super) fn tell(&mut self, change: &Change, result: RowResult, not_taken: &[Mismatch]) {
        self.updates.extend(rows::rows(change, result, not_taken));
    }

    /// Notes a change of which the whole is held.
    pub(super) fn hold(&mut self, change: &Change, class: Class) {
        self.tell(change, RowResult::Held, &[]);
        self.hold_row(change, class, Vec::new());
    }

    /// Notes a change of which these fields are held, each with its class.
    pub(super) fn hold_fields(&mut self, change: &Change, held: &BTreeMap<String, Class>) {
        self.updates.extend(rows::held_fields(change, held));
        let classes: BTreeSet<Class> = held.values().copied().collect();
        for class in classes {
            let fields = held.iter().filter(|(_, of)| **of == class).map(|(field, _)| field.clone()).collect();
            self.hold_row(change, class, fields);
        }
    }

    fn hold_row(&mut self, change: &Change, class: Class, fields: Vec<String>) {
        self.held.push(HeldRow {
            class,
            employee_id: change.employee_id.clone(),
            display_name: change.display_name.clone(),
            fields,
        });
    }

    /// Names everybody who has left and whose account is still active, where nothing of the plan is applied but `made`:
    /// those whose account it archives, or gives to their new employee id.
    pub(super) fn name_leavers(&mut self, planned: &Planned, made: Option<&Planned>) {
        let is_made = |change: &&Change| made.is_some_and(|made| made.changes.iter().any(|made| made.id == change.id));
        let message = "should have no account any more, and it is still active, since it was not archived in this run";
        for change in planned.changes.iter().filter(|change| !is_made(change)) {
            match change.kind {
                ChangeKind::Archive => self.row(change, LEAVER_HAS_ACTIVE_ACCOUNT, message, TO_MEND),
                _ => self.name_former_id(change),
            }
        }
    }

    /// Names the former employee id of somebody who came back under a new one, where the change that gives the account
    /// to the new id is not made. The account is still active, and belongs to an employee who has left.
    pub(super) fn name_former_id(&mut self, change: &Change) {
        let passes = |field: &&FieldChange| field.field == "external-id" && field.before != field.after;
        let is_active = ![ChangeKind::Create, ChangeKind::Reactivate].contains(&change.kind)
            && change.fields.iter().all(|field| field.field != "active");
        let former = change.fields.iter().find(passes).and_then(|field| field.before.as_ref());
        let Some(Value::Text(former)) = former.filter(|_| is_active) else { return };
        let (name, id) = (&change.display_name, change.employee_id.as_deref().unwrap_or_default());
        self.errors.push(ErrorRow {
            employee_id: Some(former.clone()),
            code: LEAVER_HAS_ACTIVE_ACCOUNT.to_owned(),
            message: format!(
                "{name}: has left by this employee id, and the account is still active: it was not given to the employee id {id} in this run"
            ),
            remedy: TO_MEND.to_owned(),
        });
    }

    /// Notes the approval with which the plan is applied.
    pub(super) fn settle(&mut self, row: &ApprovalRow, reasons: &Reasons) {
        self.settled = Some(row.id);
        self.starts_source_anew = reasons.is_source_held();
        self.approval = Some(Approved::of(row, reasons.messages()));
    }

    /// Notes a change of a plan that waits for approval.
    pub(super) fn await_approval(&mut self, change: &Change) {
        self.tell(change, RowResult::Waiting, &[]);
    }

    /// Whether the numbers of the source count from now on: the run came to its end, and the guard of the source held
    /// nothing. What is held of the changes does not matter, since they are counted again each time. A plan that waits
    /// counts too, but not before the first applied run.
    pub fn is_accepted(&self, is_first: bool) -> bool {
        let waits_first = is_first && self.waiting.is_some();
        !(self.is_stopped() || self.is_source_held || waits_first)
    }

    /// Whether something ended the run early.
    pub fn is_stopped(&self) -> bool {
        self.error.is_some()
    }

    /// Counts a change that was made.
    pub(super) fn count(&mut self, change: &Change) {
        let number = match change.kind {
            ChangeKind::Create => &mut self.created,
            ChangeKind::Adopt => &mut self.adopted,
            ChangeKind::Update => &mut self.updated,
            ChangeKind::Reactivate => &mut self.reactivated,
            ChangeKind::Archive => &mut self.archived,
            ChangeKind::CreateCostCenter => &mut self.cost_centers_created,
            ChangeKind::RestoreCostCenter => &mut self.cost_centers_restored,
        };
        *number += 1;
        if change.kind == ChangeKind::Archive {
            self.active_accounts.retain(|account| Some(&account.account_id) != change.target_id.as_ref());
        }
    }

    /// Adds a row about a change. Its message begins with the name of whoever it is about, as those of the plugin do:
    /// nobody knows people by their ids.
    pub(super) fn row(&mut self, change: &Change, code: &str, message: &str, remedy: &str) {
        self.errors.push(ErrorRow {
            employee_id: change.employee_id.clone(),
            code: code.to_owned(),
            message: format!("{}: {message}", change.display_name),
            remedy: remedy.to_owned(),
        });
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl RunReport for Report {
    fn common(&mut self) -> Common<'_> {
        Common {
            tenant: &self.tenant,
            run: &mut self.run,
            errors: &mut self.errors,
            warnings: &mut self.warnings,
            stopped: &mut self.error,
        }
    }

    fn errors(&self) -> &[ErrorRow] {
        &self.errors
    }

    fn warnings(&self) -> &[ErrorRow] {
        &self.warnings
    }

    fn stopped(&self) -> Option<&Stopped> {
        self.error.as_ref()
    }

    fn updates(&self) -> &[UpdateRow] {
        &self.updates
    }

    fn held_back(&self) -> Option<Exit> {
        match (&self.waiting, self.held.as_slice()) {
            (Some(_), _) => Some(Exit::Waiting),
            (None, []) => None,
            (None, _) => Some(Exit::Held),
        }
    }

    fn shorten(&mut self) {
        self.updates.clear();
        self.held.truncate(HISTORY_ROWS_MAX);
        self.active_accounts.truncate(HISTORY_ROWS_MAX);
        // What is about nobody in particular is stored unencrypted, so it must not say who somebody is.
        for account in self.active_accounts.iter_mut().filter(|account| account.employee_id.is_none()) {
            account.user_name.clear();
            account.name.clear();
        }
        if let Some(stale) = &mut self.stale {
            stale.differences.truncate(HISTORY_ROWS_MAX);
        }
    }
}
