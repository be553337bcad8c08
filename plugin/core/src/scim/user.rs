//! An account as the target shows it.

use crate::field::{TEXT_FIELDS_COUNT, TextField};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Who the target names as line manager.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Manager {
    /// Nobody.
    #[default]
    Nobody,
    /// The account with this id.
    Account(Box<str>),
    /// Somebody of this name; the id was not sent.
    Named(Box<str>),
}

/// An account, as far as this sync looks at it.
#[derive(Clone, Debug)]
pub struct Account {
    /// The target's id, a decimal number as text.
    pub id: Box<str>,
    /// Whether the account can be used.
    pub active: bool,
    /// The text fields; an empty text counts as none.
    pub texts: [Option<Box<str>>; TEXT_FIELDS_COUNT],
    /// The line manager.
    pub manager: Manager,
}

impl Account {
    /// A text field.
    pub fn text(&self, field: TextField) -> Option<&str> {
        self.texts.get(field.index())?.as_deref()
    }

    /// A name to show.
    pub fn display_name(&self) -> String {
        let parts =
            [TextField::GivenName, TextField::FamilyName].map(|field| self.text(field).unwrap_or_default());
        let name = parts.join(" ");
        if name.trim().is_empty() {
            format!("account {}", self.id)
        } else {
            name.trim().to_owned()
        }
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let user = User::deserialize(deserializer)?;
        let mut texts: [Option<Box<str>>; TEXT_FIELDS_COUNT] = Default::default();
        let enterprise = user.enterprise.unwrap_or_default();
        let name = user.name.unwrap_or_default();
        let phone = work_phone(user.phones.unwrap_or_default());
        for (field, value) in [
            (TextField::UserName, user.user_name),
            (TextField::ExternalId, user.external_id),
            (TextField::GivenName, name.given),
            (TextField::FamilyName, name.family),
            (TextField::Title, user.title),
            (TextField::Phone, phone),
            (TextField::Language, user.language),
            (TextField::CostCenter, enterprise.cost_center),
        ] {
            if let Some(slot) = texts.get_mut(field.index()) {
                *slot = value.filter(|value| !value.is_empty());
            }
        }
        let manager = enterprise.manager.unwrap_or_default();
        let manager = match (
            manager.value.filter(|id| !id.is_empty()),
            manager.name.filter(|name| !name.is_empty()),
        ) {
            (Some(id), _) => Manager::Account(id),
            (None, Some(name)) => Manager::Named(name),
            (None, None) => Manager::Nobody,
        };
        Ok(Self {
            id: user.id,
            active: user.active,
            texts,
            manager,
        })
    }
}

/// The phone of type work, else one without a type.
fn work_phone(phones: Vec<Phone>) -> Option<Box<str>> {
    let is_work = |phone: &Phone| {
        phone
            .kind
            .as_deref()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("work"))
    };
    let position = phones
        .iter()
        .position(is_work)
        .or_else(|| phones.iter().position(|phone| phone.kind.is_none()))?;
    phones.into_iter().nth(position)?.value
}

#[derive(Deserialize)]
struct User {
    #[serde(deserialize_with = "id")]
    id: Box<str>,
    #[serde(rename = "externalId", default)]
    external_id: Option<Box<str>>,
    #[serde(rename = "userName", default)]
    user_name: Option<Box<str>>,
    #[serde(default = "yes", deserialize_with = "truth")]
    active: bool,
    #[serde(default)]
    name: Option<Name>,
    #[serde(default)]
    title: Option<Box<str>>,
    #[serde(rename = "preferredLanguage", default)]
    language: Option<Box<str>>,
    #[serde(rename = "phoneNumbers", default)]
    phones: Option<Vec<Phone>>,
    #[serde(
        rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        default
    )]
    enterprise: Option<Enterprise>,
}

#[derive(Default, Deserialize)]
struct Name {
    #[serde(rename = "givenName", default)]
    given: Option<Box<str>>,
    #[serde(rename = "familyName", default)]
    family: Option<Box<str>>,
}

#[derive(Deserialize)]
struct Phone {
    #[serde(default)]
    value: Option<Box<str>>,
    #[serde(rename = "type", default)]
    kind: Option<Box<str>>,
}

#[derive(Default, Deserialize)]
struct Enterprise {
    #[serde(rename = "costCenter", default)]
    cost_center: Option<Box<str>>,
    #[serde(default)]
    manager: Option<RawManager>,
}

#[derive(Default, Deserialize)]
struct RawManager {
    #[serde(default, deserialize_with = "optional_id")]
    value: Option<Box<str>>,
    #[serde(rename = "displayName", default)]
    name: Option<Box<str>>,
}

fn yes() -> bool {
    true
}

/// Ids are decimal numbers as text; a number is taken as its digits.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<str>, D::Error> {
    optional_id(deserializer)?
        .filter(|id| !id.is_empty())
        .ok_or_else(|| serde::de::Error::custom("a user without an id"))
}

fn optional_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<str>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Text(Box<str>),
        Number(u64),
    }
    Ok(Option::<Id>::deserialize(deserializer)?.map(|id| match id {
        Id::Text(text) => text,
        Id::Number(number) => number.to_string().into_boxed_str(),
    }))
}

/// Truth as JSON, or as the text that some SCIM implementations send.
fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Bool(value) => Ok(value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Value::Null => Ok(true),
        _ => Err(serde::de::Error::custom("`active` is neither true nor false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_read_and_empty_texts_are_none() {
        let account: Account = serde_json::from_str(
            r#"{"id":"29","externalId":"","userName":"a@b.c","active":"False","name":{"givenName":"Ana","familyName":null},
                "phoneNumbers":[{"value":"1","type":"home"},{"value":"+34 1","type":"Work"}],
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"costCenter":"X","manager":{"value":3}}}"#,
        )
        .unwrap();
        assert_eq!((&*account.id, account.active), ("29", false));
        assert_eq!(account.text(TextField::ExternalId), None);
        assert_eq!(account.text(TextField::Phone), Some("+34 1"));
        assert_eq!(account.text(TextField::CostCenter), Some("X"));
        assert_eq!(account.manager, Manager::Account("3".into()));
    }

    #[test]
    fn a_user_without_an_id_is_an_error() {
        assert!(serde_json::from_str::<Account>(r#"{"userName":"a@b.c"}"#).is_err());
        assert!(serde_json::from_str::<Account>(r#"{"id":"","userName":"a@b.c"}"#).is_err());
    }
}
