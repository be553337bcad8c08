//! What a job is to do: its kind, and what a job of that kind needs to know.

use crate::database::DatabaseError;
use crate::queue::{JobId, QueueError};
use hibob_base::error::HostError;
use hibob_base::job::{JobKind, WayOn};
use hibob_policy::guard::{Class, Release};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a job is to do. Never a secret, nor anything of a person but HiBob's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arguments {
    /// Look whether a sync would work.
    Check,
    /// Make a plan and keep it, without applying any of it.
    Plan,
    /// Plan and apply, with what the operator lets through the guards.
    Sync(Release),
    /// Apply a plan that exists.
    Apply(PlanToApply),
    /// Issue references, and deliver them.
    References(ReferencesArguments),
    /// Deliver one reference.
    Deliver(DeliverArguments),
}

/// What a job that delivers one reference is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliverArguments {
    /// The reference's id.
    pub reference: String,
    /// Whether it is delivered once more where it was delivered already.
    pub again: bool,
}

/// Which plan is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanToApply {
    /// The saved plan that is kept for the job.
    Saved {
        /// The SHA-256 of its bytes, in hexadecimal digits.
        digest: String,
        /// What the operator lets through the guards.
        release: Release,
    },
    /// A stored plan that somebody has approved, by the SHA-256 under which it is stored.
    Approved(String),
    /// The plan of the run that a person has interrupted.
    Interrupted(WayOn),
}

/// What a job that issues references is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReferencesArguments {
    /// References that the guard lets be issued.
    pub allow_issuing: usize,
    /// References that the guard lets be revoked.
    pub allow_revoking: usize,
    /// Whether references are issued without a grace time.
    pub skips_grace: bool,
    /// Whom to issue for, by HiBob's ids; those who have left since the last run where nobody is named.
    pub employees: Option<Vec<String>>,
}

/// The arguments as JSON: in the database, and in the API. Each kind of job takes some of these fields. What is released
/// has a field for each class of changes that a guard counts, by [`Class::argument`], and `allow_changed_source`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct ArgumentFields {
    /// `apply`: the saved plan that is kept for it, by the SHA-256 of its bytes.
    pub plan: Option<String>,
    /// `apply`, instead of a saved plan: the plan that somebody has approved, by the SHA-256 under which it is stored.
    pub approved: Option<String>,
    /// `apply`, instead of a saved plan: `resume` or `abandon` the plan of the run that a person has interrupted.
    pub interrupted: Option<String>,
    /// `sync`, `apply`: what the guards let through.
    pub release: Release,
    /// `references`: references that the guard lets be issued.
    pub allow_issuing: usize,
    /// `references`: references that the guard lets be revoked.
    pub allow_revoking: usize,
    /// `references`, with `employees`: whether references are issued without a grace time.
    pub skip_grace_time: bool,
    /// `references`: whom to issue for, by HiBob's ids; those who have left since the last run where nobody is named.
    pub employees: Option<Vec<String>>,
    /// `deliver`: which reference.
    pub reference: Option<String>,
    /// `deliver`: whether it is delivered once more where it was delivered already.
    pub again: bool,
}

/// Whether the source may look quite different, among the arguments.
const CHANGED_SOURCE: &str = "allow_changed_source";

/// The arguments that are not about a class of changes.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct OtherFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interrupted: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    allow_changed_source: bool,
    #[serde(skip_serializing_if = "is_zero")]
    allow_issuing: usize,
    #[serde(skip_serializing_if = "is_zero")]
    allow_revoking: usize,
    #[serde(skip_serializing_if = "is_false")]
    skip_grace_time: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    employees: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    again: bool,
}

impl TryFrom<Map<String, Value>> for ArgumentFields {
    type Error = String;

    fn try_from(mut given: Map<String, Value>) -> Result<Self, String> {
        let mut release = Release::default();
        for class in Class::ALL {
            let Some(value) = given.remove(class.argument()) else { continue };
            let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
            release.set(*class, number.ok_or_else(|| format!("{} is not a number of accounts", class.argument()))?);
        }
        let names: Vec<&str> = Class::ALL.iter().map(|class| class.argument()).chain([CHANGED_SOURCE]).collect();
        let other: OtherFields = serde_json::from_value(Value::Object(given))
            .map_err(|error| format!("{error}; what is released is one of {}", names.join(", ")))?;
        release.changed_source = other.allow_changed_source;
        Ok(Self {
            plan: other.plan,
            approved: other.approved,
            interrupted: other.interrupted,
            release,
            allow_issuing: other.allow_issuing,
            allow_revoking: other.allow_revoking,
            skip_grace_time: other.skip_grace_time,
            employees: other.employees,
            reference: other.reference,
            again: other.again,
        })
    }
}

