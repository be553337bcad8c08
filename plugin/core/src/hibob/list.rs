//! HiBob's named lists: the names of departments and titles by id.

use crate::error::where_wrong;
use serde_json::Value;
use std::collections::BTreeMap;

/// A named list: names by item id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameList {
    names: BTreeMap<Box<str>, Box<str>>,
}

impl NameList {
    /// How many items have a name.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// The names of the items.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.values().map(|name| &**name)
    }

    /// The name for the value of an employee's field: that of the item with this id, else the value itself, since some
    /// tenants' records have names instead of ids. None for a number of more than three digits that the list does not
    /// have: that is an id without a name.
    pub fn resolve<'v>(&'v self, value: &'v str) -> Option<&'v str> {
        if let Some(name) = self.names.get(value) {
            return Some(name);
        }
        let is_id = value.len() > 3 && value.bytes().all(|byte| byte.is_ascii_digit());
        (!is_id).then_some(value)
    }
}

/// Reads the answer of `company/named-lists/{name}`: an object with `values` or `items`, whose entries have `id` and
/// `value` or `name`, and may have `children`. HiBob uses both spellings.
///
/// # Errors
/// What is missing in the answer.
pub fn read_list(body: &[u8]) -> Result<NameList, String> {
    let answer: Value = serde_json::from_slice(body).map_err(|error| where_wrong(&error))?;
    let items = answer.get("values").or_else(|| answer.get("items")).unwrap_or(&answer);
    let mut list = NameList::default();
    collect(items, &mut list, 0).ok_or("a named list has neither `values` nor `items`")?;
    Ok(list)
}

/// Deepest nesting of items that is read. HiBob's hierarchies have a few levels.
const DEPTH_MAX: usize = 16;

fn collect(items: &Value, list: &mut NameList, depth: usize) -> Option<()> {
    for item in items.as_array()? {
        let id = match item.get("id") {
            Some(Value::String(id)) => id.as_str().into(),
            Some(Value::Number(id)) => id.to_string().into_boxed_str(),
            _ => continue,
        };
        let name = item.get("value").or_else(|| item.get("name")).and_then(Value::as_str).map(str::trim);
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            list.names.insert(id, name.into());
        }
        if let Some(children) = item.get("children").filter(|_| depth < DEPTH_MAX) {
            collect(children, list, depth + 1);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_and_children_are_read() {
        let values = br#"{"name":"department","values":[{"id":"267873068","value":"Sales","name":"Sales"}]}"#;
        assert_eq!(read_list(values).unwrap().resolve("267873068"), Some("Sales"));
        let items = br#"{"items":[{"id":42000,"name":"R&D","children":[{"id":"43000","value":"Lab"}]}]}"#;
        let list = read_list(items).unwrap();
        assert_eq!((list.resolve("42000"), list.resolve("43000")), (Some("R&D"), Some("Lab")));
    }

    #[test]
    fn a_name_resolves_to_itself_and_an_unknown_id_to_nothing() {
        let list = read_list(br#"{"values":[]}"#).unwrap();
        assert_eq!(list.resolve("Engineering"), Some("Engineering"));
        assert_eq!(list.resolve("267873068"), None);
        assert!(read_list(b"{}").is_err());
        assert!(read_list(b"<html>").is_err());
    }
}
