//! What one `apply` may write: its own change's resource, a few times, and `active` only where the change is about it.
//!
//! The host reads the request as it will leave, and trusts neither the plugin nor the plan it came from.

use super::policy::{Refusal, Role};
use crate::bindings::directory_sync::{Change, ChangeKind};
use http::Method;
use serde_json::Value;
use std::sync::atomic::{AtomicU32, Ordering};

/// The writes that one change may make.
#[derive(Debug)]
pub struct ApplyScope {
    kind: ChangeKind,
    employee_id: Option<String>,
    /// The account or cost center; none for what is made.
    target_id: Option<String>,
    /// The name of a cost center.
    name: String,
    writes_left: AtomicU32,
}

impl ApplyScope {
    /// The scope of a change. `account_id` is the account that the host's own ledger has for the employee, for a change
    /// of an account that the same plan has made.
    pub fn new(change: &Change, account_id: Option<String>) -> Self {
        // All fields at once, and each on its own where that was refused.
        let writes = u32::try_from(change.fields.len()).unwrap_or(u32::MAX).saturating_add(1);
        Self {
            kind: change.kind,
            employee_id: change.employee_id.clone(),
            target_id: change.target_id.clone().or(account_id),
            name: change.display_name.clone(),
            writes_left: AtomicU32::new(writes),
        }
    }

    /// Lets a write pass, or says why not.
    ///
    /// # Errors
    /// It is not this change's write, or one too many.
    pub(super) fn check(&self, role: Role, method: &Method, path: &str, body: &[u8]) -> Result<(), Refusal> {
        let refuse = |why: &str| {
            Err(Refusal::new(format!(
                "{method} {path} is not what a change of kind `{:?}` may write: {why}",
                self.kind
            )))
        };
        let Ok(body) = serde_json::from_slice::<Value>(body) else { return refuse("its body is not JSON") };
        let right = match (self.kind, role, method) {
            (ChangeKind::Create, Role::Scim, &Method::POST) => self.is_new_user(&body),
            (
                ChangeKind::Adopt | ChangeKind::Update | ChangeKind::Reactivate | ChangeKind::Archive,
                Role::Scim,
                &Method::PATCH,
            ) => self.is_own(path, "/Users/").and_then(|()| self.is_own_patch(&body)),
            (ChangeKind::CreateCostCenter, Role::CostCenters, &Method::POST) => {
                if only(&body, "name") == Some(&Value::from(self.name.as_str())) { Ok(()) } else { Err("another name") }
            }
            (ChangeKind::RestoreCostCenter, Role::CostCenters, &Method::PATCH) => {
                self.is_own(path, "/cost_centers/").and_then(|()| match only(&body, "archive") {
                    Some(Value::Bool(false)) => Ok(()),
                    _ => Err("it does more than bring the cost center back"),
                })
            }
            _ => Err("it is another kind of request"),
        };
        if let Err(why) = right {
            return refuse(why);
        }
        let one_less = |left: u32| left.checked_sub(1);
        match self.writes_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less) {
            Ok(_) => Ok(()),
            Err(_) => refuse("it has written as often as it has fields"),
        }
    }

    fn is_own(&self, path: &str, below: &str) -> Result<(), &'static str> {
        let id = path.strip_prefix(below).filter(|id| Some(*id) == self.target_id.as_deref());
        id.map(|_| ()).ok_or("it is not the change's own resource")
    }

    fn is_new_user(&self, body: &Value) -> Result<(), &'static str> {
        let Some(user) = body.as_object() else { return Err("it is not a user") };
        for (key, value) in user {
            match key.to_ascii_lowercase().as_str() {
                "active" if *value != Value::Bool(true) => return Err("a new account is active"),
                "externalid" if value.as_str() != self.employee_id.as_deref() => return Err("another employee's id"),
                "id" => return Err("an id is the target's to give"),
                _ => {}
            }
        }
        if user.keys().any(|key| key == "externalId") { Ok(()) } else { Err("it carries no employee's id") }
    }

    /// Every operation has a path, so that what it touches can be seen.
    fn is_own_patch(&self, body: &Value) -> Result<(), &'static str> {
        let operations = body.as_object().and_then(|body| {
            let named = |key: &&String| key.eq_ignore_ascii_case("operations");
            if body.keys().filter(named).count() == 1 { body.get("Operations")?.as_array() } else { None }
        });
        for operation in operations.ok_or("it has no list of operations")? {
            let Some(path) = operation.get("path").and_then(Value::as_str) else {
                return Err("an operation without a path");
            };
            let attribute = path.rsplit(':').next().unwrap_or(path).to_ascii_lowercase();
            let value = operation.get("value");
            let allowed = match attribute.split(['.', '[']).next().unwrap_or_default() {
                "active" => match self.kind {
                    ChangeKind::Archive => value == Some(&Value::Bool(false)),
                    ChangeKind::Reactivate => value == Some(&Value::Bool(true)),
                    _ => false,
                },
                // Archiving writes nothing else.
                _ if self.kind == ChangeKind::Archive => false,
                "externalid" => value.and_then(Value::as_str).is_some_and(|id| Some(id) == self.employee_id.as_deref()),
                "user" | "id" | "schemas" | "meta" | "groups" | "roles" | "entitlements" | "password" => false,
                _ => true,
            };
            if !allowed {
                return Err("it touches what this change does not");
            }
        }
        Ok(())
    }
}

