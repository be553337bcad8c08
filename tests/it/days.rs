//! Histories of several days: what HR, people and other systems do, and what the sync makes of it. Each test is one
//! history, with its days written out.

mod accounts_made_anew;

use crate::sync::employee;
use hibob_fakes::company::Employee;
use hibob_fakes::travelperk::User;
use hibob_jobs::run::Report;
use hibob_tests::setup::{Setup, today};

/// A company of so many people, whose accounts the sync has created. Employee `n` has the address `n@x.example`.
async fn company(number: usize) -> Setup {
    let people: Vec<Employee> = (1..=number).map(|id| person(&id.to_string())).collect();
    let setup = Setup::of(people).await;
    let report = setup.sync().await;
    assert_eq!(report.created, number as u64, "{:?}", report.errors);
    setup.writes();
    setup
}

/// Employee `id`, who works here and has the address `id@x.example`.
fn person(id: &str) -> Employee {
    employee(id, "Ana", &format!("{id}@x.example"))
}

/// The employee's termination, with its last day today.
fn leaves(setup: &Setup, id: &str) {
    setup.world().hibob.employee_mut(id).terminate(today());
}

/// The account with the address of employee `id`.
fn account(setup: &Setup, id: &str) -> User {
    setup.world().travelperk.user_by_name(&format!("{id}@x.example")).expect("there is such an account").clone()
}

/// Deletes the account with the address of employee `id`, as an admin can in TravelPerk.
fn deleted_by_hand(setup: &Setup, id: &str) {
    let account = account(setup, id).id;
    setup.world().travelperk.users.erase(account);
}

/// The codes of the errors and of the warnings of a report, each with the employee.
fn codes(report: &Report) -> Vec<(&str, &str)> {
    let rows = report.errors.iter().chain(&report.warnings);
    rows.map(|row| (row.employee_id.as_deref().unwrap_or_default(), row.code.as_str())).collect()
}
