//! Reads an account from a SCIM user.

use super::lenient::{Complex, List, OneComplex, Text, Truth};
use crate::field::{
    COMPANY_SEPARATOR, Field, FieldSet, PLACES, PLACES_COUNT, Place, TEXT_FIELDS_COUNT, TextField, TextShape,
};
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

/// Whether an account can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It can.
    Active,
    /// It cannot.
    Archived,
    /// The answer has no `active`, or one that is neither true nor false.
    Unknown,
}

impl State {
    /// Whether the account is active, if that is known.
    pub fn known(self) -> Option<bool> {
        match self {
            Self::Active => Some(true),
            Self::Archived => Some(false),
            Self::Unknown => None,
        }
    }
}

/// An account, as far as this sync reads it.
#[derive(Clone, Debug)]
pub struct Account {
    /// TravelPerk's id: a decimal number as text.
    pub id: Id,
    /// Whether the account can be used.
    pub state: State,
    /// Whether one of the phones has the type `work`. If not, the phone that was read is one without a type, or with a
    /// type that RFC 7643 does not name.
    pub has_work_phone: bool,
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

    /// Whether the sync may empty this field: it empties only the work phone, not one without a type.
    pub fn may_clear(&self, field: TextField) -> bool {
        self.has_work_phone || field.text_row().shape != TextShape::WorkPhone
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
        match Row::deserialize(deserializer)? {
            Row::Account(account) => Ok(account),
            Row::Broken(broken) => Err(D::Error::custom(broken.why)),
        }
    }
}

/// One row of a listing.
#[derive(Clone, Debug)]
pub enum Row {
    /// An account that could be read.
    Account(Account),
    /// A row that could not.
    Broken(BrokenRow),
}

/// A row of a listing that cannot be read, with what could be read of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrokenRow {
    /// TravelPerk's id.
    pub id: Option<Id>,
    /// The external id.
    pub external_id: Option<Box<str>>,
    /// The user name.
    pub user_name: Option<Box<str>>,
    /// What is wrong with the row.
    pub why: &'static str,
}

impl BrokenRow {
    const NO_OBJECT: Self = Self { id: None, external_id: None, user_name: None, why: "it is no object" };
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UserVisitor)
    }
}

struct UserVisitor;

impl<'de> Visitor<'de> for UserVisitor {
    type Value = Row;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a user")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Row, A::Error> {
        let mut read = Read::default();
        read.object(Place::User, map)?;
        let why = read.fault.or_else(|| read.id.is_none().then_some("it has no id"));
        if let Some(why) = why {
            let mut text = |field: TextField| read.texts.get_mut(field.index()).and_then(Option::take);
            let (external_id, user_name) = (text(TextField::ExternalId), text(TextField::UserName));
            let [external_id, user_name] = [external_id, user_name].map(|text| text.filter(|text| !text.is_empty()));
            return Ok(Row::Broken(BrokenRow { id: read.id, external_id, user_name, why }));
        }
        Ok(Row::Account(Account {
            id: read.id.unwrap_or_default(),
            state: match read.active.flatten() {
                Some(true) => State::Active,
                Some(false) => State::Archived,
                None => State::Unknown,
            },
            has_work_phone: read.has_work_phone,
            texts: Texts::pack(&read.texts),
            manager: read.manager.unwrap_or_default(),
            approvers: read.approvers.unwrap_or_default(),
        }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Row, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Row::Broken(BrokenRow::NO_OBJECT))
    }

    fn visit_str<E>(self, _text: &str) -> Result<Row, E> {
        Ok(Row::Broken(BrokenRow::NO_OBJECT))
    }

    fn visit_bool<E>(self, _value: bool) -> Result<Row, E> {
        Ok(Row::Broken(BrokenRow::NO_OBJECT))
    }

    fn visit_u64<E>(self, _number: u64) -> Result<Row, E> {
        Ok(Row::Broken(BrokenRow::NO_OBJECT))
    }

    fn visit_i64<E>(self, _number: i64) -> Result<Row, E> {
        Ok(Row::Broken(BrokenRow::NO_OBJECT))
    }

    fn visit_f64<E>(self, _number: f64) -> Result<Row, E> {
        Ok(Row::Broken(BrokenRow::NO_OBJECT))
    }

    fn visit_unit<E>(self) -> Result<Row, E> {
        Ok(Row::Broken(BrokenRow::NO_OBJECT))
    }
}

