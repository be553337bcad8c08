//! The write scope: what one call of `apply` may write.
//!
//! 1. A write goes to the account or cost center of the change, and to no other.
//! 2. An account is written to only if it is managed: by the host's ledger, or by what the target has shown in this
//!    call.
//! 3. The body has only fields that the change names, with the values that the change names.
//! 4. There are at most as many writes as the change has fields, and one more.
//!
//! The host checks the request as it will be sent, and trusts neither the plugin nor the plan that the change is from.
//! It also keeps what the target's answers have shown, so that a change counts as made only if they show it.

mod answers;
mod attribute;

use crate::json;
use crate::request::{Refusal, Role};
use answers::TargetAnswers;
pub use attribute::writable_attributes;
use attribute::{attributes, field_of, within};
use bytes::Bytes;
use hibob_contract::directory_sync::{Change, ChangeKind};
use hibob_contract::types::Value;
use http::{Method, StatusCode};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the host's own ledger has on the employee, the account and the line manager of a change.
#[derive(Clone, Debug, Default)]
pub struct LedgerFacts {
    /// The employee's account by the ledger, if the change itself names no account: the same plan has created it.
    pub account_id: Option<String>,
    /// The employee to whom the account belongs by the ledger.
    pub owner: Option<String>,
    /// The account, by the ledger, of the line manager whom the change names.
    pub manager_account_id: Option<String>,
}

/// The writes that one change may make, and what the target has answered during its call.
#[derive(Debug)]
pub struct ApplyScope {
    kind: ChangeKind,
    employee_id: Option<String>,
    /// The account or cost center that is changed; `None` if the change creates it.
    target_id: Option<String>,
    /// The employee to whom the account belongs by the ledger.
    owner: Option<String>,
    /// The external id that the account has before the change replaces it: the employee was rehired under a new id.
    former_id: Option<String>,
    /// The name of a cost center.
    name: String,
    /// The value that the change gives to each field, as JSON: null if it clears the field, the account's id for a
    /// person.
    fields: BTreeMap<String, Json>,
    may_write: bool,
    writes_left: AtomicU32,
    answers: Mutex<TargetAnswers>,
}

impl ApplyScope {
    /// The scope of `change`.
    pub fn new(change: &Change, ledger: LedgerFacts) -> Self {
        // A plugin writes all fields at once, and then each on its own if the target refused that.
        let writes = u32::try_from(change.fields.len()).unwrap_or(u32::MAX).saturating_add(1);
        let value = |value: &Value| match value {
            Value::Text(text) => Json::from(text.as_str()),
            Value::Flag(flag) => Json::from(*flag),
            Value::Integer(number) => Json::from(*number),
            Value::Person(person) => {
                Json::from(person.account_id.clone().or_else(|| ledger.manager_account_id.clone()).unwrap_or_default())
            }
            Value::Texts(_) | Value::Pairs(_) => Json::Array(Vec::new()), // no field of an account has such a value
        };
        let fields = change.fields.iter().map(|field| {
            let after = field.after.as_ref().map_or(Json::Null, value);
            (field.field.clone(), after)
        });
        let former_id = change.fields.iter().find(|field| field.field == "external-id");
        let former_id = former_id.and_then(|field| match &field.before {
            Some(Value::Text(id)) => Some(id.clone()),
            _ => None,
        });
        Self {
            kind: change.kind,
            former_id,
            employee_id: change.employee_id.clone(),
            target_id: change.target_id.clone().or(ledger.account_id),
            owner: ledger.owner,
            name: change.display_name.clone(),
            fields: fields.collect(),
            may_write: true,
            writes_left: AtomicU32::new(writes),
            answers: Mutex::default(),
        }
    }

    /// This scope without any write, to look what became of the change.
    #[must_use]
    pub fn without_writes(self) -> Self {
        Self { may_write: false, ..self }
    }

    /// Whether the call may write at all. If not, a plugin that tries to is told so, which is no fault of it.
    pub fn may_write(&self) -> bool {
        self.may_write
    }

