//! An account as the target shows it.

use crate::field::{COMPANY_SEPARATOR, TEXT_FIELDS_COUNT, TextField};
use crate::texts::Texts;
use crate::value::Id;
use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// Who the target names as line manager.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Manager {
    /// Nobody.
    #[default]
    Nobody,
    /// The account with this id.
    Account(Id),
    /// Somebody of this name; the id was not sent.
    Named(Box<str>),
}

/// An account, as far as this sync looks at it.
#[derive(Clone, Debug)]
pub struct Account {
    /// The target's id, a decimal number as text.
    pub id: Id,
    /// Whether the account can be used.
    pub active: bool,
    /// The text fields; an empty text counts as none.
    pub texts: Texts,
    /// The line manager.
    pub manager: Manager,
    /// Who approves trips, and when.
    pub approvers: Box<[Approver]>,
}

/// Somebody who approves a traveller's trips.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Approver {
    /// The account's id; the name where only that was sent.
    pub account: Box<str>,
    /// When; empty for always.
    pub condition: Box<str>,
}

impl Account {
    /// A text field.
    pub fn text(&self, field: TextField) -> Option<&str> {
        self.texts.get(field)
    }

    /// A name to show.
    pub fn display_name(&self) -> String {
        let parts = [TextField::GivenName, TextField::FamilyName].map(|field| self.text(field).unwrap_or_default());
        let name = parts.join(" ");
        if name.trim().is_empty() { format!("account {}", self.id) } else { name.trim().to_owned() }
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let user = User::deserialize(deserializer)?;
        let mut texts: [Option<Box<str>>; TEXT_FIELDS_COUNT] = Default::default();
        let enterprise = user.enterprise.unwrap_or_default();
        let name = user.name.unwrap_or_default();
        let travelperk = user.travelperk.unwrap_or_default();
        let contact = travelperk.contact.unwrap_or_default();
        let phone = work_phone(user.phones.unwrap_or_default());
        for (field, value) in [
            (TextField::UserName, user.user_name),
            (TextField::ExternalId, user.external_id),
            (TextField::GivenName, name.given),
            (TextField::FamilyName, name.family),
            (TextField::Title, user.title),
            (TextField::Phone, phone),
            (TextField::Language, user.language),
            (TextField::Locale, user.locale),
            (TextField::Gender, travelperk.gender),
            (TextField::DateOfBirth, travelperk.date_of_birth),
            (TextField::Country, travelperk.country),
            (TextField::CostCenter, enterprise.cost_center),
            (TextField::Company, companies(travelperk.companies.unwrap_or_default())),
            (TextField::TravelPolicy, travelperk.travel_policy),
            (TextField::EmergencyName, contact.name),
            (TextField::EmergencyPhone, contact.phone),
        ] {
            if let Some(slot) = texts.get_mut(field.index()) {
                *slot = value;
            }
        }
        let manager = enterprise.manager.unwrap_or_default();
        let manager = match (manager.value.filter(|id| !id.is_empty()), manager.name.filter(|name| !name.is_empty())) {
            (Some(id), _) => Manager::Account(id.into()),
            (None, Some(name)) => Manager::Named(name),
            (None, None) => Manager::Nobody,
        };
        let approver = |raw: RawApprover| {
            let account = raw.value.filter(|id| !id.is_empty()).or(raw.name)?;
            Some(Approver { account, condition: raw.condition.unwrap_or_default() })
        };
        let approvers = travelperk.approvers.unwrap_or_default().into_iter().filter_map(approver).collect();
        Ok(Self { id: user.id, active: user.active, texts: Texts::pack(&texts), manager, approvers })
    }
}

/// The phone of type work; writes name that type, so nothing else is compared with them.
fn work_phone(phones: Vec<Valued>) -> Option<Box<str>> {
    let is_work = |phone: &Valued| phone.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("work"));
    phones.into_iter().find(is_work)?.value
}

