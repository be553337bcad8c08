//! A line of the history: what was done to whom.

/// One line of the sheet "Employee Updates".
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct UpdateRow {
    /// HiBob's id.
    pub employee_id: String,
    /// The employee's name, for people to read.
    pub name: String,
    /// What was to happen: "Created", "Information changed", "Assigned", "Archived", "Reactivated" or "Adopted".
    pub action: String,
    /// Which field it is about; empty where it is about the account as a whole.
    pub field: String,
    /// The value that was there.
    pub before: String,
    /// The value that is wanted.
    pub after: String,
    /// What came of it: "Done", "Not applied", "Left alone", "Failed", "Held" and the like.
    pub result: String,
    /// Whose name `before` is, where it is somebody else's.
    #[serde(skip)]
    pub before_of: Option<NameOf>,
    /// Whose name `after` is, where it is somebody else's.
    #[serde(skip)]
    pub after_of: Option<NameOf>,
}

/// Whose name a value is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameOf {
    /// HiBob's id, if it is known.
    pub employee_id: Option<String>,
    /// The target's id of the account, if it is known.
    pub account_id: Option<String>,
}
