//! Reads the answers of TravelPerk's REST API.

use crate::error::where_wrong;
use crate::scim::truth;
use serde_json::Value;

/// A cost center.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostCenter {
    /// TravelPerk's id: a number, as text like all ids.
    pub id: Box<str>,
    /// The name, by which users are assigned to it.
    pub name: Box<str>,
    /// Whether it is archived. A row of a listing that does not say so is not archived.
    pub archived: bool,
}

/// One page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows that could be read.
    pub items: Vec<T>,
    /// The ids of the rows that have one, readable or not.
    pub ids: Vec<String>,
    /// How many rows the page has, readable or not: the next page begins after them.
    pub rows: usize,
    /// How many rows there are in all, if the page says so.
    pub total: Option<usize>,
}

/// The cost centers of a page.
///
/// # Errors
/// The answer is not such a page.
pub fn cost_center_page(body: &[u8]) -> Result<Page<CostCenter>, String> {
    page(body, "cost_centers", read_cost_center)
}

/// One cost center.
///
/// # Errors
/// The answer is not a cost center.
pub fn cost_center(body: &[u8]) -> Result<CostCenter, String> {
    let answer: Value = serde_json::from_slice(body).map_err(|error| where_wrong(&error))?;
    read_cost_center(&answer).ok_or_else(|| "the answer is not a cost center".to_owned())
}

/// The names of the invoice profiles of a page.
///
/// # Errors
/// The answer is not such a page.
pub fn profile_page(body: &[u8]) -> Result<Page<Box<str>>, String> {
    page(body, "profiles", |row| row.get("name").and_then(Value::as_str).map(Into::into))
}

fn page<T>(body: &[u8], key: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Page<T>, String> {
    let mut answer: Value = serde_json::from_slice(body).map_err(|error| where_wrong(&error))?;
    let total = answer.get("total").and_then(Value::as_u64).and_then(|total| usize::try_from(total).ok());
    match answer.get_mut(key).map(Value::take) {
        Some(Value::Array(rows)) => Ok(Page {
            items: rows.iter().filter_map(read).collect(),
            ids: rows.iter().filter_map(read_id).collect(),
            rows: rows.len(),
            total,
        }),
        _ => Err(format!("a listing without `{key}`")),
    }
}

fn read_id(row: &Value) -> Option<String> {
    match row.get("id")? {
        Value::Number(id) => Some(id.to_string()),
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        _ => None,
    }
}

fn read_cost_center(row: &Value) -> Option<CostCenter> {
    let id = read_id(row)?;
    let name = row.get("name")?.as_str()?;
    let archived = row.get("archived").and_then(truth).unwrap_or(false);
    Some(CostCenter { id: id.into(), name: name.into(), archived })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_with_and_without_a_total_are_read() {
        let page = cost_center_page(
            br#"{"offset":0,"limit":10,"cost_centers":[{"id":2,"name":"Sales","count_users":0},{"id":"3","name":"R&D","archived":"True"},{"id":null}]}"#,
        )
        .unwrap();
        let names: Vec<_> = page.items.iter().map(|center| (&*center.id, &*center.name, center.archived)).collect();
        assert_eq!((names, page.rows, page.total), (vec![("2", "Sales", false), ("3", "R&D", true)], 3, None));
        let page = profile_page(br#"{"total":7,"profiles":[{"id":"f2dd","name":"ACME"}]}"#).unwrap();
        assert_eq!(page, Page { items: vec!["ACME".into()], ids: vec!["f2dd".to_owned()], rows: 1, total: Some(7) });
        assert!(cost_center_page(b"[]").is_err() && profile_page(b"<html>").is_err());
        assert!(cost_center(br#"{"name":"x"}"#).is_err());
    }
}
