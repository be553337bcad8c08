//! What one call of a plugin may let out, against a statement of the rules that shares no code with the host's policy.
//!
//! An input is read as choices: a change with what the ledger has of it, and the requests of an arbitrary plugin with
//! the answers of an arbitrary target. The statement:
//!
//! 1. What leaves is one of the requests that the change allows, written out below from the change alone, and goes to an
//!    account that is the employee's by the ledger, or by what the target has shown.
//! 2. A request that an honest plugin would make for the change leaves.
//! 3. What counts as made is what the target has accepted and does not show otherwise; whether the account is active is
//!    what the target has.

use crate::Reading;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::{Person, Value as Planned};
use hibob_policy::Grant;
use hibob_policy::change_scope::{ApplyScope, LedgerFacts, Made, Outgoing, TargetSettings};
use hibob_policy::request::{Action, Role, Route, decide};
use http::{Method, StatusCode, Uri};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

/// How many requests were tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests that a plugin made.
    pub sent: u64,
    /// Requests that left.
    pub let_out: u64,
    /// Requests that an honest plugin would make. All of them have left.
    pub legitimate: u64,
}

/// Plays one input.
///
/// # Panics
/// The policy lets something out that the statement does not allow, or refuses what an honest plugin needs.
pub(crate) fn change_policy(bytes: &[u8]) -> Reading {
    Reading::accepted_if(play(bytes).let_out > 0)
}

/// An input that is drawn from `seed`: an endless one would be a stream of these.
pub fn drawn(seed: u64) -> Vec<u8> {
    let mut bytes = [0_u8; INPUT_BYTES];
    fill(&mut first_state(seed), &mut bytes);
    bytes.to_vec()
}

fn first_state(seed: u64) -> u64 {
    seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1
}

/// xorshift64* (Vigna, 2016)
fn fill(state: &mut u64, bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(8) {
        *state ^= *state >> 12;
        *state ^= *state << 25;
        *state ^= *state >> 27;
        let drawn = state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_be_bytes();
        chunk.copy_from_slice(&drawn[..chunk.len()]);
    }
}

/// Plays inputs that are drawn from `seed` until `requests` requests were made.
///
/// # Panics
/// As the target itself.
pub fn play_random(seed: u64, requests: u64) -> Tally {
    let mut state = first_state(seed);
    let mut total = Tally::default();
    let mut bytes = [0_u8; INPUT_BYTES];
    while total.sent < requests {
        fill(&mut state, &mut bytes);
        let tally = play(&bytes);
        total.sent += tally.sent;
        total.let_out += tally.let_out;
        total.legitimate += tally.legitimate;
    }
    total
}

/// Bytes of a drawn input: more than any play reads.
const INPUT_BYTES: usize = 256;

const EMPLOYEE: &str = "7";
const ACCOUNT: &str = "29";
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const TRAVELPERK: &str = "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User";
const SCIM_URL: &str = "https://app.perk.example/scim";
const REST_URL: &str = "https://api.perk.example";
const HIBOB_URL: &str = "https://api.hibob.example/v1";

static ROUTES: LazyLock<[Route; 4]> = LazyLock::new(|| {
    [(Role::HiBob, HIBOB_URL), (Role::Scim, SCIM_URL), (Role::Rest, REST_URL), (Role::CostCenters, REST_URL)]
        .map(|(role, url)| Route::new(role, url).unwrap())
});

/// Reads an input as choices. After its end every choice is the first one.
struct Choices<'b>(std::slice::Iter<'b, u8>);

impl Choices<'_> {
    fn below(&mut self, number: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or_default()) % number
    }

    fn one<'t, T: ?Sized>(&mut self, of: &[&'t T]) -> &'t T {
        of[self.below(of.len())]
    }

    fn maybe(&mut self, one_in: usize) -> bool {
        self.below(one_in) == one_in - 1
    }
}

