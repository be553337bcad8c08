//! Renders an employee as JSON: nested objects, and again as flat keys with slashes (identifiers page).

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use serde_json::{Map, Number, Value, json};

use super::{
    Category, DepartmentBy, HiBob, HumanDate, catalogue,
    catalogue::{FIELDS, Kind},
    date,
    search::Human,
};
use crate::company::Employee;

/// The company id in the one public sample.
const COMPANY_ID: u64 = 557_418;

/// Renders employees for one request.
pub(super) struct Rendering<'a> {
    bob: &'a HiBob,
    fields: Vec<(String, Kind)>,
    human: Human,
    today: NaiveDate,
    managers: HashSet<&'a str>,
    list_ids: HashMap<(&'static str, &'a str), &'a str>,
}

impl<'a> Rendering<'a> {
    /// Prepares the fields with these ids, or the default fields if there are none. Ids that do not exist or are not
    /// permitted are left out.
    pub(super) fn new(bob: &'a HiBob, ids: &[String], human: Human, now: f64) -> Self {
        let fields: Vec<(String, Kind)> = if ids.is_empty() {
            FIELDS.iter().filter(|field| field.default).map(|field| (field.id.to_owned(), field.kind)).collect()
        } else {
            known(bob, ids)
        };
        let mut list_ids = HashMap::new();
        for list in ["department", "title", "site"] {
            let items = bob.lists.get(list).into_iter().flatten();
            list_ids.extend(items.map(|item| ((list, item.name.as_str()), item.id.as_str())));
        }
        Self {
            bob,
            fields: fields.into_iter().filter(|(id, _)| permitted(bob, id)).collect(),
            human,
            today: date(now),
            managers: bob.employees.values().filter_map(|e| e.manager.as_deref()).collect(),
            list_ids,
        }
    }

    pub(super) fn of(&self, employee: &Employee) -> Value {
        let mut whole = Map::new();
        let mut readable = Map::new();
        if !employee.removed.contains("root.id") {
            // Present even if it was not requested (page on lists).
            whole.insert("id".to_owned(), self.value(employee, "root.id"));
        }
        for (id, kind) in &self.fields {
            if employee.removed.contains(id) {
                continue;
            }
            let mut value = self.value(employee, id);
            if self.human != Human::No
                && let Some(human) = self.human(*kind, &value)
            {
                match self.human {
                    Human::Replace => value = Value::String(human),
                    _ => nest(&mut readable, id, Value::String(human)),
                }
            }
            if !value.is_null() || self.bob.switches.null_twins {
                whole.insert(format!("/{}", id.replace('.', "/")), json!({ "value": value }));
            }
            if !value.is_null() || self.bob.switches.nested_nulls {
                nest(&mut whole, id, value);
            }
        }
        if self.human == Human::Append {
            whole.insert("humanReadable".to_owned(), Value::Object(readable));
        }
        Value::Object(whole)
    }

    fn value(&self, e: &Employee, id: &str) -> Value {
        if let Some(value) = e.overrides.get(id).or_else(|| e.custom.get(id)) {
            return value.clone();
        }
        match id {
            "root.id" => json!(e.id),
            "root.companyId" => json!(COMPANY_ID),
            "root.email" => json!(e.email),
            "root.firstName" => json!(e.first_name),
            "root.surname" => json!(e.surname),
            "root.fullName" | "root.displayName" => json!(e.display_name()),
            "root.creationDate" | "work.startDate" | "work.originalStartDate" => day(Some(e.start_date)),
            // With microseconds and without an offset, as in the real sample.
            "root.creationDateTime" => json!(format!("{}T07:16:55.799624", e.start_date)),
            "about.avatar" => json!("https://images.hibob.com/default-avatars/XX_24.png"),
            "about.hobbies" | "personal.nationality" => json!([]),
            "address.country" => json!(e.country),
            "payroll.employment.type" => json!("Permanent"),
            "payroll.employment.contract" => json!("Full time"),
            "payroll.employment.fte" => json!(100),
            "home.legalGender" => json!(e.gender),
            "home.mobilePhone" => json!(e.mobile_phone),
            "internal.status" => json!(e.status),
            "internal.lifecycleStatus" => json!(e.lifecycle_status),
            "internal.terminationDate" => day(e.termination_date),
            "employee.lastDayOfWork" => day(e.last_day_of_work),
            "personal.birthDate" => day(e.birth_date),
            "personal.age" => json!(e.birth_date.and_then(|date| self.today.years_since(date))),
            "personal.shortBirthDate" => json!(e.birth_date.map(|date| date.format("%m-%d").to_string())),
            "work.title" => self.item("title", &e.title),
            "work.department" => match self.bob.switches.department_by {
                DepartmentBy::Id => self.item("department", &e.department),
                DepartmentBy::Name => text(&e.department),
            },
            "work.site" => text(&e.site),
            "work.siteId" => {
                let id = self.list_ids.get(&("site", e.site.as_str()));
                json!(id.and_then(|id| id.parse::<u64>().ok()))
            }
            "work.manager" => json!(e.manager),
            "work.reportsTo" => self.manager(e).map_or(Value::Null, |manager| {
                json!({
                    "id": manager.id, "email": manager.email, "firstName": manager.first_name,
                    "surname": manager.surname, "displayName": manager.display_name(),
                })
            }),
            "work.reportsTo.email" => json!(self.manager(e).and_then(|manager| manager.email.as_ref())),
            "work.secondLevelManager" => json!(self.manager(e).and_then(|manager| manager.manager.as_ref())),
            "work.isManager" => json!(self.managers.contains(e.id.as_str())),
            "work.tenureDurationYears" => years(self.today.signed_duration_since(e.start_date).num_days()),
            "work.workPhone" => json!(e.work_phone),
            "work.workMobile" => json!(e.work_mobile),
            _ => Value::Null,
        }
    }