impl From<ArgumentFields> for Map<String, Value> {
    fn from(fields: ArgumentFields) -> Self {
        let release = fields.release;
        let other = OtherFields {
            plan: fields.plan,
            approved: fields.approved,
            interrupted: fields.interrupted,
            allow_changed_source: release.changed_source,
            allow_issuing: fields.allow_issuing,
            allow_revoking: fields.allow_revoking,
            skip_grace_time: fields.skip_grace_time,
            employees: fields.employees,
            reference: fields.reference,
            again: fields.again,
        };
        let mut map = match serde_json::to_value(other) {
            Ok(Value::Object(map)) => map,
            _ => Self::new(), // texts, numbers and flags can always be written
        };
        let released = Class::ALL.iter().filter(|class| release.number(**class) > 0);
        map.extend(released.map(|class| (class.argument().to_owned(), release.number(*class).into())));
        map
    }
}

/// The arguments that release so many accounts of a class, each with what it does in one sentence.
pub fn release_arguments() -> impl Iterator<Item = (&'static str, &'static str)> {
    Class::ALL.iter().map(|class| (class.argument(), class.help()))
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl Arguments {
    /// The arguments of a job of this kind.
    ///
    /// # Errors
    /// The kind does not take one of these fields, or one that it needs is missing.
    pub fn new(kind: JobKind, fields: ArgumentFields) -> Result<Self, HostError> {
        let given = fields.clone();
        let release = fields.release;
        let arguments = match kind {
            JobKind::Check => Self::Check,
            JobKind::Plan => Self::Plan,
            JobKind::Sync => Self::Sync(release),
            JobKind::Apply => match (fields.plan, fields.approved, fields.interrupted) {
                (.., Some(way)) => {
                    let unknown = || {
                        let words: Vec<&str> = WayOn::ALL.iter().map(|way| way.word()).collect();
                        let remedy = format!("choose from {}", words.join(", "));
                        HostError::configuration(
                            "an interrupted plan can be resumed or abandoned, and nothing else",
                            remedy,
                        )
                    };
                    Self::Apply(PlanToApply::Interrupted(WayOn::of_word(&way).ok_or_else(unknown)?))
                }
                (None, None, None) => {
                    let remedy = "name a saved plan";
                    return Err(HostError::configuration("the plan to apply is missing", remedy));
                }
                (_, Some(plan), None) => Self::Apply(PlanToApply::Approved(plan)),
                (Some(digest), None, None) => Self::Apply(PlanToApply::Saved { digest, release }),
            },
            JobKind::References => Self::References(ReferencesArguments {
                allow_issuing: fields.allow_issuing,
                allow_revoking: fields.allow_revoking,
                // It is for people whom somebody has named.
                skips_grace: fields.skip_grace_time && fields.employees.is_some(),
                employees: fields.employees,
            }),
            JobKind::Deliver => {
                let reference = fields.reference.ok_or_else(|| {
                    let remedy = "name a reference, as `hibob references list` shows it";
                    HostError::configuration("the reference to deliver is missing", remedy)
                })?;
                Self::Deliver(DeliverArguments { reference, again: fields.again })
            }
        };
        if arguments.fields() != given {
            let remedy = "give it only the arguments that the command of the same name takes";
            return Err(HostError::configuration(
                format!("a job of the kind {kind} does not take these arguments"),
                remedy,
            ));
        }
        Ok(arguments)
    }

    /// The kind of job that takes them.
    pub fn kind(&self) -> JobKind {
        match self {
            Self::Check => JobKind::Check,
            Self::Plan => JobKind::Plan,
            Self::Sync(_) => JobKind::Sync,
            Self::Apply(_) => JobKind::Apply,
            Self::References(_) => JobKind::References,
            Self::Deliver(_) => JobKind::Deliver,
        }
    }

    /// As JSON has them.
    pub fn fields(&self) -> ArgumentFields {
        let none = ArgumentFields::default();
        let released = |release: &Release| ArgumentFields { release: *release, ..ArgumentFields::default() };
        match self {
            Self::Check | Self::Plan => none,
            Self::Sync(release) => released(release),
            Self::Apply(PlanToApply::Saved { digest, release }) => {
                ArgumentFields { plan: Some(digest.clone()), ..released(release) }
            }
            Self::Apply(PlanToApply::Approved(plan)) => ArgumentFields { approved: Some(plan.clone()), ..none },
            Self::Apply(PlanToApply::Interrupted(way)) => {
                ArgumentFields { interrupted: Some(way.word().to_owned()), ..none }
            }
            Self::References(ReferencesArguments { allow_issuing, allow_revoking, skips_grace, employees }) => {
                ArgumentFields {
                    allow_issuing: *allow_issuing,
                    allow_revoking: *allow_revoking,
                    skip_grace_time: *skips_grace,
                    employees: employees.clone(),
                    ..none
                }
            }
            Self::Deliver(DeliverArguments { reference, again }) => {
                ArgumentFields { reference: Some(reference.clone()), again: *again, ..none }
            }
        }
    }

    /// The saved plan that is kept for the job, by the SHA-256 of its bytes.
    pub fn saved_plan(&self) -> Option<&str> {
        match self {
            Self::Apply(PlanToApply::Saved { digest, .. }) => Some(digest),
            Self::Check | Self::Plan | Self::Sync(_) | Self::Apply(_) | Self::References(_) | Self::Deliver(_) => None,
        }
    }

    /// The approved plan that the job applies, by the SHA-256 under which it is stored.
    pub fn approved_plan(&self) -> Option<&str> {
        match self {
            Self::Apply(PlanToApply::Approved(plan)) => Some(plan),
            Self::Check | Self::Plan | Self::Sync(_) | Self::Apply(_) | Self::References(_) | Self::Deliver(_) => None,
        }
    }

    /// These arguments with every guard in force.
    #[must_use]
    pub(crate) fn without_releases(self) -> Self {
        match self {
            Self::Sync(_) => Self::Sync(Release::default()),
            Self::Apply(PlanToApply::Saved { digest, .. }) => {
                Self::Apply(PlanToApply::Saved { digest, release: Release::default() })
            }
            Self::References(arguments) => {
                Self::References(ReferencesArguments { allow_issuing: 0, allow_revoking: 0, ..arguments })
            }
            Self::Check
            | Self::Plan
            | Self::Apply(PlanToApply::Approved(_) | PlanToApply::Interrupted(_))
            | Self::Deliver(_) => self,
        }
    }

    /// The least that a job of this kind needs to know.
    #[cfg(test)]
    pub(super) fn plain(kind: JobKind) -> Self {
        match kind {
            JobKind::Check => Self::Check,
            JobKind::Plan => Self::Plan,
            JobKind::Sync => Self::Sync(Release::default()),
            JobKind::Apply => Self::Apply(PlanToApply::Saved { digest: "00".to_owned(), release: Release::default() }),
            JobKind::References => Self::References(ReferencesArguments::default()),
            JobKind::Deliver => Self::Deliver(DeliverArguments { reference: "1".to_owned(), again: false }),
        }
    }

    /// As stored; the same arguments give the same text.
    ///
    /// # Errors
    /// They cannot be written as JSON.
    pub(super) fn text(&self) -> Result<String, QueueError> {
        let text = serde_json::to_string(&self.fields());
        text.map_err(|error| DatabaseError::from(sqlx::Error::Encode(Box::new(error))).into())
    }

    /// As they are stored for a job.
    ///
    /// # Errors
    /// There is no such kind, or it does not take what is stored.
    pub(super) fn stored(id: JobId, kind: &str, text: &str) -> Result<Self, QueueError> {
        let unreadable = |what: String| QueueError::Unreadable { id, what };
        let fields = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
        let known = JobKind::of_word(kind).ok_or_else(|| unreadable(format!("unknown kind `{kind}`")))?;
        Self::new(known, fields).map_err(|error| unreadable(error.to_string()))
    }
}
