//! The guard decides and says what `hibob-policy` does: the same requests, the same numbers, the same words.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::{NamedValue, Value};
use hibob_guard::Guard;
use hibob_policy::guard::{GuardFacts, GuardLimits, LedgerSums, Release, Released, classes, source};
use hibob_policy::plan_digest::plan_digest;
use hibob_policy::request::{Action, Role, Route, decide};
use hibob_policy::{Grant, Manifest};
use http::Method;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

const MANIFEST: &str = include_str!("../../../plugin/manifest.json");
const EMPLOYEES: u64 = 100;

const SERVICES: [(&str, Role, &str); 4] = [
    ("hibob", Role::HiBob, "https://api.hibob.com/v1"),
    ("scim", Role::Scim, "https://app.perk.com/api/v2/scim"),
    ("rest", Role::Rest, "https://api.perk.com"),
    ("cost-centers", Role::CostCenters, "https://api.perk.com"),
];

fn ok(answer: &str) -> Json {
    let mut answer: Json = serde_json::from_str(answer).unwrap();
    assert!(answer.get("error").is_none(), "{answer}");
    answer["ok"].take()
}

fn begun(accounts: u64) -> Guard {
    let services: BTreeMap<&str, &str> = SERVICES.iter().map(|(name, _, url)| (*name, *url)).collect();
    let account = |id: u64| (format!("a{id}"), json!({ "employee_id": id.to_string() }));
    let run = json!({
        "manifest": serde_json::from_str::<Json>(MANIFEST).unwrap(),
        "services": services,
        "secret": "5eed",
        "ledger": {
            "accounts": (0..accounts).map(account).collect::<serde_json::Map<_, _>>(),
            "baseline": { "employees": EMPLOYEES, "field:title": EMPLOYEES },
            "first_sync_over": true,
        },
    });
    let mut guard = Guard::default();
    ok(&guard.begin_run(&run.to_string()));
    guard
}

