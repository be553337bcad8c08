//! Reads one employee's JSON for a list of field ids, and ignores all other fields.

use crate::text_form;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The value of one field in an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Datum<'a> {
    /// The key is missing: the field is empty, or the service user may not read it. One record does not show which.
    #[default]
    Absent,
    /// The value is null or an empty text.
    Null,
    /// A text, or a number or truth value as text. Never empty, without white space around it.
    Text(Cow<'a, str>),
    /// The value is a list or an object instead of a single value.
    Odd,
}

impl Datum<'_> {
    /// The text, if there is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Absent | Self::Null | Self::Odd => None,
        }
    }

    /// Combines with the other representation of the same field. The nested one counts; the flat one fills its gaps.
    fn merge(&mut self, other: Self, nested: bool) {
        let better = match (&*self, &other) {
            (_, Self::Absent) => false,
            (Self::Text(_), Self::Text(_)) => nested,
            (Self::Text(_), Self::Null | Self::Odd) => false,
            (Self::Absent | Self::Null | Self::Odd, Self::Text(_) | Self::Odd) | (Self::Absent, Self::Null) => true,
            (Self::Null | Self::Odd, Self::Null) => false,
        };
        if better {
            *self = other;
        }
    }
}

/// One employee's fields, in the order of the reader's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    data: Vec<Datum<'a>>,
}

impl<'a> Record<'a> {
    /// The field at a position of the reader's list.
    pub fn at(&self, position: usize) -> &Datum<'a> {
        const ABSENT: &Datum<'static> = &Datum::Absent;
        self.data.get(position).unwrap_or(ABSENT)
    }
}

/// Reads records for one list of field ids. A job makes one of these.
#[derive(Debug)]
pub struct RecordReader {
    root: Node,
    slash_keys: SlashKeys,
    fields: usize,
}

/// The slash keys without what they begin with, such as `work/title`, each with the places of its nodes among their
/// siblings.
type SlashKeys = Vec<(Box<str>, Vec<usize>)>;

/// A node in the tree of field ids: `work` has the child `title`.
#[derive(Debug, Default)]
struct Node {
    children: Vec<(Box<str>, Node)>,
    position: Option<usize>,
}

impl Node {
    fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find_map(|(key, node)| (**key == *name).then_some(node))
    }

    /// Adds the slash keys of everything below this node, which has this one.
    fn list(&self, above: &str, places: &[usize], keys: &mut SlashKeys) {
        for (place, (name, child)) in self.children.iter().enumerate() {
            let key = if above.is_empty() { name.to_string() } else { format!("{above}/{name}") };
            let places: Vec<usize> = places.iter().copied().chain([place]).collect();
            child.list(&key, &places, keys);
            keys.push((key.into(), places));
        }
    }

    fn insert(&mut self, path: &str, position: usize) {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let index = self.children.iter().position(|(key, _)| **key == *name).unwrap_or_else(|| {
            self.children.push((name.into(), Self::default()));
            self.children.len() - 1
        });
        if let Some((_, node)) = self.children.get_mut(index) {
            match rest {
                Some(rest) => node.insert(rest, position),
                None => node.position = Some(position),
            }
        }
    }
}

impl RecordReader {
    /// A reader for these field ids in HiBob's dotted form (`root.id`, `work.title`).
    pub fn new<'i>(ids: impl IntoIterator<Item = &'i str>) -> Self {
        let mut root = Node::default();
        let mut fields = 0;
        for (position, id) in ids.into_iter().enumerate() {
            root.insert(id.strip_prefix("root.").unwrap_or(id), position);
            fields = position + 1;
        }
        let mut slash_keys = Vec::new();
        root.list("", &[], &mut slash_keys);
        Self { root, slash_keys, fields }
    }

    /// Reads one employee.
    ///
    /// # Errors
    /// What is wrong with the JSON, without any of its content.
    pub fn read<'a>(&self, json: &'a [u8]) -> Result<Record<'a>, String> {
        let text = simdutf8::basic::from_utf8(json).map_err(|_| "it is not UTF-8".to_owned())?;
        let mut record = Record { data: vec![Datum::Absent; self.fields] };
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let top = Some(self.slash_keys.as_slice());
        let seed = Level { node: &self.root, record: &mut record, top, nested: true };
        seed.deserialize(&mut deserializer)
            .and_then(|_| deserializer.end())
            .map_err(|error| format!("it is not valid JSON (column {})", error.column()))?;
        Ok(record)
    }
}

