//! Values with names: how settings, fields and baselines travel.

/// An id of either side: a number of up to 19 digits as text. It lies in place rather than somewhere else in memory, so that
/// 100,000 of them are gone through quickly.
pub type Id = smol_str::SmolStr;

/// A person on either side; mirrors `types.person` of the WIT package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRef {
    /// HiBob's id.
    pub employee_id: Option<String>,
    /// The target's id.
    pub account_id: Option<String>,
    /// For people to read.
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

/// A number of things and what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// What is counted.
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
