//! What the guards hold.

use crate::guard::Class;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why a guard holds a class of changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardRow {
    /// The class that is held.
    pub class: Class,
    /// What the guard has counted, with the numbers.
    pub message: String,
    /// What a person can do about it.
    pub remedy: String,
}

/// What the guards hold: the changes by position, and for each class the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Positions in the plan of the changes that are held, each with its class.
    pub changes: BTreeMap<usize, Class>,
    /// One entry for each class that is held.
    pub guards: Vec<GuardRow>,
}
impl Held {
    pub(super) fn hold(&mut self, class: Class, changes: Vec<usize>, message: String, remedy: String) {
        self.changes.extend(changes.into_iter().map(|position| (position, class)));
        self.guards.push(GuardRow { class, message, remedy });
    }
}
