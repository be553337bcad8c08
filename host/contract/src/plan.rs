//! A plan, and a roster, as the host holds them once the plugin has handed them over.

use crate::directory_sync::{Change, RosterEntry};
use crate::types::{Finding, NamedValue};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A plan as the host holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Planned {
    /// Unix seconds.
    pub created_at: u64,
    /// Numbers by name.
    pub counts: BTreeMap<String, u64>,
    /// What a person should read.
    pub findings: Vec<Finding>,
    /// What the next plan is given once this one was applied.
    pub baseline: Vec<NamedValue>,
    /// The changes, in an order in which they can be applied.
    pub changes: Vec<Change>,
}

/// Everybody, and where they stand.
#[derive(Clone, Debug)]
pub struct Roster {
    /// By employee id.
    pub employees: Vec<RosterEntry>,
    /// Why some of them failed, among other things.
    pub findings: Vec<Finding>,
}

impl Planned {
    /// One of the numbers; 0 for a name that is not among them.
    pub fn count(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or_default()
    }
}
