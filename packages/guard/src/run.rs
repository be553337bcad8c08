//! One run: its services, its manifest, and the requests and answers of each call. The order of the checks, and their words,
//! are those of `host/egress/src/send.rs`.

use crate::apply::Applying;
use crate::forms::{Fault, named_values, named_values_json};
use crate::ledger::{Ledger, LedgerForm, State};
use crate::review::Review;
use hibob_contract::CallKind;
use hibob_contract::types::NamedValue;
use hibob_policy::answer_reader::AnswerReader;
use hibob_policy::change_scope::Sent;
use hibob_policy::guard::GuardLimits;
use hibob_policy::observed::Observed;
use hibob_policy::request::{Action, PEOPLE_SEARCH, Refusal, Role, Route, decide};
use hibob_policy::work_emails::WorkEmails;
use hibob_policy::{Grant, Manifest, TargetSettings};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Headers that a plugin may set.
const ALLOWED_HEADERS: [&str; 3] = ["accept", "content-type", "api-version"];

/// Most answers that are open at the same time.
pub(crate) const OPEN_MAX: usize = 4;

/// Most requests of one `check` or `plan`, and of one `apply`.
const REQUESTS_MAX: u64 = 20_000;
const APPLY_REQUESTS_MAX: u64 = 64;

/// Longest answer that is kept whole for a change's scope, in bytes.
const WHOLE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Why nothing leaves any more after a refusal.
const CLOSED: &str = "a service had refused the credentials before";

const ROLES: [(&str, Role); 4] =
    [("hibob", Role::HiBob), ("scim", Role::Scim), ("rest", Role::Rest), ("cost-centers", Role::CostCenters)];

/// What a run begins with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunForm {
    /// The connector's manifest.
    manifest: Json,
    /// The base URL of each service, by role.
    services: BTreeMap<String, String>,
    /// A random number of up to 32 hexadecimal digits that the plugin does not learn.
    secret: String,
    #[serde(default)]
    settings: SettingsForm,
    /// Limits of the guards by the names of a tenant's settings `safety.…`; those left out have their defaults.
    #[serde(default)]
    limits: BTreeMap<String, u32>,
    #[serde(default)]
    ledger: LedgerForm,
}

/// What the settings of a sync say of what may be written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SettingsForm {
    content_type: Option<String>,
    approver_conditions: Vec<String>,
    pub(crate) swap_address: Option<String>,
    pub(crate) clear_adopted: bool,
}

/// What a call begins with.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum CallForm {
    Check,
    Plan,
    Apply {
        position: usize,
        #[serde(default = "yes")]
        writes: bool,
    },
}

fn yes() -> bool {
    true
}

/// A request as the plugin makes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestForm {
    role: String,
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: String,
}

/// The head of an answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeadForm {
    status: u16,
    #[serde(default)]
    date: Option<String>,
    now: u64,
}

/// A call of the plugin.
pub(crate) struct Call {
    kind: CallKind,
    pub(crate) grant: Grant,
    requests_left: u64,
    open: BTreeMap<u32, Open>,
}

/// A request that has left, and how far its answer has come.
struct Open {
    role: Role,
    method: Method,
    path: String,
    sent: Option<Sent>,
    /// Whether the answer is one with employees, of a plan's call.
    employees: Option<AnswerReader>,
    status: Option<StatusCode>,
    /// The answer's body, in a call that applies a change.
    body: Vec<u8>,
}

/// One run of one tenant.
pub(crate) struct Run {
    manifest: Manifest,
    routes: BTreeMap<Role, Route>,
    pub(crate) settings: SettingsForm,
    pub(crate) limits: GuardLimits,
    pub(crate) ledger: Ledger,
    pub(crate) stored: Vec<NamedValue>,
    pub(crate) states: Vec<State>,
    pub(crate) kept: BTreeMap<String, BTreeSet<String>>,
    pub(crate) first_sync_over: bool,
    secret: u128,
    closed: bool,
    last: u32,
    pub(crate) call: Option<Call>,
    /// What the answers to the plan's call have shown.
    pub(crate) work_emails: WorkEmails,
    pub(crate) observed: Observed,
    pub(crate) review: Option<Review>,
    pub(crate) applying: Applying,
}

