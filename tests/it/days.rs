//! Histories of several days: what HR, people and other systems do, and what the sync makes of it. Each test is one
//! history, with its days written out; `docs/use/what-happens-when.md` has them as a table.

mod accounts_made_anew;
mod cases;
mod crashes;
mod holds;
mod lasting;
mod leavers;
mod leavers_first;
mod links;
mod managers;
mod same_person;
mod sites;
mod state_wars;
mod terminations;

use crate::sync::employee;
use hibob_base::error::HostError;
use hibob_base::progress::NoProgress;
use hibob_contract::directory_sync::Change;
use hibob_fakes::company::Employee;
use hibob_fakes::travelperk::User;
use hibob_jobs::run::Report;
use hibob_store::database::LinkOrder;
use hibob_tests::setup::{Setup, plugin, today};
use std::sync::Arc;

/// A company of so many people, whose accounts the sync has created. Employee `n` has the address `n@x.example`.
async fn company(number: usize) -> Setup {
    company_with(number, "").await
}

/// As [`company`], with these lines at the end of the tenant's file.
async fn company_with(number: usize, settings: &str) -> Setup {
    let people: Vec<Employee> = (1..=number).map(|id| person(&id.to_string())).collect();
    let mut setup = Setup::of(people).await;
    // Many nights in one minute.
    setup.hibob_calls_per_minute = 600_000;
    setup.apply_tenant("acme", settings).await;
    let report = setup.sync().await;
    assert_eq!(report.created, number as u64, "{:?}", report.errors);
    setup.writes();
    setup
}

/// Employee `id`, who works in London and has the address `id@x.example`.
fn person(id: &str) -> Employee {
    Employee { site: "London".to_owned(), ..employee(id, "Ana", &format!("{id}@x.example")) }
}

/// The employee's termination, with its last day today.
fn leaves(setup: &Setup, id: &str) {
    setup.world().hibob.employee_mut(id).terminate(today());
}

/// The account with the address of employee `id`.
fn account(setup: &Setup, id: &str) -> User {
    setup.world().travelperk.user_by_name(&format!("{id}@x.example")).unwrap().clone()
}

/// Changes the account with the address of employee `id` by hand, as an admin or another system does in TravelPerk.
fn by_hand(setup: &Setup, id: &str, edit: impl FnOnce(&mut User)) {
    let account = account(setup, id).id;
    edit(setup.world().travelperk.users.get_mut(account).unwrap());
}

/// Deletes the account with the address of employee `id`, as an admin can in TravelPerk.
fn deleted_by_hand(setup: &Setup, id: &str) {
    let account = account(setup, id).id;
    setup.world().travelperk.users.erase(account);
}

/// Adds an account that another system or an admin has made, and returns its id.
fn made_by_others(setup: &Setup, user: User) -> u64 {
    setup.world().travelperk.insert_user(user)
}

/// Has a person link an account to an employee.
async fn link(setup: &Setup, employee: &str, account: u64) -> Result<Vec<Change>, HostError> {
    let order = LinkOrder { employee_id: employee.to_owned(), account_id: account.to_string() };
    hibob_runner::link(&setup.data, &setup.tenant().await, plugin(), &[order], Arc::new(NoProgress)).await
}

/// The codes of the errors and of the warnings of a report, each with the employee.
fn codes(report: &Report) -> Vec<(&str, &str)> {
    let rows = report.errors.iter().chain(&report.warnings);
    rows.map(|row| (row.employee_id.as_deref().unwrap_or_default(), row.code.as_str())).collect()
}
