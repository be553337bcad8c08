//! A plan and a roster as the host holds them in memory after the plugin has handed them over.

use crate::directory_sync::{Change, RosterEntry};
use crate::types::{Finding, NamedValue};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Planned {
    /// When the plan was made, in Unix seconds.
    pub created_at: u64,
    /// The plan's numbers by name; `wit/directory-sync.wit` has the names.
    pub counts: BTreeMap<String, u64>,
    /// What a person should read.
    pub findings: Vec<Finding>,
    /// The baseline that later plans get once a run of this plan has been accepted.
    pub baseline: Vec<NamedValue>,
    /// The changes, in an order in which they can be applied.
    pub changes: Vec<Change>,
}

/// All employees with the states of their accounts.
#[derive(Clone, Debug)]
pub struct Roster {
    /// The employees in the order of their ids, with those who vanished at the end.
    pub employees: Vec<RosterEntry>,
    /// What a person should read, for example why an account was left alone.
    pub findings: Vec<Finding>,
}

impl Planned {
    /// The number with this name, or 0 if the plan has none.
    pub fn count(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or_default()
    }
}
