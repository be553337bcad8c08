//! What the target's answers showed during one `apply`.

use http::{Method, StatusCode};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// An account as the target showed it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShownAccount {
    /// Whose it is; none where it carries no id.
    pub(super) external_id: Option<String>,
    pub(super) active: Option<bool>,
}

/// Accounts that were shown or written, by the target's id.
#[derive(Debug, Default)]
pub(super) struct TargetAnswers {
    accounts: BTreeMap<String, ShownAccount>,
    written: BTreeSet<String>,
    /// Whether any request was answered well.
    pub(super) any_success: bool,
}

impl TargetAnswers {
    /// Notes an answer to a request below the SCIM service.
    pub(super) fn note(&mut self, method: &Method, path: &str, status: StatusCode, body: &[u8]) {
        if !status.is_success() {
            return;
        }
        self.any_success = true;
        if let Some(id) = path.strip_prefix("/Users/").filter(|_| method == Method::PATCH) {
            self.written.insert(id.to_owned());
        }
        let Ok(body) = serde_json::from_slice::<Value>(body) else { return };
        let listed = body.get("Resources").and_then(Value::as_array).map(Vec::as_slice);
        for user in listed.unwrap_or_else(|| std::slice::from_ref(&body)) {
            let Some(id) = text(user.get("id")) else { continue };
            if method == Method::POST {
                self.written.insert(id.clone());
            }
            let external_id = text(user.get("externalId"));
            self.accounts.insert(id, ShownAccount { external_id, active: user.get("active").and_then(Value::as_bool) });
        }
    }

    /// The account as it was shown last.
    pub(super) fn account(&self, id: &str) -> Option<&ShownAccount> {
        self.accounts.get(id)
    }

    /// Whether a write to the account was answered with success.
    pub(super) fn is_written(&self, id: &str) -> bool {
        self.written.contains(id)
    }
}

/// An id; the empty text is none.
fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
