//! The interface `directory-sync`: plans, changes, and outcomes of changes.

use crate::types::{Count, Finding, NamedValue, SideError, Value};
use serde::{Deserialize, Serialize};

/// What a change does to one account, or to one cost center.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeKind {
    /// Create an account for an employee who has none.
    Create,
    /// Take an existing account, which is not managed yet, under the sync's care.
    Adopt,
    /// Change fields of an account that is managed already.
    Update,
    /// Make an archived account active again, with the fields listed.
    Reactivate,
    /// Set a leaver's account inactive.
    Archive,
    /// Create a cost center, for people to be assigned to.
    CreateCostCenter,
    /// Restore an archived cost center, for people to be assigned to.
    RestoreCostCenter,
}

impl ChangeKind {
    /// The name of the kind in JSON, in metrics and in texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Adopt => "adopt",
            Self::Update => "update",
            Self::Reactivate => "reactivate",
            Self::Archive => "archive",
            Self::CreateCostCenter => "create-cost-center",
            Self::RestoreCostCenter => "restore-cost-center",
        }
    }
}

/// A field of an account with its values before and after a change. An absent value, null and an empty text all mean
/// `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field's name; `wit/directory-sync.wit` has them all.
    pub field: String,
    /// What the account holds now.
    pub before: Option<Value>,
    /// What the change writes.
    pub after: Option<Value>,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The id of the change: unique in the plan, and equal whenever an equal plan is made again.
    pub id: String,
    /// What the change does.
    pub kind: ChangeKind,
    /// The employee whose account it is; `None` for a cost center.
    pub employee_id: Option<String>,
    /// The target's id of the account or cost center; `None` if the change creates it.
    pub target_id: Option<String>,
    /// The name of the employee or cost center, for people to read.
    pub display_name: String,
    /// Ids of earlier changes that must be done, or partly done, before this one starts.
    pub depends_on: Vec<String>,
    /// Ids of earlier changes that have to be over before this one starts, whether they were done or not.
    pub after: Vec<String>,
    /// Every field that is written, and no other.
    pub fields: Vec<FieldChange>,
    /// Why the change is planned, in one sentence.
    pub reason: String,
}

/// The numbers of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSummary {
    /// Numbers by name; `wit/directory-sync.wit` has the names.
    pub counts: Vec<Count>,
    /// The baseline that later plans get once a run of this plan has been accepted. The plugin chooses what is in it.
    pub baseline: Vec<NamedValue>,
}

/// Whether an employee's account is as it should be, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EmployeeState {
    /// The account is right as it is.
    Synced,
    /// The plan changes, creates or archives the account.
    Pending,
    /// The employment has not started yet.
    Waiting,
    /// The employee works at a site that is not synced.
    OutOfSelection,
    /// The employee should have no active account, and the account is archived.
    Archived,
    /// The employee has left, and has no account.
    Left,
    /// The account is left alone. A finding about this employee says why.
    Failed,
    /// HiBob no longer sends the employee, and the account is active.
    Vanished,
}

/// One employee in a roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterEntry {
    /// HiBob's id of the employee.
    pub employee_id: String,
    /// The employee's name, for people to read.
    pub display_name: String,
    /// The state of the employee's account.
    pub state: EmployeeState,
    /// The target's id of the account.
    pub account_id: Option<String>,
}

/// What `check` returns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// What a person should read.
    pub findings: Vec<Finding>,
    /// Numbers by name; `wit/directory-sync.wit` has the names.
    pub counts: Vec<Count>,
}

/// Whether a change may have been made by an earlier attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Attempt {
    /// The change was not tried before, or it is known that nothing was written.
    First,
    /// An earlier attempt ended without an answer. The plugin looks at the target first, and writes only what is
    /// missing.
    AfterUnknownOutcome,
}

/// A field that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// The field's name.
    pub field: String,
    /// What it should hold.
    pub expected: Option<Value>,
    /// What it holds.
    pub found: Option<Value>,
}

/// What to do about a change that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NextStep {
    /// A person has to correct the data. Repeating the change as it is would fail again.
    Fix,
    /// Nothing was written. The change can be made later as it is.
    Later,
    /// It is unknown whether the change was made: apply it again with [`Attempt::AfterUnknownOutcome`].
    Look,
}

/// Why a change failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The error code: a stable word in capitals, such as `TARGET_REJECTED`. New codes may appear at any time.
    pub code: String,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What a person can do about it, in one sentence.
    pub remedy: String,
    /// What has to happen next.
    pub next: NextStep,
}

/// An account, or a cost center, after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The target's id of the account or cost center.
    pub target_id: String,
    /// Fields that the target accepted and then did not keep.
    pub not_taken: Vec<Mismatch>,
}

/// How a change ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The account or cost center is as planned.
    Done(Written),
    /// The account exists and is as planned but for the fields in [`Written::not_taken`], which the target did not
    /// keep.
    Partly(Written),
    /// The account has changed since the plan was made. Nothing was written. The mismatches are in the list.
    Drifted(Vec<Mismatch>),
    /// The change failed. Other changes can still be made.
    Failed(Failure),
    /// The target refused the credentials. The run ends, and sends no other request.
    Refused(SideError),
}
