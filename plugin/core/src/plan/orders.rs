//! Accounts that a person has ordered to be adopted (`hibob link`): which of them may be.
//!
//! An order is refused, with the finding `LINK_REFUSED`, unless all of this holds:
//! 1. HiBob sends the employee, TravelPerk has the account, and there is something to do with it.
//! 2. The account is not on the list of admins.
//! 3. It carries no external id, the employee's own, or that of somebody who has left and whose account it is by the
//!    host's ledger or by a link.
//! 4. By ledger, link and work email it is the account of nobody else who has not left.

use super::input::Input;
use crate::field::{TextField, fold};
use crate::finding::{Finding, Severity};
use crate::lifecycle::{AccountStatus, Because};
use crate::mapping::DesiredAccount;
use crate::scim::{Account, State};

/// An order that is carried out: positions of employee and account.
pub(super) type Order = (usize, usize);

/// The orders that may be carried out. Each other one gets a finding.
pub(super) fn allowed(input: Input<'_>, findings: &mut Vec<Finding>) -> Vec<Order> {
    let mut allowed: Vec<Order> = Vec::new();
    for (employee, account) in input.facts.orders() {
        let is_twice =
            |order: &Order| input.person(employee) == Some(order.0) || input.account(account) == Some(order.1);
        let judged = match allowed.iter().any(is_twice) {
            true => Err("the employee, or the account, was linked by a person a second time"),
            false => judge(input, employee, account),
        };
        match judged {
            Ok(order) => allowed.push(order),
            Err(why) => {
                let message = format!("account {account} is not linked to this employee: {why}");
                let remedy = "take the link back with hibob unlink, or mend what the message says and link again";
                let finding = Finding::new(Severity::Error, "LINK_REFUSED", message, remedy).employee(employee);
                let person = input.person(employee).and_then(|at| input.people.get(at));
                findings.push(Finding { name: person.and_then(DesiredAccount::name), ..finding });
            }
        }
    }
    allowed
}

fn judge(input: Input<'_>, employee: &str, account_id: &str) -> Result<Order, &'static str> {
    let person = input.person(employee).ok_or("HiBob does not send this employee")?;
    let at = input.account(account_id).ok_or("TravelPerk has no account with this id")?;
    let (Some(wanted), Some(account)) = (input.people.get(person), input.accounts.get(at)) else {
        return Err("TravelPerk has no account with this id");
    };
    if matches!(wanted.status, AccountStatus::Gone(_)) && account.state == State::Archived {
        return Err("the employee has left, and the account is archived already");
    }
    if wanted.status == AccountStatus::Broken {
        return Err("HiBob's record of this employee cannot be used as it is");
    }
    let user_name = account.text(TextField::UserName).unwrap_or_default();
    if input.is_admin(user_name) {
        return Err("the account is on the list of admins (safety.admins)");
    }
    let has_left = |id: &str| {
        let person = input.person(id).and_then(|at| input.people.get(at));
        person.is_some_and(|person| person.status == AccountStatus::Gone(Because::Terminated))
    };
    match account.text(TextField::ExternalId) {
        None => {}
        Some(carried) if carried == employee => {}
        Some(carried) if has_left(carried) && is_theirs(input, carried, account) => {}
        Some(_) => {
            return Err(
                "it carries the external id of somebody else, who has not left or whose account the sync has not managed",
            );
        }
    }
    let owner = input.facts.owner_of(account_id).map(|row| row.employee);
    let linked = input.links.iter().filter(|(_, link)| *link.account == *account_id).map(|(id, _)| id);
    if owner.into_iter().chain(linked).any(|id| id != employee && !has_left(id)) {
        return Err("it is the account of another employee, who has not left");
    }
    let holder = input.people.iter().find(|other| {
        *other.id != *employee
            && matches!(
                other.status,
                AccountStatus::Active
                    | AccountStatus::Waiting(_)
                    | AccountStatus::Outside
                    | AccountStatus::Excluded
                    | AccountStatus::OnHold
            )
            && fold(other.user_name()) == fold(user_name)
    });
    match holder {
        Some(_) if !user_name.is_empty() => Err("it has the work email of another employee, who has not left"),
        _ => Ok((person, at)),
    }
}

/// Whether the account belongs to this employee by the ledger or, where the host has none, by a link.
fn is_theirs(input: Input<'_>, employee: &str, account: &Account) -> bool {
    match input.facts.owner_of(&account.id) {
        Some(row) => row.employee == employee,
        None => input.links.get(employee).is_some_and(|link| link.account == account.id),
    }
}
