//! Reads TravelPerk's SCIM answers.

use super::user::Account;
use crate::error::where_wrong;
use serde::Deserialize;
use serde_json::Value;

/// One page of a listing (RFC 7644, section 3.4.2).
#[derive(Deserialize)]
struct ListResponse {
    #[serde(rename = "totalResults", default)]
    total: Option<u64>,
    /// May be left out if there is no result.
    #[serde(rename = "Resources", default)]
    resources: Option<Vec<Account>>,
}

/// The users of a page, and how many there are in all, if the page says so.
///
/// # Errors
/// What is wrong with the answer.
pub fn user_page(body: &[u8]) -> Result<(Vec<Account>, Option<usize>), String> {
    let page: ListResponse = serde_json::from_slice(body).map_err(|error| where_wrong(&error))?;
    if page.total.is_none() && page.resources.is_none() {
        return Err("a listing without totalResults and Resources".to_owned());
    }
    Ok((page.resources.unwrap_or_default(), page.total.and_then(|total| usize::try_from(total).ok())))
}

/// Most results that the service gives on a page (`filter.maxResults` of its ServiceProviderConfig); none if it does
/// not say. Keys are read by their exact case, since TravelPerk's answer has both `schemas` and `Schemas`.
///
/// # Errors
/// The answer is not such a configuration, or says that PATCH is not supported.
pub fn service_page_size(body: &[u8]) -> Result<Option<usize>, String> {
    let config: Value = serde_json::from_slice(body).map_err(|error| where_wrong(&error))?;
    if !config.is_object() {
        return Err("the ServiceProviderConfig is not an object".to_owned());
    }
    if config.pointer("/patch/supported") == Some(&Value::Bool(false)) {
        return Err("the service says that it does not support PATCH, which this sync needs".to_owned());
    }
    Ok(config.pointer("/filter/maxResults").and_then(Value::as_u64).and_then(|max| usize::try_from(max).ok()))
}

/// Whether a ResourceTypes answer names groups.
///
/// # Errors
/// The answer is not JSON.
pub fn announces_groups(body: &[u8]) -> Result<bool, String> {
    let answer: Value = serde_json::from_slice(body).map_err(|error| where_wrong(&error))?;
    let types = answer.get("Resources").unwrap_or(&answer).as_array();
    let is_group = |kind: &Value| {
        let word = |name: &str| kind.get(name).and_then(Value::as_str).unwrap_or_default().trim_start_matches('/');
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
    let text = match (answer.get("detail"), answer.get("error"), &answer) {
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
        assert_eq!(user_page(br#"{"totalResults":0}"#).map(|(users, total)| (users.len(), total)), Ok((0, Some(0))));
        assert!(user_page(b"{}").is_err());
        assert!(user_page(b"<html>").is_err());
    }

    #[test]
    fn the_configuration_is_read_by_exact_case() {
        let body = br#"{"schemas":["x"],"patch":{"supported":true},"filter":{"supported":true,"maxResults":50},"Schemas":[{}]}"#;
        assert_eq!(service_page_size(body), Ok(Some(50)));
        assert!(service_page_size(br#"{"patch":{"supported":false}}"#).is_err());
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