    fn answers(&self) -> MutexGuard<'_, TargetAnswers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks a write and returns the body to send: the host's own rendering of the JSON.
    ///
    /// # Errors
    /// The write is not one of this change, or the change has used up its writes.
    pub fn check(&self, role: Role, method: &Method, path: &str, body: &[u8]) -> Result<Bytes, Refusal> {
        let refuse = |why: &str| {
            Refusal::new(format!("{method} {path} is not what a change of kind `{:?}` may write: {why}", self.kind))
        };
        let body = json::read(body).map_err(|what| refuse(&format!("its body is not plain JSON ({what})")))?;
        self.check_write(role, method, path, &body).map_err(|why| refuse(&why))?;
        let one_less = |left: u32| left.checked_sub(1);
        match self.writes_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less) {
            Ok(_) => Ok(Bytes::from(body.to_string())),
            Err(_) => Err(refuse("it has written as often as it has fields")),
        }
    }

    fn check_write(&self, role: Role, method: &Method, path: &str, body: &Json) -> Result<(), String> {
        match (self.kind, role, method) {
            (ChangeKind::Create, Role::Scim, &Method::POST) => self.check_new_user(body),
            (
                ChangeKind::Adopt | ChangeKind::Update | ChangeKind::Reactivate | ChangeKind::Archive,
                Role::Scim,
                &Method::PATCH,
            ) => {
                self.check_target(path, "/Users/")?;
                self.check_managed()?;
                self.check_patch(body)
            }
            (ChangeKind::CreateCostCenter, Role::CostCenters, &Method::POST) => match only(body, "name") {
                Some(Json::String(name)) if *name == self.name => Ok(()),
                _ => Err("it has another name than the change".to_owned()),
            },
            (ChangeKind::RestoreCostCenter, Role::CostCenters, &Method::PATCH) => {
                self.check_target(path, "/cost_centers/")?;
                match only(body, "archive") {
                    Some(Json::Bool(false)) => Ok(()),
                    _ => Err("it does more than restore the cost center".to_owned()),
                }
            }
            _ => Err("it is another kind of request".to_owned()),
        }
    }

    fn check_target(&self, path: &str, below: &str) -> Result<(), String> {
        let id = path.strip_prefix(below).filter(|id| Some(*id) == self.target_id.as_deref());
        id.map(|_| ()).ok_or_else(|| "it is not the change's own resource".to_owned())
    }

    /// Whether the account is managed, by what the host itself knows:
    ///
    /// 1. By the ledger the account belongs to the employee; for an update also if it belongs to the id that the change
    ///    replaces.
    /// 2. By the ledger it belongs to nobody, and the target has shown in this call that its external id is the
    ///    employee's: an interrupted run created it and could not record it.
    /// 3. The change adopts or reactivates it, and by the ledger it belongs to any employee, or the target has shown in
    ///    this call that it is free (see [`Self::is_shown_free`]).
    fn check_managed(&self) -> Result<(), String> {
        let is_own = self.owner.is_some() && self.owner == self.employee_id;
        let was_own = self.owner.is_some() && self.owner == self.former_id;
        let is_managed = match self.kind {
            ChangeKind::Adopt | ChangeKind::Reactivate => self.owner.is_some() || self.is_shown_free(),
            ChangeKind::Update => is_own || was_own || self.is_shown_own(),
            _ => is_own || self.is_shown_own(),
        };
        match is_managed {
            true => Ok(()),
            false => Err("the account is not one that this sync created or adopted".to_owned()),
        }
    }

    /// Whether the account belongs to nobody by the ledger, and the target has shown the employee's id on it.
    fn is_shown_own(&self) -> bool {
        let answers = self.answers();
        let shown = self.target_id.as_deref().and_then(|id| answers.account(id));
        let is_theirs = |id: &String| shown.is_some_and(|shown| shown.external_id.as_ref() == Some(id));
        self.owner.is_none() && self.employee_id.as_ref().is_some_and(is_theirs)
    }

    /// Whether the target has shown that the account has no external id, or the employee's; or, for a reactivation,
    /// that it is archived and has the id that the change replaces.
    fn is_shown_free(&self) -> bool {
        let answers = self.answers();
        let shown = self.target_id.as_deref().and_then(|id| answers.account(id));
        let reactivates = self.kind == ChangeKind::Reactivate;
        shown.is_some_and(|shown| match &shown.external_id {
            None => true,
            Some(id) if Some(id) == self.employee_id.as_ref() => true,
            // The archived account of an employee who was rehired under a new id, as the plan says.
            id => reactivates && shown.active == Some(false) && *id == self.former_id,
        })
    }

    fn check_new_user(&self, body: &Json) -> Result<(), String> {
        let user = body.as_object().ok_or("it is not a JSON object")?;
        if user.get("externalId").and_then(Json::as_str) != self.employee_id.as_deref() {
            return Err("it does not carry the employee's id".to_owned());
        }
        for (path, value) in attributes(user) {
            if path == "active" {
                if *value != Json::Bool(true) {
                    return Err("a new account has to be active".to_owned());
                }
            } else {
                self.check_value(&path, Some(value))?;
            }
        }
        Ok(())
    }

    /// Checks the operations of a PATCH (RFC 7644, section 3.5.2). Each must have a path, so that the attribute that it
    /// writes is known.
    fn check_patch(&self, body: &Json) -> Result<(), String> {
        let operations = body.get("Operations").and_then(Json::as_array).ok_or("it has no list of operations")?;
        for operation in operations {
            let text = |key: &str| operation.get(key).and_then(Json::as_str);
            let path = text("path").ok_or("an operation has no path")?;
            let is_about_state = matches!(self.kind, ChangeKind::Archive | ChangeKind::Reactivate);
            if path == "active" && !is_about_state {
                return Err("it sets whether the account is active".to_owned());
            }
            if path != "active" && self.kind == ChangeKind::Archive {
                return Err("archiving writes `active` and nothing else".to_owned());
            }
            match (text("op"), operation.get("value")) {
                (Some("add" | "replace"), Some(value)) => self.check_value(path, Some(value))?,
                (Some("remove"), None) => self.check_value(path, None)?,
                _ => return Err(format!("its operation at {path} is none of add, replace and remove")),
            }
        }
        Ok(())
    }

    /// Whether the change gives this value to the attribute at `path`; `None` clears the attribute.
    fn check_value(&self, path: &str, value: Option<&Json>) -> Result<(), String> {
        let (field, form) = field_of(path).ok_or_else(|| format!("{path} is not an attribute that a plan can name"))?;
        let planned = self.fields.get(field).ok_or_else(|| format!("the change does not name {field}"))?;
        let same = match value {
            None => planned.is_null(),
            Some(value) => {
                let equals = |value: &&Json| *value == planned && !planned.is_null();
                within(form, value).is_some_and(|values| values.iter().all(equals))
            }
        };
        let own = field != "external-id" || planned.as_str() == self.employee_id.as_deref();
        let state = match self.kind {
            ChangeKind::Archive => Json::Bool(false),
            _ => Json::Bool(true),
        };
        let right_state = field != "active" || *planned == state;
        if same && own && right_state { Ok(()) } else { Err(format!("{field} has another value in the change")) }
    }

    /// Takes in an answer to a request of this call.
    pub fn note_answer(&self, role: Role, method: &Method, path: &str, status: StatusCode, body: &[u8]) {
        match role {
            Role::Scim => self.answers().note(method, path, status, body),
            Role::CostCenters if status.is_success() => self.answers().any_success = true,
            _ => {}
        }
    }

    /// Whether the target's answers show that the change was made to the account or cost center `written_id`, which the
    /// plugin names as the one that it wrote:
    ///
    /// 1. `written_id` must be the change's own target, if the change names one.
    /// 2. For a cost center, any answer of success is enough.
    /// 3. For an account, the target has accepted a write to it, or has shown it as the employee's, and active or
    ///    archived as the change makes it.
    pub fn shows(&self, written_id: &str) -> bool {
        if self.target_id.as_deref().is_some_and(|id| id != written_id) {
            return false;
        }
        let answers = self.answers();
        if self.employee_id.is_none() {
            return answers.any_success;
        }
        let is_state = |active: Option<bool>| match self.kind {
            ChangeKind::Archive => active == Some(false),
            ChangeKind::Reactivate => active == Some(true),
            _ => true,
        };
        let shown = answers.account(written_id).is_some_and(|shown| {
            let owner = shown.external_id.as_ref().or(self.owner.as_ref());
            owner == self.employee_id.as_ref() && is_state(shown.active)
        });
        shown || answers.is_written(written_id)
    }
}

/// The value at `key` of an object that has no other key.
fn only<'v>(body: &'v Json, key: &str) -> Option<&'v Json> {
    let body = body.as_object().filter(|body| body.len() == 1)?;
    body.get(key)
}

#[cfg(test)]
mod tests;