/// The fields of a user that were read so far. A key that is twice in one object breaks the row, as it is unknown which
/// one is right.
#[derive(Default)]
struct Read {
    id: Option<Id>,
    /// Whether there was a key for the id, also without a usable value.
    has_id: bool,
    /// What is wrong with the user, apart from a missing id.
    fault: Option<&'static str>,
    texts: [Option<Box<str>>; TEXT_FIELDS_COUNT],
    /// The text fields that were read, also those whose value counts as none.
    texts_read: FieldSet,
    has_work_phone: bool,
    active: Option<Option<bool>>,
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
                Key::Id => {
                    let id = map.next_value::<Text>()?.0.filter(|id| !id.is_empty());
                    self.note_twice(self.has_id);
                    (self.id, self.has_id) = (id.map(Id::from), true);
                }
                Key::Field(field) => self.field(field, &mut map)?,
                Key::Object(inner) => {
                    let slot = self.places_read.get_mut(inner.index());
                    let twice = slot.is_none_or(|read| std::mem::replace(read, true));
                    self.note_twice(twice);
                    map.next_value_seed(ObjectSeed { place: inner, read: self })?;
                }
                Key::Other => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }

    fn field<'de, A: MapAccess<'de>>(&mut self, field: Field, map: &mut A) -> Result<(), A::Error> {
        let twice = match field {
            Field::Text(text) => {
                let value = match text.text_row().shape {
                    TextShape::Plain if text == TextField::ExternalId => {
                        map.next_value::<Text>()?.0.map(|id| text_form::key(&id).into())
                    }
                    TextShape::Plain => map.next_value::<Text>()?.0,
                    TextShape::WorkPhone => {
                        let (phone, is_work) = phone(map.next_value::<List<Complex>>()?.0);
                        self.has_work_phone = is_work;
                        phone
                    }
                    TextShape::List => joined(map.next_value::<List<Complex>>()?.0),
                };
                if let Some(slot) = self.texts.get_mut(text.index()) {
                    *slot = value;
                }
                !self.texts_read.insert(text)
            }
            Field::Active => self.active.replace(map.next_value::<Truth>()?.0).is_some(),
            Field::Manager => self.manager.replace(map.next_value::<OneComplex>()?.0.into()).is_some(),
            Field::Approvers => {
                let raw = map.next_value::<List<Complex>>()?.0;
                self.approvers.replace(raw.into_iter().filter_map(approver).collect()).is_some()
            }
        };
        self.note_twice(twice);
        Ok(())
    }

    fn note_twice(&mut self, twice: bool) {
        if twice {
            self.fault = Some("it has an attribute twice");
        }
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
            (None, None) if self.0 == Place::User && key.eq_ignore_ascii_case(ID) => Key::Id,
            (None, None) if IGNORED.contains(&key) => Key::Other,
            (None, None) => self.in_any_case(key),
        })
    }
}

/// Attributes that most users have and that this sync does not read: they need not be looked for in any case.
const IGNORED: [&str; 6] = ["schemas", "meta", "groups", "middleName", "honorificPrefix", "emails"];

impl KeyIn {
    /// What a key names whose case is not the standard's: attribute names and URNs have no case (RFC 7643, section 2.1).
    fn in_any_case(&self, key: &str) -> Key {
        let is = |name: &str| name.eq_ignore_ascii_case(key);
        let field = Field::all().find(|field| field.row().place == self.0 && is(field.row().attribute));
        let place =
            || PLACES.into_iter().find(|place| place.within().is_some_and(|(at, name)| at == self.0 && is(name)));
        field.map(Key::Field).or_else(|| place().map(Key::Object)).unwrap_or(Key::Other)
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

/// Types of phones that RFC 7643, section 4.1.2, names, apart from `work`. Phones of these types are people's own.
const OTHER_PHONES: [&str; 5] = ["home", "mobile", "fax", "pager", "other"];

/// The work phone, and whether it has the type `work`. Only that type is written.
///
/// Some services leave the type out, or send one of their own. So without a phone of the type `work`, those of no known
/// type are read, the primary one first: it is enough if one of them is the desired one.
fn phone(phones: Vec<Complex>) -> (Option<Box<str>>, bool) {
    let is = |phone: &Complex, kind: &str| phone.kind.0.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(kind));
    if phones.iter().any(|phone| is(phone, "work")) {
        let work = phones.into_iter().find(|phone| is(phone, "work"));
        return (work.and_then(|phone| phone.value.0), true);
    }
    let unknown = phones.into_iter().filter(|phone| !OTHER_PHONES.iter().any(|kind| is(phone, kind)));
    let (primary, others): (Vec<_>, Vec<_>) = unknown.partition(|phone| phone.primary.0 == Some(true));
    (joined(primary.into_iter().chain(others).collect()), false)
}

/// The values of a list, joined to one text. Usually there is one value.
fn joined(items: Vec<Complex>) -> Option<Box<str>> {
    let values: Vec<Box<str>> = items.into_iter().filter_map(|item| item.value.0).collect();
    (!values.is_empty()).then(|| values.join(COMPANY_SEPARATOR.encode_utf8(&mut [0; 4])).into())
}

/// None if neither an id nor a name was sent.
fn approver(raw: Complex) -> Option<Approver> {
    let account = raw.value.0.filter(|id| !id.is_empty()).or(raw.name.0)?;
    Some(Approver { account, condition: raw.condition.0.unwrap_or_default() })
}

impl From<Complex> for Manager {
    fn from(raw: Complex) -> Self {
        let some = |text: Text| text.0.filter(|text| !text.is_empty());
        // `$ref` is the address of the manager's account (RFC 7643, section 4.3).
        let last =
            |url: Box<str>| url.trim_end_matches('/').rsplit('/').next().filter(|id| !id.is_empty()).map(Id::from);
        match (some(raw.value), some(raw.reference).and_then(last), some(raw.name)) {
            (Some(id), ..) => Self::Account(id.into()),
            (None, Some(id), _) => Self::Account(id),
            (None, None, Some(name)) => Self::Named(name),
            (None, None, None) => Self::Nobody,
        }
    }
}

#[cfg(test)]
mod tests;
