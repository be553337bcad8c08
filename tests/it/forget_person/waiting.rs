//! Tests of plans that wait for approval while a person in them is erased.

use super::{BILBY, OF_BILBY, OF_QUOKKA, QUOKKA, forget, found, has_all, has_any, synced, told};
use crate::approval::office::Office;
use crate::cli::{program, share_compiled};
use crate::sync::employee;
use hibob_store::database::ApprovalState;
use hibob_store::queue::State;
use serde_json::Value;
use std::process::Command;

const NO_RENAMING: &str = "[safety]\napproval = \"above-limits\"\nrename_limit_min = 0\nrename_limit_percent = 0\n[sync]\nparallel_changes = 1\n";
const ALWAYS: &str = "[safety]\napproval = \"always\"\n";

const POTOROO: &str = "5150000000000000004";

/// The new names of both employees in the waiting plan.
const NEW_NAMES: [&str; 2] = ["quokkaton@acme.example", "bilbyton@acme.example"];

async fn office(safety: &str) -> Office {
    let setup = synced().await;
    setup.world().hibob.insert(employee(POTOROO, "Potoroo", "potoroo@acme.example"));
    assert_eq!((setup.sync().await.created, setup.writes()), (1, 1));
    setup.apply_tenant("acme", safety).await;
    share_compiled(setup.data.path());
    Office { setup }
}

fn in_the_open(office: &Office) -> Vec<String> {
    found(office.setup.data.path(), &[&OF_QUOKKA[..], &OF_BILBY, &NEW_NAMES].concat())
}

