//! Which attributes of a SCIM user a field of a change stands for, and how its value is written there.
//!
//! Only these spellings leave: what the host does not know it cannot hold to the plan.

use serde_json::{Map, Value as Json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const TRAVELPERK: &str = "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User";

/// How a field's value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Plain,
    /// `[{ "value": … }]`.
    Single,
    /// `[{ "type": "work", "value": … }]`.
    Work,
    /// `{ "value": … }` with the account's id.
    Person,
    /// `[{ "value": …, "condition": … }]` with the account's id in each.
    People,
    /// Only emptied.
    Nothing,
}

/// Every attribute that a change may write: the schema extension that it is in, if any, its path there, the field that it
/// stands for, and how that field's value is written.
///
/// The host states this by itself and takes nothing of it from the plugin; a test holds the two equal.
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

/// The field that an attribute's path stands for, and how its value is written there.
pub(super) fn field_of(path: &str) -> Option<(&'static str, Form)> {
    let is_path = |extension: Option<&str>, attribute: &str| match extension {
        None => path == attribute,
        Some(urn) => path.strip_prefix(urn).and_then(|rest| rest.strip_prefix(':')) == Some(attribute),
    };
    let found = ATTRIBUTES.iter().find(|(extension, attribute, ..)| is_path(*extension, attribute));
    found.map(|(_, _, field, form)| (*field, *form))
}

/// The path of each attribute that a change may write, as a PATCH names it, and the field that it stands for.
pub fn writable_attributes() -> impl Iterator<Item = (String, &'static str)> {
    ATTRIBUTES.iter().map(|(extension, attribute, field, _)| {
        let prefix = extension.map(|urn| format!("{urn}:")).unwrap_or_default();
        (prefix + attribute, *field)
    })
}

/// The attributes of a new user with their paths, as a PATCH would name them; the list of schemas left out.
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

/// A value as it stands within what a form puts around it; a person's once for each condition.
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
