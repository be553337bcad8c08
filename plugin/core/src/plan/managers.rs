//! Line managers and approvers: what a change does to them, and what is wrong with them in HiBob.
//!
//! 1. The line manager stays as it is, with a finding that names them, if HiBob did not send that employee, if they
//!    have left or work at a site that is not synced so that their account is or will be archived, if their account is
//!    archived and does not become active, or if they have no account and get none. So nobody new gets a line manager
//!    who cannot log in, and whoever has one is named in every plan.
//! 2. A line manager whose account this plan creates is written after it. An account that TravelPerk does not have any
//!    more is nobody's: it is not among the accounts that were read.
//! 3. Approvers are written if the settings have conditions for them and the account's differ.
//! 4. Employees who report to each other in a circle are told once, as a warning that names them. They are written as
//!    HiBob has them.

use super::decide::{Deciding, small};
use super::draft::{Draft, ManagerChange};
use super::input::Input;
use crate::finding::{Finding, Severity};
use crate::lifecycle::{AccountStatus, Because};
use crate::mapping::{DesiredAccount, DesiredManager};
use crate::scim::{Account, Manager, State};
use crate::text_form;
use std::collections::BTreeSet;

/// Most people of one circle who are named.
const NAMED_MAX: usize = 8;

/// Rule 4: a finding for each circle of people who work here.
pub(super) fn report_circles(input: Input<'_>, findings: &mut Vec<Finding>) {
    let boss = |at: usize| {
        let person = input.people.get(at).filter(|person| person.status == AccountStatus::Active)?;
        match &person.manager {
            DesiredManager::Employee(id) => input.person(id),
            DesiredManager::Leave | DesiredManager::Clear => None,
        }
    };
    // For each employee the walk in which they were first seen, plus one; 0 if in none so far.
    let mut seen = vec![0_usize; input.people.len()];
    for start in 0..input.people.len() {
        let mut at = start;
        let closes = loop {
            match seen.get_mut(at) {
                Some(walk) if *walk == 0 => *walk = start + 1,
                Some(walk) => break *walk == start + 1,
                None => break false,
            }
            match boss(at) {
                Some(next) => at = next,
                None => break false,
            }
        };
        if closes {
            let mut members = vec![at];
            members.extend(std::iter::successors(boss(at), |&next| boss(next)).take_while(|&next| next != at));
            findings.extend(circle(input, &members));
        }
    }
}

/// The finding about one circle: `members` are positions, each reporting to the next and the last to the first.
fn circle(input: Input<'_>, members: &[usize]) -> Option<Finding> {
    let (first, lowest) = members.iter().enumerate().min_by_key(|(_, position)| **position)?;
    let person = input.people.get(*lowest)?;
    let others = members.iter().cycle().skip(first + 1).take(members.len() - 1);
    let mut names: Vec<String> =
        others.filter_map(|&at| input.people.get(at)).take(NAMED_MAX).map(DesiredAccount::named).collect();
    let more = (members.len() - 1).saturating_sub(names.len());
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let message = format!(
        "reports to {}, who reports back to the first: the line managers form a circle, and trips may be approved in it",
        names.join(", who reports to ")
    );
    let remedy = "correct `Reports to` in HiBob; until then the line managers are written as HiBob has them";
    let finding = Finding::new(Severity::Warning, "MANAGER_CIRCLE", message, remedy);
    Some(finding.about(person).field(crate::field::MANAGER))
}

