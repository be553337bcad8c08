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

/// The field that an attribute's path stands for, and how its value is written there.
pub(super) fn field_of(path: &str) -> Option<(&'static str, Form)> {
    if let Some(attribute) = path.strip_prefix(ENTERPRISE).and_then(|rest| rest.strip_prefix(':')) {
        return match attribute {
            "costCenter" => Some(("cost-center", Form::Plain)),
            "manager" => Some(("manager", Form::Person)),
            _ => None,
        };
    }
    if let Some(attribute) = path.strip_prefix(TRAVELPERK).and_then(|rest| rest.strip_prefix(':')) {
        return match attribute {
            "gender" => Some(("gender", Form::Plain)),
            "dateOfBirth" => Some(("date-of-birth", Form::Plain)),
            "countryOfResidence" => Some(("country", Form::Plain)),
            "travelPolicy" => Some(("travel-policy", Form::Plain)),
            "invoiceProfiles" => Some(("company", Form::Single)),
            "emergencyContact.name" => Some(("emergency-name", Form::Plain)),
            "emergencyContact.phone" => Some(("emergency-phone", Form::Plain)),
            "approvers" => Some(("approvers", Form::People)),
            _ => None,
        };
    }
    match path {
        "userName" => Some(("user-name", Form::Plain)),
        "externalId" => Some(("external-id", Form::Plain)),
        "name.givenName" => Some(("given-name", Form::Plain)),
        "name.familyName" => Some(("family-name", Form::Plain)),
        "title" => Some(("title", Form::Plain)),
        "phoneNumbers" => Some(("phone", Form::Work)),
        "phoneNumbers[type eq \"work\"]" => Some(("phone", Form::Nothing)),
        "phoneNumbers[type eq \"work\"].value" => Some(("phone", Form::Plain)),
        "preferredLanguage" => Some(("language", Form::Plain)),
        "locale" => Some(("locale", Form::Plain)),
        "active" => Some(("active", Form::Plain)),
        _ => None,
    }
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
