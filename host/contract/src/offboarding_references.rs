//! The interface `offboarding-references`: who has left, and what a reference says of them.

use crate::types::Finding;
use serde::{Deserialize, Serialize};

/// Whether an employee worked here when they were last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// Works here, or will.
    Employed,
    /// Has left: the status says so, or a garden leave that is a departure has begun.
    Left,
}

/// The end of one employment. Employee and day are its identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// HiBob's id.
    pub employee_id: String,
    /// The last day of the employment: YYYY-MM-DD.
    pub ended_on: String,
    /// What the reference rests on beside the names: opaque to the host, of at most 512 characters.
    pub basis: String,
}

/// A departure that has a reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// As it was for the latest reference.
    pub departure: Departure,
    /// When the first reference of this departure was issued.
    pub issued_at_unix_seconds: u64,
}

/// What the host has recorded of an employee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// HiBob's id.
    pub employee_id: String,
    /// Whether they worked here.
    pub standing: Standing,
    /// The latest departure, if it has a reference that counts.
    pub issued: Option<Issued>,
}

/// An employee's standing where it is new, or has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// HiBob's id.
    pub employee_id: String,
    /// Whether they work here.
    pub standing: Standing,
}

/// What has happened since the last time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detection {
    /// Everybody whose standing is new or has changed.
    pub seen: Vec<Seen>,
    /// Those who worked here and have left.
    pub departures: Vec<Departure>,
    /// Departures with a reference that were taken back in HiBob.
    pub cancelled: Vec<Departure>,
    /// Departures with a reference whose title, department or dates were corrected: as they are now.
    pub corrected: Vec<Departure>,
    /// How many employees HiBob sends.
    pub employees: u64,
    /// What a person should read.
    pub findings: Vec<Finding>,
}

/// What a reference says.
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
    /// As in the departure.
    pub ended_on: String,
}