/// Reads the value at one node of the tree.
struct Level<'r, 'a> {
    node: &'r Node,
    record: &'r mut Record<'a>,
    /// The slash keys, which are in the employee object itself.
    top: Option<&'r [(Box<str>, Vec<usize>)]>,
    nested: bool,
}

impl<'a> Level<'_, 'a> {
    fn store(&mut self, datum: Datum<'a>) {
        if let Some(slot) = self.node.position.and_then(|position| self.record.data.get_mut(position)) {
            slot.merge(datum, self.nested);
        }
    }

    /// Null for an object means null for everything in it.
    fn store_null(&mut self) {
        fn walk<'a>(node: &Node, record: &mut Record<'a>, nested: bool) {
            if let Some(slot) = node.position.and_then(|position| record.data.get_mut(position)) {
                slot.merge(Datum::Null, nested);
            }
            for (_, child) in &node.children {
                walk(child, record, nested);
            }
        }
        walk(self.node, self.record, self.nested);
    }

    fn store_text(&mut self, text: Cow<'a, str>) {
        let is_empty = |text: &str| text.is_empty() || (!text.is_ascii() && text_form::key(text).is_empty());
        let datum = match text {
            Cow::Borrowed(text) => match text.trim() {
                text if is_empty(text) => Datum::Null,
                text => Datum::Text(Cow::Borrowed(text)),
            },
            Cow::Owned(text) => match text.trim() {
                text if is_empty(text) => Datum::Null,
                trimmed => Datum::Text(Cow::Owned(trimmed.to_owned())),
            },
        };
        self.store(datum);
    }
}

