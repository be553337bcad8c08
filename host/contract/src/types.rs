//! The interface `types`: what the other interfaces share.

use serde::{Deserialize, Serialize};

/// A person on either side. At least one of the two ids is present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The id that HiBob gives the employee: up to 19 digits, always text, as it exceeds 2^53.
    pub employee_id: Option<String>,
    /// The id that the target gives the account.
    pub account_id: Option<String>,
    /// For people to read; never used to find anybody.
    pub display_name: String,
}

/// One value of a setting or of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// A text.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// Several texts; whether their order matters is said where the name is defined.
    Texts(Vec<String>),
    /// A mapping, each key at most once.
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

/// A number of things and what they are, for example `create` and 12.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// What is counted.
    pub name: String,
    /// How many.
    pub number: u64,
}

/// What a call of the plugin is given beside the tenant's storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Where to read and write, and how; `docs/develop/plugin-settings.md` has the names.
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

/// What a service did that ended a call or a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideError {
    /// Which service.
    pub side: Side,
    /// Method and path of the request, without host, query or credentials.
    pub request: String,
    /// HTTP status, where an answer came at all.
    pub status: Option<u16>,
    /// What is wrong, in one sentence, without personal data.
    pub message: String,
    /// What a person can do about it, in one sentence.
    pub remedy: String,
}

/// Why a call could not be done. The cases differ in who acts next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobError {
    /// The operator changes the settings named. Nothing was written.
    Settings(Vec<Finding>),
    /// The operator renews or widens the credentials of that side: it answered 401, or 403 to a read.
    Credentials(SideError),
    /// That side failed, timed out, or answered what cannot be understood. It can be tried again later.
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
    /// Worth knowing.
    Notice,
    /// Something was left out on purpose; the rest of that person is synced.
    Warning,
    /// This person, or this setting, is left as it is until somebody acts.
    Error,
}

impl Severity {
    /// The word in JSON.
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
    /// How much it matters.
    pub severity: Severity,
    /// Stable, in capitals: `MISSING_EMAIL`. New codes may appear at any time.
    pub code: String,
    /// The employee concerned, if it is about one.
    pub employee_id: Option<String>,
    /// The field or setting concerned, if it is about one.
    pub field: Option<String>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// How to mend it, in one sentence.
    pub remedy: String,
}
