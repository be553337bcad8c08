//! What the target's answers have shown during one call of `apply`.

use super::attribute::{flag, member, text};
use crate::json::{fold, read};
use crate::text_form::compared;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Whose an account is by its external id, as the target has shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Carries {
    /// The whole account was shown, and it has no external id.
    Nobody,
    /// The employee with this id.
    Employee(String),
    /// No answer says it.
    Unclear,
}

/// An account as the target's last answer about it shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShownAccount {
    pub(super) carries: Carries,
    /// Whether the account is active; `None` if no answer since the last write says it. Where the change is about that,
    /// only a GET counts that began after the last accepted write.
    pub(super) active: Option<bool>,
}

/// A cost center as the target's last answer about it shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShownCostCenter {
    pub(super) name: String,
    /// Whether it is archived. An answer without a word on it is about one that is in use.
    pub(super) archived: bool,
}

/// How far one field of the change has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing says that it was written.
    #[default]
    Open,
    /// A write that had it was accepted, and no answer has shown the account since.
    Accepted,
    /// The last answer about the account shows the planned value.
    Shown,
    /// It was accepted, or shown, and the last answer about the account shows another value.
    Otherwise,
}

/// What the target has answered, by its id of the account or cost center.
#[derive(Debug, Default)]
pub(super) struct TargetAnswers {
    pub(super) accounts: BTreeMap<String, ShownAccount>,
    pub(super) cost_centers: BTreeMap<String, ShownCostCenter>,
    /// How far each field of the change has come.
    pub(super) fields: BTreeMap<String, Progress>,
    /// Whether a read of accounts or cost centers was answered (a 2xx status).
    pub(super) is_read: bool,
    /// Whether a write of this change was accepted (a 2xx status).
    pub(super) is_accepted: bool,
    /// At which moment of the call the last write was accepted; see [`super::ApplyScope::moment`].
    pub(super) accepted_at: u64,
    /// The id of the account or cost center that this call has created, as far as an answer said it.
    pub(super) created: Option<String>,
}

impl TargetAnswers {
    /// Records an accepted write of these fields to the account `id`, at this moment of the call; `id` is `None` for an
    /// account that is created. What was shown before of whether the account is active is out of date.
    pub(super) fn accepted(&mut self, id: Option<&str>, fields: &[&'static str], moment: u64) {
        self.is_accepted = true;
        self.accepted_at = moment;
        if let Some(shown) = id.and_then(|id| self.accounts.get_mut(id)) {
            shown.active = None;
        }
        for field in fields {
            self.fields.insert((*field).to_owned(), Progress::Accepted);
        }
    }

    /// Records what an answer shows of an account. What it leaves open stays as it was shown before.
    pub(super) fn show(&mut self, id: String, shown: ShownAccount) {
        match self.accounts.entry(id) {
            Entry::Vacant(place) => drop(place.insert(shown)),
            Entry::Occupied(mut before) => {
                let before = before.get_mut();
                if shown.carries != Carries::Unclear {
                    before.carries = shown.carries;
                }
                before.active = shown.active.or(before.active);
            }
        }
    }

    /// Records whether an answer shows the planned value of a field.
    pub(super) fn shown(&mut self, field: &str, is_planned: bool) {
        let progress = self.fields.entry(field.to_owned()).or_default();
        *progress = match (*progress, is_planned) {
            (_, true) => Progress::Shown,
            (Progress::Open, false) => Progress::Open,
            (Progress::Accepted | Progress::Shown | Progress::Otherwise, false) => Progress::Otherwise,
        };
    }

    /// How far a field has come.
    pub(super) fn progress(&self, field: &str) -> Progress {
        self.fields.get(field).copied().unwrap_or_default()
    }
}

/// The objects of an answer that have an id, each with it: the one that the answer is, or the items of a listing, which
/// has them under the key `list`. An answer that can be read in several ways shows nothing, nor does a listing where one
/// object was asked for (`is_one`).
pub(super) fn objects(body: &[u8], list: &str, is_one: bool) -> Vec<(String, Json)> {
    let Ok(Json::Object(mut object)) = read(body) else { return Vec::new() };
    let key = object.keys().find(|key| fold(key) == fold(list)).cloned();
    let items = match key.and_then(|key| object.remove(&key)) {
        None => vec![Json::Object(object)],
        Some(Json::Array(items)) if !is_one => items,
        Some(_) => Vec::new(),
    };
    items.into_iter().filter_map(|item| Some((text(member(&item, "id"))?, item))).collect()
}

/// An account, if the answer is one: it has a user name.
///
/// `is_whole` says that the answer is to a `GET /Users/{id}` without a query, so that nothing is left out of it.
/// Only then a missing external id means that the account has none. Names of attributes are compared without regard to
/// case (RFC 7643, section 2.1).
pub(super) fn account(user: &Json, is_whole: bool) -> Option<ShownAccount> {
    text(member(user, "userName"))?;
    let is_external_id = |key: &str| fold(key).rsplit(':').next() == Some("externalid");
    let mut carries = if is_whole { Carries::Nobody } else { Carries::Unclear };
    for (key, value) in user.as_object()?.iter().filter(|(key, _)| is_external_id(key)) {
        let is_none = value.is_null() || value.as_str() == Some("");
        carries = match (text(Some(value)), is_none, &carries) {
            (_, true, carries) => (*carries).clone(),
            (Some(id), _, Carries::Nobody | Carries::Unclear) if fold(key) == "externalid" => match compared(&id) {
                id if id.is_empty() => carries,
                id => Carries::Employee(id.into_owned()),
            },
            _ => Carries::Unclear,
        };
    }
    Some(ShownAccount { carries, active: flag(member(user, "active")) })
}

/// A cost center, if the answer is one: it has a name.
pub(super) fn cost_center(center: &Json) -> Option<ShownCostCenter> {
    let name = center.get("name").and_then(Json::as_str)?.to_owned();
    Some(ShownCostCenter { name, archived: flag(center.get("archived")) == Some(true) })
}