impl Deciding<'_> {
    /// Takes the change of the line manager back if it is contested.
    pub(super) fn leave_contested_manager(&mut self, person: &DesiredAccount, draft: &mut Draft) {
        if draft.manager == ManagerChange::Untouched {
            return;
        }
        let Some(link) = self.input.links.get(&person.id) else { return };
        let boss = draft.manager_account.and_then(|position| self.input.accounts.get(position as usize));
        let wanted = match draft.manager {
            ManagerChange::Untouched => return,
            ManagerChange::Clear => None,
            ManagerChange::To(_) => match boss {
                Some(boss) => Some(&*boss.id),
                None => return, // an account that does not exist yet was never written
            },
        };
        if link.is_contested(crate::field::MANAGER, wanted, self.input.now_unix_seconds) {
            draft.manager = ManagerChange::Untouched;
            draft.after_manager = None;
            self.report_contested(person, crate::field::MANAGER);
        }
    }

    /// Decides what a change does to line manager and approvers, by the rules above.
    pub(super) fn manager(&mut self, person: &DesiredAccount, account: Option<&Account>, draft: &mut Draft) {
        let now = account.map_or(&Manager::Nobody, |account| &account.manager);
        let manager_id = match &person.manager {
            DesiredManager::Leave => return,
            DesiredManager::Clear => {
                if *now != Manager::Nobody {
                    draft.manager = ManagerChange::Clear;
                }
                return;
            }
            DesiredManager::Employee(id) => id,
        };
        let (people, accounts) = (self.input.people, self.input.accounts);
        let Some(position) = self.input.person(manager_id) else {
            let message = "the line manager is not among the employees that HiBob sends";
            return self.note(person, "MANAGER_NOT_IN_DIRECTORY", message.to_owned());
        };
        let (Some(manager), Some(found)) = (people.get(position), self.matches.get(position)) else {
            return;
        };
        if let AccountStatus::Gone(because) = manager.status {
            let code = match because {
                Because::OutOfSelection => "MANAGER_OUT_OF_SELECTION",
                Because::Terminated | Because::GardenLeave | Because::Vanished => "MANAGER_HAS_LEFT",
            };
            let message = format!("the line manager, {}, {}", manager.named(), because.sentence());
            return self.note(person, code, message);
        }
        let manager_account = found.account.and_then(|(at, _)| Some((at, accounts.get(at)?)));
        let same = match (manager_account, now) {
            (Some((_, account)), Manager::Account(id)) => account.id == *id,
            (Some((_, account)), Manager::Named(name)) => text_form::same(&account.display_name(), name),
            _ => false,
        };
        match manager_account {
            // It stays archived, since only somebody who works here gets it back, without a conflict or somebody who undoes it.
            Some((_, boss))
                if boss.state == State::Archived
                    && (manager.status != AccountStatus::Active || found.conflict || self.is_undone(manager, true)) =>
            {
                let message = format!("the account of the line manager, {}, is archived", manager.named());
                return self.note(person, "MANAGER_ARCHIVED", message);
            }
            Some((at, boss)) => {
                if !same {
                    draft.manager = ManagerChange::To(small(position));
                }
                if self.approves_otherwise(account, &boss.id) {
                    draft.approver = Some(small(position));
                }
                draft.manager_account = Some(small(at)).filter(|_| !same || draft.approver.is_some());
            }
            None if manager.status == AccountStatus::Active && !found.conflict => {
                draft.manager = ManagerChange::To(small(position));
                draft.after_manager = Some(small(position));
                if self.input.approvals.is_some_and(|approvals| !approvals.conditions.is_empty()) {
                    draft.approver = Some(small(position));
                }
            }
            None => {
                let message = format!("the line manager, {}, has no account yet", manager.named());
                return self.note(person, "MANAGER_HAS_NO_ACCOUNT", message);
            }
        }
        if self.input.approvals.is_some() {
            self.report_replaced_approvers(person, account, draft);
        }
    }

    /// Whether the account's approvers differ from the line manager under the conditions of the settings.
    fn approves_otherwise(&self, account: Option<&Account>, manager: &str) -> bool {
        let Some(conditions) = self.input.approvals.map(|approvals| &approvals.conditions) else { return false };
        let wanted: BTreeSet<(&str, &str)> = conditions.iter().map(|condition| (manager, condition.as_str())).collect();
        let now = account.into_iter().flat_map(|account| &account.approvers);
        let now: BTreeSet<(&str, &str)> = now.map(|approver| (&*approver.account, &*approver.condition)).collect();
        !wanted.is_empty() && now != wanted
    }

    /// A finding if the change replaces a line manager or approvers who are set in TravelPerk and approve trips there.
    fn report_replaced_approvers(&mut self, person: &DesiredAccount, account: Option<&Account>, draft: &Draft) {
        let Some(account) = account else { return };
        let manager = draft.manager != ManagerChange::Untouched && account.manager != Manager::Nobody;
        let approvers = draft.approver.is_some() && !account.approvers.is_empty();
        let what = match (manager, approvers) {
            (false, false) => return,
            (true, false) => "another line manager, who approves trips, is set in TravelPerk and will be replaced",
            (false, true) => "other approvers are set in TravelPerk and will be replaced",
            (true, true) => "another line manager and other approvers are set in TravelPerk and will be replaced",
        };
        let remedy = "nothing, if HiBob's `Reports to` is right; the plan shows who it is now and who it will be";
        let finding = Finding::new(Severity::Notice, "APPROVER_REPLACED", what, remedy);
        self.findings.push(finding.about(person).field(crate::field::MANAGER));
    }

    fn note(&mut self, person: &DesiredAccount, code: &'static str, message: String) {
        let remedy =
            "check `Reports to` in HiBob; the line manager is left as it is, and set by a later sync once it can be";
        self.findings
            .push(Finding::new(Severity::Warning, code, message, remedy).about(person).field(crate::field::MANAGER));
    }
}
