//! The write scope: what one call of `apply` may ask and write, and what the target's answers show of its change.
//!
//! 1. A write goes to the account or cost center of the change, and to no other.
//! 2. An account is written to only if it is managed: by the host's ledger, or by what the target has shown in this
//!    call.
//! 3. What leaves is the host's own request: the body has only fields that the change names, with the values that the
//!    change names; there is no query; the headers follow from the tenant's settings.
//! 4. There are at most as many writes as the change has fields, and one more.
//! 5. A read has no body, and no query but a search for a value of the change itself, or a page of cost centers.
//!
//! The host checks the request as it will be sent, and trusts neither the plugin nor the plan that the change is from.
//! It also keeps what the target's answers have shown, so that a field counts as made only if they show it.

mod answers;
mod attribute;
mod made;
mod search;

use crate::json;
use crate::request::{Refusal, Role};
use crate::text_form::compared;
use answers::{Carries, TargetAnswers};
pub use attribute::writable_attributes;
use attribute::{PATCH_OP, USER, Write, is_exactly, new_user, operation};
use bytes::Bytes;
use hibob_contract::directory_sync::{Change, ChangeKind};
use hibob_contract::types::Value;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
pub use made::Made;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the host's own ledger has on the employee, the account and the line managers of a change.
#[derive(Clone, Debug, Default)]
pub struct LedgerFacts {
    /// The employee's account by the ledger, if the change itself names no account: the same plan has created it. None
    /// for a change that creates an account, whatever account the employee had before.
    pub account_id: Option<String>,
    /// The employee to whom the account belongs by the ledger.
    pub owner: Option<String>,
    /// Whether a person has given the account up (`hibob unlink`), so that nothing is written to it.
    pub is_unlinked: bool,
    /// The accounts, by the ledger, of the people whom the change names by their employee ids only.
    pub people: BTreeMap<String, String>,
}

/// What the tenant's settings say of requests to TravelPerk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetSettings {
    /// The content type of SCIM requests (`travelperk.content_type`).
    pub content_type: String,
    /// The conditions under which the line manager is written as approver (`sync.approvals.conditions`).
    pub approver_conditions: Vec<String>,
}

impl Default for TargetSettings {
    fn default() -> Self {
        Self { content_type: JSON.to_owned(), approver_conditions: Vec::new() }
    }
}

/// The content type of requests that are not SCIM.
const JSON: &str = "application/json";

/// The header with the version of TravelPerk's API, and the version that requests ask for.
const API_VERSION: (HeaderName, HeaderValue) = (HeaderName::from_static("api-version"), HeaderValue::from_static("1"));

/// A request of a change as the host sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The query, without the question mark.
    pub query: Option<String>,
    /// `Accept`, `Api-Version`, and with a body `Content-Type`.
    pub headers: HeaderMap,
    /// The body; empty for a read.
    pub body: Bytes,
    /// What the answer to it is about.
    pub sent: Sent,
}

/// What was sent, for understanding the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    role: Role,
    method: Method,
    /// The path below the service's base URL.
    path: String,
    has_query: bool,
    /// The fields of the change that the request writes.
    fields: Vec<&'static str>,
    /// At which moment of the call it began; see [`ApplyScope::moment`].
    began: u64,
}

