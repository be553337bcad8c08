//! Which SCIM attributes (RFC 7643) a field of a change is written to, in which form, and how it is read again.
//!
//! A write to any other attribute, or in any other spelling, is refused: the host cannot compare it with the plan.

use crate::json::fold;
use crate::text_form;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// The schema of a user (RFC 7643, section 4.1).
pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of a PATCH (RFC 7644, section 3.5.2).
pub(super) const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const TRAVELPERK: &str = "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User";

/// The extensions of a user, in the order in which `schemas` lists them.
pub(super) const EXTENSIONS: [&str; 2] = [ENTERPRISE, TRAVELPERK];

/// The object of a user that has an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    User,
    Name,
    Enterprise,
    TravelPerk,
    EmergencyContact,
}

impl Place {
    /// The keys that lead to the object.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::User => &[],
            Self::Name => &["name"],
            Self::Enterprise => &[ENTERPRISE],
            Self::TravelPerk => &[TRAVELPERK],
            Self::EmergencyContact => &[TRAVELPERK, "emergencyContact"],
        }
    }

    /// What stands before the key in a PATCH's path.
    fn prefix(self) -> &'static str {
        match self {
            Self::User => "",
            Self::Name => "name.",
            Self::Enterprise => "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:",
            Self::TravelPerk => "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User:",
            Self::EmergencyContact => "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User:emergencyContact.",
        }
    }

    /// The object under a key of this one.
    fn inside(self, key: &str) -> Option<Self> {
        match (self, key) {
            (Self::User, "name") => Some(Self::Name),
            (Self::User, ENTERPRISE) => Some(Self::Enterprise),
            (Self::User, TRAVELPERK) => Some(Self::TravelPerk),
            (Self::TravelPerk, "emergencyContact") => Some(Self::EmergencyContact),
            _ => None,
        }
    }
}

/// The form in which an attribute holds a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The value itself.
    Plain,
    /// Whether the account is active: `true` or `false`.
    State,
    /// `[{ "type": "work", "value": … }]`, in which entries of other types are left alone.
    Work,
    /// `[{ "value": … }]`.
    Single,
    /// `{ "value": … }` with the account's id.
    Person,
    /// `[{ "value": …, "condition": … }]` with the account's id in each, once for each condition.
    People,
}

/// When two texts of an attribute count as the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Same {
    /// As names are compared ([`text_form::compared`]).
    Exactly,
    /// As addresses are compared, without regard to case ([`text_form::address_compared`]).
    Folded,
    /// By what is dialled ([`text_form::phone_compared`]).
    Digits,
    /// With slashes as dashes.
    Date,
}

/// An attribute that a change may write.
#[derive(Debug)]
pub(super) struct Attribute {
    place: Place,
    key: &'static str,
    /// The field that is written to it.
    pub(super) field: &'static str,
    pub(super) form: Form,
    same: Same,
}

const fn row(place: Place, key: &'static str, field: &'static str, form: Form, same: Same) -> Attribute {
    Attribute { place, key, field, form, same }
}

/// Every attribute that a change may write.
///
/// The plugin has a table of its own, and the host takes nothing from it; a test checks that the two are equal.
const ATTRIBUTES: &[Attribute] = &[
    row(Place::User, "userName", "user-name", Form::Plain, Same::Folded),
    row(Place::User, "externalId", "external-id", Form::Plain, Same::Exactly),
    row(Place::Name, "givenName", "given-name", Form::Plain, Same::Exactly),
    row(Place::Name, "familyName", "family-name", Form::Plain, Same::Exactly),
    row(Place::User, "title", "title", Form::Plain, Same::Exactly),
    row(Place::User, "phoneNumbers", "phone", Form::Work, Same::Digits),
    row(Place::User, "preferredLanguage", "language", Form::Plain, Same::Exactly),
    row(Place::User, "locale", "locale", Form::Plain, Same::Exactly),
    row(Place::User, "active", "active", Form::State, Same::Exactly),
    row(Place::Enterprise, "costCenter", "cost-center", Form::Plain, Same::Exactly),
    row(Place::Enterprise, "manager", "manager", Form::Person, Same::Exactly),
    row(Place::TravelPerk, "gender", "gender", Form::Plain, Same::Exactly),
    row(Place::TravelPerk, "dateOfBirth", "date-of-birth", Form::Plain, Same::Date),
    row(Place::TravelPerk, "countryOfResidence", "country", Form::Plain, Same::Exactly),
    row(Place::TravelPerk, "travelPolicy", "travel-policy", Form::Plain, Same::Exactly),
    row(Place::TravelPerk, "invoiceProfiles", "company", Form::Single, Same::Exactly),
    row(Place::EmergencyContact, "name", "emergency-name", Form::Plain, Same::Exactly),
    row(Place::EmergencyContact, "phone", "emergency-phone", Form::Plain, Same::Digits),
    row(Place::TravelPerk, "approvers", "approvers", Form::People, Same::Exactly),
];