impl<'a> DeserializeSeed<'a> for Level<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Level<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.top.is_some() { "an employee object" } else { "a value" })
    }

    fn visit_borrowed_str<E: serde::de::Error>(mut self, text: &'a str) -> Result<(), E> {
        self.store_text(Cow::Borrowed(text));
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(mut self, text: &str) -> Result<(), E> {
        self.store_text(Cow::Owned(text.to_owned()));
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(mut self, value: bool) -> Result<(), E> {
        self.store_text(Cow::Borrowed(if value { "true" } else { "false" }));
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(mut self, value: u64) -> Result<(), E> {
        self.store_text(Cow::Owned(value.to_string()));
        Ok(())
    }

    fn visit_i64<E: serde::de::Error>(mut self, value: i64) -> Result<(), E> {
        self.store_text(Cow::Owned(value.to_string()));
        Ok(())
    }

    fn visit_f64<E: serde::de::Error>(mut self, value: f64) -> Result<(), E> {
        self.store_text(Cow::Owned(value.to_string()));
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(mut self) -> Result<(), E> {
        self.store_null();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(mut self, mut items: A) -> Result<(), A::Error> {
        self.store(Datum::Odd);
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        if self.node.children.is_empty() {
            self.store(Datum::Odd);
        }
        while let Some(key) = map.next_key_seed(Key)? {
            let (node, flat) = match (self.top, key.strip_prefix('/')) {
                (Some(keys), Some(path)) => (slash(self.node, keys, path), true),
                _ => (self.node.child(&key), false),
            };
            let Some(node) = node else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if flat {
                map.next_value_seed(Wrapped(Level { node, record: self.record, top: None, nested: false }))?;
            } else {
                map.next_value_seed(Level { node, record: self.record, top: None, nested: self.nested })?;
            }
        }
        Ok(())
    }
}

/// The node of a slash key: `/work/title`, or `/root/email` for a field at the top.
fn slash<'n>(root: &'n Node, keys: &[(Box<str>, Vec<usize>)], path: &str) -> Option<&'n Node> {
    let path = path.strip_prefix("root/").unwrap_or(path);
    let places = keys.iter().find_map(|(key, places)| (**key == *path).then_some(places))?;
    places.iter().try_fold(root, |node, place| node.children.get(*place).map(|(_, child)| child))
}

/// An object key, borrowed if it has no escapes.
struct Key;

impl<'a> DeserializeSeed<'a> for Key {
    type Value = Cow<'a, str>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Key {
    type Value = Cow<'a, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'a str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// Reads the value of a slash key: `{"value": …}`, or the value itself.
struct Wrapped<'r, 'a>(Level<'r, 'a>);

impl<'a> DeserializeSeed<'a> for Wrapped<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Wrapped<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let Level { node, record, .. } = self.0;
        while let Some(key) = map.next_key_seed(Key)? {
            if key == "value" {
                map.next_value_seed(Level { node, record, top: None, nested: false })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'a str) -> Result<(), E> {
        self.0.visit_borrowed_str(text)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.0.visit_str(text)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.0.visit_bool(value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.0.visit_u64(value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.0.visit_i64(value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.0.visit_f64(value)
    }

    fn visit_seq<A: SeqAccess<'a>>(self, items: A) -> Result<(), A::Error> {
        self.0.visit_seq(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const IDS: [&str; 6] =
        ["root.id", "root.email", "work.title", "work.siteId", "work.reportsTo.id", "work.custom.field_1"];

    fn read(json: &str) -> Vec<Datum<'_>> {
        RecordReader::new(IDS).read(json.as_bytes()).unwrap().data
    }

    fn text(text: &str) -> Datum<'_> {
        Datum::Text(Cow::Borrowed(text))
    }

    #[test]
    fn both_representations_are_read_and_the_nested_one_counts() {
        let both = r#"{"id":"3332883884017713938","email":" a@b.c ","work":{"title":"7","siteId":12,"reportsTo":{"id":"9"},
            "custom":{"field_1":null}},"/work/title":{"value":"8"},"/work/custom/field_1":{"value":"x"},"other":[{}]}"#;
        assert_eq!(
            read(both),
            [text("3332883884017713938"), text("a@b.c"), text("7"), text("12"), text("9"), text("x")]
        );
        let flat =
            r#"{"/root/id":{"value":"1"},"/root/email":{"value":"a@b.c"},"/work/reportsTo":{"value":{"id":"9"}}}"#;
        assert_eq!(read(flat), [text("1"), text("a@b.c"), Datum::Absent, Datum::Absent, text("9"), Datum::Absent]);
    }

    #[test]
    fn a_slash_key_may_have_the_value_itself() {
        let bare = r#"{"/root/id":1,"/email":"a@b.c","/work/title":["a"],"/work/siteId":true,"/work/reportsTo":null}"#;
        assert_eq!(read(bare), [text("1"), text("a@b.c"), Datum::Odd, text("true"), Datum::Absent, Datum::Absent]);
    }

    #[test]
    fn absent_null_and_odd_are_told_apart() {
        let json = r#"{"id":1,"email":"  ","work":{"title":["a"],"reportsTo":null}}"#;
        assert_eq!(read(json), [text("1"), Datum::Null, Datum::Odd, Datum::Absent, Datum::Null, Datum::Absent]);
    }

    #[test]
    fn large_ids_sent_as_numbers_keep_every_digit() {
        assert_eq!(read(r#"{"id":3332883884017713938}"#)[0], text("3332883884017713938"));
    }

    #[test]
    fn what_is_not_an_object_is_an_error() {
        let reader = RecordReader::new(IDS);
        for json in ["", "{", r#"{"id":"1"}}"#, "{\"id\":\"\u{1}\"}"] {
            assert!(reader.read(json.as_bytes()).is_err(), "{json}");
        }
        assert!(reader.read(b"{\"id\":\"\xff\"}").is_err());
    }

    proptest! {
        #[test]
        fn never_panics_on_any_text(json in r#"[{}\[\]":,a-z/0-9 \\]{0,120}"#) {
            let _ = RecordReader::new(IDS).read(json.as_bytes());
        }
    }
}
