//! Tests of the roster: all employees with their states.

use super::sync::employee;
use hibob_base::progress::NoProgress;
use hibob_contract::directory_sync::EmployeeState as State;
use hibob_fakes::company::Employee;
use hibob_tests::setup::{Setup, plugin, today};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_listed_with_their_state() {
    let at =
        |id: &str, site: &str| Employee { site: site.to_owned(), ..employee(id, "Ana", &format!("{id}@x.example")) };
    let mut left_before = at("7", "London");
    left_before.terminate(today());
    let mut future = at("6", "London");
    future.lifecycle_status = "hired".to_owned();
    future.start_date = today() + chrono::Days::new(30);
    let people = ["1", "2", "3", "4"].map(|id| at(id, "London"));
    let setup = Setup::of([people.to_vec(), vec![at("5", "Madrid"), future, left_before]].concat()).await;
    setup.apply_tenant("acme", "[sync]\nsites = [\"London\"]\n").await;
    assert_eq!(setup.sync().await.created, 4);

    setup.world().hibob.employee_mut("2").email = None;
    setup.world().hibob.employee_mut("3").terminate(today());
    assert_eq!(setup.sync().await.archived, 1);
    setup.world().hibob.employees.retain(|id, _| id != "4");
    setup.world().hibob.insert(at("8", "London"));

    let roster = hibob_runner::roster(plugin(), &setup.tenant().await, Arc::new(NoProgress)).await.unwrap();
    let states: Vec<(&str, State)> =
        roster.employees.iter().map(|entry| (entry.employee_id.as_str(), entry.state)).collect();
    let want = [
        ("1", State::Synced),
        ("2", State::Failed),
        ("3", State::Archived),
        ("5", State::OutOfSelection),
        ("6", State::Waiting),
        ("7", State::Left),
        ("8", State::Pending),
        ("4", State::Vanished),
    ];
    assert_eq!(states, want);
    let failed = roster.employees.iter().find(|entry| entry.state == State::Failed).unwrap();
    assert!(failed.account_id.is_some() && failed.display_name == "Ana Ruiz", "{failed:?}");
    let why = roster.findings.iter().find(|finding| finding.employee_id.as_deref() == Some("2")).unwrap();
    assert_eq!(why.code, "MISSING_EMAIL");
}