    fn manager(&self, employee: &Employee) -> Option<&'a Employee> {
        self.bob.employees.get(employee.manager.as_ref()?)
    }

    /// The id of the list item with this name; the name itself if the list does not have it.
    fn item(&self, list: &'static str, name: &str) -> Value {
        match self.list_ids.get(&(list, name)) {
            Some(id) => json!(id),
            None => text(name),
        }
    }

    /// The human-readable text; `None` for a null (field metadata page).
    fn human(&self, kind: Kind, value: &Value) -> Option<String> {
        let plain = match value {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            Value::Bool(true) => "Yes".to_owned(),
            Value::Bool(false) => "No".to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Array(items) => {
                items.iter().filter_map(|item| self.human(kind, item)).collect::<Vec<_>>().join(", ")
            }
            Value::Object(object) => object.get("displayName").and_then(Value::as_str).unwrap_or_default().to_owned(),
        };
        Some(match kind {
            Kind::Date => match (NaiveDate::parse_from_str(&plain, "%Y-%m-%d"), self.bob.switches.human_date) {
                (Ok(date), HumanDate::DayFirst) => date.format("%d/%m/%Y").to_string(),
                (Ok(date), HumanDate::MonthFirst) => date.format("%m/%d/%Y").to_string(),
                _ => plain,
            },
            Kind::List(list) => {
                let items = self.bob.lists.get(list).into_iter().flatten();
                items.clone().find(|item| item.id == plain).map_or(plain, |item| item.name.clone())
            }
            Kind::Reference => self.bob.employees.get(&plain).map_or(plain, Employee::display_name),
            Kind::Status => {
                let mut letters = plain.chars();
                letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
            }
            _ => plain,
        })
    }
}

/// The ids that exist, each with its kind. A custom field exists if some employee has it.
fn known(bob: &HiBob, ids: &[String]) -> Vec<(String, Kind)> {
    let foreign: BTreeSet<&str> = ids.iter().map(String::as_str).filter(|id| catalogue::find(id).is_none()).collect();
    let mut own: HashSet<&str> = HashSet::new();
    if !foreign.is_empty() {
        for employee in bob.employees.values() {
            let keys = employee.custom.keys().chain(employee.overrides.keys()).map(String::as_str);
            own.extend(keys.filter(|key| foreign.contains(key)));
        }
    }
    let kind_of = |id: &str| match catalogue::find(id) {
        Some(field) => Some(field.kind),
        None => own.contains(id).then_some(Kind::Text),
    };
    ids.iter().filter_map(|id| kind_of(id).map(|kind| (id.clone(), kind))).collect()
}

fn permitted(bob: &HiBob, id: &str) -> bool {
    let category = catalogue::find(id).map(|field| field.category).or_else(|| Category::of_prefix(id));
    // The full birth date and the age need view and edit (page on field-level permissions).
    let open = !["personal.birthDate", "personal.age"].contains(&id) || bob.personal_edit;
    open && category.is_none_or(|category| bob.permissions.contains(&category))
}

/// Puts a value into the tree: that of `work.title` into `{"work":{"title":..}}`, that of `root.email` at the top.
fn nest(tree: &mut Map<String, Value>, id: &str, value: Value) {
    let path = id.strip_prefix("root.").unwrap_or(id);
    let Some((branch, leaf)) = path.split_once('.') else {
        tree.insert(path.to_owned(), value);
        return;
    };
    let below = tree.entry(branch).or_insert_with(|| json!({}));
    // A null parent has no children, as `reportsTo` of a person without a manager.
    if let Value::Object(below) = below {
        nest(below, leaf, value);
    }
}

fn day(date: Option<NaiveDate>) -> Value {
    json!(date.map(|date| date.to_string()))
}

fn text(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { json!(text) }
}

/// A number of years that changes every day although nothing happened. It exposes clients that compare hashes of whole
/// records.
#[expect(clippy::cast_precision_loss, reason = "days of a life fit")]
fn years(days: i64) -> Value {
    let thousandths = (days as f64 / 365.25 * 1000.0).round();
    Number::from_f64(thousandths / 1000.0).map_or(Value::Null, Value::Number)
}
