//! Reads TravelPerk's SCIM answers.

use super::lenient::Text;
use super::user::{Account, BrokenRow, Row};
use crate::error::where_wrong;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::fmt;

/// One page of a listing of users (RFC 7644, section 3.4.2).
#[derive(Debug, Default)]
pub struct UserPage {
    /// The accounts that could be read.
    pub accounts: Vec<Account>,
    /// The rows that could not.
    pub broken: Vec<BrokenRow>,
    /// Whether the page has a list of results at all. It may be left out if there is no result.
    pub has_list: bool,
    /// How many results there are in all, if the page says so.
    pub total: Option<usize>,
}

impl UserPage {
    /// How many rows the page has, readable or not.
    pub fn rows(&self) -> usize {
        self.accounts.len() + self.broken.len()
    }

    /// The ids that the rows have.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let broken = self.broken.iter().filter_map(|row| row.id.as_deref());
        self.accounts.iter().map(|account| &*account.id).chain(broken)
    }
}

impl<'de> Deserialize<'de> for UserPage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PageVisitor)
    }
}

struct PageVisitor;

impl<'de> Visitor<'de> for PageVisitor {
    type Value = UserPage;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a listing")
    }

    /// Names of attributes have no case (RFC 7643, section 2.1).
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UserPage, A::Error> {
        let mut page = UserPage::default();
        while let Some(key) = map.next_key::<Box<str>>()? {
            if key.eq_ignore_ascii_case("totalResults") {
                page.total = map.next_value::<Text>()?.0.and_then(|total| total.parse().ok());
            } else if key.eq_ignore_ascii_case("Resources") {
                if page.has_list {
                    return Err(A::Error::custom("a listing with two lists of results"));
                }
                let Some(rows) = map.next_value::<Option<Vec<Row>>>()? else { continue };
                page.has_list = true;
                for row in rows {
                    match row {
                        Row::Account(account) => page.accounts.push(account),
                        Row::Broken(broken) => page.broken.push(broken),
                    }
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(page)
    }
}

/// The users of a page.
///
/// # Errors
/// What is wrong with the answer. A row that cannot be read is no error.
pub fn user_page(body: &[u8]) -> Result<UserPage, String> {
    let page: UserPage = serde_json::from_slice(body).map_err(|error| where_wrong(&error))?;
    if page.total.is_none() && !page.has_list {
        return Err("it is not a listing of accounts: totalResults and Resources are missing".to_owned());
    }
    Ok(page)
}

/// Most results that the service gives on a page (`filter.maxResults` of its ServiceProviderConfig); none if it does
/// not say. A key of exactly the standard's case comes first, since TravelPerk's answer has both `schemas` and `Schemas`.
///
/// # Errors
/// The answer is not such a configuration, or says that PATCH is not supported.
pub fn service_page_size(body: &[u8]) -> Result<Option<usize>, String> {
    let config: Value = serde_json::from_slice(body).map_err(|error| where_wrong(&error))?;
    if !config.is_object() {
        return Err("what it says about itself (ServiceProviderConfig) is not an object".to_owned());
    }
    let path = |object: &str, name: &str| member(&config, object).and_then(|object| member(object, name));
    if path("patch", "supported").and_then(truth) == Some(false) {
        return Err("the service says that it does not support PATCH, which this sync needs".to_owned());
    }
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
    Ok(path("filter", "maxResults").and_then(number).and_then(|max| usize::try_from(max).ok()))
}

/// A member of an object: the one of exactly this name, or else one whose name differs in case only.
fn member<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    let other = || object.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    object.get(name).or_else(other)
}

/// A boolean in any of the forms in which services send it; `None` for anything else.
pub(crate) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) if number.as_u64() == Some(1) => Some(true),
        Value::Number(number) if number.as_u64() == Some(0) => Some(false),
        Value::String(text) if text.eq_ignore_ascii_case("true") || text == "1" => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") || text == "0" => Some(false),
        _ => None,
    }
}

/// Whether a ResourceTypes answer names groups.
///
/// # Errors
/// The answer is not JSON.
pub fn announces_groups(body: &[u8]) -> Result<bool, String> {
    let answer: Value = serde_json::from_slice(body).map_err(|error| where_wrong(&error))?;
    let types = member(&answer, "Resources").unwrap_or(&answer).as_array();
    let is_group = |kind: &Value| {
        let word = |name: &str| member(kind, name).and_then(Value::as_str).unwrap_or_default().trim_start_matches('/');
        word("name").eq_ignore_ascii_case("Group") || word("endpoint").eq_ignore_ascii_case("Groups")
    };
    Ok(types.is_some_and(|types| types.iter().any(is_group)))
}

/// Longest text of an error answer that is shown, in characters.
const DETAIL_CHARS_MAX: usize = 200;

/// The text of an error answer: SCIM's `detail`, or the messages of a plain JSON error, without control characters.
/// None if the answer is not JSON, as it is a web page then.
pub fn detail(body: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let text = match (member(&answer, "detail"), member(&answer, "error"), &answer) {
        (Some(Value::String(detail)), ..) | (None, Some(Value::String(detail)), _) => detail.clone(),
        (_, _, Value::Object(fields)) => fields
            .iter()
            .filter_map(|(field, messages)| Some(format!("{field}: {}", messages.get(0).unwrap_or(messages).as_str()?)))
            .collect::<Vec<_>>()
            .join("; "),
        _ => return None,
    };
    let text: String = text.chars().filter(|c| !c.is_control()).take(DETAIL_CHARS_MAX).collect();
    (!text.trim().is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_lack_resources() {
        let page = user_page(br#"{"totalResults":0}"#).unwrap();
        assert_eq!((page.rows(), page.has_list, page.total), (0, false, Some(0)));
        assert!(user_page(b"{}").is_err());
        assert!(user_page(b"<html>").is_err());
    }

    #[test]
    fn one_row_that_cannot_be_read_does_not_end_the_page() {
        let page = user_page(br#"{"TOTALRESULTS":"3","resources":[{"id":"1"},null,{"userName":"a@b.c"}]}"#).unwrap();
        assert_eq!((page.accounts.len(), page.broken.len(), page.rows(), page.total), (1, 2, 3, Some(3)));
        assert_eq!(page.ids().collect::<Vec<_>>(), ["1"]);
        assert!(user_page(br#"{"Resources":[],"resources":[]}"#).is_err());
        assert!(user_page(br#"{"totalResults":1,"Resources":{"id":"1"}}"#).is_err());
    }

    #[test]
    fn the_configuration_is_read_by_exact_case() {
        let body = br#"{"schemas":["x"],"patch":{"supported":true},"filter":{"supported":true,"maxResults":50},"Schemas":[{}]}"#;
        assert_eq!(service_page_size(body), Ok(Some(50)));
        assert!(service_page_size(br#"{"patch":{"supported":false}}"#).is_err());
        assert!(service_page_size(br#"{"Patch":{"Supported":"False"}}"#).is_err());
        assert_eq!(service_page_size(br#"{"FILTER":{"maxresults":"20"}}"#), Ok(Some(20)));
    }

    #[test]
    fn error_details_of_every_shape() {
        assert_eq!(
            detail(br#"{"schemas":[],"status":"400","detail":"no such policy"}"#).as_deref(),
            Some("no such policy")
        );
        assert_eq!(detail(br#"{"userName":["must be unique"]}"#).as_deref(), Some("userName: must be unique"));
        assert_eq!(detail(b"<html>oops</html>"), None);
    }
}
