//! Asserts what must be true after all the kills.

use super::company::strangers;
use super::patient::Patient;
use hibob_fakes::travelperk::{User, Users};
use hibob_fakes::{Service, World};
use hibob_store::update_row::UpdateRow;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The accounts by their owner, with everything except ids and times.
fn accounts(users: &Users) -> BTreeMap<String, (User, Option<String>)> {
    let key = |user: &User| user.external_id.clone().unwrap_or_else(|| user.user_name.clone());
    let account = |user: &User| {
        let manager = user.manager.and_then(|id| users.get(id)).map(key);
        let plain = User { id: 0, manager: None, created: 0.0, last_modified: 0.0, ..user.clone() };
        (key(user), (plain, manager))
    };
    users.iter().map(account).collect()
}

/// TravelPerk is as in a world without kills and faults, and accounts of others are unchanged.
pub(super) fn target(world: &World, undisturbed: &World, before: &World) {
    let (found, expected) = (accounts(&world.travelperk.users), accounts(&undisturbed.travelperk.users));
    for (key, account) in &expected {
        assert_eq!(found.get(key), Some(account), "the account of {key}");
    }
    assert_eq!(found.len(), expected.len());
    let users = &world.travelperk.users;
    let names: BTreeSet<String> = users.iter().map(|user| user.user_name.to_lowercase()).collect();
    let ids: Vec<&String> = users.iter().filter_map(|user| user.external_id.as_ref()).collect();
    assert_eq!((names.len(), ids.iter().collect::<BTreeSet<_>>().len()), (users.len(), ids.len()), "somebody is twice");
    let centers = |world: &World| world.travelperk.cost_centers.values().map(|center| center.name.clone()).collect();
    let (found, expected): (Vec<String>, BTreeSet<String>) =
        (centers(world), centers(undisturbed).into_iter().collect());
    assert_eq!((found.iter().cloned().collect::<BTreeSet<_>>(), found.len()), (expected.clone(), expected.len()));
    assert_eq!(strangers(world), strangers(before), "a stranger's account was touched");
    assert!(world.log().iter().all(|request| request.service != Service::HiBob || !request.is_write()));
}

/// Every journal is closed, its events are in a valid order, and the history has each change of its plan once.
pub(super) fn record(patient: &Patient, before: &World) {
    let journals = patient.rows(
        "SELECT CAST(id AS TEXT), coalesce(CAST(run AS TEXT), 'none'), plan,
            coalesce(CAST(interrupted_run AS TEXT), 'none')
         FROM journals ORDER BY id",
    );
    let plans = patient.look(async |records| {
        let mut plans = Vec::new();
        for journal in &journals {
            let plan = records.plan(&journal[2]).await.unwrap().unwrap();
            assert_eq!(plan.forgotten, 0);
            plans.push(serde_json::to_value(plan.planned).unwrap());
        }
        plans
    });
    let updates = updates(patient);
    let mut told: BTreeMap<&str, Vec<Vec<&str>>> = BTreeMap::new();
    for row in &updates {
        let (run, rest) = row.split_first().unwrap();
        told.entry(run).or_default().push(rest.iter().map(String::as_str).collect());
    }
    let events = events(patient);
    let mut created: BTreeMap<String, usize> = BTreeMap::new();
    for (journal, plan) in journals.iter().zip(&plans) {
        let (id, run) = (&journal[0], &journal[1]);
        // What had ended when a person interrupted it, and what became of the rest.
        let before = told.remove(journal[3].as_str());
        let rows = told.remove(run.as_str());
        assert!(before.is_some() || rows.is_some(), "journal {id} has run {run}, without lines");
        let rows = [before.unwrap_or_default(), rows.unwrap_or_default()].concat();
        let finished = finished(events.iter().filter(|event| event[0] == *id));
        let mut expected = 0;
        for (position, change) in plan["changes"].as_array().unwrap().iter().enumerate() {
            let made = finished.get(position.to_string().as_str()).copied();
            let lines = lines(change, &rows, made);
            assert!(lines.iter().all(|(_, count)| *count == 1), "journal {id}: {change}\nis told as {lines:?}");
            expected += lines.len();
            if change["kind"] == "Create" && made.is_some_and(|made| made.contains("Done")) {
                *created.entry(text(change, "employee_id").to_owned()).or_default() += 1;
            }
        }
        // Fields of a new account that TravelPerk did not keep have rows of their own.
        let more = rows.iter().filter(|row| row[4] == "Not applied").count();
        assert!(
            (expected..=expected + more).contains(&rows.len()),
            "journal {id}: {} lines, not {expected}",
            rows.len()
        );
    }
    assert!(told.is_empty(), "lines of runs without a plan: {told:?}");
    let world = patient.world();
    for user in world.travelperk.users.iter().filter(|user| before.travelperk.users.get(user.id).is_none()) {
        let employee = user.external_id.as_deref().unwrap();
        let told: Vec<_> = updates.iter().filter(|row| row[1] == employee).collect();
        let times = created.remove(employee).unwrap_or_default();
        assert_eq!(times, 1, "how often the account of {employee} was created, as the history tells: {told:#?}");
    }
    assert!(created.is_empty(), "created, and not there: {created:?}");
}