/// The companies of an account: usually one.
fn companies(profiles: Vec<Valued>) -> Option<Box<str>> {
    let names: Vec<Box<str>> = profiles.into_iter().filter_map(|profile| profile.value).collect();
    (!names.is_empty()).then(|| names.join(COMPANY_SEPARATOR.encode_utf8(&mut [0; 4])).into())
}

/// A user as it is sent. A field of an unexpected shape counts as empty: one odd account must not end the listing.
#[derive(Deserialize)]
struct User {
    #[serde(deserialize_with = "id")]
    id: Id,
    #[serde(rename = "externalId", default, deserialize_with = "text")]
    external_id: Option<Box<str>>,
    #[serde(rename = "userName", default, deserialize_with = "text")]
    user_name: Option<Box<str>>,
    #[serde(default = "yes", deserialize_with = "truth")]
    active: bool,
    #[serde(default, deserialize_with = "object")]
    name: Option<Name>,
    #[serde(default, deserialize_with = "text")]
    title: Option<Box<str>>,
    #[serde(rename = "preferredLanguage", default, deserialize_with = "text")]
    language: Option<Box<str>>,
    #[serde(default, deserialize_with = "text")]
    locale: Option<Box<str>>,
    #[serde(rename = "phoneNumbers", default, deserialize_with = "list")]
    phones: Option<Vec<Valued>>,
    #[serde(
        rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        default,
        deserialize_with = "object"
    )]
    enterprise: Option<Enterprise>,
    #[serde(
        rename = "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User",
        default,
        deserialize_with = "object"
    )]
    travelperk: Option<TravelPerk>,
}

#[derive(Default, Deserialize)]
struct Name {
    #[serde(rename = "givenName", default, deserialize_with = "text")]
    given: Option<Box<str>>,
    #[serde(rename = "familyName", default, deserialize_with = "text")]
    family: Option<Box<str>>,
}

#[derive(Default, Deserialize)]
struct Valued {
    #[serde(default, deserialize_with = "text")]
    value: Option<Box<str>>,
    #[serde(rename = "type", default, deserialize_with = "text")]
    kind: Option<Box<str>>,
}

#[derive(Default, Deserialize)]
struct Enterprise {
    #[serde(rename = "costCenter", default, deserialize_with = "text")]
    cost_center: Option<Box<str>>,
    #[serde(default, deserialize_with = "object")]
    manager: Option<RawManager>,
}

#[derive(Default, Deserialize)]
struct TravelPerk {
    #[serde(default, deserialize_with = "text")]
    gender: Option<Box<str>>,
    #[serde(rename = "dateOfBirth", default, deserialize_with = "text")]
    date_of_birth: Option<Box<str>>,
    #[serde(rename = "countryOfResidence", default, deserialize_with = "text")]
    country: Option<Box<str>>,
    #[serde(rename = "travelPolicy", default, deserialize_with = "text")]
    travel_policy: Option<Box<str>>,
    #[serde(rename = "invoiceProfiles", default, deserialize_with = "list")]
    companies: Option<Vec<Valued>>,
    #[serde(default, deserialize_with = "list")]
    approvers: Option<Vec<RawApprover>>,
    #[serde(rename = "emergencyContact", default, deserialize_with = "object")]
    contact: Option<Contact>,
}

#[derive(Default, Deserialize)]
struct RawApprover {
    #[serde(default, deserialize_with = "text")]
    value: Option<Box<str>>,
    #[serde(rename = "displayName", default, deserialize_with = "text")]
    name: Option<Box<str>>,
    #[serde(default, deserialize_with = "text")]
    condition: Option<Box<str>>,
}

#[derive(Default, Deserialize)]
struct Contact {
    #[serde(default, deserialize_with = "text")]
    name: Option<Box<str>>,
    #[serde(default, deserialize_with = "text")]
    phone: Option<Box<str>>,
}

