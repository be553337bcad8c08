//! What HiBob has answered during a call about some people.

use crate::json::unmarked;
use crate::request::LIFECYCLE_TABLE;
use crate::text_form::{compared, day};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The beginning of the path of a single named list.
pub(super) const NAMED_LISTS: &str = "/company/named-lists/";

/// HiBob's answers, as far as claims are checked against them.
#[derive(Debug)]
pub(super) struct Answers {
    /// What the answers have about each person of the call, by HiBob's id. It has an entry for each of them and for
    /// nobody else.
    people: BTreeMap<String, PersonAnswers>,
    /// For each named list, the items' names by id.
    lists: BTreeMap<String, BTreeMap<String, String>>,
    digest: Sha256,
}

/// What HiBob's answers have about one person.
#[derive(Debug, Default)]
struct PersonAnswers {
    /// The value of each field of the person's own record that the call may ask for, by the field's id.
    values: BTreeMap<String, String>,
    /// For each garden leave among the person's own lifecycle rows, the day before it: YYYY-MM-DD.
    days_before_leave: BTreeSet<String>,
}

impl Answers {
    /// No answers yet, of a call about these people.
    pub(super) fn about(employee_ids: impl IntoIterator<Item = String>) -> Self {
        let people = employee_ids.into_iter().map(|id| (id, PersonAnswers::default())).collect();
        Self { people, lists: BTreeMap::new(), digest: Sha256::new() }
    }

    /// Whether the call is about this person.
    pub(super) fn is_about(&self, employee_id: &str) -> bool {
        self.people.contains_key(employee_id)
    }

    /// Takes in an answer, with the values of these fields. Each record counts for the person whose id is in it, and for
    /// nobody else. If the answer has a record of anybody else, or two of one person, only its hash is kept.
    pub(super) fn note<'f>(&mut self, fields: impl Iterator<Item = &'f str> + Clone, path: &str, body: &[u8]) {
        self.digest.update(Sha256::digest(body));
        let Ok(body) = serde_json::from_slice::<Value>(unmarked(body)) else { return };
        if let Some(list) = path.strip_prefix(NAMED_LISTS) {
            let items = body.get("values").or_else(|| body.get("items")).unwrap_or(&body);
            items_of(items, self.lists.entry(list.to_owned()).or_default(), 0);
        } else if path == LIFECYCLE_TABLE {
            for (id, rows) in self.own(body.get("results"), |rows| text(rows.get("employeeId"))) {
                days_before_leave_of(rows, &mut self.people.entry(id).or_default().days_before_leave, 0);
            }
        } else {
            for (id, record) in self.own(body.get("employees"), |record| value_of(record, "root.id")) {
                let values = fields.clone().filter_map(|field| Some((field.to_owned(), value_of(record, field)?)));
                self.people.entry(id).or_default().values.extend(values);
            }
        }
    }

    /// The records of an answer by the id of their person; none of them if one is of somebody else, or two are of one.
    fn own<'b>(
        &self,
        records: Option<&'b Value>,
        id: impl Fn(&Value) -> Option<String>,
    ) -> BTreeMap<String, &'b Value> {
        let records = records.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut own = BTreeMap::new();
        for record in records {
            let Some(id) = id(record).filter(|id| self.is_about(id)) else { return BTreeMap::new() };
            if own.insert(id, record).is_some() {
                return BTreeMap::new();
            }
        }
        own
    }

    /// The value of a field of a person's record.
    pub(super) fn value(&self, employee_id: &str, field: &str) -> Option<&str> {
        self.people.get(employee_id)?.values.get(field).map(String::as_str)
    }

    /// The value of a field of a person's record, by its name where it is the id of an item of this list.
    pub(super) fn value_by_name(&self, employee_id: &str, field: &str, list: &str) -> Option<&str> {
        let value = self.value(employee_id, field)?;
        Some(self.lists.get(list).and_then(|names| names.get(value)).map_or(value, String::as_str))
    }

    /// Whether any garden leave is among a person's lifecycle rows.
    pub(super) fn has_leave(&self, employee_id: &str) -> bool {
        self.people.get(employee_id).is_some_and(|person| !person.days_before_leave.is_empty())
    }

    /// Whether a garden leave among a person's lifecycle rows begins on the day after `day`.
    pub(super) fn is_day_before_leave(&self, employee_id: &str, day: &str) -> bool {
        self.people.get(employee_id).is_some_and(|person| person.days_before_leave.contains(day))
    }

    /// SHA-256 over the digests of all answers, in the order of the answers.
    pub(super) fn digest(&self) -> [u8; 32] {
        self.digest.clone().finalize().into()
    }
}

/// Deepest nesting of JSON that is searched. HiBob's answers have a handful of levels.
const DEPTH_MAX: usize = 16;

/// The value of the field with this id in a person's record. HiBob writes `work.title` as `{"work": {"title": …}}` and
/// as `{"/work/title": {"value": …}}`; the first one counts. The fields of `root` are those of the record itself.
pub(crate) fn value_of(person: &Value, field: &str) -> Option<String> {
    let names: Vec<&str> = field.strip_prefix("root.").unwrap_or(field).split('.').collect();
    let walk = |from: &'_ Value, names: &[&str]| text(names.iter().try_fold(from, |object, name| object.get(*name)));
    walk(person, &names).or_else(|| {
        (1..=names.len()).find_map(|length| {
            let (outer, inner) = names.split_at_checked(length)?;
            let path = outer.join("/");
            let flat = person.get(format!("/{path}")).or_else(|| person.get(format!("/root/{path}")));
            walk(flat?.get("value")?, inner)
        })
    })
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !compared(text).is_empty()),
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
        let first = first.and_then(day);
        if is_garden_leave(status) {
            days.extend(first.and_then(|first| first.pred_opt()).map(|day| day.to_string()));
        }
    }
}