impl Run {
    pub(crate) fn begin(form: RunForm) -> Result<Self, Fault> {
        let manifest = Manifest::read(form.manifest.to_string().as_bytes())
            .map_err(|what| Fault::plugin(&format!("has a manifest that {what}")))?;
        let mut routes = BTreeMap::new();
        for (name, url) in &form.services {
            let role = role(name).ok_or_else(|| Fault::input(format!("there is no service {name}")))?;
            let route = Route::new(role, url).map_err(|what| {
                Fault::new("WRONG_SETTING", format!("the base URL of {name} is wrong: {what}"), "correct the base URL")
            })?;
            routes.insert(role, route);
        }
        let secret = u128::from_str_radix(&form.secret, 16)
            .map_err(|_| Fault::input("the secret is no number of 32 hexadecimal digits"))?;
        Ok(Self {
            manifest,
            routes,
            limits: limits(&form.limits)?,
            ledger: Ledger::new(form.ledger.accounts),
            stored: named_values(form.ledger.baseline)?,
            states: form.ledger.states,
            kept: form.ledger.kept,
            first_sync_over: form.ledger.first_sync_over,
            settings: form.settings,
            secret,
            closed: false,
            last: 0,
            call: None,
            work_emails: WorkEmails::keyed(secret),
            observed: Observed::default(),
            review: None,
            applying: Applying::default(),
        })
    }

    pub(crate) fn baseline(&self) -> Json {
        let mut all = named_values_json(&self.stored);
        let facts = named_values_json(&self.ledger.host_facts());
        if let (Some(all), Json::Object(facts)) = (all.as_object_mut(), facts) {
            all.extend(facts);
        }
        all
    }

    pub(crate) fn begin_call(&mut self, form: CallForm) -> Result<Json, Fault> {
        let (kind, grant, ok) = match form {
            CallForm::Check => (CallKind::Check, Grant::Read, Json::Null),
            CallForm::Plan => {
                self.work_emails = WorkEmails::keyed(self.secret);
                self.observed = Observed::default();
                (CallKind::Plan, Grant::Read, Json::Null)
            }
            CallForm::Apply { position, writes } => {
                let settings = TargetSettings {
                    content_type: self.settings.content_type.clone().unwrap_or_else(|| "application/json".to_owned()),
                    approver_conditions: self.settings.approver_conditions.clone(),
                };
                match self.prepare(position, writes, settings)? {
                    Ok((scope, change)) => (CallKind::Apply, Grant::Apply(Arc::new(scope)), change),
                    Err(outcome) => return Ok(json!({ "outcome": outcome })),
                }
            }
        };
        let requests_left = if kind == CallKind::Apply { APPLY_REQUESTS_MAX } else { REQUESTS_MAX };
        self.call = Some(Call { kind, grant, requests_left, open: BTreeMap::new() });
        Ok(ok)
    }

    /// Decides about a request. A refusal is an answer and no fault: `{"refused": {"reason", "message"}}`.
    pub(crate) fn request(&mut self, form: &RequestForm) -> Result<Json, Fault> {
        let decided = self.decide(form);
        Ok(decided.unwrap_or_else(
            |(reason, refusal)| json!({ "refused": { "reason": reason, "message": refusal.to_string() } }),
        ))
    }