/// The fields that changes have here, each with its path in a PATCH and the keys that lead to it in a user.
const FIELDS: [(&str, &str, &[&str]); 10] = [
    ("title", "title", &["title"]),
    ("user-name", "userName", &["userName"]),
    ("external-id", "externalId", &["externalId"]),
    ("given-name", "name.givenName", &["name", "givenName"]),
    ("phone", "phoneNumbers", &["phoneNumbers"]),
    (
        "cost-center",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter",
        &[ENTERPRISE, "costCenter"],
    ),
    ("manager", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", &[ENTERPRISE, "manager"]),
    (
        "company",
        "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User:invoiceProfiles",
        &[TRAVELPERK, "invoiceProfiles"],
    ),
    ("approvers", "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User:approvers", &[TRAVELPERK, "approvers"]),
    (
        "emergency-name",
        "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User:emergencyContact.name",
        &[TRAVELPERK, "emergencyContact", "name"],
    ),
];

/// The value that a field of the change gets: `None` clears it.
type After = Option<String>;

/// A change, and whose the account is.
#[derive(Debug)]
struct Case {
    kind: ChangeKind,
    employee: Option<String>,
    target: Option<String>,
    owner: Option<String>,
    former: Option<String>,
    /// The fields of the change. A person whom nobody can name by an account has no value here, and may not be written.
    fields: BTreeMap<&'static str, Result<After, ()>>,
    /// Whether the change sets the account active or inactive.
    state: Option<bool>,
    conditions: Vec<String>,
    content_type: &'static str,
    /// Number of fields.
    number: u64,
}

fn case(choices: &mut Choices<'_>) -> (Case, Change, LedgerFacts) {
    let kinds = [
        ChangeKind::Update,
        ChangeKind::Adopt,
        ChangeKind::Reactivate,
        ChangeKind::Archive,
        ChangeKind::Create,
        ChangeKind::CreateCostCenter,
        ChangeKind::RestoreCostCenter,
    ];
    let kind = kinds[choices.below(kinds.len())];
    let is_cost_center = matches!(kind, ChangeKind::CreateCostCenter | ChangeKind::RestoreCostCenter);
    let is_new = matches!(kind, ChangeKind::Create | ChangeKind::CreateCostCenter);
    let employee = (!is_cost_center && !choices.maybe(16)).then(|| EMPLOYEE.to_owned());
    let target = (!is_new && !choices.maybe(16)).then(|| ACCOUNT.to_owned());
    let owner = choices.one(&[EMPLOYEE, "", "6", EMPLOYEE, "8"]);
    let owner = Some(owner.to_owned()).filter(|owner| !owner.is_empty());
    let former = Some(choices.one(&["", "6", "8"]).to_owned()).filter(|former| !former.is_empty());
    let mut fields = BTreeMap::new();
    let mut listed = Vec::new();
    let mut people = BTreeMap::new();
    let wanted = if kind == ChangeKind::Archive { choices.below(2) } else { 1 + choices.below(4) };
    let mut names: Vec<&'static str> = Vec::new();
    for _ in 0..wanted {
        let (field, ..) = FIELDS[choices.below(FIELDS.len())];
        if !names.contains(&field) {
            names.push(field);
        }
    }
    if kind == ChangeKind::Create && !names.contains(&"external-id") {
        names.push("external-id");
    }
    for field in names {
        let is_person = ["manager", "approvers"].contains(&field);
        let is_cleared = choices.maybe(6) && kind != ChangeKind::Create;
        let text = match field {
            "external-id" => choices.one(&[EMPLOYEE, EMPLOYEE, EMPLOYEE, "8"]).to_owned(),
            "user-name" => choices.one(&["ana+1@x.example", "Bo\u{e9}\"@x"]).to_owned(),
            _ => choices.one(&["Lead", "+34 600", "L\u{e9}ad"]).to_owned(),
        };
        let (value, after) = match (is_cleared, is_person) {
            (true, _) => (None, Ok(None)),
            (false, false) => (Some(Planned::Text(text.clone())), Ok(Some(text))),
            (false, true) => {
                let how = choices.below(3);
                let (employee_id, account_id) = match how {
                    0 => (None, Some("30".to_owned())),
                    1 => (Some(format!("boss {field}")), None),
                    _ => (Some("nobody".to_owned()), None),
                };
                let account = match how {
                    0 => Ok(Some("30".to_owned())),
                    1 => {
                        people.insert(format!("boss {field}"), format!("31 {field}"));
                        Ok(Some(format!("31 {field}")))
                    }
                    _ => Err(()),
                };
                (Some(Planned::Person(Person { employee_id, account_id, display_name: String::new() })), account)
            }
        };
        let before = match field {
            "external-id" => former.clone().map(Planned::Text),
            "user-name" if choices.maybe(2) => Some(Planned::Text("old@x.example".to_owned())),
            _ => None,
        };
        listed.push(FieldChange { field: field.to_owned(), before, after: value });
        fields.insert(field, after);
    }
    let state = match kind {
        ChangeKind::Archive => Some(choices.maybe(8)),
        ChangeKind::Reactivate => Some(!choices.maybe(8)),
        ChangeKind::Create => Some(true),
        _ => choices.maybe(4).then_some(false),
    };
    if let Some(state) = state.filter(|_| !is_cost_center) {
        listed.push(FieldChange { field: "active".to_owned(), before: None, after: Some(Planned::Flag(state)) });
    }
    let conditions = (0..choices.below(3)).map(|number| format!("condition {number}")).collect();
    let content_type = choices.one(&["application/json", "application/scim+json"]);
    let case = Case {
        kind,
        employee: employee.clone(),
        target: target.clone(),
        owner: owner.clone().filter(|_| target.is_some()),
        former: former.filter(|_| fields.contains_key("external-id")),
        fields,
        state,
        conditions,
        content_type,
        number: listed.len() as u64,
    };
    let change = Change {
        id: "1".to_owned(),
        kind,
        employee_id: employee,
        target_id: target.clone(),
        display_name: "Sales".to_owned(),
        depends_on: Vec::new(),
        after: Vec::new(),
        fields: listed,
        reason: String::new(),
    };
    (case, change, LedgerFacts { account_id: None, owner: owner.filter(|_| target.is_some()), people })
}

impl Case {
    fn is_about_account(&self) -> bool {
        matches!(self.kind, ChangeKind::Adopt | ChangeKind::Update | ChangeKind::Reactivate | ChangeKind::Archive)
    }

    /// The value of a field in a user's attribute, in the attribute's form.
    fn form(&self, field: &str, value: &str) -> Value {
        match field {
            "manager" => json!({ "value": value }),
            "company" => json!([{ "value": value }]),
            "phone" => json!([{ "type": "work", "value": value }]),
            "approvers" => {
                self.conditions.iter().map(|condition| json!({ "value": value, "condition": condition })).collect()
            }
            _ => json!(value),
        }
    }

    /// Every operation by which the change may write a field. The first is the built-in plugin's.
    fn operations(&self, field: &str, path: &str) -> Vec<Value> {
        let Some(Ok(after)) = self.fields.get(field) else { return Vec::new() };
        let wrong_owner = field == "external-id" && *after != self.employee;
        let no_condition = field == "approvers" && after.is_some() && self.conditions.is_empty();
        if self.kind == ChangeKind::Archive || wrong_owner || no_condition {
            return Vec::new();
        }
        let work = "phoneNumbers[type eq \"work\"]";
        let with = |verb: &str, value: Value| json!({ "op": verb, "path": path, "value": value });
        match (field, after) {
            ("phone", None) => vec![json!({ "op": "remove", "path": work })],
            ("phone", Some(value)) => vec![
                with("add", self.form(field, value)),
                json!({ "op": "replace", "path": format!("{work}.value"), "value": value }),
            ],
            (_, None) => vec![json!({ "op": "remove", "path": path })],
            ("company" | "approvers", Some(value)) => vec![with("replace", self.form(field, value))],
            (_, Some(value)) => {
                let value = self.form(field, value);
                vec![with("replace", value.clone()), with("add", value)]
            }
        }
    }

    /// The operations that set whether the account is active.
    fn state_operations(&self) -> Vec<Value> {
        let right = match self.kind {
            ChangeKind::Archive => Some(false),
            ChangeKind::Reactivate => Some(true),
            _ => None,
        };
        match self.state.filter(|state| Some(*state) == right) {
            Some(state) => {
                ["replace", "add"].map(|verb| json!({ "op": verb, "path": "active", "value": state })).to_vec()
            }
            None => Vec::new(),
        }
    }

    /// Whose the account has to be for a write, by the ledger and by what the target has shown.
    fn may_write(&self, seen: &Seen) -> bool {
        let (Some(employee), Some(_)) = (&self.employee, &self.target) else { return false };
        if self.owner.as_ref() == Some(employee) {
            return true;
        }
        let sets = self.fields.get("external-id") == Some(&Ok(Some(employee.clone())));
        let takes = matches!(self.kind, ChangeKind::Adopt | ChangeKind::Reactivate);
        let named = sets && self.former.is_some() && seen.carries.as_ref() == Some(&self.former);
        if seen.has_written {
            // The account was the change's to write at its first write, and nobody else's id was shown since.
            return seen.carries.as_ref().is_none_or(|carries| {
                carries.is_none() || carries.as_ref() == Some(employee) || *carries == self.former
            });
        }
        match (&self.owner, seen.carries.as_ref()) {
            (_, None) => false,
            (None, Some(None)) => takes,
            (None, Some(Some(id))) if id == employee => true,
            (None, Some(Some(_))) => named && self.kind == ChangeKind::Reactivate && seen.active == Some(false),
            (Some(_), Some(None)) => takes && sets && self.former.is_none(),
            (Some(_), Some(Some(id))) if id == employee => takes,
            (Some(owner), Some(Some(id))) => named && owner == id && (takes || self.kind == ChangeKind::Update),
        }
    }
}

/// What the target has shown in the call, as whoever made the answers knows it.
#[derive(Debug, Default)]
struct Seen {
    /// The external id of the account, once an answer has shown it; `Some(None)` where the whole account has none.
    carries: Option<Option<String>>,
    active: Option<bool>,
    has_written: bool,
    /// Writes that have left.
    writes: u64,
    /// Whether something was created.
    has_created: bool,
}

/// The account at the target.
struct Account {
    external_id: Option<String>,
    active: bool,
    title: String,
}

impl Account {
    fn user(&self) -> Map<String, Value> {
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

/// A request of a plugin.
struct Asked {
    method: &'static str,
    url: String,
    body: Vec<u8>,
    /// Whether an honest plugin would make it, if the account is the change's to write.
    is_honest: bool,
}

fn play(bytes: &[u8]) -> Tally {
    let mut choices = Choices(bytes.iter());
    let steps = choices.below(9);
    let (case, change, ledger) = case(&mut choices);
    let settings =
        TargetSettings { content_type: case.content_type.to_owned(), approver_conditions: case.conditions.clone() };
    let scope = Arc::new(ApplyScope::new(&change, ledger, settings));
    let grant = if choices.maybe(16) { Grant::Read } else { Grant::Apply(scope.clone()) };
    let mut account = Account {
        external_id: Some(choices.one(&["", EMPLOYEE, "6", "8"]).to_owned()).filter(|id| !id.is_empty()),
        active: !choices.maybe(2),
        title: "Old".to_owned(),
    };
    let (mut seen, mut tally) = (Seen::default(), Tally::default());
    let mut accepted = BTreeSet::new();
    for _ in 0..steps {
        let asked = request(&mut choices, &case);
        tally.sent += 1;
        let left = leaves(&grant, &asked);
        let is_read = asked.method == "GET";
        let may = match &grant {
            Grant::Apply(_) => is_read || may_leave(&case, &seen),
            Grant::Read | Grant::Person(_) => is_read && !asked.url.contains('?'),
        };
        let is_legitimate = asked.is_honest && may;
        tally.legitimate += u64::from(is_legitimate);
        let Some((action, out)) = left else {
            let shown = String::from_utf8_lossy(&asked.body);
            assert!(!is_legitimate, "{:?} does not leave: {} {} {shown}", case.kind, asked.method, asked.url);
            continue;
        };
        tally.let_out += 1;
        let Some(out) = out else {
            assert!(action == Action::Read, "a call that only reads has written");
            continue;
        };
        allowed(&case, &seen, action, &asked, &out);
        answer(&mut choices, &case, &scope, &out, &mut account, &mut seen, &mut accepted);
    }
    made(&case, &scope, &account, &accepted);
    tally
}

/// Whether a write of the change may leave now.
fn may_leave(case: &Case, seen: &Seen) -> bool {
    let is_left = seen.writes <= case.number;
    match case.kind {
        ChangeKind::Create | ChangeKind::CreateCostCenter => is_left && !seen.has_created,
        ChangeKind::RestoreCostCenter => is_left && case.target.is_some(),
        _ => is_left && case.may_write(seen),
    }
}

/// Takes a request through the checks in the order in which the egress makes them.
fn leaves(grant: &Grant, asked: &Asked) -> Option<(Action, Option<Outgoing>)> {
    let uri: Uri = asked.url.parse().ok()?;
    let method = Method::from_bytes(asked.method.as_bytes()).ok()?;
    let decided = decide(ROUTES.iter(), grant, &method, &uri).ok()?;
    let role = ROUTES[decided.position].role;
    let Grant::Apply(scope) = grant else { return asked.body.is_empty().then_some((decided.action, None)) };
    let out = match decided.action {
        Action::Read => scope.check_read(role, &method, &decided.path, uri.query(), &asked.body),
        Action::Write => scope.check_write(role, &method, &decided.path, uri.query(), &asked.body),
    };
    Some((decided.action, Some(out.ok()?)))
}

/// A request: an honest one, or one that differs from it in some way.
fn request(choices: &mut Choices<'_>, case: &Case) -> Asked {
    let users = format!("{SCIM_URL}/Users");
    let own = format!("{users}/{ACCOUNT}");
    let read = |url: String| Asked { method: "GET", url, body: Vec::new(), is_honest: true };
    let mut asked = match choices.below(8) {
        0 => read(own.clone()),
        1 => match case.fields.get("user-name") {
            Some(Ok(Some(name))) => read(format!("{users}?filter={}", search("userName", name))),
            _ => read(own.clone()),
        },
        2 => match case.kind {
            ChangeKind::CreateCostCenter => read(format!("{REST_URL}/cost_centers?offset=0&limit=50")),
            _ => read(format!("{users}/30")),
        },
        _ => write(choices, case, &users, &own),
    };
    if choices.maybe(2) {
        distort(choices, &mut asked);
        asked.is_honest = false;
    }
    asked
}

fn search(attribute: &str, value: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let text = format!("{attribute} eq {}", json!(value));
    let encoded = text.bytes().map(|byte| match is_plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    encoded.collect()
}

/// The write that an honest plugin would make for some fields of the change.
fn write(choices: &mut Choices<'_>, case: &Case, users: &str, own: &str) -> Asked {
    let asked = |method, url: String, body: &Value, is_honest| Asked {
        method,
        url,
        body: body.to_string().into_bytes(),
        is_honest,
    };
    match case.kind {
        ChangeKind::CreateCostCenter => {
            asked("POST", format!("{REST_URL}/cost_centers"), &json!({ "name": "Sales" }), true)
        }
        ChangeKind::RestoreCostCenter => {
            asked("PATCH", format!("{REST_URL}/cost_centers/{ACCOUNT}"), &json!({ "archive": false }), true)
        }
        ChangeKind::Create => {
            let mut user = json!({ "active": true, "name": {} });
            let mut schemas = vec![USER];
            for (field, _, keys) in FIELDS {
                let Some(Ok(Some(value))) = case.fields.get(field) else { continue };
                let (outer, last) = (&keys[..keys.len() - 1], keys[keys.len() - 1]);
                let place = outer.iter().fold(&mut user, |place, key| {
                    if place.get(*key).is_none() {
                        place[*key] = json!({});
                    }
                    &mut place[*key]
                });
                place[last] = case.form(field, value);
                schemas.extend(keys.first().filter(|key| key.starts_with("urn:") && !schemas.contains(key)));
            }
            user["schemas"] = json!(schemas);
            let has_own_id = case.employee.is_some()
                && case.fields.get("external-id").is_some_and(|id| *id == Ok(case.employee.clone()));
            let has_conditions =
                !case.conditions.is_empty() || !matches!(case.fields.get("approvers"), Some(Ok(Some(_))));
            asked("POST", users.to_owned(), &user, has_own_id && has_conditions)
        }
        _ => {
            let mut operations: Vec<Value> = Vec::new();
            for (field, path, _) in FIELDS {
                let ways = case.operations(field, path);
                if !ways.is_empty() && choices.below(4) > 0 {
                    operations.push(ways[choices.below(ways.len())].clone());
                }
            }
            operations.extend(case.state_operations().into_iter().next());
            let is_honest = !operations.is_empty();
            let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
            asked("PATCH", own.to_owned(), &body, is_honest)
        }
    }
}

/// Makes a request another one in one way. It may still be one that is allowed.
fn distort(choices: &mut Choices<'_>, asked: &mut Asked) {
    let text = String::from_utf8_lossy(&asked.body).into_owned();
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let mut insert = |key: &str, value: Value, into: &str| {
        let mut body = body.clone();
        if let Some(object) = body.pointer_mut(into).and_then(Value::as_object_mut) {
            object.insert(key.to_owned(), value);
        }
        asked.body = body.to_string().into_bytes();
    };
    let operation = "/Operations/0";
    match choices.below(22) {
        0 => asked.url += choices.one(&["?", "?x=1", "?attributes=id", "?excludedAttributes=externalId", "/"]),
        1 => asked.url = format!("{SCIM_URL}/Users/{}", choices.one(&["30", "2", "%32%39", "../Users/29", "29;x"])),
        2 => insert(choices.one(&["note", "operations", "\u{17f}chemas", "Schemas", "id", "roles"]), json!(["x"]), ""),
        3 => insert(choices.one(&["note", "Value", "PATH", "\u{212a}"]), json!("x"), operation),
        4 => insert("schemas", json!([PATCH_OP, "a note"]), ""),
        5 => insert("schemas", json!([choices.one(&["a note", USER, PATCH_OP])]), ""),
        6 => insert("Operations", json!([]), ""),
        7 => insert("value", json!(choices.one(&["x", "Lead", "", "8", "+34 600"])), operation),
        8 => {
            let paths = ["userName", "active", "TITLE", "externalId", "emails", "roles", "name", "", "phoneNumbers"];
            insert("path", json!(choices.one(&paths)), operation);
        }
        9 => insert("op", json!(choices.one(&["Replace", "add", "remove", "replace", "delete"])), operation),
        10 => asked.method = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"][choices.below(6)],
        11 => {
            let origins = [HIBOB_URL, REST_URL, "https://evil.example", "http://app.perk.example/scim"];
            asked.url = asked.url.replace(SCIM_URL, choices.one(&origins));
        }
        12 => asked.body = text.replacen('{', "{\"note\":1,\"note\":2,", 1).into_bytes(),
        13 => asked.body = text.replacen("\"op\"", "\"path\":\"userName\",\"op\"", 1).into_bytes(),
        14 => {
            let mut twice = body.clone();
            if let Some(operations) = twice.get_mut("Operations").and_then(Value::as_array_mut) {
                operations.extend(operations.first().cloned());
            }
            asked.body = twice.to_string().into_bytes();
        }
        15 => {
            let mut more = body.clone();
            if let Some(operations) = more.get_mut("Operations").and_then(Value::as_array_mut) {
                let path = choices.one(&["title", "userName", "active", "externalId", "locale", "preferredLanguage"]);
                let value = match path {
                    "active" => json!(choices.maybe(2)),
                    _ => json!(choices.one(&["Lead", "8", "7"])),
                };
                operations.push(json!({ "op": "replace", "path": path, "value": value }));
            }
            asked.body = more.to_string().into_bytes();
        }
        16 => insert("active", json!(false), ""),
        17 => insert("externalId", json!(choices.one(&["8", "7", ""])), ""),
        18 => insert("archive", json!(true), ""),
        19 => {
            let filters = ["ana+1@x.example", "old@x.example", "somebody@x.example", "7", "6", "8"];
            let attribute = choices.one(&["userName", "externalId", "title", "UserName"]);
            asked.method = "GET";
            asked.body.clear();
            asked.url = format!("{SCIM_URL}/Users?filter={}", search(attribute, choices.one(&filters)));
            asked.url += choices.one(&["", "&attributes=id", "&count=1", "%20or%20active%20eq%20true"]);
        }
        20 => asked.body = text.replace("Lead", choices.one(&["L\\u0065ad", "lead", "Lead "])).into_bytes(),
        _ => {
            let at = choices.below(asked.body.len().max(1));
            if let Some(byte) = asked.body.get_mut(at) {
                *byte = u8::try_from(choices.below(256)).unwrap_or_default();
            }
        }
    }
}

/// Rule 1: what leaves is what the change allows.
fn allowed(case: &Case, seen: &Seen, action: Action, asked: &Asked, out: &Outgoing) {
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

fn queried(case: &Case, path: &str, query: Option<&str>) {
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

fn new_user(case: &Case, mut body: Value, what: &str) {
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

/// The target answers, and the account changes.
fn answer(
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
    let mut is_whole = path == Some(ACCOUNT) && !is_write && out.query.is_none();
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
            is_whole = false;
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
        match user.get("externalId").and_then(Value::as_str) {
            Some(id) => seen.carries = Some(Some(id.to_owned())),
            None if is_whole => seen.carries = Some(None),
            None => {}
        }
        seen.active = Some(account.active);
    }
}

/// The id of the account that a request is about.
fn out_path(out: &Outgoing) -> Option<&str> {
    out.sent.path().strip_prefix("/Users/")
}

/// Rule 3: what counts as made.
fn made(case: &Case, scope: &ApplyScope, account: &Account, accepted: &BTreeSet<&'static str>) {
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
