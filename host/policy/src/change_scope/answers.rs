//! What the target's answers have shown during one call of `apply`.

use http::{Method, StatusCode};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// An account as the target's last answer about it shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShownAccount {
    /// The external id, which names the employee; `None` if the account has none.
    pub(super) external_id: Option<String>,
    /// Whether the account is active; `None` if the answer does not say.
    pub(super) active: Option<bool>,
}

/// Which accounts the target has shown and which writes it has accepted, by the target's id of the account.
#[derive(Debug, Default)]
pub(super) struct TargetAnswers {
    accounts: BTreeMap<String, ShownAccount>,
    written: BTreeSet<String>,
    /// Whether any request was answered with success (a 2xx status).
    pub(super) any_success: bool,
}

impl TargetAnswers {
    /// Takes in the answer to a request at the SCIM service. An answer without success shows nothing.
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

    /// The account as the last answer about it shows it.
    pub(super) fn account(&self, id: &str) -> Option<&ShownAccount> {
        self.accounts.get(id)
    }

    /// Whether the target has answered a write to the account with success.
    pub(super) fn is_written(&self, id: &str) -> bool {
        self.written.contains(id)
    }
}

/// An id as text. An empty text counts as no id.
fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