/// The entry of type `work` among the telephone numbers, in a PATCH's path.
const WORK_ENTRY: &str = "phoneNumbers[type eq \"work\"]";
/// The number in that entry.
const WORK_NUMBER: &str = "phoneNumbers[type eq \"work\"].value";

/// The path of each attribute that a change may write, as a PATCH names it, and the field that is written to it.
pub fn writable_attributes() -> impl Iterator<Item = (String, &'static str)> {
    ATTRIBUTES.iter().map(|attribute| (format!("{}{}", attribute.place.prefix(), attribute.key), attribute.field))
}

/// What one operation of a PATCH does to a field.
#[derive(Debug)]
pub(super) struct Write<'b> {
    pub(super) field: &'static str,
    /// The value that the field gets, with the form in which it is written; `None` clears the field.
    pub(super) value: Option<(Form, &'b Json)>,
}

/// Reads an operation. It must replace or add the whole of what the field is written to, or remove it: an operation
/// that also takes away what the change does not name, such as replacing all telephone numbers, is none of these.
pub(super) fn operation<'b>(verb: &str, path: &str, value: Option<&'b Json>) -> Option<Write<'b>> {
    match (verb, path, value) {
        ("remove", WORK_ENTRY, None) => return Some(Write { field: "phone", value: None }),
        ("replace", WORK_NUMBER, Some(value)) => {
            return Some(Write { field: "phone", value: Some((Form::Plain, value)) });
        }
        _ => {}
    }
    let key = |attribute: &&Attribute| path.strip_prefix(attribute.place.prefix()) == Some(attribute.key);
    let attribute = ATTRIBUTES.iter().find(key)?;
    let allowed: &[&str] = match attribute.form {
        Form::Plain | Form::Person => &["replace", "add", "remove"],
        Form::State => &["replace", "add"],
        Form::Work => &["add"],
        Form::Single | Form::People => &["replace", "remove"],
    };
    let is_removal = verb == "remove";
    let is_right = allowed.contains(&verb) && is_removal == value.is_none();
    is_right.then(|| Write { field: attribute.field, value: value.map(|value| (attribute.form, value)) })
}

/// The attributes of a new user, without the list of schemas, and the extensions that it has.
///
/// # Errors
/// It has a key that no field is written to.
pub(super) fn new_user(user: &Map<String, Json>) -> Result<(Vec<Write<'_>>, Vec<&'static str>), String> {
    let mut writes = Vec::new();
    collect(Place::User, user, &mut writes)?;
    let extensions = EXTENSIONS.into_iter().filter(|urn| user.contains_key(*urn)).collect();
    Ok((writes, extensions))
}

fn collect<'b>(place: Place, object: &'b Map<String, Json>, writes: &mut Vec<Write<'b>>) -> Result<(), String> {
    for (key, value) in object {
        if place == Place::User && key == "schemas" {
            continue;
        }
        let unknown = || format!("{key} is not an attribute that a plan can name");
        if let Some(inner) = place.inside(key) {
            let object = value.as_object().ok_or_else(unknown)?;
            // An empty `name` says nothing, and plugins send it.
            if object.is_empty() && inner != Place::Name {
                return Err(unknown());
            }
            collect(inner, object, writes)?;
        } else {
            let at = |attribute: &&Attribute| attribute.place == place && attribute.key == key;
            let attribute = ATTRIBUTES.iter().find(at).ok_or_else(unknown)?;
            writes.push(Write { field: attribute.field, value: Some((attribute.form, value)) });
        }
    }
    Ok(())
}

/// Whether an attribute's value is exactly `planned`, in the attribute's form. `conditions` are those of approvers.
pub(super) fn is_exactly(form: Form, value: &Json, planned: &Json, conditions: &[String]) -> bool {
    let only = |object: &Json, keys: &[&str]| {
        object
            .as_object()
            .is_some_and(|object| object.len() == keys.len() && keys.iter().all(|key| object.contains_key(*key)))
    };
    let holds = |object: &Json| object.get("value") == Some(planned);
    match form {
        Form::Plain | Form::State => value == planned,
        Form::Person => only(value, &["value"]) && holds(value),
        Form::Single => match value.as_array().map(Vec::as_slice) {
            Some([single]) => only(single, &["value"]) && holds(single),
            _ => false,
        },
        Form::Work => match value.as_array().map(Vec::as_slice) {
            Some([single]) => {
                only(single, &["type", "value"])
                    && holds(single)
                    && single.get("type").is_some_and(|kind| kind == "work")
            }
            _ => false,
        },
        Form::People => {
            let Some(people) = value.as_array() else { return false };
            let mut named: Vec<&str> = Vec::new();
            for one in people {
                match one.get("condition").and_then(Json::as_str) {
                    Some(condition) if only(one, &["value", "condition"]) && holds(one) => named.push(condition),
                    _ => return false,
                }
            }
            let mut wanted: Vec<&str> = conditions.iter().map(String::as_str).collect();
            named.sort_unstable();
            wanted.sort_unstable();
            !named.is_empty() && named == wanted
        }
    }
}

