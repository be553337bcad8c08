//! Reads an account from a SCIM user.

use super::lenient::{List, Object, Text, Truth};
use crate::field::{COMPANY_SEPARATOR, Field, FieldSet, PLACES_COUNT, Place, TEXT_FIELDS_COUNT, TextField, TextShape};
use crate::text_form;
use crate::texts::Texts;
use crate::value::Id;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// The line manager of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Manager {
    /// There is none.
    #[default]
    Nobody,
    /// The account with this id.
    Account(Id),
    /// An account whose id was not sent, by its display name.
    Named(Box<str>),
}

/// An account, as far as this sync reads it.
#[derive(Clone, Debug)]
pub struct Account {
    /// TravelPerk's id: a decimal number as text.
    pub id: Id,
    /// Whether the account can be used.
    pub active: bool,
    /// The text fields; an empty text counts as none.
    pub texts: Texts,
    /// The line manager.
    pub manager: Manager,
    /// Who approves the account's trips.
    pub approvers: Box<[Approver]>,
}

/// Somebody who approves a traveller's trips.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Approver {
    /// The approver's account id, or their display name if no id was sent.
    pub account: Box<str>,
    /// The condition under which they approve; empty for always.
    pub condition: Box<str>,
}

impl Account {
    /// The value of a text field.
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
        deserializer.deserialize_map(UserVisitor)
    }
}

struct UserVisitor;

impl<'de> Visitor<'de> for UserVisitor {
    type Value = Account;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a user")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Account, A::Error> {
        let mut read = Read::default();
        read.object(Place::User, map)?;
        Ok(Account {
            id: read.id.ok_or_else(|| A::Error::missing_field(ID))?,
            active: read.active.unwrap_or(true),
            texts: Texts::pack(&read.texts),
            manager: read.manager.unwrap_or_default(),
            approvers: read.approvers.unwrap_or_default(),
        })
    }
}

/// The fields of a user that were read so far. A key that is twice in one object is an error, as it is unknown which
/// one is right.
#[derive(Default)]
struct Read {
    id: Option<Id>,
    texts: [Option<Box<str>>; TEXT_FIELDS_COUNT],
    /// The text fields that were read, also those whose value counts as none.
    texts_read: FieldSet,
    active: Option<bool>,
    manager: Option<Manager>,
    approvers: Option<Box<[Approver]>>,
    /// For each place, whether its object was read.
    places_read: [bool; PLACES_COUNT],
}

