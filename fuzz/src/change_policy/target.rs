//! A target that takes writes, drops some of what it takes, and answers in several ways.

use super::case::*;
use super::rules::Seen;
use hibob_policy::change_scope::{ApplyScope, Outgoing};
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The account at the target.
pub(super) struct Account {
    pub(super) external_id: Option<String>,
    pub(super) active: bool,
    pub(super) title: String,
}

impl Account {
    pub(super) fn user(&self) -> Map<String, Value> {
        let mut user = Map::new();
        user.insert("id".to_owned(), json!(ACCOUNT));
        user.insert("userName".to_owned(), json!("old@x.example"));
        user.insert("active".to_owned(), json!(self.active));
        user.insert("title".to_owned(), json!(self.title));
        if let Some(id) = &self.external_id {
            user.insert("externalId".to_owned(), json!(id));
        }
        user
    }
}

/// The target answers, and the account changes.
pub(super) fn answer(
    choices: &mut Choices<'_>,
    case: &Case,
    scope: &ApplyScope,
    out: &Outgoing,
    account: &mut Account,
    seen: &mut Seen,
    accepted: &mut BTreeSet<&'static str>,
) {
    let is_write = !out.body.is_empty();
    let status = [StatusCode::OK, StatusCode::OK, StatusCode::NO_CONTENT, StatusCode::BAD_REQUEST][choices.below(4)];
    let is_success = status.is_success();
    seen.writes += u64::from(is_write);
    let body: Value = serde_json::from_slice(&out.body).unwrap_or_default();
    let is_account = case.is_about_account();
    if is_write && is_success {
        seen.has_created |= !is_account;
        seen.has_written |= is_account;
        if is_account {
            let drops = choices.below(4);
            for operation in body["Operations"].as_array().into_iter().flatten() {
                let path = operation["path"].as_str().unwrap_or_default();
                let named = FIELDS.iter().find(|(field, known, _)| {
                    *known == path || (*field == "phone" && path.starts_with("phoneNumbers"))
                });
                accepted.extend(named.map(|(field, ..)| *field));
                match path {
                    "active" if drops != 1 => account.active = operation["value"] == true,
                    "externalId" if drops != 2 => account.external_id = operation["value"].as_str().map(str::to_owned),
                    "title" if drops != 3 => account.title = operation["value"].as_str().unwrap_or_default().to_owned(),
                    _ => {}
                }
                seen.active = seen.active.filter(|_| path != "active");
            }
        }
    }
    let path = out_path(out);
    let mut user = account.user();
    let is_whole = path == Some(ACCOUNT) && !is_write && out.query.is_none();
    // A search shows the account too, but not that something is missing in it.
    let is_about = path == Some(ACCOUNT) || (out.sent.path() == "/Users" && !is_write);
    let mut is_shown = is_success && is_account && is_about && status != StatusCode::NO_CONTENT;
    match choices.below(8) {
        0 if is_shown => {
            user.remove("userName");
            is_shown = false;
        }
        1 if is_shown && account.external_id.is_some() => {
            let id = user.remove("externalId").unwrap_or_default();
            user.insert(choices.one(&["externalid", "ExternalId", "EXTERNALID"]).to_owned(), id);
            user.remove("title");
            user.insert("title".to_owned(), json!(account.title));
        }
        2 if is_shown => {
            user.insert("id".to_owned(), json!("30"));
            is_shown = false;
        }
        _ => {}
    }
    let text = match status == StatusCode::NO_CONTENT {
        true => String::new(),
        false => Value::Object(user.clone()).to_string(),
    };
    scope.note_answer(&out.sent, status, text.as_bytes());
    if is_shown {
        // Names of attributes have no case (RFC 7643, section 2.1).
        match user.iter().find(|(name, _)| name.to_lowercase() == "externalid").and_then(|(_, id)| id.as_str()) {
            Some(id) => seen.carries = Some(Some(id.to_owned())),
            None if is_whole => seen.carries = Some(None),
            None => {}
        }
        seen.active = Some(account.active);
    }
}

/// The id of the account that a request is about.
pub(super) fn out_path(out: &Outgoing) -> Option<&str> {
    out.sent.path().strip_prefix("/Users/")
}