    fn decide(&mut self, form: &RequestForm) -> Result<Json, (&'static str, Refusal)> {
        let refuse = |reason: &'static str| move |message: &str| (reason, Refusal::new(message));
        let Some(call) = &mut self.call else { return Err(refuse("call")("no call of the plugin goes on")) };
        if self.closed {
            return Err(refuse("closed")(CLOSED));
        }
        if call.open.len() >= OPEN_MAX {
            return Err(refuse("open")("four answers are open already; read or drop one first"));
        }
        let Some(left) = call.requests_left.checked_sub(1) else {
            return Err(refuse("limit")("the plugin made more requests in one call than are allowed"));
        };
        call.requests_left = left;
        let method = Method::from_bytes(form.method.as_bytes()).unwrap_or_default();
        let route = role(&form.role).and_then(|role| self.routes.get(&role));
        let Some(route) = route else {
            let message = format!("{} to `{}` is outside the tenant's services", form.method, form.role);
            return Err(refuse("policy")(&message));
        };
        let url = format!("{}{}{}", route.origin(), route.path, form.path);
        let plain = form.path.starts_with('/') && !form.path.contains(['?', '#']) && method.as_str() == form.method;
        let uri = Some(&url).filter(|_| plain).and_then(|url| url.parse::<Uri>().ok());
        let Some(uri) = uri else {
            return Err(refuse("policy")(&format!("{} {} is no request that can be sent", form.method, form.path)));
        };
        let decided =
            decide(std::iter::once(route), &call.grant, &method, &uri).map_err(|refusal| ("policy", refusal))?;
        if self.manifest.covers(call.kind, route.role, &method, &decided.path).is_none() {
            let message = format!(
                "the plugin wanted to send {method} {}, which its manifest does not name for {}; nothing was sent",
                decided.path,
                call.kind.work()
            );
            return Err(refuse("manifest")(&message));
        }
        let headers = allowed(&form.headers).map_err(|refusal| ("header", refusal))?;
        let query = Some(form.query.as_str()).filter(|query| !query.is_empty());
        let body = form.body.as_bytes();
        let (query, headers, body, sent) = match (&call.grant, decided.action) {
            (Grant::Apply(scope), Action::Write) if !scope.may_write() => {
                return Err(refuse("look")("this call only looks what became of the change"));
            }
            (Grant::Apply(scope), action) => {
                let checked = match action {
                    Action::Write => scope.check_write(route.role, &method, &decided.path, query, body),
                    Action::Read => scope.check_read(route.role, &method, &decided.path, query, body),
                };
                let outgoing = checked.map_err(|refusal| ("scope", refusal))?;
                let body = String::from_utf8_lossy(&outgoing.body).into_owned();
                (outgoing.query, outgoing.headers, body, Some(outgoing.sent))
            }
            (Grant::Read | Grant::Person(_), _) if method == Method::GET && !body.is_empty() => {
                return Err(refuse("scope")(&format!("{method} {}: a read has no body", decided.path)));
            }
            (Grant::Read | Grant::Person(_), _) => (query.map(str::to_owned), headers, form.body.clone(), None),
        };
        let with_query = query.map_or_else(|| url.clone(), |query| format!("{url}?{query}"));
        if with_query.parse::<Uri>().is_err() || with_query.contains('#') {
            return Err(refuse("policy")("its query cannot be sent"));
        }
        let is_search = route.role == Role::HiBob && decided.path == PEOPLE_SEARCH && call.kind == CallKind::Plan;
        let whole = sent.is_some() || (route.role == Role::Scim && decided.action == Action::Read);
        self.last = self.last.wrapping_add(1);
        let shown: Map<String, Json> = headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), Json::from(value.to_str().unwrap_or_default())))
            .collect();
        let access = if decided.action == Action::Write { "write" } else { "read" };
        let ok = json!({
            "id": self.last, "url": with_query, "headers": shown, "body": body, "access": access, "whole": whole,
        });
        let employees = is_search.then(AnswerReader::default);
        let open =
            Open { role: route.role, method, path: decided.path, sent, employees, status: None, body: Vec::new() };
        call.open.insert(self.last, open);
        Ok(ok)
    }

    pub(crate) fn answer(&mut self, id: u32, head: &HeadForm) -> Result<Json, Fault> {
        let (call, closed) = (self.call.as_mut(), &mut self.closed);
        let is_read = call.as_ref().is_some_and(|call| call.grant.is_read());
        let open = call.and_then(|call| call.open.get_mut(&id)).ok_or_else(unknown)?;
        let status = StatusCode::from_u16(head.status).map_err(|_| Fault::input("there is no such status"))?;
        let mut headers = HeaderMap::new();
        if let Some(date) = head.date.as_deref().and_then(|date| HeaderValue::from_str(date).ok()) {
            headers.insert(http::header::DATE, date);
        }
        self.observed.note(open.role, &open.method, &open.path, status, &headers, head.now);
        *closed |= status == StatusCode::UNAUTHORIZED || (status == StatusCode::FORBIDDEN && is_read);
        if status != StatusCode::OK {
            open.employees = None;
        }
        open.status = Some(status);
        Ok(json!({ "closed": *closed }))
    }

    pub(crate) fn piece(&mut self, id: u32, text: &str) -> Result<Json, Fault> {
        let open = self.call.as_mut().and_then(|call| call.open.get_mut(&id)).ok_or_else(unknown)?;
        if let Some(reader) = &mut open.employees {
            reader.read(text.as_bytes(), &mut self.work_emails);
        }
        if open.sent.is_some() && open.body.len() + text.len() <= WHOLE_BYTES_MAX {
            open.body.extend_from_slice(text.as_bytes());
        }
        Ok(Json::Null)
    }

    pub(crate) fn end(&mut self, id: u32) -> Result<Json, Fault> {
        let call = self.call.as_mut().ok_or_else(unknown)?;
        let Some(open) = call.open.remove(&id) else { return Ok(Json::Null) };
        if let (Grant::Apply(scope), Some(sent), Some(status)) = (&call.grant, &open.sent, open.status) {
            scope.note_answer(sent, status, &open.body);
        }
        Ok(Json::Null)
    }
}