impl Sent {
    /// The path below the service's base URL.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// The value that a change gives to a field.
#[derive(Clone, Debug, PartialEq)]
enum Planned {
    /// The value, as JSON; null if the field is cleared. Of a person it is the account's id.
    Value(Json),
    /// Nothing may be written: the person has no account that the host knows, or no field has such a value.
    Nothing,
}

/// The requests that one change may make, and what the target has answered during its call.
#[derive(Debug)]
pub struct ApplyScope {
    kind: ChangeKind,
    employee_id: Option<String>,
    /// The account or cost center that is changed; `None` if the change creates it: which one that is, the answer to
    /// the POST says.
    target_id: Option<String>,
    /// The employee to whom the account belongs by the ledger.
    owner: Option<String>,
    /// Whether a person has given the account up.
    is_unlinked: bool,
    /// The external id that the account has before the change replaces it: the employee was rehired under a new id.
    former_id: Option<String>,
    /// The name of a cost center.
    name: String,
    fields: BTreeMap<String, Planned>,
    /// The texts by which the change may look for its account: values of its user name and of its external id.
    searched: [BTreeSet<String>; 2],
    settings: TargetSettings,
    may_write: bool,
    writes_left: AtomicU32,
    moments: AtomicU64,
    answers: Mutex<TargetAnswers>,
}

impl ApplyScope {
    /// The scope of `change`.
    pub fn new(change: &Change, ledger: LedgerFacts, settings: TargetSettings) -> Self {
        // A plugin writes all fields at once, and then each on its own if the target refused that.
        let writes = u32::try_from(change.fields.len()).unwrap_or(u32::MAX).saturating_add(1);
        let value = |value: &Value| match value {
            Value::Text(text) if text.is_empty() => Planned::Value(Json::Null),
            Value::Text(text) => Planned::Value(Json::from(text.as_str())),
            Value::Flag(flag) => Planned::Value(Json::from(*flag)),
            Value::Person(person) => {
                let by_ledger = person.employee_id.as_ref().and_then(|id| ledger.people.get(id));
                let account = person.account_id.as_ref().or(by_ledger).filter(|id| !id.is_empty());
                account.map_or(Planned::Nothing, |id| Planned::Value(Json::from(id.as_str())))
            }
            // No field of an account has such a value.
            Value::Integer(_) | Value::Texts(_) | Value::Pairs(_) => Planned::Nothing,
        };
        let fields = change.fields.iter().map(|field| {
            let after = field.after.as_ref().map_or(Planned::Value(Json::Null), value);
            (field.field.clone(), after)
        });
        let texts = |name: &str| {
            let field = change.fields.iter().find(|field| field.field == name);
            let values = field.into_iter().flat_map(|field| [&field.before, &field.after]);
            let text = |value: &Option<Value>| match value {
                Some(Value::Text(text)) if !text.is_empty() => Some(text.clone()),
                _ => None,
            };
            values.map(text).collect::<Vec<_>>()
        };
        // Which account a creation makes is not known before the target has answered.
        let creates = change.kind == ChangeKind::Create;
        let external_ids = texts("external-id");
        let searched = [
            texts("user-name").into_iter().flatten().collect(),
            external_ids.iter().flatten().cloned().chain(change.employee_id.clone()).collect(),
        ];
        Self {
            kind: change.kind,
            former_id: external_ids.into_iter().next().flatten().map(|id| compared(&id).into_owned()),
            employee_id: change.employee_id.clone(),
            target_id: change.target_id.clone().or(ledger.account_id).filter(|_| !creates),
            owner: ledger.owner.filter(|_| !creates),
            is_unlinked: ledger.is_unlinked,
            name: change.display_name.clone(),
            fields: fields.collect(),
            searched,
            settings,
            may_write: true,
            writes_left: AtomicU32::new(writes),
            moments: AtomicU64::new(0),
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

    /// Checks a read of the target, and returns it as the host sends it.
    ///
    /// # Errors
    /// It has a body, or a query that is neither a search for a value of the change nor a page of cost centers.
    pub fn check_read(
        &self,
        role: Role,
        method: &Method,
        path: &str,
        query: Option<&str>,
        body: &[u8],
    ) -> Result<Outgoing, Refusal> {
        let refuse = |why: &str| {
            Refusal::new(format!("the plugin wanted to send {method} {path}, which the change may not ask: {why}"))
        };
        if !body.is_empty() {
            return Err(refuse("a read has no body"));
        }
        let query = match (role, query) {
            (_, None) => None,
            (Role::Scim, Some(query)) if path == "/Users" => {
                let [user_names, external_ids] = &self.searched;
                let search = search::search(query, user_names, external_ids);
                Some(search.ok_or_else(|| refuse("it searches for something else than a value of the change"))?)
            }
            (Role::CostCenters, Some(query)) if path == "/cost_centers" => {
                Some(search::page(query).ok_or_else(|| refuse("its query is not that of a page"))?)
            }
            _ => return Err(refuse("it has a query")),
        };
        Ok(self.outgoing(role, method, path, query, Bytes::new(), Vec::new()))
    }

    /// Checks a write and returns it as the host sends it. What the plugin has set as headers is not part of it.
    ///
    /// # Errors
    /// The write is not one of this change, or the change has used up its writes.
    pub fn check_write(
        &self,
        role: Role,
        method: &Method,
        path: &str,
        query: Option<&str>,
        body: &[u8],
    ) -> Result<Outgoing, Refusal> {
        let refuse = |why: &str| {
            let kind = self.kind.word();
            Refusal::new(format!(
                "the plugin wanted to send {method} {path}, which a change of the kind {kind} may not write: {why}"
            ))
        };
        if query.is_some() {
            return Err(refuse("a write has no query"));
        }
        let body = json::read(body).map_err(|what| refuse(&format!("its body is not plain JSON ({what})")))?;
        let (body, fields) = self.rendered(role, method, path, &body).map_err(|why| refuse(&why))?;
        let one_less = |left: u32| left.checked_sub(1);
        match self.writes_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less) {
            Ok(_) => Ok(self.outgoing(role, method, path, None, Bytes::from(body.to_string()), fields)),
            Err(_) => Err(refuse("it has written as often as it has fields")),
        }
    }

    /// The next moment of the call. Moments are counted, from 1: a request has one when it is let out, and an accepted
    /// write another one when its answer is there. So what began after what is a comparison of two numbers.
    fn moment(&self) -> u64 {
        self.moments.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn outgoing(
        &self,
        role: Role,
        method: &Method,
        path: &str,
        query: Option<String>,
        body: Bytes,
        fields: Vec<&'static str>,
    ) -> Outgoing {
        let content_type = match role {
            Role::Scim => HeaderValue::from_str(&self.settings.content_type).ok(),
            Role::HiBob | Role::Rest | Role::CostCenters => None,
        };
        let content_type = content_type.unwrap_or(HeaderValue::from_static(JSON));
        let mut headers = HeaderMap::from_iter([(ACCEPT, content_type.clone()), API_VERSION]);
        if !body.is_empty() {
            headers.insert(CONTENT_TYPE, content_type);
        }
        let (has_query, method, path) = (query.is_some(), method.clone(), path.to_owned());
        Outgoing { query, headers, body, sent: Sent { role, method, path, has_query, fields, began: self.moment() } }
    }

    /// The body of a write in the host's own rendering, and the fields that it writes.
    fn rendered(
        &self,
        role: Role,
        method: &Method,
        path: &str,
        body: &Json,
    ) -> Result<(Json, Vec<&'static str>), String> {
        match (self.kind, role, method) {
            (ChangeKind::Create, Role::Scim, &Method::POST) => self.new_user(body),
            (
                ChangeKind::Adopt | ChangeKind::Update | ChangeKind::Reactivate | ChangeKind::Archive,
                Role::Scim,
                &Method::PATCH,
            ) => {
                self.check_target(path, "/Users/")?;
                self.check_managed()?;
                self.patch(body)
            }
            (ChangeKind::CreateCostCenter, Role::CostCenters, &Method::POST) => {
                // A plan may name the field beside the name that it shows. Both have to be the one that is written.
                let named = self.fields.get("name").is_none_or(|name| is_text(name, &self.name));
                if self.answers().is_accepted {
                    return Err("the cost center is created already".to_owned());
                }
                match only(body, "name") {
                    Some(Json::String(name)) if *name == self.name && named => Ok((json!({ "name": name }), vec![])),
                    _ => Err("it has another name than the change".to_owned()),
                }
            }
            (ChangeKind::RestoreCostCenter, Role::CostCenters, &Method::PATCH) => {
                self.check_target(path, "/cost_centers/")?;
                match only(body, "archive") {
                    Some(Json::Bool(false)) => Ok((json!({ "archive": false }), vec![])),
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

    /// Whether the account is managed, by what the host itself knows.
    ///
    /// 1. By the ledger the account belongs to the employee.
    /// 2. By the ledger it belongs to nobody, and the target has shown in this call that its external id is the
    ///    employee's: an interrupted run created it and could not record it.
    /// 3. By the ledger it belongs to nobody, the change adopts or reactivates it, and the target has shown in this call
    ///    that it has no external id; or the change reactivates it, and the target has shown that it is archived and has
    ///    the id that the change names as the former one.
    /// 4. By the ledger it belongs to another employee, and [`Self::is_handed_over`].
    ///
    /// The guard counts 4, and the end of 3, as accounts that are given to another employee. An account that a person has
    /// given up is not managed, whatever it carries.
    fn check_managed(&self) -> Result<(), String> {
        if self.is_unlinked {
            return Err("a person has given the account up (hibob unlink)".to_owned());
        }
        let answers = self.answers();
        let shown = self.target_id.as_deref().and_then(|id| answers.accounts.get(id));
        let carries = shown.map_or(&Carries::Unclear, |shown| &shown.carries);
        let is_theirs = |id: &String| Some(id) == self.employee_id.as_ref();
        let takes_over = matches!(self.kind, ChangeKind::Adopt | ChangeKind::Reactivate);
        let is_managed = match (&self.owner, carries) {
            (Some(owner), _) if is_theirs(owner) => true,
            // Once the first write of this call was accepted, what was shown before it has changed.
            (_, Carries::Employee(id)) if answers.is_accepted => is_theirs(id) || Some(id) == self.former_id.as_ref(),
            (_, Carries::Nobody | Carries::Unclear) if answers.is_accepted => true,
            (None, Carries::Employee(id)) => {
                let is_archived = shown.is_some_and(|shown| shown.active == Some(false));
                let was_theirs = self.kind == ChangeKind::Reactivate && Some(id) == self.former_id.as_ref();
                is_theirs(id) || (was_theirs && is_archived && self.names_new_owner())
            }
            (None, Carries::Nobody) => takes_over && self.employee_id.is_some(),
            (Some(owner), carries) => self.is_handed_over(owner, carries),
            (None, Carries::Unclear) => false,
        };
        match is_managed {
            true => Ok(()),
            false => Err("the account is not one that this sync created or adopted".to_owned()),
        }
    }

    /// Whether an account that belongs to `owner` by the ledger is given to the change's employee, who was rehired under
    /// a new id. The target must have shown in this call, of the whole account,
    ///
    /// 1. the owner's id, which the change names as the former one and replaces, or
    /// 2. no external id, where somebody has removed it, and the change sets it, or
    /// 3. the employee's own id, where somebody has corrected it in TravelPerk.
    fn is_handed_over(&self, owner: &String, carries: &Carries) -> bool {
        let takes_over = matches!(self.kind, ChangeKind::Adopt | ChangeKind::Reactivate);
        let was_named = self.names_new_owner() && self.former_id.as_ref() == Some(owner);
        match carries {
            Carries::Employee(id) if id == owner => was_named && (takes_over || self.kind == ChangeKind::Update),
            Carries::Employee(id) => takes_over && Some(id) == self.employee_id.as_ref(),
            Carries::Nobody => takes_over && self.names_new_owner() && self.former_id.is_none(),
            Carries::Unclear => false,
        }
    }

    /// Whether the change sets the external id to the employee's.
    fn names_new_owner(&self) -> bool {
        let planned = self.fields.get("external-id");
        planned.zip(self.employee_id.as_ref()).is_some_and(|(planned, id)| is_text(planned, id))
    }

    /// Checks a new user (RFC 7644, section 3.3): the fields of the change, and `active`.
    fn new_user(&self, body: &Json) -> Result<(Json, Vec<&'static str>), String> {
        let user = body.as_object().ok_or("it is not a JSON object")?;
        if user.get("externalId").and_then(Json::as_str) != self.employee_id.as_deref() {
            return Err("it does not carry the employee's id".to_owned());
        }
        if self.answers().is_accepted {
            return Err("the account is created already".to_owned());
        }
        let (writes, extensions) = new_user(user)?;
        let mut fields = Vec::new();
        for write in writes {
            match (write.field, write.value) {
                ("active", Some((_, Json::Bool(true)))) => {}
                ("active", _) => return Err("a new account has to be active".to_owned()),
                _ => {
                    self.check_value(&write)?;
                    fields.push(write.field);
                }
            }
        }
        let schemas: Vec<&str> = std::iter::once(USER).chain(extensions).collect();
        check_schemas(user.get("schemas"), &schemas)?;
        let mut user = user.clone();
        user.insert("schemas".to_owned(), json!(schemas));
        Ok((Json::Object(user), fields))
    }

    /// Checks the operations of a PATCH (RFC 7644, section 3.5.2). Each must have a path, so that the attribute that it
    /// writes is known, and each field is written once.
    fn patch(&self, body: &Json) -> Result<(Json, Vec<&'static str>), String> {
        let body = body.as_object().filter(|body| body.keys().all(|key| ["schemas", "Operations"].contains(&&**key)));
        let body = body.ok_or("it is not an object of `schemas` and `Operations`")?;
        check_schemas(body.get("schemas"), &[PATCH_OP])?;
        let operations = body.get("Operations").and_then(Json::as_array).filter(|list| !list.is_empty());
        let operations = operations.ok_or("it has no list of operations, or an empty one")?;
        let mut fields = Vec::new();
        for one in operations {
            let known = |key: &String| ["op", "path", "value"].contains(&key.as_str());
            let keys = one.as_object().filter(|one| one.keys().all(known));
            let one = keys.ok_or("an operation has more than `op`, `path` and `value`")?;
            let text = |key: &str| one.get(key).and_then(Json::as_str);
            let path = text("path").ok_or("an operation has no path")?;
            let verb = text("op").ok_or("an operation has no `op`")?;
            let write = operation(verb, path, one.get("value"))
                .ok_or_else(|| format!("`{verb}` at {path} is not an operation that a plan can name"))?;
            let is_about_state = matches!(self.kind, ChangeKind::Archive | ChangeKind::Reactivate);
            if write.field == "active" && !is_about_state {
                return Err("it sets whether the account is active".to_owned());
            }
            if write.field != "active" && self.kind == ChangeKind::Archive {
                return Err("archiving writes `active` and nothing else".to_owned());
            }
            if fields.contains(&write.field) {
                return Err(format!("it writes {} twice", write.field));
            }
            self.check_value(&write)?;
            fields.push(write.field);
        }
        Ok((json!({ "schemas": [PATCH_OP], "Operations": operations }), fields))
    }

    /// Whether the change gives this value to the field.
    fn check_value(&self, write: &Write<'_>) -> Result<(), String> {
        let field = write.field;
        let planned = self.fields.get(field).ok_or_else(|| format!("the change does not name {field}"))?;
        let Planned::Value(planned) = planned else {
            return Err(format!("the host does not know the value of {field}"));
        };
        let same = match write.value {
            None => planned.is_null(),
            Some((form, value)) => {
                !planned.is_null() && is_exactly(form, value, planned, &self.settings.approver_conditions)
            }
        };
        let own = field != "external-id" || planned.as_str() == self.employee_id.as_deref();
        let right_state = field != "active" || Some(planned) == self.state().map(Json::from).as_ref();
        if same && own && right_state { Ok(()) } else { Err(format!("{field} has another value in the change")) }
    }

    /// Whether the account has to be active after the change, if the change is about that.
    fn state(&self) -> Option<bool> {
        match self.kind {
            ChangeKind::Archive => Some(false),
            ChangeKind::Reactivate => Some(true),
            _ => None,
        }
    }
}

/// Whether the planned value is this text.
fn is_text(planned: &Planned, text: &str) -> bool {
    matches!(planned, Planned::Value(Json::String(planned)) if planned == text)
}

/// Checks that `schemas` lists exactly these, in any order.
fn check_schemas(listed: Option<&Json>, wanted: &[&str]) -> Result<(), String> {
    let listed: Option<Vec<&str>> =
        listed.and_then(Json::as_array).and_then(|list| list.iter().map(Json::as_str).collect());
    let is_right = listed
        .is_some_and(|listed| listed.len() == wanted.len() && wanted.iter().all(|wanted| listed.contains(wanted)));
    if is_right { Ok(()) } else { Err("its `schemas` are not those of such a request".to_owned()) }
}

/// The value at `key` of an object that has no other key.
fn only<'v>(body: &'v Json, key: &str) -> Option<&'v Json> {
    let body = body.as_object().filter(|body| body.len() == 1)?;
    body.get(key)
}

#[cfg(test)]
mod tests;