/// A plan as the program prints it, for people and as JSON. It is run on a copy: the search reads SQLite's files in
/// this process, and closing them releases this process's locks (sqlite.org/howtocorrupt.html, section 2.2).
fn shown(office: &Office, plan: &str) -> String {
    let copy = tempfile::tempdir_in(office.setup.folder.path()).unwrap();
    let data = copy.path().join("data");
    assert!(Command::new("cp").arg("-a").arg(office.setup.data.path()).arg(&data).status().unwrap().success());
    let text = [&["plans", "show", "acme", plan][..], &["plans", "show", "acme", plan, "--json"]].map(|args| {
        let output = program(copy.path(), args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    });
    text.concat()
}

async fn rename_both(office: &Office) -> String {
    for (id, name) in [QUOKKA, BILBY].into_iter().zip(NEW_NAMES) {
        office.setup.world().hibob.employee_mut(id).email = Some(name.to_owned());
    }
    office.waiting().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_plan_has_no_name_in_the_open_and_is_stale_when_somebody_in_it_is_erased() {
    let office = office(NO_RENAMING).await;
    let plan = rename_both(&office).await;
    assert_eq!(in_the_open(&office), [""; 0]);
    let before = shown(&office, &plan);
    assert!(has_all(&before, &["Quokkaline Vantabluck", "Bilbyrd Zugbruck", NEW_NAMES[0], NEW_NAMES[1]]), "{before}");
    office.approve(&plan).await.unwrap();

    forget(&office.setup, QUOKKA).await;
    assert_eq!(found(office.setup.data.path(), &[&OF_QUOKKA[..], &[QUOKKA, NEW_NAMES[0]]].concat()), [""; 0]);
    let after = shown(&office, &plan);
    assert!(!has_any(&after, &OF_QUOKKA) && !has_any(&after, &[QUOKKA, NEW_NAMES[0]]), "{after}");
    assert!(has_all(&after, &["forgotten", "Bilbyrd Zugbruck", NEW_NAMES[1]]), "{after}");

    let (state, result) = office.serve().await;
    assert_eq!((state, &result["error"]["code"], office.setup.writes()), (State::Held, &"PLAN_STALE".into(), 0));
    let report = office.past_run(&result).await.report;
    assert_eq!(report["stale"]["why"], "somebody in it was forgotten", "{report}");
    assert_eq!(office.row(&plan).await.state, ApprovalState::Stale);
    // The plan that waits now is only about the other employee.
    let newer = office.open().await.unwrap();
    assert_eq!((office.row(&newer).await.changes, in_the_open(&office)), (1, Vec::new()));
    office.approve(&newer).await.unwrap();
    assert_eq!((office.serve().await.0, office.setup.writes()), (State::Done, 1));
    let all = told(&office.setup.data).await;
    assert!(!has_any(&all, &OF_QUOKKA) && !all.contains(QUOKKA) && all.contains(NEW_NAMES[1]), "{all}");
    assert_eq!(in_the_open(&office), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_plan_is_superseded_by_one_without_the_erased_person() {
    let office = office(NO_RENAMING).await;
    let plan = rename_both(&office).await;
    forget(&office.setup, QUOKKA).await;
    let newer = office.waiting().await;
    let row = office.row(&plan).await;
    assert_eq!((row.state, row.superseded_by.as_ref()), (ApprovalState::Superseded, Some(&newer)));
    assert_eq!(office.setup.sync().await.waiting.map(|waiting| (waiting.plan, waiting.is_new)), Some((newer, false)));
    assert_eq!(office.setup.writes(), 0);
}

/// TravelPerk still has the erased person as a line manager, until the plan with another one is applied.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_takes_a_forgotten_line_manager_away_is_approved_and_applied() {
    let office = office(ALWAYS).await;
    office.setup.world().hibob.employee_mut(BILBY).manager = Some(POTOROO.to_owned());
    let plan = office.waiting().await;
    forget(&office.setup, QUOKKA).await;
    let shown_after = shown(&office, &plan);
    assert!(!has_any(&shown_after, &OF_QUOKKA) && shown_after.contains("Potoroo"), "{shown_after}");
    let newer = office.waiting().await;
    assert_ne!(plan, newer, "the first plan cannot be read completely any more");
    let again = office.setup.sync().await.waiting.unwrap();
    assert_eq!((&again.plan, again.is_new), (&newer, false));
    office.approve(&newer).await.unwrap();
    let (state, result) = office.serve().await;
    assert_eq!((state, office.setup.writes()), (State::Done, 1), "{}", office.past_run(&result).await.report);
    let manager = {
        let users = &office.setup.world().travelperk.users;
        let of = |id: &str| users.iter().find(|user| user.external_id.as_deref() == Some(id)).cloned().unwrap();
        (of(BILBY).manager, of(POTOROO).id)
    };
    assert_eq!(manager.0, Some(manager.1));
}

/// A row of a difference belongs to one person, and names no other.
#[tokio::test(flavor = "multi_thread")]
async fn a_difference_does_not_name_line_managers() {
    let office = office(ALWAYS).await;
    office.setup.world().hibob.employee_mut(BILBY).manager = None;
    let plan = office.waiting().await;
    office.approve(&plan).await.unwrap();
    office.setup.world().hibob.employee_mut(BILBY).manager = Some(POTOROO.to_owned());
    let (state, result) = office.serve().await;
    let report = office.past_run(&result).await.report;
    let row = &report["stale"]["differences"][0];
    assert_eq!((state, &row["employee_id"], &row["field"]), (State::Held, &BILBY.into(), &"manager".into()));
    assert_eq!((&row["approved"], &row["now"]), (&Value::Null, &Value::Null));
    assert_eq!(in_the_open(&office), [""; 0]);
    forget(&office.setup, QUOKKA).await;
    let all = told(&office.setup.data).await + &shown(&office, &plan);
    assert!(!has_any(&all, &OF_QUOKKA) && !all.contains(QUOKKA) && has_all(&all, &OF_BILBY[..2]), "{all}");
    forget(&office.setup, BILBY).await;
    let all = told(&office.setup.data).await + &shown(&office, &plan);
    assert!(!has_any(&all, &[&OF_QUOKKA[..], &OF_BILBY, &[BILBY]].concat()), "{all}");
}

/// A waiting plan of an earlier version is stored in the open. It is removed, and does not wait any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_an_earlier_version_left_waiting_is_removed() {
    let office = office(NO_RENAMING).await;
    let plan = rename_both(&office).await;
    let opened = office.setup.data.records("acme").await.unwrap().plan(&plan).await.unwrap().unwrap();
    let plain = serde_json::to_string(&opened.planned).unwrap();
    office.replace_plan(&plan, &plain).await;
    assert!(!in_the_open(&office).is_empty());
    let done = forget(&office.setup, QUOKKA).await;
    assert_eq!((done.rows.plans, office.states().await), (1, Vec::new()));
    assert_eq!(found(office.setup.data.path(), &[&OF_QUOKKA[..], &[QUOKKA, NEW_NAMES[0]]].concat()), [""; 0]);
    let newer = office.waiting().await;
    assert_eq!(office.row(&newer).await.changes, 1);
}
