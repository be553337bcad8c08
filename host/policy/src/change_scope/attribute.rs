//! Which SCIM attributes (RFC 7643) a field of a change is written to, and in which form.
//!
//! A write to any other attribute, or in any other spelling, is refused: the host cannot compare it with the plan.

use serde_json::{Map, Value as Json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const TRAVELPERK: &str = "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User";

/// The form in which an attribute holds a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The value itself.
    Plain,
    /// `[{ "value": … }]`.
    Single,
    /// `[{ "type": "work", "value": … }]`.
    Work,
    /// `{ "value": … }` with the account's id.
    Person,
    /// `[{ "value": …, "condition": … }]` with the account's id in each.
    People,
    /// No value: the attribute can only be cleared.
    Nothing,
}

/// Every attribute that a change may write: its schema extension, if it is in one, its path there, the field that is
/// written to it, and the form of the value.
///
/// The plugin has a table of its own, and the host takes nothing from it; a test checks that the two are equal.
const ATTRIBUTES: &[(Option<&str>, &str, &str, Form)] = &[
    (None, "userName", "user-name", Form::Plain),
    (None, "externalId", "external-id", Form::Plain),
    (None, "name.givenName", "given-name", Form::Plain),
    (None, "name.familyName", "family-name", Form::Plain),
    (None, "title", "title", Form::Plain),
    (None, "phoneNumbers", "phone", Form::Work),
    (None, "phoneNumbers[type eq \"work\"]", "phone", Form::Nothing),
    (None, "phoneNumbers[type eq \"work\"].value", "phone", Form::Plain),
    (None, "preferredLanguage", "language", Form::Plain),
    (None, "locale", "locale", Form::Plain),
    (None, "active", "active", Form::Plain),
    (Some(ENTERPRISE), "costCenter", "cost-center", Form::Plain),
    (Some(ENTERPRISE), "manager", "manager", Form::Person),
    (Some(TRAVELPERK), "gender", "gender", Form::Plain),
    (Some(TRAVELPERK), "dateOfBirth", "date-of-birth", Form::Plain),
    (Some(TRAVELPERK), "countryOfResidence", "country", Form::Plain),
    (Some(TRAVELPERK), "travelPolicy", "travel-policy", Form::Plain),
    (Some(TRAVELPERK), "invoiceProfiles", "company", Form::Single),
    (Some(TRAVELPERK), "emergencyContact.name", "emergency-name", Form::Plain),
    (Some(TRAVELPERK), "emergencyContact.phone", "emergency-phone", Form::Plain),
    (Some(TRAVELPERK), "approvers", "approvers", Form::People),
];

/// The field that is written to the attribute at `path`, and the form of its value there.
pub(super) fn field_of(path: &str) -> Option<(&'static str, Form)> {
    let is_path = |extension: Option<&str>, attribute: &str| match extension {
        None => path == attribute,
        Some(urn) => path.strip_prefix(urn).and_then(|rest| rest.strip_prefix(':')) == Some(attribute),
    };
    let found = ATTRIBUTES.iter().find(|(extension, attribute, ..)| is_path(*extension, attribute));
    found.map(|(_, _, field, form)| (*field, *form))
}

/// The path of each attribute that a change may write, as a PATCH names it, and the field that is written to it.
pub fn writable_attributes() -> impl Iterator<Item = (String, &'static str)> {
    ATTRIBUTES.iter().map(|(extension, attribute, field, _)| {
        let prefix = extension.map(|urn| format!("{urn}:")).unwrap_or_default();
        (prefix + attribute, *field)
    })
}

/// The attributes of a new user with their paths, as a PATCH would name them. The list of schemas is left out.
pub(super) fn attributes(user: &Map<String, Json>) -> Vec<(String, &Json)> {
    let mut attributes = Vec::new();
    for (key, value) in user.iter().filter(|(key, _)| *key != "schemas") {
        let (separator, parts) = match (key.as_str(), value) {
            ("name", Json::Object(parts)) => (".", parts),
            (ENTERPRISE | TRAVELPERK, Json::Object(parts)) => (":", parts),
            _ => {
                attributes.push((key.clone(), value));
                continue;
            }
        };
        for (part, value) in parts {
            match (part.as_str(), value) {
                ("emergencyContact", Json::Object(contact)) if key == TRAVELPERK => {
                    attributes.extend(contact.iter().map(|(of, value)| (format!("{key}:{part}.{of}"), value)));
                }
                _ => attributes.push((format!("{key}{separator}{part}"), value)),
            }
        }
    }
    attributes
}

/// The field's values within an attribute's value: usually one, for [`Form::People`] one for each condition. `None` if
/// the attribute's value does not have the form.
pub(super) fn within(form: Form, value: &Json) -> Option<Vec<&Json>> {
    let only = |object: &'_ Json, keys: &[&str]| {
        object.as_object().is_some_and(|object| object.keys().all(|key| keys.contains(&key.as_str())))
    };
    match form {
        Form::Plain => Some(vec![value]),
        Form::Nothing => None,
        Form::Person => {
            if only(value, &["value"]) {
                Some(vec![value.get("value")?])
            } else {
                None
            }
        }
        Form::Single | Form::Work => match value.as_array()?.as_slice() {
            [single] if form == Form::Single && only(single, &["value"]) => Some(vec![single.get("value")?]),
            [single] if only(single, &["type", "value"]) && single.get("type")? == "work" => {
                Some(vec![single.get("value")?])
            }
            _ => None,
        },
        Form::People => {
            let people = value.as_array().filter(|people| !people.is_empty())?;
            people.iter().map(|one| if only(one, &["value", "condition"]) { one.get("value") } else { None }).collect()
        }
    }
}
