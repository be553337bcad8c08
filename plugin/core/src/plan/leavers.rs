//! Leavers whose accounts are active: what is archived beside the account that matching has found, and what is an error
//! until somebody has decided.
//!
//! 1. An active account that belongs to a leaver by the host's ledger is archived too, if its external id is empty or
//!    nobody's whom HiBob, a link or the ledger knows.
//! 2. Any other active account with a leaver's id or work email is the error `LEAVER_HAS_ACTIVE_ACCOUNT`, in every plan,
//!    unless it is the account of somebody who has not left, or was given up (`hibob unlink`). An account on the list of
//!    admins is the warning `ADMIN_NOT_ARCHIVED`.
//! 3. A leaver's account whose user name is the work email of somebody who works here is not archived; the same error names
//!    both, in every plan.
//! 4. Two accounts with one employee's id are the error `AMBIGUOUS_EXTERNAL_ID`, also where a link says which of them is
//!    the employee's. The other account is left as it is.

use super::input::Input;
use super::matching::{Match, owners};
use crate::field::{TextField, fold};
use crate::finding::{Finding, Severity};
use crate::lifecycle::{AccountStatus, Because};
use crate::mapping::DesiredAccount;
use crate::scim::{Account, State};
use std::collections::{BTreeMap, BTreeSet};

/// What was found beside the matches. Numbers are positions in the input.
#[derive(Debug, Default)]
pub(super) struct Leavers {
    /// More accounts of leavers that are archived: employee and account.
    pub(super) also: Vec<(usize, usize)>,
    /// Leavers with an active account about which somebody has to decide.
    pub(super) open: BTreeSet<usize>,
}

/// Whether the employee has left, so that an active account of theirs is one too many.
pub(super) fn has_left(person: &DesiredAccount) -> bool {
    matches!(person.status, AccountStatus::Gone(Because::Terminated | Because::GardenLeave))
}

/// Looks for active accounts of leavers, by the rules above.
pub(super) fn look(input: Input<'_>, matches: &[Match], findings: &mut Vec<Finding>) -> Leavers {
    let owners = owners(matches, input.accounts.len());
    let mut looking = Looking { input, matches, owners, findings, found: Leavers::default() };
    looking.by_ledger();
    looking.at_accounts_without_owner();
    looking.found
}

struct Looking<'a> {
    input: Input<'a>,
    matches: &'a [Match],
    /// The employee to whom each account belongs, by position.
    owners: Vec<Option<usize>>,
    findings: &'a mut Vec<Finding>,
    found: Leavers,
}