/// The one value of an object that has only this key.
fn only<'v>(body: &'v Value, key: &str) -> Option<&'v Value> {
    let body = body.as_object().filter(|body| body.len() == 1)?;
    body.get(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::directory_sync::FieldChange;
    use serde_json::json;

    fn scope(kind: ChangeKind, target: Option<&str>) -> ApplyScope {
        let field = FieldChange { field: "title".to_owned(), before: None, after: None };
        let change = Change {
            id: "x".to_owned(),
            kind,
            employee_id: Some("7".to_owned()),
            target_id: target.map(str::to_owned),
            display_name: "Sales".to_owned(),
            depends_on: Vec::new(),
            after: Vec::new(),
            fields: vec![field],
            reason: String::new(),
        };
        ApplyScope::new(&change, None)
    }

    #[track_caller]
    fn write(scope: &ApplyScope, role: Role, method: &Method, path: &str, body: &Value) -> bool {
        scope.check(role, method, path, body.to_string().as_bytes()).is_ok()
    }

    fn patch(operation: Value) -> Value {
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation] })
    }

    #[test]
    fn a_change_writes_its_own_account_and_no_other() {
        let title = patch(json!({ "op": "replace", "path": "title", "value": "Lead" }));
        for (path, allowed) in
            [("/Users/29", true), ("/Users/30", false), ("/Users/2", false), ("/Users/%32%39", false)]
        {
            let update = scope(ChangeKind::Update, Some("29"));
            assert_eq!(write(&update, Role::Scim, &Method::PATCH, path, &title), allowed, "{path}");
        }
        assert!(!write(&scope(ChangeKind::Create, None), Role::Scim, &Method::PATCH, "/Users/29", &title));
        assert!(!write(&scope(ChangeKind::Update, None), Role::Scim, &Method::PATCH, "/Users/29", &title));
    }

    #[test]
    fn active_is_for_archiving_and_reactivating_only() {
        let active = |path: &str, value: Value| patch(json!({ "op": "replace", "path": path, "value": value }));
        let tries = |kind, operation: &Value| {
            write(&scope(kind, Some("29")), Role::Scim, &Method::PATCH, "/Users/29", operation)
        };
        for path in ["active", "ACTIVE", "urn:ietf:params:scim:schemas:core:2.0:User:active"] {
            assert!(!tries(ChangeKind::Update, &active(path, json!(false))), "{path}");
            assert!(!tries(ChangeKind::Adopt, &active(path, json!(true))), "{path}");
            assert!(tries(ChangeKind::Archive, &active(path, json!(false))), "{path}");
            assert!(!tries(ChangeKind::Archive, &active(path, json!(true))), "{path}");
            assert!(tries(ChangeKind::Reactivate, &active(path, json!(true))), "{path}");
            assert!(!tries(ChangeKind::Reactivate, &active(path, json!("False"))), "{path}");
        }
        let hidden = patch(json!({ "op": "replace", "value": { "active": false } }));
        assert!(!tries(ChangeKind::Update, &hidden));
        let whole =
            patch(json!({ "op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User", "value": {} }));
        assert!(!tries(ChangeKind::Update, &whole));
        assert!(!tries(ChangeKind::Archive, &active("title", json!("x"))));
        let twice = json!({ "Operations": [], "operations": [{ "op": "replace", "path": "active", "value": false }] });
        assert!(!tries(ChangeKind::Update, &twice));
    }

    #[test]
    fn a_new_account_is_its_own_employees_and_active() {
        let tries = |body: Value| write(&scope(ChangeKind::Create, None), Role::Scim, &Method::POST, "/Users", &body);
        assert!(tries(json!({ "externalId": "7", "active": true, "userName": "a@x" })));
        assert!(!tries(json!({ "externalId": "8", "active": true })));
        assert!(!tries(json!({ "externalId": "7", "active": false })));
        assert!(!tries(json!({ "active": true })));
        assert!(!tries(json!({ "externalId": "7", "EXTERNALID": "8", "active": true })));
    }

    #[test]
    fn writes_are_counted() {
        let update = scope(ChangeKind::Update, Some("29"));
        let title = patch(json!({ "op": "replace", "path": "title", "value": "Lead" }));
        let tries: Vec<bool> =
            (0..4).map(|_| write(&update, Role::Scim, &Method::PATCH, "/Users/29", &title)).collect();
        assert_eq!(tries, [true, true, false, false]);
    }

    #[test]
    fn cost_centers_are_made_and_brought_back_and_nothing_else() {
        let make = |body: Value| {
            write(&scope(ChangeKind::CreateCostCenter, None), Role::CostCenters, &Method::POST, "/cost_centers", &body)
        };
        assert!(make(json!({ "name": "Sales" })));
        assert!(!make(json!({ "name": "Other" })));
        assert!(!make(json!({ "name": "Sales", "approver_id": 1 })));
        let restore = |path: &str, body: Value| {
            write(&scope(ChangeKind::RestoreCostCenter, Some("3")), Role::CostCenters, &Method::PATCH, path, &body)
        };
        assert!(restore("/cost_centers/3", json!({ "archive": false })));
        assert!(!restore("/cost_centers/4", json!({ "archive": false })));
        assert!(!restore("/cost_centers/3", json!({ "archive": true })));
        assert!(!restore("/cost_centers/3", json!({ "archive": false, "name": "x" })));
    }
}
