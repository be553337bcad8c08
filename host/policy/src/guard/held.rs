//! What the guards hold: whole changes, or single fields of changes.

use crate::adopted;
use crate::guard::Class;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The field with an account's user name.
pub(super) const USER_NAME: &str = "user-name";

/// Why a guard holds a class of changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardRow {
    /// The class that is held.
    pub class: Class,
    /// The field, where a class is counted for each field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What the guard has counted, with the numbers.
    pub message: String,
    /// What a person can do about it.
    pub remedy: String,
}

/// What the guards hold: changes and fields by the change's position, and for each class the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Positions in the plan of the changes that are not made, each with its class. An update of which every field is
    /// held is one of them.
    pub changes: BTreeMap<usize, Class>,
    /// Positions in the plan of the changes of which single fields are held, with the class of each field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<usize, BTreeMap<String, Class>>,
    /// One entry for each class that is held, or for each field of a class that is counted field by field.
    pub guards: Vec<GuardRow>,
}

impl Held {
    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.fields.is_empty() && self.guards.is_empty()
    }

    /// The changes of a class that are held, whole or in part, by position: with the fields that are held, and none
    /// where the whole change is.
    pub fn of_class(&self, class: Class) -> BTreeMap<usize, Vec<&str>> {
        let whole =
            self.changes.iter().filter(|(position, held)| **held == class && !self.fields.contains_key(position));
        let mut of_class: BTreeMap<usize, Vec<&str>> = whole.map(|(position, _)| (*position, Vec::new())).collect();
        for (position, fields) in &self.fields {
            let fields = fields.iter().filter(|(_, held)| **held == class).map(|(field, _)| field.as_str());
            let fields: Vec<&str> = fields.collect();
            if !fields.is_empty() {
                of_class.insert(*position, fields);
            }
        }
        of_class
    }

    /// The changes as they are to be made, at the same positions: without the fields that are held, and without those
    /// that an adopted account keeps. This is the host's work, so that it holds for plugins of every version.
    ///
    /// A change that waits for one whose user name is held no longer waits for it if its own user name is held too.
    pub fn without_held_fields(&self, planned: &Planned) -> Vec<Change> {
        let stays = self.renames_held(planned);
        let trimmed = planned.changes.iter().enumerate().map(|(position, change)| {
            let mut kept = change.clone();
            kept.fields.retain(|field| !adopted::stays(change, field));
            let Some(held) = self.fields.get(&position) else { return kept };
            let mut change = kept;
            change.fields.retain(|field| !held.contains_key(&field.field));
            if held.contains_key(USER_NAME) {
                change.depends_on.retain(|id| !stays.contains(id.as_str()));
            }
            change
        });
        trimmed.collect()
    }

    /// Whether a change cannot be made because it writes a user name, and needs one before it whose user name is held.
    pub fn lacks_user_name(&self, planned: &Planned) -> BTreeMap<usize, usize> {
        let stays = self.renames_held(planned);
        let needs = |(position, change): (usize, &Change)| {
            let is_held = self.fields.get(&position).is_some_and(|held| held.contains_key(USER_NAME));
            if is_held || !change.fields.iter().any(|field| field.field == USER_NAME) {
                return None;
            }
            let other = change.depends_on.iter().find(|id| stays.contains(id.as_str()))?;
            let because = planned.changes.iter().position(|change| change.id == *other)?;
            Some((position, because))
        };
        if stays.is_empty() {
            return BTreeMap::new();
        }
        planned.changes.iter().enumerate().filter_map(needs).collect()
    }

    /// The ids of the changes whose user name is held.
    fn renames_held<'p>(&self, planned: &'p Planned) -> BTreeSet<&'p str> {
        let held = self.fields.iter().filter(|(_, fields)| fields.contains_key(USER_NAME));
        held.filter_map(|(position, _)| Some(planned.changes.get(*position)?.id.as_str())).collect()
    }

    /// Holds whole changes.
    pub(super) fn hold(&mut self, class: Class, changes: impl IntoIterator<Item = usize>) {
        self.changes.extend(changes.into_iter().map(|position| (position, class)));
    }

    /// Holds fields of changes.
    pub(super) fn hold_fields(&mut self, class: Class, fields: impl IntoIterator<Item = (usize, String)>) {
        for (position, field) in fields {
            self.fields.entry(position).or_default().insert(field, class);
        }
    }

    /// Notes that a change of which the whole is held is not held in part, and that an update without any field left
    /// is not made.
    pub(super) fn settle(&mut self, planned: &Planned) {
        self.fields.retain(|position, _| !self.changes.contains_key(position));
        for (position, held) in &self.fields {
            let Some(change) = planned.changes.get(*position) else { continue };
            let is_empty = change.fields.iter().all(|field| held.contains_key(&field.field));
            if let (ChangeKind::Update, true, Some(class)) = (change.kind, is_empty, held.values().next()) {
                self.changes.insert(*position, *class);
            }
        }
    }
}
