//! A row of a run record: what was done to one field of one employee's account.

/// A row of a run record, and of the sheet "Employee Updates".
///
/// It has no default value, and nothing takes it apart with `..`: a new column does not compile until each place that
/// stores, encrypts, shows or makes a row has been thought of.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UpdateRow {
    /// The employee's id in HiBob; empty if the row is about nobody in particular, such as a cost center.
    pub employee_id: String,
    /// The employee's name, for people to read.
    pub name: String,
    /// What was to be done: "Created", "Information changed", "Assigned", "Archived", "Reactivated", "Adopted" and the
    /// like.
    pub action: String,
    /// The contract's name of the field; empty if the row is about the account as a whole.
    pub field: String,
    /// The field's value before.
    pub before: String,
    /// The field's value after, as the change wants it.
    pub after: String,
    /// The result: "Done", "Not applied", "Left alone", "Failed", "Held" and the like.
    pub result: String,
    /// Whose name `before` is, where the value is the name of another person, such as a line manager.
    #[serde(skip)]
    pub before_of: Option<NameOf>,
    /// Whose name `after` is, where the value is the name of another person, such as a line manager.
    #[serde(skip)]
    pub after_of: Option<NameOf>,
}

/// The person whose name a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameOf {
    /// The person's employee id in HiBob, if it is known.
    pub employee_id: Option<String>,
    /// The target's id of the person's account, if it is known.
    pub account_id: Option<String>,
}
