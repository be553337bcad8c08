//! Named values: the form in which settings, fields and baselines pass between host and plugin.

/// An id of HiBob or TravelPerk: a number of up to 19 digits as text. It is stored inline rather than on the heap, so
/// that 100,000 of them are gone through quickly.
pub type Id = smol_str::SmolStr;

/// An employee or account, named by one id or both; mirrors `types.person` of the WIT package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRef {
    /// HiBob's id of the employee.
    pub employee_id: Option<String>,
    /// TravelPerk's id of the account.
    pub account_id: Option<String>,
    /// A name to show.
    pub display_name: String,
}

/// One value; mirrors `types.value` of the WIT package.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the cases are documented in the WIT package")]
pub enum Value {
    Text(String),
    Flag(bool),
    Integer(i64),
    Texts(Vec<String>),
    Pairs(Vec<(String, String)>),
    Person(PersonRef),
}

impl Value {
    /// What kind of value this is, for error messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Flag(_) => "true or false",
            Self::Integer(_) => "a whole number",
            Self::Texts(_) => "a list of texts",
            Self::Pairs(_) => "a table of texts",
            Self::Person(_) => "a person",
        }
    }
}

/// A value and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedValue {
    /// The name, in lower case with hyphens.
    pub name: String,
    /// The value.
    pub value: Value,
}

/// How many there are of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The name of what is counted.
    pub name: String,
    /// How many.
    pub number: u64,
}

impl Count {
    /// A count under a name.
    pub fn new(name: impl Into<String>, number: usize) -> Self {
        Self { name: name.into(), number: number as u64 }
    }
}
