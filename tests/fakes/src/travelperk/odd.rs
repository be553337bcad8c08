//! What services have been seen to do that a client does not expect: how a user is written down, and what is on a page.
//! `docs/use/seen-in-services.md` has the table of it.

use serde_json::{Map, Value, json};

use super::{Switches, TravelPerk, schema::ENTERPRISE};

/// How answers say whether a user is active. RFC 7643 section 4.1.1 has a boolean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActiveForm {
    /// `true` and `false`.
    Boolean,
    /// `"True"` and `"False"`, as Entra writes them.
    Text,
    /// `1` and `0`.
    Number,
    /// `"1"` and `"0"`.
    NumberText,
    /// `"yes"` and `"no"`, which no standard has.
    Word,
    /// The attribute is left out of listings.
    AbsentInList,
    /// The attribute is left out of every answer.
    Absent,
}

/// How answers write a phone's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneType {
    /// As it was written.
    Kept,
    /// There is no type. The first phone is the primary one.
    LeftOut,
    /// One that RFC 7643 section 4.1.2 does not have.
    Unknown,
}

/// How answers write the manager. RFC 7643 section 4.3 has an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManagerForm {
    /// An object.
    Object,
    /// The id alone.
    Text,
    /// An object with `$ref` and nothing else.
    Reference,
}

/// What is wrong with the pages of `GET /Users` without a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// Nothing (RFC 7644 section 3.4.2.4).
    Right,
    /// `startIndex` is ignored: every page is the first one (scimmy-routers 1.3.2 under Express 5).
    IgnoresStart,
    /// `startIndex` and `count` are ignored: every page has everybody.
    IgnoresBoth,
    /// `totalResults` is the number of users on the page.
    TotalOfPage,
    /// `totalResults` is this number.
    Total(usize),
    /// `totalResults` is left out (RFC 9865 allows it with a cursor).
    NoTotal,
    /// Nothing follows the first page.
    NothingAfterFirst,
    /// Each later page begins one user too early.
    Overlaps,
    /// Each later page begins one user too late, and `totalResults` is one less: somebody was removed meanwhile.
    Shrinks,
    /// There is no `Resources`, whatever `totalResults` is.
    NoResources,
    /// A page behind the last one is refused: 400.
    RefusesBeyond,
}

/// What the answer to a POST has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateAnswer {
    /// The user, and `Location` (RFC 7644 section 3.3).
    User,
    /// `Location` alone.
    Location,
    /// Neither.
    Nothing,
}

impl TravelPerk {
    /// A user as answers have them. `is_listed` says that it is a row of a listing.
    pub(super) fn as_sent(&self, mut user: Value, is_listed: bool) -> Value {
        let switches = self.switches;
        let Some(attributes) = user.as_object_mut() else { return user };
        let is_broken =
            is_listed && attributes.get("id").and_then(Value::as_str).is_some_and(|id| self.broken_rows.contains(id));
        if is_broken {
            attributes.remove("id");
        }
        active(attributes, switches.active_form, is_listed);
        phones(attributes, switches.phone_type);
        manager(attributes, switches.manager_form);
        if switches.names_in_lower_case { lower_case(user) } else { user }
    }
}

fn active(attributes: &mut Map<String, Value>, form: ActiveForm, is_listed: bool) {
    let Some(active) = attributes.get("active").and_then(Value::as_bool) else { return };
    let value = match form {
        ActiveForm::Boolean => json!(active),
        ActiveForm::Text => json!(if active { "True" } else { "False" }),
        ActiveForm::Number => json!(i32::from(active)),
        ActiveForm::NumberText => json!(i32::from(active).to_string()),
        ActiveForm::Word => json!(if active { "yes" } else { "no" }),
        ActiveForm::AbsentInList if !is_listed => json!(active),
        ActiveForm::AbsentInList | ActiveForm::Absent => {
            attributes.remove("active");
            return;
        }
    };
    attributes.insert("active".to_owned(), value);
}

fn phones(attributes: &mut Map<String, Value>, kind: PhoneType) {
    let phones = attributes.get_mut("phoneNumbers").and_then(Value::as_array_mut);
    for (position, phone) in phones.into_iter().flatten().enumerate() {
        let Some(phone) = phone.as_object_mut() else { continue };
        match kind {
            PhoneType::Kept => {}
            PhoneType::LeftOut => {
                phone.remove("type");
                phone.insert("primary".to_owned(), json!(position == 0));
            }
            PhoneType::Unknown => _ = phone.insert("type".to_owned(), json!("Business")),
        }
    }
}

fn manager(attributes: &mut Map<String, Value>, form: ManagerForm) {
    let enterprise = attributes.get_mut(ENTERPRISE).and_then(Value::as_object_mut);
    let Some(manager) = enterprise.and_then(|enterprise| enterprise.get_mut("manager")) else { return };
    match form {
        ManagerForm::Object => {}
        ManagerForm::Text => *manager = manager["value"].clone(),
        ManagerForm::Reference => *manager = json!({ "$ref": manager["$ref"] }),
    }
}

/// The value with the names of all attributes in lower case, those of sub-attributes and URNs too.
fn lower_case(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            object.into_iter().map(|(key, value)| (key.to_ascii_lowercase(), lower_case(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(lower_case).collect(),
        other => other,
    }
}

/// Which users are on a page: how many are skipped, how many are taken, and what the total is. `start` counts from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) skipped: usize,
    pub(super) taken: usize,
    pub(super) total: Option<usize>,
    pub(super) has_list: bool,
}

impl Switches {
    /// The page from `start` of `count` users, of so many. `None` for a page that is refused.
    pub(super) fn window(self, start: usize, count: usize, all: usize) -> Option<Window> {
        let right = Window { skipped: start - 1, taken: count, total: Some(all), has_list: true };
        let is_later = start > 1;
        Some(match self.paging {
            Paging::Right => right,
            Paging::IgnoresStart => Window { skipped: 0, ..right },
            Paging::IgnoresBoth => Window { skipped: 0, taken: usize::MAX, ..right },
            Paging::TotalOfPage => Window { total: Some(all.saturating_sub(start - 1).min(count)), ..right },
            Paging::Total(total) => Window { total: Some(total), ..right },
            Paging::NoTotal => Window { total: None, ..right },
            Paging::NothingAfterFirst => Window { taken: if is_later { 0 } else { count }, ..right },
            Paging::Overlaps => Window { skipped: right.skipped - usize::from(is_later), ..right },
            Paging::Shrinks if is_later => Window { skipped: start, total: Some(all.saturating_sub(1)), ..right },
            Paging::Shrinks => right,
            Paging::NoResources => Window { taken: 0, has_list: false, ..right },
            Paging::RefusesBeyond if is_later && start > all => return None,
            Paging::RefusesBeyond => right,
        })
    }
}
