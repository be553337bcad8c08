//! A change, whose the account is, and how the change may be written: stated from the change alone.

use super::rules::Seen;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::{Person, Value as Planned};
use hibob_policy::change_scope::LedgerFacts;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) const EMPLOYEE: &str = "7";
pub(super) const ACCOUNT: &str = "29";
pub(super) const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(super) const TRAVELPERK: &str = "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User";
pub(super) const SCIM_URL: &str = "https://app.perk.example/scim";
pub(super) const REST_URL: &str = "https://api.perk.example";
pub(super) const HIBOB_URL: &str = "https://api.hibob.example/v1";

/// Reads an input as choices. After its end every choice is the first one.
pub(super) struct Choices<'b>(pub(super) std::slice::Iter<'b, u8>);

impl Choices<'_> {
    pub(super) fn below(&mut self, number: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or_default()) % number
    }

    pub(super) fn one<'t, T: ?Sized>(&mut self, of: &[&'t T]) -> &'t T {
        of[self.below(of.len())]
    }

    pub(super) fn maybe(&mut self, one_in: usize) -> bool {
        self.below(one_in) == one_in - 1
    }
}

/// The fields that changes have here, each with its path in a PATCH and the keys that lead to it in a user.
pub(super) const FIELDS: [(&str, &str, &[&str]); 10] = [
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
pub(super) type After = Option<String>;

/// A change, and whose the account is.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) kind: ChangeKind,
    pub(super) employee: Option<String>,
    pub(super) target: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) former: Option<String>,
    /// The fields of the change. A person whom nobody can name by an account has no value here, and may not be written.
    pub(super) fields: BTreeMap<&'static str, Result<After, ()>>,
    /// Whether the change sets the account active or inactive.
    pub(super) state: Option<bool>,
    pub(super) conditions: Vec<String>,
    pub(super) content_type: &'static str,
    /// Number of fields.
    pub(super) number: u64,
}

pub(super) fn case(choices: &mut Choices<'_>) -> (Case, Change, LedgerFacts) {
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
    (case, change, LedgerFacts { owner: owner.filter(|_| target.is_some()), people, ..LedgerFacts::default() })
}

impl Case {
    pub(super) fn is_about_account(&self) -> bool {
        matches!(self.kind, ChangeKind::Adopt | ChangeKind::Update | ChangeKind::Reactivate | ChangeKind::Archive)
    }

    /// The value of a field in a user's attribute, in the attribute's form.
    pub(super) fn form(&self, field: &str, value: &str) -> Value {
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
    pub(super) fn operations(&self, field: &str, path: &str) -> Vec<Value> {
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
    pub(super) fn state_operations(&self) -> Vec<Value> {
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
    pub(super) fn may_write(&self, seen: &Seen) -> bool {
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