impl Read {
    /// Reads the fields of one object of the user.
    fn object<'de, A: MapAccess<'de>>(&mut self, place: Place, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(KeyIn(place))? {
            match key {
                Key::Id => once(&mut self.id, map.next_value_seed(IdSeed)?, ID)?,
                Key::Field(field) => self.field(field, &mut map)?,
                Key::Object(inner) => {
                    if self.places_read.get_mut(inner.index()).is_none_or(|read| std::mem::replace(read, true)) {
                        return Err(A::Error::custom("an object of a user comes twice"));
                    }
                    map.next_value_seed(ObjectSeed { place: inner, read: self })?;
                }
                Key::Other => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }

    fn field<'de, A: MapAccess<'de>>(&mut self, field: Field, map: &mut A) -> Result<(), A::Error> {
        let name = field.row().attribute;
        match field {
            Field::Text(text) => {
                if !self.texts_read.insert(text) {
                    return Err(A::Error::duplicate_field(name));
                }
                let value = match text.text_row().shape {
                    TextShape::Plain if text == TextField::ExternalId => {
                        map.next_value::<Text>()?.0.map(|id| text_form::key(&id).into())
                    }
                    TextShape::Plain => map.next_value::<Text>()?.0,
                    TextShape::WorkPhone => work_phone(map.next_value::<List<Valued>>()?.0),
                    TextShape::List => joined(map.next_value::<List<Valued>>()?.0),
                };
                if let Some(slot) = self.texts.get_mut(text.index()) {
                    *slot = value;
                }
                Ok(())
            }
            Field::Active => once(&mut self.active, map.next_value::<Truth>()?.0, name),
            Field::Manager => {
                let manager = map.next_value::<Object<RawManager>>()?.0.unwrap_or_default();
                once(&mut self.manager, manager.into(), name)
            }
            Field::Approvers => {
                let raw = map.next_value::<List<RawApprover>>()?.0;
                once(&mut self.approvers, raw.into_iter().filter_map(RawApprover::approver).collect(), name)
            }
        }
    }
}

/// Stores a value in a slot that must be empty.
fn once<T, E: Error>(slot: &mut Option<T>, value: T, name: &'static str) -> Result<(), E> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(E::duplicate_field(name)),
    }
}

/// The key of the account's id.
const ID: &str = "id";

/// What a key of an object of a user names.
enum Key {
    Id,
    Field(Field),
    Object(Place),
    /// Something that this sync does not read.
    Other,
}

/// Reads a key in the object at this place.
struct KeyIn(Place);

impl<'de> DeserializeSeed<'de> for KeyIn {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KeyIn {
    type Value = Key;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        Ok(match (Field::at(self.0, key), self.0.inside(key)) {
            (Some(field), _) => Key::Field(field),
            (None, Some(place)) => Key::Object(place),
            (None, None) if self.0 == Place::User && key == ID => Key::Id,
            (None, None) => Key::Other,
        })
    }
}

/// Reads an object within a user. If the value is no object, its fields are empty.
struct ObjectSeed<'r> {
    place: Place,
    read: &'r mut Read,
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.read.object(self.place, map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, _text: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _value: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _number: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _number: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _number: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// The phone of type `work`. Only that type is written, so only that is compared.
fn work_phone(phones: Vec<Valued>) -> Option<Box<str>> {
    let is_work = |phone: &Valued| phone.kind.0.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("work"));
    phones.into_iter().find(is_work)?.value.0
}

/// The values of a list, joined to one text. Usually there is one value.
fn joined(items: Vec<Valued>) -> Option<Box<str>> {
    let values: Vec<Box<str>> = items.into_iter().filter_map(|item| item.value.0).collect();
    (!values.is_empty()).then(|| values.join(COMPANY_SEPARATOR.encode_utf8(&mut [0; 4])).into())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Valued {
    value: Text,
    #[serde(rename = "type")]
    kind: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawApprover {
    value: Text,
    #[serde(rename = "displayName")]
    name: Text,
    condition: Text,
}

impl RawApprover {
    /// None if neither an id nor a name was sent.
    fn approver(self) -> Option<Approver> {
        let account = self.value.0.filter(|id| !id.is_empty()).or(self.name.0)?;
        Some(Approver { account, condition: self.condition.0.unwrap_or_default() })
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawManager {
    value: Text,
    #[serde(rename = "displayName")]
    name: Text,
}

impl From<RawManager> for Manager {
    fn from(raw: RawManager) -> Self {
        match (raw.value.0.filter(|id| !id.is_empty()), raw.name.0.filter(|name| !name.is_empty())) {
            (Some(id), _) => Self::Account(id.into()),
            (None, Some(name)) => Self::Named(name),
            (None, None) => Self::Nobody,
        }
    }
}

/// Reads an id. Ids are decimal numbers as text; a JSON number counts as the text of its digits.
struct IdSeed;

impl<'de> DeserializeSeed<'de> for IdSeed {
    type Value = Id;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Id, D::Error> {
        let id = Text::deserialize(deserializer)?.0.filter(|id| !id.is_empty());
        id.map(Id::from).ok_or_else(|| D::Error::custom("a user without an id"))
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

    /// Every field of the table is read from the place to which it is written.
    #[test]
    fn every_field_that_is_written_is_read() {
        use crate::change::{Change, ChangeKind, FieldChange};
        use crate::field::TEXT_FIELDS;
        use crate::value::{NamedValue, PersonRef, Value};
        let url = |name: &str| NamedValue { name: name.to_owned(), value: Value::Text("https://x".to_owned()) };
        let settings = crate::settings::Settings::read(&["hibob-url", "scim-url"].map(url)).unwrap();
        let manager = Value::Person(PersonRef { employee_id: None, account_id: None, display_name: String::new() });
        let fields = Field::all().map(|field| {
            let after = match field {
                Field::Text(text) => Value::Text(format!("a {}", text.name())),
                Field::Manager | Field::Approvers => manager.clone(),
                Field::Active => Value::Flag(true),
            };
            FieldChange { field: field.name().to_owned(), before: None, after: Some(after) }
        });
        let change = Change {
            id: "create:7".to_owned(),
            kind: ChangeKind::Create,
            employee_id: Some("7".to_owned()),
            target_id: None,
            display_name: String::new(),
            depends_on: Vec::new(),
            after: Vec::new(),
            fields: fields.collect(),
            reason: String::new(),
        };
        let request = crate::scim::create(&settings, &change, Some("3"));
        let mut user: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        user["id"] = "29".into();
        let account: Account = serde_json::from_value(user).unwrap();
        for field in TEXT_FIELDS {
            assert_eq!(account.text(field), Some(&*format!("a {}", field.name())));
        }
        assert_eq!((account.active, account.manager), (true, Manager::Account("3".into())));
    }

    #[test]
    fn a_key_that_is_there_twice_is_an_error_if_it_is_read() {
        let travelperk = crate::field::TRAVELPERK;
        for twice in [
            r#""title":"a","title":"a""#.to_owned(),
            r#""name":{},"name":{}"#.to_owned(),
            r#""active":true,"active":true"#.to_owned(),
            format!(r#""{travelperk}":{{"gender":"M","gender":null}}"#),
        ] {
            assert!(serde_json::from_str::<Account>(&format!(r#"{{"id":"29",{twice}}}"#)).is_err(), "{twice}");
        }
        assert!(serde_json::from_str::<Account>(r#"{"id":"29","groups":1,"groups":2}"#).is_ok());
    }

    #[test]
    fn a_user_without_an_id_is_an_error() {
        assert!(serde_json::from_str::<Account>(r#"{"userName":"a@b.c"}"#).is_err());
        assert!(serde_json::from_str::<Account>(r#"{"id":"","userName":"a@b.c"}"#).is_err());
    }
}
