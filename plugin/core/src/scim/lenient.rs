//! Values of a user that may have an unexpected type. Such a value counts as empty, so that one odd account does not
//! end the listing.

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// A text; a whole number counts as the text of its digits.
#[derive(Default)]
pub(super) struct Text(pub(super) Option<Box<str>>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Shape::<IgnoredAny>::deserialize(deserializer)? {
            Shape::Text(text) => Some(text),
            Shape::Truth(_) | Shape::Object(_) | Shape::List(_) | Shape::Nothing => None,
        }))
    }
}

/// A boolean, also as the text or the number that some SCIM implementations send: `true`, `"True"`, `1`, `"1"` and their
/// opposites. `None` for anything else.
#[derive(Default)]
pub(super) struct Truth(pub(super) Option<bool>);

impl<'de> Deserialize<'de> for Truth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Shape::<IgnoredAny>::deserialize(deserializer)? {
            Shape::Truth(value) => Some(value),
            Shape::Text(text) if text.eq_ignore_ascii_case("true") || &*text == "1" => Some(true),
            Shape::Text(text) if text.eq_ignore_ascii_case("false") || &*text == "0" => Some(false),
            Shape::Text(_) | Shape::Object(_) | Shape::List(_) | Shape::Nothing => None,
        }))
    }
}

/// A complex value of a user: the sub-attributes that this sync reads. Their names have no case (RFC 7643, section 2.1).
/// A value that is a plain text or number, as some implementations send it, is its own `value`.
#[derive(Default)]
pub(super) struct Complex {
    pub(super) value: Text,
    pub(super) kind: Text,
    pub(super) primary: Truth,
    pub(super) name: Text,
    pub(super) condition: Text,
    pub(super) reference: Text,
}

impl<'de> Deserialize<'de> for Complex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ComplexVisitor)
    }
}

struct ComplexVisitor;

impl<'de> Visitor<'de> for ComplexVisitor {
    type Value = Complex;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a complex value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Complex, A::Error> {
        let mut complex = Complex::default();
        while let Some(part) = map.next_key_seed(PartSeed)? {
            match part {
                Part::Value => complex.value = map.next_value()?,
                Part::Kind => complex.kind = map.next_value()?,
                Part::Primary => complex.primary = map.next_value()?,
                Part::Name => complex.name = map.next_value()?,
                Part::Condition => complex.condition = map.next_value()?,
                Part::Reference => complex.reference = map.next_value()?,
                Part::Other => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(complex)
    }
}

/// A sub-attribute of a complex value.
#[derive(Clone, Copy)]
enum Part {
    Value,
    Kind,
    Primary,
    Name,
    Condition,
    Reference,
    Other,
}

/// The names of the sub-attributes (RFC 7643, section 2.4).
const PARTS: [(&str, Part); 6] = [
    ("value", Part::Value),
    ("type", Part::Kind),
    ("primary", Part::Primary),
    ("displayName", Part::Name),
    ("condition", Part::Condition),
    ("$ref", Part::Reference),
];

struct PartSeed;

impl<'de> DeserializeSeed<'de> for PartSeed {
    type Value = Part;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Part, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for PartSeed {
    type Value = Part;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Part, E> {
        let part = PARTS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        Ok(part.map_or(Part::Other, |(_, part)| part))
    }
}

/// One complex value, also as a plain text or number, or as the only one of a list; any other value counts as none.
pub(super) struct OneComplex(pub(super) Complex);

impl<'de> Deserialize<'de> for OneComplex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Shape::<Complex>::deserialize(deserializer)? {
            Shape::Object(object) => object,
            Shape::Text(text) => Complex { value: Text(Some(text)), ..Complex::default() },
            Shape::List(mut items) if items.len() == 1 => items.pop().unwrap_or_default(),
            Shape::Truth(_) | Shape::List(_) | Shape::Nothing => Complex::default(),
        }))
    }
}

/// An object; any other value counts as none.
struct Object<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Shape::<T>::deserialize(deserializer)? {
            Shape::Object(object) => Some(object),
            Shape::Text(_) | Shape::Truth(_) | Shape::List(_) | Shape::Nothing => None,
        }))
    }
}

/// The objects of a list. Its items that are no objects are left out; a value that is no list counts as an empty one.
pub(super) struct List<T>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Shape::<T>::deserialize(deserializer)? {
            Shape::List(items) => items,
            Shape::Text(_) | Shape::Truth(_) | Shape::Object(_) | Shape::Nothing => Vec::new(),
        }))
    }
}

/// The type of a JSON value, with the value as far as it is used. `T` is read from objects.
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
        while let Some(item) = items.next_element::<Object<T>>()? {
            list.extend(item.0);
        }
        Ok(Shape::List(list))
    }
}
