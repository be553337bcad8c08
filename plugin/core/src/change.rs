//! A change: one step of a plan, and how it ended. Mirrors the records of `directory-sync` in the WIT package.

use crate::error::SideError;
use crate::field::ACTIVE;
use crate::value::Value;

/// What a change does to one account, or one cost center.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the cases are documented in the WIT package")]
pub enum ChangeKind {
    Create,
    Adopt,
    Update,
    Reactivate,
    Archive,
    CreateCostCenter,
    RestoreCostCenter,
}

impl ChangeKind {
    /// The name in ids, counts and messages.
    pub fn name(self) -> &'static str {
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

/// The change of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The field's name, see [`crate::field`].
    pub field: String,
    /// The value when the plan was made.
    pub before: Option<Value>,
    /// The value that the change writes; none empties the field.
    pub after: Option<Value>,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Unique within the plan.
    pub id: String,
    /// The kind of change.
    pub kind: ChangeKind,
    /// HiBob's id of the employee to whom the account belongs; none for a cost center.
    pub employee_id: Option<String>,
    /// TravelPerk's id of the account or cost center; none if this change or one before it creates it.
    pub target_id: Option<String>,
    /// A name to show.
    pub display_name: String,
    /// Ids of changes that must have succeeded before this one starts.
    pub depends_on: Vec<String>,
    /// Ids of changes that must have ended before this one starts, whether they succeeded or not.
    pub after: Vec<String>,
    /// The fields that are written, and no others.
    pub fields: Vec<FieldChange>,
    /// Why the change is needed, in one sentence.
    pub reason: String,
}

impl Change {
    /// The change of one field, if this change has it.
    pub fn field(&self, name: &str) -> Option<&FieldChange> {
        self.fields.iter().find(|change| change.field == name)
    }

    /// The text that a field is set to.
    pub fn text_after(&self, name: &str) -> Option<&str> {
        match self.field(name)?.after.as_ref()? {
            Value::Text(text) => Some(text),
            Value::Flag(_) | Value::Integer(_) | Value::Texts(_) | Value::Pairs(_) | Value::Person(_) => None,
        }
    }

    /// What the change sets `active` to, if it does.
    pub fn active_after(&self) -> Option<bool> {
        match self.field(ACTIVE)?.after {
            Some(Value::Flag(active)) => Some(active),
            _ => None,
        }
    }
}

/// Whether a change was tried before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Not tried before, or known to have written nothing.
    First,
    /// An earlier attempt ended without an answer.
    AfterUnknownOutcome,
}

/// A field that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The field's name; `account` for the account itself.
    pub field: String,
    /// The expected value.
    pub expected: Option<Value>,
    /// The value that the account has.
    pub found: Option<Value>,
}

/// What to do about a change that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// A person corrects the data.
    Fix,
    /// Try again later; nothing was written.
    Later,
    /// Look at the account before repeating the change: whether it was written is unknown.
    Look,
}

/// Why a change failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A stable word in capitals.
    pub code: &'static str,
    /// What is wrong, in one sentence.
    pub message: String,
    /// How to mend it, in one sentence.
    pub remedy: String,
    /// Who acts next.
    pub next: NextStep,
}

/// How a change ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The change was made, apart from the fields in `not_taken`.
    Done {
        /// TravelPerk's id of the account or cost center.
        target_id: String,
        /// Fields that do not have the planned value: TravelPerk did not keep them, or did not accept them.
        not_taken: Vec<Mismatch>,
    },
    /// The account has changed since the plan was made; nothing was written.
    Drifted(Vec<Mismatch>),
    /// The change failed; other changes can go on.
    Failed(Failure),
    /// TravelPerk refused the credentials; the run has to end.
    Refused(SideError),
}
