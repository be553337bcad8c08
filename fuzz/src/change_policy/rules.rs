//! The rules, as a second statement of them.

use super::case::*;
use super::requests::{Asked, search};
use super::target::Account;
use hibob_contract::directory_sync::ChangeKind;
use hibob_policy::change_scope::{ApplyScope, Made, Outgoing};
use hibob_policy::request::Action;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What the target has shown in the call, as whoever made the answers knows it.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The external id of the account, once an answer has shown it; `Some(None)` where the whole account has none.
    pub(super) carries: Option<Option<String>>,
    pub(super) active: Option<bool>,
    pub(super) has_written: bool,
    /// Writes that have left.
    pub(super) writes: u64,
    /// Whether something was created.
    pub(super) has_created: bool,
}

/// Whether a write of the change may leave now.
pub(super) fn may_leave(case: &Case, seen: &Seen) -> bool {
    let is_left = seen.writes <= case.number;
    match case.kind {
        ChangeKind::Create | ChangeKind::CreateCostCenter => is_left && !seen.has_created,
        ChangeKind::RestoreCostCenter => is_left && case.target.is_some(),
        _ => is_left && case.may_write(seen),
    }
}

/// Rule 1: what leaves is what the change allows.
pub(super) fn allowed(case: &Case, seen: &Seen, action: Action, asked: &Asked, out: &Outgoing) {
    let is_scim = asked.url.starts_with(SCIM_URL);
    let content_type = if is_scim { case.content_type } else { "application/json" };
    let mut headers = vec![("accept", content_type), ("api-version", "1")];
    if action == Action::Write {
        headers.push(("content-type", content_type));
    }
    let sent: BTreeMap<&str, &[u8]> =
        out.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let wanted: BTreeMap<&str, &[u8]> = headers.into_iter().map(|(name, value)| (name, value.as_bytes())).collect();
    assert_eq!((sent, out.headers.len()), (wanted.clone(), wanted.len()));
    let path = asked.url.split('?').next().unwrap_or_default();
    if action == Action::Read {
        assert!(out.body.is_empty());
        return queried(case, path, out.query.as_deref());
    }
    assert!(out.query.is_none());
    let what = format!("{:?} {} {} {:?}", case.kind, asked.method, asked.url, out.body);
    assert!(may_leave(case, seen), "not the change's to write now: {what} {case:?} {seen:?}");
    let body: Value = serde_json::from_slice(&out.body).unwrap();
    assert_eq!(out.body, body.to_string(), "it can be read in another way: {what}");
    match case.kind {
        ChangeKind::CreateCostCenter => {
            assert_eq!((path, body), (format!("{REST_URL}/cost_centers").as_str(), json!({ "name": "Sales" })));
        }
        ChangeKind::RestoreCostCenter => {
            let own = format!("{REST_URL}/cost_centers/{ACCOUNT}");
            assert_eq!((path, body), (own.as_str(), json!({ "archive": false })));
        }
        ChangeKind::Create => {
            assert_eq!((asked.method, path), ("POST", format!("{SCIM_URL}/Users").as_str()));
            new_user(case, body, &what);
        }
        _ => {
            assert_eq!((asked.method, path), ("PATCH", format!("{SCIM_URL}/Users/{ACCOUNT}").as_str()));
            let operations = body["Operations"].as_array().unwrap().clone();
            assert_eq!(body, json!({ "schemas": [PATCH_OP], "Operations": operations }), "{what}");
            assert!(!operations.is_empty(), "{what}");
            let mut ways: Vec<Vec<Value>> =
                FIELDS.iter().map(|(field, path, _)| case.operations(field, path)).collect();
            ways.push(case.state_operations());
            for operation in operations {
                // Each field is written once: the ways of a field are used up by its first operation.
                let way = ways.iter().position(|ways| ways.contains(&operation));
                ways.remove(way.unwrap_or_else(|| panic!("the change does not say {operation}: {what}")));
            }
        }
    }
}

pub(super) fn queried(case: &Case, path: &str, query: Option<&str>) {
    let Some(query) = query else { return };
    if path == format!("{REST_URL}/cost_centers") {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let known = |part: &str| {
            part.split_once('=').is_some_and(|(name, number)| ["offset", "limit"].contains(&name) && is_number(number))
        };
        return assert!(query.split('&').all(known), "{query}");
    }
    assert_eq!(path, format!("{SCIM_URL}/Users"), "{query}");
    let name = case.fields.get("user-name").cloned().and_then(Result::ok).flatten();
    let names = name.iter().map(String::as_str).chain(["old@x.example"]);
    let external_id = case.fields.get("external-id").cloned().and_then(Result::ok).flatten();
    let ids = [&case.employee, &external_id, &case.former].into_iter().flatten();
    let searches = names.map(|name| search("userName", name)).chain(ids.map(|id| search("externalId", id)));
    assert!(searches.map(|search| format!("filter={search}")).any(|search| search == query), "{query}");
}

pub(super) fn new_user(case: &Case, mut body: Value, what: &str) {
    let user = body.as_object_mut().unwrap();
    let extensions = [ENTERPRISE, TRAVELPERK].into_iter().filter(|urn| user.contains_key(*urn));
    let schemas: Vec<&str> = [USER].into_iter().chain(extensions).collect();
    assert_eq!(user.remove("schemas"), Some(json!(schemas)), "{what}");
    assert_eq!(user.get("externalId").and_then(Value::as_str), case.employee.as_deref(), "{what}");
    assert!(user.remove("active").is_none_or(|active| active == true), "{what}");
    for (field, _, keys) in FIELDS {
        let (outer, last) = (&keys[..keys.len() - 1], keys[keys.len() - 1]);
        let place = outer.iter().try_fold(&mut *user, |place, key| place.get_mut(*key)?.as_object_mut());
        let Some(value) = place.and_then(|place| place.remove(last)) else { continue };
        let Some(Ok(Some(planned))) = case.fields.get(field) else {
            panic!("the change does not name {field}: {what}")
        };
        assert_eq!(value, case.form(field, planned), "{what}");
    }
    // Nothing is left but empty objects.
    fn is_empty(value: &Value) -> bool {
        value.as_object().is_some_and(|object| object.values().all(is_empty))
    }
    assert!(is_empty(&body), "more than the change says: {what}");
}

/// Rule 3: what counts as made.
pub(super) fn made(case: &Case, scope: &ApplyScope, account: &Account, accepted: &BTreeSet<&'static str>) {
    if !case.is_about_account() {
        return;
    }
    assert_eq!(scope.made("30"), if case.target.is_some() { Made::Nothing } else { scope.made("30") });
    let Made::ApartFrom(rest) = scope.made(ACCOUNT) else { return };
    let is_made = |field: &str| rest.iter().all(|other| other != field);
    for (field, after) in &case.fields {
        let is_shown = match (*field, after) {
            ("title", Ok(after)) => {
                after.as_deref() == Some(&account.title) || (after.is_none() && account.title.is_empty())
            }
            ("external-id", Ok(after)) => *after == account.external_id,
            // The account has none of the other fields, but for the user name.
            ("user-name", Ok(after)) => after.as_deref() == Some("old@x.example"),
            (_, Ok(after)) => after.is_none(),
            (_, Err(())) => false,
        };
        assert!(!is_made(field) || is_shown || accepted.contains(field), "{field} was not made");
    }
    let state = match case.kind {
        ChangeKind::Archive => Some(false),
        ChangeKind::Reactivate => Some(true),
        _ => None,
    };
    assert!(state.is_none_or(|state| !is_made("active") || state == account.active), "the state is another one");
}