#[test]
fn requests_are_decided_as_the_policy_and_the_manifest_decide_them() {
    let manifest = Manifest::read(MANIFEST.as_bytes()).unwrap();
    let paths = [
        "/people/search",
        "/people",
        "/company/named-lists/department",
        "/company/people/fields",
        "/bulk/people/lifecycle",
        "/Users",
        "/Users/29",
        "/Users/29/x",
        "/Users/../Users",
        "/Users%2F1",
        "/ServiceProviderConfig",
        "/Schemas",
        "/profiles",
        "/cost_centers",
        "/cost_centers/7",
        "/cost_centers/bulk_update",
        "/",
        "/a//b",
    ];
    let (mut allowed, mut refused) = (0, 0);
    for (name, role, url) in SERVICES {
        let route = Route::new(role, url).unwrap();
        for (method, path) in
            ["GET", "POST", "PATCH", "PUT", "DELETE"].into_iter().flat_map(|method| paths.map(|path| (method, path)))
        {
            let mut guard = begun(0);
            ok(&guard.begin_call(r#"{"kind":"plan"}"#));
            let request =
                json!({ "role": name, "method": method, "path": path, "query": "", "headers": {}, "body": "" });
            let ours = ok(&guard.request(&request.to_string()));
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let uri = format!("{url}{path}").parse().unwrap();
            let policy = decide(std::iter::once(&route), &Grant::Read, &method, &uri);
            match policy {
                Err(refusal) => assert_eq!(ours["refused"]["message"], refusal.to_string(), "{method} {path}"),
                Ok(decided) => {
                    let covered = manifest.covers(hibob_contract::CallKind::Plan, role, &method, &decided.path);
                    assert_eq!(ours["refused"]["reason"] == "manifest", covered.is_none(), "{method} {path}: {ours}");
                    assert!(covered.is_none() || (decided.action == Action::Read && ours["access"] == "read"));
                    allowed += usize::from(covered.is_some());
                }
            }
            refused += usize::from(ours.get("refused").is_some());
        }
    }
    assert_eq!((allowed, refused), (8, 352));
}

fn change(id: u64, kind: ChangeKind, field: &str, before: Option<Value>, after: Option<Value>) -> Change {
    Change {
        id: format!("{}:{id}", kind.word()),
        kind,
        employee_id: Some(id.to_string()),
        target_id: (kind != ChangeKind::Create).then(|| format!("a{id}")),
        display_name: format!("Ana {id}"),
        depends_on: Vec::new(),
        after: Vec::new(),
        fields: vec![FieldChange { field: field.to_owned(), before, after }],
        reason: "because".to_owned(),
    }
}

fn text(value: &str) -> Option<Value> {
    Some(Value::Text(value.to_owned()))
}

fn planned(employees: u64, changes: Vec<Change>) -> Planned {
    let baseline = ["employees", "field:title"]
        .map(|name| NamedValue { name: name.to_owned(), value: Value::Integer(i64::try_from(employees).unwrap()) });
    Planned {
        created_at: 1_700_000_000,
        counts: BTreeMap::from([("employees".to_owned(), employees), ("managed".to_owned(), 1_000_000)]),
        findings: Vec::new(),
        baseline: baseline.into(),
        changes,
        active_accounts: Vec::new(),
        has_left: BTreeSet::new(),
    }
}

fn change_json(change: &Change) -> Json {
    let value = |value: &Option<Value>| match value {
        Some(Value::Text(text)) => json!(text),
        Some(Value::Flag(flag)) => json!(flag),
        _ => Json::Null,
    };
    json!({
        "id": change.id, "kind": change.kind.word(), "employee_id": change.employee_id, "target_id": change.target_id,
        "display_name": change.display_name, "depends_on": [], "after": [], "reason": change.reason,
        "fields": change.fields.iter().map(|field| json!({
            "field": field.field, "before": value(&field.before), "after": value(&field.after),
        })).collect::<Vec<_>>(),
    })
}

fn reviewed(guard: &mut Guard, planned: &Planned, release: &Json) -> Json {
    let baseline: BTreeMap<&str, u64> =
        planned.baseline.iter().map(|value| (value.name.as_str(), planned.count("employees"))).collect();
    let plan =
        json!({ "created_at": planned.created_at, "counts": planned.counts, "baseline": baseline, "findings": [] });
    ok(&guard.begin_plan(&plan.to_string()));
    let changes: Vec<Json> = planned.changes.iter().map(change_json).collect();
    ok(&guard.add_changes(&json!(changes).to_string()));
    ok(&guard.review(&release.to_string()))
}

#[test]
fn plans_are_held_by_the_same_numbers_and_words() {
    let archive = |id| change(id, ChangeKind::Archive, "active", Some(Value::Flag(true)), Some(Value::Flag(false)));
    let title = |id| change(id, ChangeKind::Update, "title", text("a"), None);
    let name = |id| change(id, ChangeKind::Update, "family-name", text("a"), text("b"));
    let (mut held, mut free) = (0, 0);
    for accounts in [0_u64, 1, 3, 10, 60] {
        for number in [0_u64, 1, 2, 4, 6, 9, 30] {
            for (word, kind) in [("archiving", 0), ("names", 1), ("clearing", 2)] {
                let changes = (0..number).map(|id| match kind {
                    0 => archive(id),
                    1 => name(id),
                    _ => title(id),
                });
                let planned = planned(EMPLOYEES, changes.collect());
                for released in [0, 6, 30] {
                    let sums = LedgerSums { active: usize::try_from(accounts).unwrap(), archived: 0 };
                    let facts = GuardFacts { sums, since: 0, ..GuardFacts::default() };
                    let mut release = Release::default();
                    match kind {
                        0 => release.archiving = released,
                        1 => release.names = released,
                        _ => release.clearing = released,
                    }
                    let theirs = classes(&planned, &facts, &GuardLimits::DEFAULT, &Released::from(release));
                    let mut guard = begun(accounts);
                    let ours = reviewed(&mut guard, &planned, &json!({ "release": { word: released } }));
                    assert_eq!(ours["guards"], json!(theirs.guards), "{word} {number} of {accounts}, {released}");
                    assert_eq!(ours["digest"], plan_digest(&planned.changes));
                    let rows = ok(&guard.changes(0, 100));
                    for (position, row) in rows.as_array().unwrap().iter().enumerate() {
                        assert_eq!(row["held"], json!(theirs.changes.get(&position)));
                        assert_eq!(
                            row["held_fields"],
                            json!(theirs.fields.get(&position).cloned().unwrap_or_default())
                        );
                    }
                    *(if theirs.is_empty() { &mut free } else { &mut held }) += 1;
                }
            }
        }
    }
    assert!(held > 50 && free > 50, "{held} {free}");
}

#[test]
fn a_source_that_shrinks_is_refused_by_the_same_words() {
    let baseline = ["employees", "field:title"]
        .map(|name| NamedValue { name: name.to_owned(), value: Value::Integer(i64::try_from(EMPLOYEES).unwrap()) });
    let mut refused = 0;
    for employees in [0, 1, 50, 79, 80, 99, 100] {
        let planned = planned(employees, Vec::new());
        let ours = reviewed(&mut begun(3), &planned, &json!({}));
        match source(&planned, &baseline, &[], &GuardLimits::DEFAULT) {
            Ok(()) => assert_eq!(ours["stopped"], Json::Null),
            Err(why) => {
                refused += 1;
                assert_eq!(
                    (&ours["stopped"]["message"], &ours["stopped"]["remedy"]),
                    (&json!(why.reasons), &json!(why.remedy))
                );
            }
        }
        let released = reviewed(&mut begun(3), &planned, &json!({ "changed_source": true }));
        assert_eq!(released["stopped"], Json::Null);
    }
    assert_eq!(refused, 4);
}

#[test]
fn refused_credentials_close_the_run() {
    let mut guard = begun(0);
    ok(&guard.begin_call(r#"{"kind":"check"}"#));
    let request = r#"{"role":"scim","method":"GET","path":"/Users","query":"","headers":{},"body":""}"#;
    let id = ok(&guard.request(request))["id"].as_u64().unwrap();
    let head = r#"{"status":401,"now":1}"#;
    assert_eq!(ok(&guard.answer(u32::try_from(id).unwrap(), head))["closed"], json!(true));
    assert_eq!(ok(&guard.request(request))["refused"]["reason"], "closed");
}