#[derive(Default, Deserialize)]
struct RawManager {
    #[serde(default, deserialize_with = "text")]
    value: Option<Box<str>>,
    #[serde(rename = "displayName", default, deserialize_with = "text")]
    name: Option<Box<str>>,
}

fn yes() -> bool {
    true
}

/// Ids are decimal numbers as text; a number is taken as its digits.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Id, D::Error> {
    let id = text(deserializer)?.filter(|id| !id.is_empty());
    id.map(Id::from).ok_or_else(|| serde::de::Error::custom("a user without an id"))
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<str>>, D::Error> {
    Ok(match Shape::<IgnoredAny>::deserialize(deserializer)? {
        Shape::Text(text) => Some(text),
        Shape::Truth(_) | Shape::Object(_) | Shape::List(_) | Shape::Nothing => None,
    })
}

/// Truth as JSON, or as the text that some SCIM implementations send. Anything else counts as active, which is what a
/// user is unless somebody has archived it.
fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match Shape::<IgnoredAny>::deserialize(deserializer)? {
        Shape::Truth(value) => value,
        Shape::Text(text) => !text.eq_ignore_ascii_case("false"),
        Shape::Object(_) | Shape::List(_) | Shape::Nothing => true,
    })
}

fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(match Shape::<T>::deserialize(deserializer)? {
        Shape::Object(object) => Some(object),
        Shape::Text(_) | Shape::Truth(_) | Shape::List(_) | Shape::Nothing => None,
    })
}

fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Vec<T>>, D::Error> {
    Ok(match Shape::<T>::deserialize(deserializer)? {
        Shape::List(items) => Some(items),
        Shape::Text(_) | Shape::Truth(_) | Shape::Object(_) | Shape::Nothing => None,
    })
}

/// Any JSON value, as far as a user's fields can be one: `T` is what objects hold.
enum Shape<T> {
    Text(Box<str>),
    Truth(bool),
    Object(T),
    List(Vec<T>),
    Nothing,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Shape<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor(PhantomData))
    }
}

struct ShapeVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ShapeVisitor<T> {
    type Value = Shape<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Shape<T>, E> {
        Ok(Shape::Text(text.into()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Shape<T>, E> {
        Ok(Shape::Truth(value))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Shape<T>, E> {
        Ok(Shape::Text(number.to_string().into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Shape<T>, E> {
        Ok(Shape::Text(number.to_string().into()))
    }

    fn visit_f64<E>(self, _number: f64) -> Result<Shape<T>, E> {
        Ok(Shape::Nothing)
    }

    fn visit_unit<E>(self) -> Result<Shape<T>, E> {
        Ok(Shape::Nothing)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Shape<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Shape::Object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Shape<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Item<T>>()? {
            list.extend(item.0);
        }
        Ok(Shape::List(list))
    }
}

/// An item of a list; none if it is not an object.
struct Item<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        object(deserializer).map(Self)
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
    fn fields_of_an_odd_shape_are_empty() {
        let account: Account = serde_json::from_str(
            r#"{"id":29,"userName":"a@b.c","title":7,"name":"Ana","active":1,"preferredLanguage":{"a":[1]},
                "phoneNumbers":[null,"x",{"value":["+1"],"type":"work"}],"groups":[[]]}"#,
        )
        .unwrap();
        assert_eq!((&*account.id, account.active), ("29", true));
        assert_eq!(account.text(TextField::Title), Some("7"));
        assert_eq!(account.text(TextField::GivenName), None);
        assert_eq!(account.text(TextField::Phone), None);
    }

    #[test]
    fn a_user_without_an_id_is_an_error() {
        assert!(serde_json::from_str::<Account>(r#"{"userName":"a@b.c"}"#).is_err());
        assert!(serde_json::from_str::<Account>(r#"{"id":"","userName":"a@b.c"}"#).is_err());
    }
}
