//! The interface `types`: the types that the other interfaces share.

use serde::{Deserialize, Serialize};

/// A person who is an employee in HiBob, or has an account at the target, or both. At least one of the two ids is
/// there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The id that HiBob gives the employee: up to 19 digits, always text, as it exceeds 2^53.
    pub employee_id: Option<String>,
    /// The id that the target gives the account.
    pub account_id: Option<String>,
    /// The person's name, for people to read. It is never used to find an account.
    pub display_name: String,
}

/// One value of a setting or of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// A text.
    Text(String),
    /// True or false.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// Several texts. The setting or field defines whether their order matters.
    Texts(Vec<String>),
    /// A mapping from keys to values; each key occurs at most once.
    Pairs(Vec<(String, String)>),
    /// A person.
    Person(Person),
}

/// A value and its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedValue {
    /// The name.
    pub name: String,
    /// The value.
    pub value: Value,
}

/// A number with its name, for example 12 and `create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The name: what is counted.
    pub name: String,
    /// The number.
    pub number: u64,
}

/// The arguments that every call of the plugin gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The settings: where to read and write, and how. `docs/develop/plugin-settings.md` has their names.
    pub settings: Vec<NamedValue>,
    /// The time at which the plugin decides, in seconds since 1970-01-01T00:00:00Z.
    pub now_unix_seconds: u64,
}

/// One of the two services that a plugin talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// HiBob.
    Hibob,
    /// The service with the accounts: TravelPerk.
    Target,
}

/// A failure of a service that ended a call or a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideError {
    /// Which service.
    pub side: Side,
    /// Method and path of the request, without host, query or credentials.
    pub request: String,
    /// The HTTP status; `None` if no answer came.
    pub status: Option<u16>,
    /// What is wrong, in one sentence, without personal data.
    pub message: String,
    /// What a person can do about it, in one sentence.
    pub remedy: String,
}

/// Why a call failed. The cases differ in who has to act next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobError {
    /// Settings are wrong: the operator has to change those that the findings name. Nothing was written.
    Settings(Vec<Finding>),
    /// A service refused the credentials, with 401, or with 403 to a read: the operator has to renew them or extend
    /// their permissions.
    Credentials(SideError),
    /// A service failed, did not answer in time, or gave an answer that cannot be understood. The call can be tried
    /// again later.
    Unavailable(SideError),
    /// The host's policy refused a request or a storage write that the plugin needs.
    NotAllowed(String),
    /// The plugin's own audit found a plan that must not be applied.
    Unsound(String),
    /// The host's storage failed.
    Storage(String),
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Severity {
    /// It is worth knowing.
    Notice,
    /// Something was left out on purpose; the rest of the account is synced.
    Warning,
    /// The account or the setting is left as it is until somebody acts.
    Error,
}

impl Severity {
    /// The name of the severity in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something that a person should read: a broken record, a missing permission, a wrong setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much the finding matters.
    pub severity: Severity,
    /// The error code: a stable word in capitals, such as `MISSING_EMAIL`. New codes may appear at any time.
    pub code: String,
    /// The id of the employee that the finding is about, if it is about one.
    pub employee_id: Option<String>,
    /// The field or setting that the finding is about, if it is about one.
    pub field: Option<String>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What a person can do about it, in one sentence.
    pub remedy: String,
}
