//! What one `apply` may write: its own change's resource, what the change says and nothing else, a few times.
//!
//! The host reads the request as it will leave, and trusts neither the plugin nor the plan it came from. What an answer
//! showed is noted, so that a change counts as made only where the target says so.

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

/// What the host's own ledger knows of those whom a change is about.
#[derive(Clone, Debug, Default)]
pub struct LedgerFacts {
    /// The account that the ledger has for the employee, for a change of an account that the same plan has made.
    pub account_id: Option<String>,
    /// The employee whose account the changed one is.
    pub owner: Option<String>,
    /// The account that the ledger has for the line manager whom the change names.
    pub manager_account_id: Option<String>,
}

/// The writes that one change may make.
#[derive(Debug)]
pub struct ApplyScope {
    kind: ChangeKind,
    employee_id: Option<String>,
    /// The account or cost center; none for what is made.
    target_id: Option<String>,
    owner: Option<String>,
    /// The id that the account carries before the change gives it another one: somebody who came back.
    former_id: Option<String>,
    /// The name of a cost center.
    name: String,
    /// What each field is to hold, as JSON; null where it is emptied. A person is an account's id.
    fields: BTreeMap<String, Json>,
    writes_left: AtomicU32,
    answers: Mutex<TargetAnswers>,
}

impl ApplyScope {
    /// The scope of a change.
    pub fn new(change: &Change, ledger: LedgerFacts) -> Self {
        // All fields at once, and each on its own where that was refused.
        let writes = u32::try_from(change.fields.len()).unwrap_or(u32::MAX).saturating_add(1);
        let value = |value: &Value| match value {
            Value::Text(text) => Json::from(text.as_str()),
            Value::Flag(flag) => Json::from(*flag),
            Value::Integer(number) => Json::from(*number),
            Value::Person(person) => {
                Json::from(person.account_id.clone().or_else(|| ledger.manager_account_id.clone()).unwrap_or_default())
            }
            Value::Texts(_) | Value::Pairs(_) => Json::Array(Vec::new()), // no field of an account is one
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
            writes_left: AtomicU32::new(writes),
            answers: Mutex::default(),
        }
    }

