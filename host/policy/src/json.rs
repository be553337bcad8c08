//! Reads JSON that every reader understands in the same way.
//!
//! What the host checks must be what the service understands. If an object has a key twice, some readers take the first
//! value and some the last, and names of SCIM attributes are compared without regard to case (RFC 7643, section 2.1).
//! So keys that are equal or differ in case only, by any of Unicode's rules, are refused, and the host sends its own
//! rendering of the value that it read.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::collections::BTreeSet;
use std::fmt;

/// Parses a JSON text in which no object has two keys that are equal or differ in case only.
///
/// # Errors
/// It is not JSON, or an object has such keys.
pub(super) fn read(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice::<OneWay>(unmarked(body)).map(|value| value.0).map_err(|error| error.to_string())
}

/// A body without the byte order mark with which some services begin their JSON (RFC 8259, section 8.1).
pub(super) fn unmarked(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}

/// A key without regard to case. By way of upper case, since a lower-case letter may have another one of the same upper
/// case: `ſ` is a small `S` too.
pub(super) fn fold(key: &str) -> String {
    match key.is_ascii() {
        true => key.to_ascii_lowercase(),
        false => key.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect(),
    }
}

struct OneWay(Value);

impl<'de> Deserialize<'de> for OneWay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneWayVisitor).map(Self)
    }
}

struct OneWayVisitor;

impl<'de> Visitor<'de> for OneWayVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(OneWay(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let (mut object, mut keys) = (Map::new(), BTreeSet::new());
        while let Some((key, OneWay(value))) = entries.next_entry::<String, OneWay>()? {
            if !keys.insert(fold(&key)) {
                return Err(A::Error::custom("a key that occurs twice"));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_json_is_read() {
        let text = r#"{"a":[1,-2,0.5,null,true,"x"],"b":{"a":{}}}"#;
        assert_eq!(read(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn keys_that_are_equal_but_for_case_are_refused() {
        for text in [
            r#"{"path":"a","path":"b"}"#,
            r#"{"path":"a","Path":"b"}"#,
            r#"[{"x":{"é":1,"É":2}}]"#,
            r#"{"schemas":1,"\u017fchemas":2}"#,
            r#"{"ß":1,"SS":2}"#,
            r#"{"a":1} {}"#,
            "{",
        ] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
        assert!(read(r#"{"path":1,"p\u0061th":2}"#.as_bytes()).unwrap_err().contains("twice"));
    }
}