/// Whether a user, as the target shows it, has the planned value of a field. `None` if the answer cannot say it.
///
/// A text is compared as the field's kind of text is: TravelPerk may write a telephone number with spaces.
pub(super) fn shows(user: &Json, field: &str, planned: &Json, conditions: &[String]) -> Option<bool> {
    let attribute = ATTRIBUTES.iter().find(|attribute| attribute.field == field)?;
    let shown = attribute.place.keys().iter().try_fold(user, |object, key| member(object, key));
    let shown = shown.and_then(|object| member(object, attribute.key)).unwrap_or(&Json::Null);
    let is = |value: Option<String>| match (value, planned) {
        (None, planned) => planned.is_null(),
        (Some(value), Json::String(planned)) => attribute.same.holds(&value, planned),
        (Some(_), _) => false,
    };
    let list = || shown.as_array().map(Vec::as_slice).unwrap_or_default().iter();
    Some(match attribute.form {
        Form::Plain => is(text(Some(shown))),
        Form::State => flag(Some(shown)).map(Json::Bool)? == *planned,
        Form::Work => {
            let kind = |one: &Json| member(one, "type").and_then(Json::as_str).map(str::to_ascii_lowercase);
            match list().find(|one| kind(one).as_deref() == Some("work")) {
                Some(work) => is(value_of(work)),
                // Some services leave the type out, or send one of their own. Only a work phone is ever emptied.
                None if planned.is_null() => true,
                None => {
                    let is_other = |one: &&Json| kind(one).is_none_or(|kind| !OTHER_PHONES.contains(&&*kind));
                    list().filter(is_other).any(|one| is(value_of(one)))
                }
            }
        }
        Form::Single if planned.is_null() => list().all(|one| value_of(one).is_none()),
        Form::Single => list().any(|one| is(value_of(one))),
        Form::Person => {
            let one = match shown.as_array().map(Vec::as_slice) {
                Some([one]) => one,
                _ => shown,
            };
            let part = |name: &str| member(one, name).and_then(|value| text(Some(value)));
            match (text(Some(one)).or_else(|| part("value")), part("$ref"), part("displayName")) {
                (Some(id), ..) => is(Some(id)),
                (None, Some(address), _) => is(address.trim_end_matches('/').rsplit('/').next().map(str::to_owned)),
                (None, None, Some(_)) => return None, // by name only
                (None, None, None) => is(None),
            }
        }
        Form::People if planned.is_null() => list().next().is_none(),
        Form::People => {
            let shown: Option<Vec<(String, &str)>> = list()
                .map(|one| Some((value_of(one)?, member(one, "condition").and_then(Json::as_str).unwrap_or(""))))
                .collect();
            let wanted = conditions.iter().map(|condition| (planned.as_str().unwrap_or(""), condition.as_str()));
            let shown = shown?;
            let shown: BTreeSet<(&str, &str)> = shown.iter().map(|(id, condition)| (id.as_str(), *condition)).collect();
            !conditions.is_empty() && shown == wanted.collect()
        }
    })
}

/// Types of phones that RFC 7643, section 4.1.2, names, apart from `work`.
const OTHER_PHONES: [&str; 5] = ["home", "mobile", "fax", "pager", "other"];

/// The value of one entry of an attribute with several.
fn value_of(one: &Json) -> Option<String> {
    text(member(one, "value"))
}

/// An object's member. Names of attributes are compared without regard to case (RFC 7643, section 2.1).
pub(super) fn member<'v>(object: &'v Json, key: &str) -> Option<&'v Json> {
    let any = || object.as_object()?.iter().find(|(other, _)| fold(other) == fold(key)).map(|(_, value)| value);
    object.get(key).or_else(any)
}

impl Same {
    fn holds(self, a: &str, b: &str) -> bool {
        match self {
            _ if a == b => true,
            Self::Exactly => text_form::compared(a) == text_form::compared(b),
            Self::Folded => text_form::address_compared(a) == text_form::address_compared(b),
            Self::Digits => text_form::phone_compared(a) == text_form::phone_compared(b),
            Self::Date => a.replace('/', "-") == b.replace('/', "-"),
        }
    }
}

/// A value as text; a number counts as the text of its digits. An empty text counts as none.
pub(super) fn text(value: Option<&Json>) -> Option<String> {
    match value? {
        Json::String(text) if !text.is_empty() => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A value as true or false, also as the text or the number that some SCIM implementations send: `true`, `"True"`, `1`,
/// `"1"` and their opposites. `None` for anything else.
pub(super) fn flag(value: Option<&Json>) -> Option<bool> {
    match value? {
        Json::Bool(flag) => Some(*flag),
        Json::Number(number) if number.as_u64() == Some(1) => Some(true),
        Json::Number(number) if number.as_u64() == Some(0) => Some(false),
        Json::String(text) if text.eq_ignore_ascii_case("true") || text == "1" => Some(true),
        Json::String(text) if text.eq_ignore_ascii_case("false") || text == "0" => Some(false),
        _ => None,
    }
}
