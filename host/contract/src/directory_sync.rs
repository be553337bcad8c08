//! The interface `directory-sync`: plans, changes, and what became of them.

use crate::types::{Count, Finding, NamedValue, SideError, Value};
use serde::{Deserialize, Serialize};

/// What a change does to one account, or to one cost center.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeKind {
    /// Make an account for an employee who has none.
    Create,
    /// Take over an account that the sync does not know yet.
    Adopt,
    /// Change fields of an account that is managed already.
    Update,
    /// Make an archived account active again, with the fields listed.
    Reactivate,
    /// Set a leaver's account inactive.
    Archive,
    /// Make a cost center that people are to be assigned to.
    CreateCostCenter,
    /// Bring back an archived cost center that people are to be assigned to.
    RestoreCostCenter,
}

impl ChangeKind {
    /// The word in JSON, in metrics, and for people.
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

/// A field of an account. Absent, null and empty text are the same: none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field's name; `wit/directory-sync.wit` has them all.
    pub field: String,
    /// What the account holds now.
    pub before: Option<Value>,
    /// What it is to hold.
    pub after: Option<Value>,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Unique within the plan, and the same whenever the same plan is made again.
    pub id: String,
    /// What it does.
    pub kind: ChangeKind,
    /// The employee whose account it is; none for a cost center.
    pub employee_id: Option<String>,
    /// The target's id of what is changed; none for what is made.
    pub target_id: Option<String>,
    /// For people to read.
    pub display_name: String,
    /// Ids of earlier changes that must be done, or partly done, before this one starts.
    pub depends_on: Vec<String>,
    /// Ids of earlier changes that have to be over before this one starts, whether they were done or not.
    pub after: Vec<String>,
    /// Every field that is written, and no other.
    pub fields: Vec<FieldChange>,
    /// Why, in one sentence.
    pub reason: String,
}

/// What a plan adds up to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSummary {
    /// Numbers by name; `wit/directory-sync.wit` has the names.
    pub counts: Vec<Count>,
    /// What the next plan is given once a run of this one was accepted. Opaque to the host.
    pub baseline: Vec<NamedValue>,
}

/// Where an employee stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EmployeeState {
    /// The account is right as it is.
    Synced,
    /// The plan changes, makes or archives the account.
    Pending,
    /// Has not started yet.
    Waiting,
    /// Works at a site that is not synced.
    OutOfSelection,
    /// Should have no active account, and it is archived.
    Archived,
    /// Has left, and has no account.
    Left,
    /// Left alone; a finding of the same employee says why.
    Failed,
    /// No longer sent by HiBob, and has an active account.
    Vanished,
}

/// One employee and where they stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterEntry {
    /// HiBob's id.
    pub employee_id: String,
    /// For people to read.
    pub display_name: String,
    /// Where they stand.
    pub state: EmployeeState,
    /// The target's id of their account.
    pub account_id: Option<String>,
}

/// What `check` saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// What a person should read.
    pub findings: Vec<Finding>,
    /// Numbers by name; `wit/directory-sync.wit` has the names.
    pub counts: Vec<Count>,
}

/// How the host comes to ask for this change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Attempt {
    /// It was not tried before, or it is known that nothing was written.
    First,
    /// An earlier attempt ended without an answer: the plugin looks whether it was done before it repeats it.
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
    /// A person corrects the data; repeating the change as it is will fail again.
    Fix,
    /// Nothing was written; the change can be made later as it is.
    Later,
    /// It is unknown whether it was written: ask again with [`Attempt::AfterUnknownOutcome`].
    Look,
}

/// Why a change failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable, in capitals: `TARGET_REJECTED`. New codes may appear at any time.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// Who acts next.
    pub next: NextStep,
}

/// An account, or a cost center, after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The target's id.
    pub target_id: String,
    /// Fields that the target accepted and then did not keep.
    pub not_taken: Vec<Mismatch>,
}

/// How a change ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Everything is as planned.
    Done(Written),
    /// It exists and the rest was written; [`Written::not_taken`] names what the target did not keep.
    Partly(Written),
    /// The target has moved since the plan was made. Nothing was written.
    Drifted(Vec<Mismatch>),
    /// This change failed; others can go on.
    Failed(Failure),
    /// The target refused the credentials. The run ends before any further request.
    Refused(SideError),
}
