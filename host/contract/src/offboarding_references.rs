//! The interface `offboarding-references`: departures, and the claims of references.

use crate::types::Finding;
use serde::{Deserialize, Serialize};

/// Whether an employee was employed when HiBob was last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// The employee is employed, or will be.
    Employed,
    /// The employee has left: the lifecycle status says so, or a garden leave that counts as a departure has begun.
    Left,
}

/// The end of one employment. Two departures are the same if employee and last day are equal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// HiBob's id of the employee.
    pub employee_id: String,
    /// The last day of the employment: YYYY-MM-DD.
    pub ended_on: String,
    /// The basis: what the reference rests on beside the names. At most 512 characters, which only the plugin
    /// interprets.
    pub basis: String,
}

/// A departure that has a reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// The departure as it was for its latest reference.
    pub departure: Departure,
    /// When the first reference for this departure was issued, in Unix seconds.
    pub issued_at_unix_seconds: u64,
}

/// What the host has recorded about an employee in earlier runs of the references job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// HiBob's id of the employee.
    pub employee_id: String,
    /// The employee's standing in the last run.
    pub standing: Standing,
    /// The latest departure, if it has a valid reference.
    pub issued: Option<Issued>,
}

/// An employee's standing that is new or has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// HiBob's id of the employee.
    pub employee_id: String,
    /// The employee's standing now.
    pub standing: Standing,
}

/// Somebody who is employed has the work email of somebody who has left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlap {
    /// HiBob's id of who has left.
    pub employee_id: String,
    /// HiBob's id of who is employed.
    pub by: String,
    /// Whether their names are the same.
    pub has_same_names: bool,
}

/// What has changed since the last run of the references job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detection {
    /// All employees whose standing is new or has changed.
    pub seen: Vec<Seen>,
    /// Departures of those who were employed and have left.
    pub departures: Vec<Departure>,
    /// Departures with a reference that were cancelled in HiBob.
    pub cancelled: Vec<Departure>,
    /// Departures with a reference whose title, department or dates were corrected in HiBob, as they are now.
    pub corrected: Vec<Departure>,
    /// Those who have left and whose work email somebody who is employed has. Plugins of version 0.2 name none.
    #[serde(default)]
    pub overlaps: Vec<Overlap>,
    /// The employees of those departures whose reference is held by a setting. Plugins of version 0.2 name none.
    #[serde(default)]
    pub held: Vec<String>,
    /// How many employees HiBob has sent.
    pub employees: u64,
    /// What a person should read.
    pub findings: Vec<Finding>,
}

/// The claims of a reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// Job title, where HiBob has one.
    pub job_title: Option<String>,
    /// Department, where HiBob has one.
    pub department: Option<String>,
    /// The first day of this employment: YYYY-MM-DD.
    pub started_on: String,
    /// The last day, as in the departure: YYYY-MM-DD.
    pub ended_on: String,
}

/// The claims about one employee of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmployeeClaims {
    /// HiBob's id of the employee.
    pub employee_id: String,
    /// The claims; none if HiBob does not have the departure any more, or lacks what every reference needs.
    pub claims: Option<Claims>,
}
