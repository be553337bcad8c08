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

/// One field, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The field's name, see [`crate::field`].
    pub field: String,
    /// What the plan saw.
    pub before: Option<Value>,
    /// What the plan wants.
    pub after: Option<Value>,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Unique within the plan.
    pub id: String,
    /// What it does.
    pub kind: ChangeKind,
    /// HiBob's id of the employee whose account it is; none for a cost center.
    pub employee_id: Option<String>,
    /// The target's id of what is changed; none for what is made.
    pub target_id: Option<String>,
    /// For people to read.
    pub display_name: String,
    /// Changes that must be done first.
    pub depends_on: Vec<String>,
    /// Changes that must be over first, done or not.
    pub after: Vec<String>,
    /// Every field that is written, and no other.
    pub fields: Vec<FieldChange>,
    /// Why, in one sentence.
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

/// How the caller comes to make a change.
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
    /// What was expected.
    pub expected: Option<Value>,
    /// What was found.
    pub found: Option<Value>,
}

/// What to do about a change that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// A person corrects the data.
    Fix,
    /// Nothing was written; try again later.
    Later,
    /// Unknown whether it was written: look before repeating.
    Look,
}

/// Why a change failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Stable, in capitals.
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
    /// The account is as planned, but for the fields that the target did not keep.
    Done {
        /// The target's id.
        target_id: String,
        /// What the target accepted and then did not keep.
        not_taken: Vec<Mismatch>,
    },
    /// The target has moved since the plan was made; nothing was written.
    Drifted(Vec<Mismatch>),
    /// This change failed; others can go on.
    Failed(Failure),
    /// The target refused the credentials; the run ends.
    Refused(SideError),
}
