//! A strict reader of JSON from strangers: one object, no member name twice in an object, and a limit on its size.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// A JSON object.
pub type Object = Map<String, Value>;

/// Why bytes are not a JSON object that every program reads in the same way.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// There are more bytes than allowed.
    #[error("the document has more than {0} bytes; it is not a reference")]
    TooLong(usize),
    /// The bytes are not JSON, or a member name occurs twice in one object.
    #[error("the document is not well-formed JSON ({0}); ask for it anew")]
    Malformed(#[from] serde_json::Error),
    /// The bytes are JSON, but not an object.
    #[error("the document is JSON, but not an object; it is not a reference")]
    NoObject,
}

/// Reads one JSON object of at most `bytes_max` bytes.
///
/// # Errors
/// There are more bytes, they are not a JSON object, or an object has a member name twice. RFC 8785 section 3.1
/// requires I-JSON, which forbids this (RFC 7493 section 2.3), because programs differ in which of the two members they
/// take.
pub fn parse_object(bytes: &[u8], bytes_max: usize) -> Result<Object, JsonError> {
    if bytes.len() > bytes_max {
        return Err(JsonError::TooLong(bytes_max));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict.deserialize(&mut reader)?;
    reader.end()?;
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(JsonError::NoObject),
    }
}

/// A deserializer of a [`Value`] that refuses an object with the same member name twice.
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(Strict)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(Strict)?;
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("the name {name:?} is there twice")));
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

/// The first place at which two values differ, as a path such as `credentialSubject.name`; `None` if they are equal.
pub(crate) fn difference(one: &Value, other: &Value) -> Option<String> {
    let join = |name: &str, rest: String| if rest.is_empty() { name.to_owned() } else { format!("{name}.{rest}") };
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let names = one.keys().chain(other.keys());
            names.into_iter().find_map(|name| match (one.get(name), other.get(name)) {
                (Some(one), Some(other)) => difference(one, other).map(|rest| join(name, rest)),
                _ => Some(name.clone()),
            })
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let mut pairs = one.iter().zip(other).enumerate();
            pairs.find_map(|(index, (one, other))| difference(one, other).map(|rest| join(&index.to_string(), rest)))
        }
        _ => (one != other).then(String::new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_twice_is_refused_at_any_depth() {
        for bad in
            [r#"{"a":1,"a":1}"#, r#"{"a":[{"b":1,"\u0062":2}]}"#, r#"{"a":1} {"a":1}"#, "[]", "{", r#"{"a":"\ud800"}"#]
        {
            assert!(parse_object(bad.as_bytes(), 100).is_err(), "{bad}");
        }
        assert!(matches!(parse_object(b"{\"a\":1}", 6), Err(JsonError::TooLong(6))));
        let deep = format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
        assert!(matches!(parse_object(deep.as_bytes(), 100_000), Err(JsonError::Malformed(_))));
        let good = parse_object(br#" {"a":[1,-1,0.5,null,true,"x",{"b":{}}]} "#, 100).unwrap();
        assert_eq!(Value::Object(good), json!({"a": [1, -1, 0.5, null, true, "x", {"b": {}}]}));
    }

    #[test]
    fn the_first_difference_is_named() {
        let one = json!({"a": {"b": [1, 2]}, "c": 1});
        assert_eq!(difference(&one, &one), None);
        assert_eq!(difference(&one, &json!({"a": {"b": [1, 3]}, "c": 1})).unwrap(), "a.b.1");
        assert_eq!(difference(&one, &json!({"a": {"b": [1, 2]}})).unwrap(), "c");
        assert_eq!(difference(&one, &json!({"a": {"b": [1, 2]}, "c": 1, "d": 1})).unwrap(), "d");
    }
}