fn unknown() -> Fault {
    Fault::input("no request with this id is open")
}

fn role(name: &str) -> Option<Role> {
    ROLES.iter().find(|(known, _)| *known == name).map(|(_, role)| *role)
}

/// The headers of the plugin that are passed on.
fn allowed(given: &BTreeMap<String, String>) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let refuse = || Refusal::new(format!("a plugin may not set the header {name} (or not twice)"));
        let lower = name.to_ascii_lowercase();
        if lower == "content-length" {
            continue; // it is worked out from the body that is sent
        }
        if !ALLOWED_HEADERS.contains(&lower.as_str()) {
            return Err(refuse());
        }
        let name = HeaderName::try_from(lower.as_str()).map_err(|_| refuse())?;
        let value = HeaderValue::from_str(value).map_err(|_| refuse())?;
        if headers.insert(name, value).is_some() {
            return Err(refuse());
        }
    }
    Ok(headers)
}

/// The limits of the guards: the defaults, and what the host has set.
fn limits(set: &BTreeMap<String, u32>) -> Result<GuardLimits, Fault> {
    let mut limits = GuardLimits::DEFAULT;
    for (name, &number) in set {
        let limit = match name.trim_end_matches("_percent").trim_end_matches("_min") {
            "archive" => &mut limits.archive,
            "rename" => &mut limits.rename,
            "create" => &mut limits.create,
            "reactivate" => &mut limits.reactivate,
            "names" => &mut limits.names,
            "clear" => &mut limits.clear,
            "manager" => &mut limits.manager,
            "cost_center" => &mut limits.cost_center,
            "reassign" => &mut limits.reassign,
            _ => {
                match name.as_str() {
                    "source_shrink_percent" => limits.source_shrink_percent = number,
                    "coverage_drop_points" => limits.coverage_drop_points = number,
                    "leak_percent" => limits.leak_percent = number,
                    "leak_days" => limits.leak_days = number,
                    _ => return Err(Fault::input(format!("there is no limit {name}"))),
                }
                continue;
            }
        };
        if name.ends_with("_percent") {
            limit.percent = number;
        } else if name.ends_with("_min") {
            limit.min = Some(number);
        } else {
            return Err(Fault::input(format!("there is no limit {name}")));
        }
    }
    Ok(limits)
}