impl Looking<'_> {
    /// Rule 1.
    fn by_ledger(&mut self) {
        for row in self.input.facts.accounts() {
            let Some(person) = self.input.person(row.employee) else { continue };
            let is_gone = self.input.people.get(person).is_some_and(|it| matches!(it.status, AccountStatus::Gone(_)));
            let Some(at) = self.input.account(row.account).filter(|_| is_gone) else { continue };
            let Some(account) = self.input.accounts.get(at).filter(|account| account.state == State::Active) else {
                continue;
            };
            let carried = account.text(TextField::ExternalId);
            let is_free = self.owners.get(at) == Some(&None) && !self.input.facts.is_unlinked(&account.id);
            let user_name = account.text(TextField::UserName).unwrap_or_default();
            let is_theirs = is_free && !self.input.is_admin(user_name);
            if is_theirs && carried.is_none_or(|id| !self.input.is_known(id)) {
                let leaver = self.input.people.get(person).filter(|leaver| has_left(leaver));
                let other = self.input.works_with(account).and_then(|other| self.input.people.get(other));
                if let (Some(leaver), Some(other)) = (leaver, other) {
                    self.findings.push(needed_by(leaver, other, account));
                    self.found.open.insert(person);
                    if let Some(owner) = self.owners.get_mut(at) {
                        *owner = Some(person);
                    }
                    continue;
                }
                self.found.also.push((person, at));
                if let Some(owner) = self.owners.get_mut(at) {
                    *owner = Some(person);
                }
            }
        }
    }

    /// Rules 2 and 4.
    fn at_accounts_without_owner(&mut self) {
        let mut emails: Option<BTreeMap<String, usize>> = None;
        let mut ambiguous = BTreeSet::new();
        for (at, account) in self.input.accounts.iter().enumerate() {
            if self.owners.get(at) != Some(&None) || self.input.facts.is_unlinked(&account.id) {
                continue;
            }
            let carried = account.text(TextField::ExternalId);
            let carrier = carried.and_then(|id| self.input.person(id));
            if let Some(person) = carrier
                && self.matches.get(person).is_some_and(|found| found.account.is_some())
                && ambiguous.insert(person)
            {
                self.report_ambiguous(person);
            }
            if account.state != State::Active {
                continue;
            }
            let leaver = match (carrier, carried) {
                (Some(person), _) if self.input.people.get(person).is_some_and(has_left) => Some((person, true)),
                // The account of somebody who works here, and has no other one.
                (Some(person), _) if self.matches.get(person).is_some_and(|found| found.account.is_none()) => None,
                // The account of somebody whom HiBob does not send any more.
                (None, Some(id)) if self.input.is_known(id) => None,
                _ => {
                    let emails = emails.get_or_insert_with(|| {
                        let leavers = self.input.people.iter().enumerate().filter(|(_, person)| has_left(person));
                        let named = leavers.filter(|(_, person)| !person.user_name().is_empty());
                        named.map(|(at, person)| (fold(person.user_name()), at)).collect()
                    });
                    let user_name = account.text(TextField::UserName).map(fold);
                    user_name.and_then(|name| emails.get(&name)).map(|&person| (person, false))
                }
            };
            if let Some((person, carries)) = leaver {
                self.report(person, at, carries);
            }
        }
    }

    /// Reports an active account of a leaver. `carries` says that it has the leaver's id.
    fn report(&mut self, person: usize, account: usize, carries: bool) {
        let (Some(leaver), Some(account)) = (self.input.people.get(person), self.input.accounts.get(account)) else {
            return;
        };
        let user_name = account.text(TextField::UserName).unwrap_or_default();
        if self.input.is_admin(user_name) {
            self.findings.push(admin_not_archived(leaver));
            return;
        }
        let by = if carries { "carries this employee's id" } else { "has this employee's work email" };
        let because = match leaver.status {
            AccountStatus::Gone(because) => because.sentence(),
            _ => "has left",
        };
        let carries_anothers = account.text(TextField::ExternalId).is_some_and(|id| *id != *leaver.id);
        let remedy = match carries_anothers {
            true => format!(
                "if account {} is this person's, remove its external id in TravelPerk, then hibob link TENANT {} {}; \
                 else correct its work email there",
                account.id, leaver.id, account.id
            ),
            false => format!(
                "if account {} is this person's: hibob link TENANT {} {}, and the sync after that archives it; \
                 else correct the account in TravelPerk",
                account.id, leaver.id, account.id
            ),
        };
        let message = format!("{because}, and account {}, which {by}, is still active", account.id);
        let finding = Finding::new(Severity::Error, "LEAVER_HAS_ACTIVE_ACCOUNT", message, remedy);
        self.findings.push(finding.about(leaver));
        self.found.open.insert(person);
    }

    fn report_ambiguous(&mut self, person: usize) {
        let Some(person) = self.input.people.get(person) else { return };
        let finding = Finding::new(
            Severity::Error,
            "AMBIGUOUS_EXTERNAL_ID",
            "another account carries this employee's id too; the one that the sync has linked goes on being synced",
            "keep the id at one of the accounts in TravelPerk, and remove the external id from the others",
        );
        self.findings.push(finding.about(person).field(TextField::ExternalId.name()));
    }
}

/// The finding about a leaver's account that somebody who works here may use, since its user name is their work email.
pub(super) fn needed_by(leaver: &DesiredAccount, other: &DesiredAccount, account: &Account) -> Finding {
    let because = match leaver.status {
        AccountStatus::Gone(because) => because.sentence(),
        _ => "has left",
    };
    let message = format!(
        "{because}, and account {} is still active: its user name is the work email of {}, who works here, \
         so it is not archived",
        account.id,
        other.named()
    );
    let remedy = format!(
        "if they are one person: hibob link TENANT {} {}; else give the account another email in TravelPerk, and the next \
         sync archives it, or correct the work email in HiBob",
        other.id, account.id
    );
    Finding::new(Severity::Error, "LEAVER_HAS_ACTIVE_ACCOUNT", message, remedy).about(leaver)
}

/// The finding about a leaver whose account was archived, and made active again, at least twice lately.
pub(super) fn made_active_again(leaver: &DesiredAccount) -> Finding {
    let message = "should have no account any more; the account was archived twice and made active again each time, and \
                   is archived again";
    let remedy = "find out who, or what, makes the account active in TravelPerk (a single sign-on may do so)";
    Finding::new(Severity::Error, "LEAVER_HAS_ACTIVE_ACCOUNT", message, remedy).about(leaver)
}

/// The finding about a leaver whose account is on the operator's list of admins, since TravelPerk needs an admin.
pub(super) fn admin_not_archived(person: &DesiredAccount) -> Finding {
    // The host makes an error of the first one after 14 days.
    let code = if has_left(person) { "ADMIN_NOT_ARCHIVED" } else { "ADMIN_OUT_OF_SELECTION" };
    let finding = Finding::new(
        Severity::Warning,
        code,
        "should have no account any more, but the account is on the list of admins (safety.admins)",
        "make somebody else an admin in TravelPerk, take this one off the list, and sync again",
    );
    finding.about(person)
}
