//! What HiBob has answered during a call about one person.

use crate::request::LIFECYCLE_TABLE;
use chrono::NaiveDate;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The beginning of the path of a single named list.
pub(super) const NAMED_LISTS: &str = "/company/named-lists/";

/// HiBob's answers, as far as claims are checked against them.
#[derive(Debug, Default)]
pub(super) struct PersonAnswers {
    /// Every text and number in the person's own record.
    values: BTreeSet<String>,
    /// For each named list, the items' names by id.
    lists: BTreeMap<String, BTreeMap<String, String>>,
    /// For each garden leave among the person's own lifecycle rows, the day before it: YYYY-MM-DD.
    days_before_leave: BTreeSet<String>,
    digest: Sha256,
}

impl PersonAnswers {
    /// Takes in an answer. If it is about somebody else or about several people, only its hash is kept.
    pub(super) fn note(&mut self, employee_id: &str, path: &str, body: &[u8]) {
        self.digest.update(Sha256::digest(body));
        let Ok(body) = serde_json::from_slice::<Value>(body) else { return };
        if let Some(list) = path.strip_prefix(NAMED_LISTS) {
            let mut names = BTreeMap::new();
            let items = body.get("values").or_else(|| body.get("items")).unwrap_or(&body);
            items_of(items, &mut names, 0);
            self.lists.insert(list.to_owned(), names);
        } else if path == LIFECYCLE_TABLE {
            if let Some([rows]) = body.get("results").and_then(Value::as_array).map(Vec::as_slice)
                && text(rows.get("employeeId")).as_deref() == Some(employee_id)
            {
                days_before_leave_of(rows, &mut self.days_before_leave, 0);
            }
        } else if let Some([person]) = body.get("employees").and_then(Value::as_array).map(Vec::as_slice)
            && text(person.get("id").or_else(|| person.get("/root/id"))).as_deref() == Some(employee_id)
        {
            texts_of(person, &mut self.values, 0);
        }
    }

    /// Whether a value appears in the person's record.
    pub(super) fn has_value(&self, value: &str) -> bool {
        self.values.contains(value)
    }

    /// Whether `value` is the name of an item of this list, and the item's id appears in the person's record.
    pub(super) fn has_list_name(&self, list: &str, value: &str) -> bool {
        let names = self.lists.get(list).into_iter().flatten();
        names.filter(|(id, _)| self.values.contains(*id)).any(|(_, name)| name == value)
    }

    /// Whether a garden leave among the person's lifecycle rows begins on the day after `day`.
    pub(super) fn is_day_before_leave(&self, day: &str) -> bool {
        self.days_before_leave.contains(day)
    }

    /// SHA-256 over the digests of all answers, in the order of the answers.
    pub(super) fn digest(&self) -> [u8; 32] {
        self.digest.clone().finalize().into()
    }
}

/// Deepest nesting of JSON that is searched. HiBob's answers have a handful of levels.
const DEPTH_MAX: usize = 16;

/// Collects every text and number in a value, without white space around it.
fn texts_of(value: &Value, texts: &mut BTreeSet<String>, depth: usize) {
    match value {
        Value::Array(items) if depth < DEPTH_MAX => items.iter().for_each(|item| texts_of(item, texts, depth + 1)),
        Value::Object(fields) if depth < DEPTH_MAX => {
            fields.values().for_each(|field| texts_of(field, texts, depth + 1));
        }
        value => texts.extend(text(Some(value))),
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Collects the names of a named list's items by id. A list may be a tree, and HiBob writes a name as `value` or as
/// `name`.
fn items_of(items: &Value, names: &mut BTreeMap<String, String>, depth: usize) {
    for item in items.as_array().into_iter().flatten() {
        if let (Some(id), Some(name)) = (text(item.get("id")), text(item.get("value").or_else(|| item.get("name")))) {
            names.insert(id, name);
        }
        if let Some(children) = item.get("children").filter(|_| depth < DEPTH_MAX) {
            items_of(children, names, depth + 1);
        }
    }
}

/// Whether a lifecycle status is garden leave, as machines or as people write it: `gardenLeave`, `Garden leave`.
pub fn is_garden_leave(status: &str) -> bool {
    status.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).eq("gardenleave".chars())
}

/// Collects the day before each garden leave among an employee's lifecycle rows. Rows may be nested in `values` once
/// more.
fn days_before_leave_of(rows: &Value, days: &mut BTreeSet<String>, depth: usize) {
    for row in rows.get("values").and_then(Value::as_array).into_iter().flatten() {
        if depth < DEPTH_MAX {
            days_before_leave_of(row, days, depth + 1);
        }
        let status = row.get("status").and_then(Value::as_str).unwrap_or_default();
        let first = row.get("effectiveDate").and_then(Value::as_str);
        let first = first.and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
        if is_garden_leave(status) {
            days.extend(first.and_then(|first| first.pred_opt()).map(|day| day.to_string()));
        }
    }
}
