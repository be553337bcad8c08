//! Values of a user that may have an unexpected type. Such a value counts as empty, so that one odd account does not
//! end the listing.

use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
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

/// The value of `active`: true or false, also as the text that some SCIM implementations send. Anything else counts as
/// true, since a user is active unless somebody archived it.
pub(super) struct Truth(pub(super) bool);

impl<'de> Deserialize<'de> for Truth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Shape::<IgnoredAny>::deserialize(deserializer)? {
            Shape::Truth(value) => value,
            Shape::Text(text) => !text.eq_ignore_ascii_case("false"),
            Shape::Object(_) | Shape::List(_) | Shape::Nothing => true,
        }))
    }
}

/// An object; any other value counts as none.
pub(super) struct Object<T>(pub(super) Option<T>);

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