/// The rows of all runs: run, employee, name, action, field, result.
fn updates(patient: &Patient) -> Vec<Vec<String>> {
    let runs = patient.rows("SELECT CAST(id AS TEXT) FROM runs ORDER BY id");
    patient.look(async |records| {
        let mut updates = Vec::new();
        for run in runs {
            let rows = records.run_updates(run[0].parse().unwrap()).await.unwrap();
            let texts = |row: UpdateRow| [run[0].clone(), row.employee_id, row.name, row.action, row.field, row.result];
            updates.extend(rows.into_iter().map(|row| texts(row).into()));
        }
        updates
    })
}

/// The events of all journals: journal, position of the change, event, generation, result.
fn events(patient: &Patient) -> Vec<Vec<String>> {
    let mut events = patient.rows(
        "SELECT CAST(journal AS TEXT), change, event, CAST(generation AS TEXT), made FROM journal_events ORDER BY sequence",
    );
    let stored = events.iter().map(|event| event[4].clone()).collect();
    let opened = patient.look(async |records| records.made(stored).await.unwrap());
    for (event, made) in events.iter_mut().zip(opened) {
        event[4] = made.unwrap();
    }
    events
}

fn text<'c>(change: &'c Value, name: &str) -> &'c str {
    change[name].as_str().unwrap_or_default()
}

/// The outcome of each change that has one. Panics at an event that cannot follow the ones before.
fn finished<'e>(events: impl Iterator<Item = &'e Vec<String>>) -> BTreeMap<&'e str, &'e str> {
    let (mut begun, mut finished): (BTreeMap<&str, i64>, BTreeMap<&str, &str>) = Default::default();
    for event in events {
        let (change, generation) = (event[1].as_str(), event[3].parse::<i64>().unwrap());
        assert!(!finished.contains_key(change), "{change} goes on after its end");
        if event[2] == "started" {
            let last = begun.insert(change, generation);
            assert!(last.is_none_or(|last| last < generation), "{change} began twice in run {generation}");
        } else {
            assert_eq!(begun.get(change), Some(&generation), "{change} was not begun by whoever finished it");
            finished.insert(change, &event[4]);
        }
    }
    finished
}

/// The rows that the history must have of a change, and how often it has each.
fn lines(change: &Value, rows: &[Vec<&str>], made: Option<&str>) -> Vec<(String, usize)> {
    let (employee, name) = (text(change, "employee_id"), text(change, "display_name"));
    let mine = || rows.iter().filter(|row| row[0] == employee && row[1] == name);
    if made.is_none() {
        return vec![("Not tried".to_owned(), mine().filter(|row| row[4] == "Not tried").count().min(1))];
    }
    let fields =
        || change["fields"].as_array().unwrap().iter().map(|field| text(field, "field")).filter(|f| *f != "active");
    let line = |action: Option<&str>, field: &str| {
        let same = |row: &&Vec<&str>| row[3] == field && action.is_none_or(|action| row[2] == action);
        (format!("{} {field}", action.unwrap_or_default()), mine().filter(same).count())
    };
    let head = |action: &str| line(Some(action), "");
    let with_fields = |action| [head(action)].into_iter().chain(fields().map(|field| line(None, field))).collect();
    match text(change, "kind") {
        "Create" => vec![head("Created")],
        "CreateCostCenter" => vec![head("Cost center created")],
        "Update" => fields().map(|field| line(None, field)).collect(),
        "Archive" => with_fields("Archived"),
        "Reactivate" => with_fields("Reactivated"),
        "Adopt" => with_fields("Adopted"),
        other => panic!("a change of kind {other}"),
    }
}