    fn answers(&self) -> MutexGuard<'_, TargetAnswers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a write pass, and returns its body as it is to leave.
    ///
    /// # Errors
    /// Why it is not this change's write, or one too many.
    pub fn check(&self, role: Role, method: &Method, path: &str, body: &[u8]) -> Result<Bytes, Refusal> {
        let refuse = |why: &str| {
            Refusal::new(format!("{method} {path} is not what a change of kind `{:?}` may write: {why}", self.kind))
        };
        let body = json::read(body).map_err(|what| refuse(&format!("its body is not plain JSON ({what})")))?;
        self.is_right(role, method, path, &body).map_err(|why| refuse(&why))?;
        let one_less = |left: u32| left.checked_sub(1);
        match self.writes_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less) {
            Ok(_) => Ok(Bytes::from(body.to_string())),
            Err(_) => Err(refuse("it has written as often as it has fields")),
        }
    }

    fn is_right(&self, role: Role, method: &Method, path: &str, body: &Json) -> Result<(), String> {
        match (self.kind, role, method) {
            (ChangeKind::Create, Role::Scim, &Method::POST) => self.is_new_user(body),
            (
                ChangeKind::Adopt | ChangeKind::Update | ChangeKind::Reactivate | ChangeKind::Archive,
                Role::Scim,
                &Method::PATCH,
            ) => {
                self.is_own(path, "/Users/")?;
                self.is_in_care()?;
                self.is_own_patch(body)
            }
            (ChangeKind::CreateCostCenter, Role::CostCenters, &Method::POST) => match only(body, "name") {
                Some(Json::String(name)) if *name == self.name => Ok(()),
                _ => Err("another name".to_owned()),
            },
            (ChangeKind::RestoreCostCenter, Role::CostCenters, &Method::PATCH) => {
                self.is_own(path, "/cost_centers/")?;
                match only(body, "archive") {
                    Some(Json::Bool(false)) => Ok(()),
                    _ => Err("it does more than bring the cost center back".to_owned()),
                }
            }
            _ => Err("it is another kind of request".to_owned()),
        }
    }

    fn is_own(&self, path: &str, below: &str) -> Result<(), String> {
        let id = path.strip_prefix(below).filter(|id| Some(*id) == self.target_id.as_deref());
        id.map(|_| ()).ok_or_else(|| "it is not the change's own resource".to_owned())
    }

    /// Whether the host knows by itself that the sync may write to the account: its ledger has it for the employee, or
    /// for the id that the change replaces, or for nobody, and the target has shown in this call that it carries the
    /// employee's id, as the account does that a run made and could not record any more; or, where the account is taken
    /// over or comes back, the ledger has it for anybody, or the target has shown in this call that it is nobody else's.
    fn is_in_care(&self) -> Result<(), String> {
        let is_own = self.owner.is_some() && self.owner == self.employee_id;
        let was_own = self.owner.is_some() && self.owner == self.former_id;
        let known = match self.kind {
            ChangeKind::Adopt | ChangeKind::Reactivate => self.owner.is_some() || self.is_shown_free(),
            ChangeKind::Update => is_own || was_own || self.is_shown_own(),
            _ => is_own || self.is_shown_own(),
        };
        match known {
            true => Ok(()),
            false => Err("the account is not one that this sync made or took over".to_owned()),
        }
    }

    /// Whether the ledger has the account for nobody, and it carries the employee's id.
    fn is_shown_own(&self) -> bool {
        let answers = self.answers();
        let shown = self.target_id.as_deref().and_then(|id| answers.account(id));
        let is_theirs = |id: &String| shown.is_some_and(|shown| shown.external_id.as_ref() == Some(id));
        self.owner.is_none() && self.employee_id.as_ref().is_some_and(is_theirs)
    }

    fn is_shown_free(&self) -> bool {
        let answers = self.answers();
        let shown = self.target_id.as_deref().and_then(|id| answers.account(id));
        let comes_back = self.kind == ChangeKind::Reactivate;
        shown.is_some_and(|shown| match &shown.external_id {
            None => true,
            Some(id) if Some(id) == self.employee_id.as_ref() => true,
            // An archived account of somebody who came back under another id, as the plan says.
            id => comes_back && shown.active == Some(false) && *id == self.former_id,
        })
    }

    fn is_new_user(&self, body: &Json) -> Result<(), String> {
        let user = body.as_object().ok_or("it is not a user")?;
        if user.get("externalId").and_then(Json::as_str) != self.employee_id.as_deref() {
            return Err("it does not carry the employee's id".to_owned());
        }
        for (path, value) in attributes(user) {
            if path == "active" {
                if *value != Json::Bool(true) {
                    return Err("a new account is active".to_owned());
                }
            } else {
                self.is_planned(&path, Some(value))?;
            }
        }
        Ok(())
    }

    /// Every operation has a path, so that what it touches can be seen.
    fn is_own_patch(&self, body: &Json) -> Result<(), String> {
        let operations = body.get("Operations").and_then(Json::as_array).ok_or("it has no list of operations")?;
        for operation in operations {
            let text = |key: &str| operation.get(key).and_then(Json::as_str);
            let path = text("path").ok_or("an operation without a path")?;
            let is_about_state = matches!(self.kind, ChangeKind::Archive | ChangeKind::Reactivate);
            if path == "active" && !is_about_state {
                return Err("it sets whether the account is active".to_owned());
            }
            if path != "active" && self.kind == ChangeKind::Archive {
                return Err("archiving writes nothing else".to_owned());
            }
            match (text("op"), operation.get("value")) {
                (Some("add" | "replace"), Some(value)) => self.is_planned(path, Some(value))?,
                (Some("remove"), None) => self.is_planned(path, None)?,
                _ => return Err(format!("its operation at {path} is none of add, replace and remove")),
            }
        }
        Ok(())
    }

    /// Whether the change writes this value to this attribute; none empties it.
    fn is_planned(&self, path: &str, value: Option<&Json>) -> Result<(), String> {
        let (field, form) = field_of(path).ok_or_else(|| format!("{path} is no attribute that a plan names"))?;
        let planned = self.fields.get(field).ok_or_else(|| format!("the change does not name {field}"))?;
        let same = match value {
            None => planned.is_null(),
            Some(value) => {
                let is_planned = |value: &&Json| *value == planned && !planned.is_null();
                within(form, value).is_some_and(|values| values.iter().all(is_planned))
            }
        };
        let own = field != "external-id" || planned.as_str() == self.employee_id.as_deref();
        let state = match self.kind {
            ChangeKind::Archive => Json::Bool(false),
            _ => Json::Bool(true),
        };
        let right_state = field != "active" || *planned == state;
        if same && own && right_state { Ok(()) } else { Err(format!("{field} is to hold something else")) }
    }

    /// Notes an answer to a request of this call.
    pub fn note_answer(&self, role: Role, method: &Method, path: &str, status: StatusCode, body: &[u8]) {
        match role {
            Role::Scim => self.answers().note(method, path, status, body),
            Role::CostCenters if status.is_success() => self.answers().any_success = true,
            _ => {}
        }
    }

    /// Whether the target's answers show that the change was made, on the account or cost center that the plugin names:
    /// a write was taken, or the account was shown as the employee's, and active or not as the change makes it.
    pub fn shows(&self, written_id: &str) -> bool {
        if self.target_id.as_deref().is_some_and(|id| id != written_id) {
            return false;
        }
        let answers = self.answers();
        if self.employee_id.is_none() {
            return answers.any_success;
        }
        let made = |active: Option<bool>| match self.kind {
            ChangeKind::Archive => active == Some(false),
            ChangeKind::Reactivate => active == Some(true),
            _ => true,
        };
        let shown = answers.account(written_id).is_some_and(|shown| {
            let owner = shown.external_id.as_ref().or(self.owner.as_ref());
            owner == self.employee_id.as_ref() && made(shown.active)
        });
        shown || answers.is_written(written_id)
    }
}

/// The one value of an object that has only this key.
fn only<'v>(body: &'v Json, key: &str) -> Option<&'v Json> {
    let body = body.as_object().filter(|body| body.len() == 1)?;
    body.get(key)
}

#[cfg(test)]
mod tests;
