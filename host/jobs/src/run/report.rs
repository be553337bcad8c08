//! What a run did, for people and for machines.

use crate::run::difference::DifferenceRow;
use crate::run::rows;
use crate::run::rows::RowResult;
use crate::run::run_report::{Common, HISTORY_ROWS_MAX, RunReport};
use hibob_base::error::{Exit, HostError};
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, Mismatch};
use hibob_contract::types::{Finding, Severity};
use hibob_policy::guard::{Class, GuardRow};
use hibob_store::database::ApprovalRow;
use hibob_store::privacy::LEFT_OUT;
use hibob_store::update_row::UpdateRow;
use serde::Serialize;

/// Something that went wrong for one employee, or a thing worth knowing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorRow {
    /// HiBob's id; none where it is about nobody in particular.
    pub employee_id: Option<String>,
    /// Stable, in capitals.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
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
    /// For which class of changes.
    pub class: Class,
    /// HiBob's id.
    pub employee_id: Option<String>,
    /// For people to read.
    pub display_name: String,
}

/// A plan that waits for a person. Nothing of it was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingPlan {
    /// Its SHA-256.
    pub plan: String,
    /// How many changes it has.
    pub changes: usize,
    /// What the guards saw, each in a sentence; nothing where every plan waits.
    pub why: Vec<String>,
    /// Until when it waits, in Unix seconds.
    pub lapses_at: i64,
    /// False if an earlier run made it, and this one's would do the same.
    pub is_new: bool,
}

/// Whose yes a plan was applied with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approved {
    /// The SHA-256 of the plan that they have seen, which is the one that was applied.
    pub plan: String,
    /// Who asked for the run that made it.
    pub requested_by: Option<String>,
    /// Who approved it, as they are named.
    pub by: Option<String>,
    /// By what they could: `token ID`, or `command-line`.
    pub with: Option<String>,
    /// When, in Unix seconds.
    pub at: Option<i64>,
    /// What the guards saw and would have held, each in a sentence.
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
    /// Its SHA-256.
    pub plan: String,
    /// Why, in words that go on after a colon.
    pub why: String,
    /// What a plan of now would do otherwise.
    pub differences: Vec<DifferenceRow>,
}

/// What ended a run early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stopped {
    /// Stable, in capitals.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub remedy: String,
    #[serde(skip)]
    exit: Option<Exit>,
}

impl Stopped {
    /// By this error.
    pub fn by(error: &HostError) -> Self {
        Self {
            code: error.code().to_owned(),
            message: error.to_string(),
            remedy: error.remedy(),
            exit: Some(error.exit()),
        }
    }

    /// How the program ends.
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
    /// Accounts made.
    pub created: u64,
    /// Accounts taken over.
    pub adopted: u64,
    /// Accounts changed.
    pub updated: u64,
    /// Accounts archived.
    pub archived: u64,
    /// Accounts made active again.
    pub reactivated: u64,
    /// Cost centers made.
    pub cost_centers_created: u64,
    /// Cost centers brought back.
    pub cost_centers_restored: u64,
    /// Accounts that were right as they are.
    pub kept: u64,
    /// Employees for whom something failed, in the plan or while applying.
    pub failed: u64,
    /// Employees left alone because two claims meet.
    pub conflicts: u64,
    /// Employees who were forgotten, and of whom something was left out.
    #[serde(skip_serializing_if = "is_zero")]
    pub forgotten: u64,
    /// Changes left alone because the target had moved since the plan.
    pub drifted: u64,
    /// Changes not tried, because one that they depend on failed or the run was stopped.
    pub skipped: u64,
    /// What went wrong, one row for each employee and fault.
    pub errors: Vec<ErrorRow>,
    /// What was left out on purpose.
    pub warnings: Vec<ErrorRow>,
    /// What a guard holds, person by person.
    pub held: Vec<HeldRow>,
    /// For each class of changes that is held: what the guard saw, and what to do.
    pub guards: Vec<GuardRow>,
    /// The plan that waits for a person, instead of being applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<WaitingPlan>,
    /// Whose yes the plan was applied with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approved>,
    /// The approved plan that was out of date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale: Option<Stale>,
    /// What ended the run early.
    pub error: Option<Stopped>,
    /// What was done to whom, line by line; kept in the history, and not part of the printed report.
    #[serde(skip)]
    pub updates: Vec<UpdateRow>,
    /// The plan about which somebody had decided, by its number in the database, and with which this run is done.
    #[serde(skip)]
    pub(super) settled: Option<i64>,
}

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

    /// Notes that a failure which was told already ended the run.
    pub(super) fn stop_with(&mut self, code: &str, message: String, remedy: String) {
        self.error = Some(Stopped { code: code.to_owned(), message, remedy, exit: Some(Exit::Failed) });
    }

    /// Notes in the history what became of a change.
    pub(super) fn tell(&mut self, change: &Change, result: RowResult, not_taken: &[Mismatch]) {
        self.updates.extend(rows::rows(change, result, not_taken));
    }

    /// Notes a change that is held.
    pub(super) fn hold(&mut self, change: &Change, class: Class) {
        self.tell(change, RowResult::Held, &[]);
        self.held.push(HeldRow {
            class,
            employee_id: change.employee_id.clone(),
            display_name: change.display_name.clone(),
        });
    }

    /// Notes whose yes the plan is applied with.
    pub(super) fn settle(&mut self, row: &ApprovalRow, released: Vec<String>) {
        self.settled = Some(row.id);
        self.approval = Some(Approved::of(row, released));
    }

    /// Notes a change of a plan that waits for a person.
    pub(super) fn await_approval(&mut self, change: &Change) {
        self.tell(change, RowResult::Waiting, &[]);
    }

    /// Whether the run came to its end, no guard held anything and nothing waits, so that its baseline counts.
    pub fn is_accepted(&self) -> bool {
        !self.is_stopped() && self.held.is_empty() && self.waiting.is_none()
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
    }

    /// Adds a row about a change.
    pub(super) fn row(&mut self, change: &Change, code: &str, message: String, remedy: &str) {
        self.errors.push(ErrorRow {
            employee_id: change.employee_id.clone(),
            code: code.to_owned(),
            message,
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
        if let Some(stale) = &mut self.stale {
            stale.differences.truncate(HISTORY_ROWS_MAX);
        }
    }
}
