//! Matching: finds the account that belongs to an employee.
//!
//! The ways of matching, in this order. In each, employees who work here come before those who have left, since an
//! account may have belonged to the same person under an earlier employee id.
//! 0. **By order.** The account that a person has ordered to be adopted (`orders.rs`).
//! 1. **By link.** The account that the storage's link names, unless its external id is now a different one. Then for
//!    employees who work here it is the conflict `LINKED_ACCOUNT_TAKEN`, except if the different id is that of an
//!    employee who has left and the account has this employee's work email: the same person came back, and the sync
//!    itself passed the account on. (Without that email, somebody has exchanged ids by hand.) An employee who has
//!    left keeps the account if the different id is nobody's whom HiBob, a link or the host's ledger knows; and in any
//!    case only if neither the ledger nor another link has the account for somebody else.
//!    A link counts as none where the account carries no external id, another employee's link names it too, and the ledger has it
//!    for somebody else: it was passed on.
//! 2. **By external id.** The one account that carries the employee id. If several carry it, that is the conflict
//!    `AMBIGUOUS_EXTERNAL_ID`. So it is if the account already belongs to another employee, unless the employee has left;
//!    then they have no account. Nor have they where the host's ledger or another link has it for somebody else.
//! 3. **By user name**, ignoring case, for active employees only. If two accounts have it, in different case, that is the
//!    conflict `AMBIGUOUS_USER_NAME`. An account without an external id and without an owner is taken. One that carries an external id and has no owner is the conflict `USER_NAME_TAKEN`. If the owner
//!    has left and has the same work email and names, this is a rehire under a new id, who gets the account, with a
//!    finding; or, if it is not certain that it is one person (`rehire.rs`), the conflict `SAME_PERSON_UNCLEAR`. Otherwise
//!    the employee waits for the owner's rename.
//!
//! After 3, in the first sync and where the setting `leavers-before` says so, those who have left get the active account with
//! their work email that has no external id and no owner, unless another employee has that work email.
//!
//! Before 3, an employee without an account has the conflict `ACCOUNT_UNREADABLE` if an account that may be theirs could not
//! be read. And active employees who share a work email get the conflict `DUPLICATE_EMAIL`, except the one whose account
//! has it.
//!
//! After 3, renames are checked. A change to a user name that another account has now waits for that account's own
//! rename.
//! 1. If that account has no owner, or its owner is not renamed, it is the conflict `USER_NAME_TAKEN`.
//! 2. If renames wait for each other in a circle, the employee with the lowest id gets a temporary user name first, if
//!    `swap-address` is set, that address is free, and nothing else keeps the circle from being resolved. Otherwise all
//!    of them have the conflict `USER_NAME_SWAP`.
//!
//! With a conflict, the employee's account is left as it is. An account that was given up (`hibob unlink`) is matched
//! with nobody, and nothing is done for its employee as long as they have no other one.

use super::input::Input;
use super::unreadable::ABOUT_ONE;
use super::{leavers, orders, rehire};
use crate::field::{TextField, fold};
use crate::finding::{Finding, Severity};
use crate::index::{IdIndex, NameIndex};
use crate::lifecycle::{AccountStatus, Because};
use crate::link::Link;
use crate::lookup::Lookup;
use crate::mapping::DesiredAccount;
use crate::scim::{Account, State};
use crate::value::Id;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// By what an account was matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MatchedBy {
    /// By the link in the storage.
    Link,
    /// By the external id, which is the employee id.
    ExternalId,
    /// By the user name, which is the work email.
    UserName,
    /// By the order of a person.
    Order,
}

/// The result for one employee.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Match {
    /// The account, by position, and by what it was matched.
    pub(super) account: Option<(usize, MatchedBy)>,
    /// Whether there is a conflict, so that nothing is done for the employee.
    pub(super) conflict: bool,
    /// The employee whose rename must come first, because their account has the user name now.
    pub(super) after_rename_of: Option<usize>,
    /// Whether the account gets a temporary user name first, so that a circle of renames can be resolved.
    pub(super) steps_aside: bool,
    /// Whether the storage has a link for this employee.
    pub(super) linked: bool,
}

/// For each of so many accounts the employee whom matching has given it to, by position.
pub(super) fn owners(matches: &[Match], accounts: usize) -> Vec<Option<usize>> {
    let mut owners = vec![None; accounts];
    for (person, found) in matches.iter().enumerate() {
        if let Some((account, _)) = found.account
            && let Some(owner) = owners.get_mut(account)
        {
            *owner = Some(person);
        }
    }
    owners
}

/// Matches all employees. The result has one entry for each, by position.
pub(super) fn match_all(input: Input<'_>, findings: &mut Vec<Finding>) -> Vec<Match> {
    let Input { people, accounts, .. } = input;
    let mut matching = Matching {
        input,
        people,
        accounts,
        findings,
        matches: vec![Match::default(); people.len()],
        owners: vec![None; accounts.len()],
        by_user_name: OnceCell::new(),
        linked_twice: OnceCell::new(),
        shared_names: OnceCell::new(),
    };
    for (person, account) in orders::allowed(input, matching.findings) {
        matching.take(person, account, MatchedBy::Order);
    }
    let is_gone =
        |&position: &usize| matches!(people.get(position), Some(DesiredAccount { status: AccountStatus::Gone(_), .. }));
    let (left, here): (Vec<usize>, Vec<usize>) = (0..people.len()).partition(is_gone);
    matching.by_link(&here, false);
    matching.by_link(&left, true);
    let external_id_owners = matching.external_id_owners();
    matching.by_external_id(&here, false, &external_id_owners);
    matching.by_external_id(&left, true, &external_id_owners);
    matching.leave_unlinked();
    matching.refuse_unreadable();
    matching.refuse_shared_emails();
    matching.by_user_name();
    matching.link_leavers(&left);
    matching.check_renames();
    matching.matches
}

/// The accounts whose external id is one employee's.
#[derive(Clone, Copy, Debug)]
enum ExternalIdOwners {
    One(usize),
    Several,
}

fn name_of(accounts: &[Account], position: usize) -> &str {
    accounts.get(position).and_then(|account| account.text(TextField::UserName)).unwrap_or_default()
}

/// The temporary user name of an employee: the setting `swap-address` with the id filled in.
pub(super) fn temporary(pattern: &str, person: &DesiredAccount) -> String {
    pattern.replace("{id}", &person.id)
}

struct Matching<'a> {
    input: Input<'a>,
    people: &'a [DesiredAccount],
    accounts: &'a [Account],
    findings: &'a mut Vec<Finding>,
    matches: Vec<Match>,
    /// The employee to whom each account belongs, by position.
    owners: Vec<Option<usize>>,
    /// Built when it is first needed, since usually all are found by their links.
    by_user_name: OnceCell<NameIndex>,
    /// The accounts that several links name. Built when it is first needed.
    linked_twice: OnceCell<BTreeSet<Id>>,
    /// User names that several accounts have, in lower case. Built with `by_user_name`.
    shared_names: OnceCell<BTreeSet<String>>,
}

#[expect(clippy::indexing_slicing, reason = "all positions of people and accounts are made in this file")]
impl Matching<'_> {
    /// The account that has this user name now.
    fn named(&self, user_name: &str) -> Option<usize> {
        let accounts = self.accounts;
        let index = self.by_user_name.get_or_init(|| {
            let mut index = NameIndex::with_capacity(accounts.len());
            let mut shared = BTreeSet::new();
            for (position, account) in accounts.iter().enumerate() {
                if let Some(name) = account.text(TextField::UserName)
                    && index.insert(name, position, |at| name_of(accounts, at)).is_some()
                {
                    shared.insert(fold(name));
                }
            }
            _ = self.shared_names.set(shared);
            index
        });
        index.get(user_name, |at| name_of(accounts, at))
    }

    /// Whether several accounts have this user name, in different case.
    fn is_ambiguous(&self, user_name: &str) -> bool {
        self.shared_names.get().is_some_and(|shared| !shared.is_empty() && shared.contains(&fold(user_name)))
    }

    /// Leaves employees alone whose account may be one that could not be read.
    fn refuse_unreadable(&mut self) {
        for person in 0..self.people.len() {
            let matched = &self.matches[person];
            let linked = || self.input.links.get(&self.people[person].id).map(|link| &*link.account);
            let is_open = matched.account.is_none() && !matched.conflict;
            if is_open && self.input.unreadable.may_be(&self.people[person], linked()) {
                let (code, message, remedy) = ABOUT_ONE;
                self.conflict(person, code, message, remedy);
            }
        }
    }

    fn take(&mut self, person: usize, account: usize, matched_by: MatchedBy) {
        self.matches[person].account = Some((account, matched_by));
        self.owners[account] = Some(person);
    }

    fn conflict(
        &mut self,
        person: usize,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
        remedy: &'static str,
    ) {
        self.matches[person].conflict = true;
        let finding = Finding::new(Severity::Error, code, message, remedy);
        self.findings.push(finding.about(&self.people[person]).field(TextField::UserName.name()));
    }

    /// For each employee who was not matched by link: the accounts that carry their id.
    fn external_id_owners(&self) -> Lookup<usize, ExternalIdOwners> {
        let without = |at: &usize| self.matches[*at].account.is_none() && !self.matches[*at].conflict;
        let open: Vec<usize> = (0..self.people.len()).filter(without).collect();
        let wanted = IdIndex::of(open.iter().map(|&person| &*self.people[person].id));
        let mut external_id_owners = Lookup::default();
        for (position, account) in self.accounts.iter().enumerate() {
            let carried = account.text(TextField::ExternalId);
            let wanted = carried.and_then(|id| wanted.get(id, |at| &self.people[open[at]].id));
            if let Some(person) = wanted.map(|at| open[at])
                && !self.is_unlinked(position)
                && external_id_owners.insert(person, ExternalIdOwners::One(position)).is_some()
            {
                external_id_owners.insert(person, ExternalIdOwners::Several);
            }
        }
        external_id_owners
    }

    /// Whether a person has given this account up.
    fn is_unlinked(&self, account: usize) -> bool {
        self.input.facts.is_unlinked(&self.accounts[account].id)
    }

    /// Whether an active account that a leaver's link or id names belongs to somebody else by now: by the host's ledger, or, if
    /// that does not have it, by another link.
    fn is_anothers(&self, person: usize, account: usize) -> bool {
        let account = &self.accounts[account];
        if account.state == State::Archived {
            return false;
        }
        if let Some(row) = self.input.facts.owner_of(&account.id) {
            return row.employee != &*self.people[person].id;
        }
        self.is_linked_twice(account)
    }

    /// Whether several links name this account.
    fn is_linked_twice(&self, account: &Account) -> bool {
        let twice = self.linked_twice.get_or_init(|| {
            let mut accounts: Vec<&Id> = self.input.links.iter().map(|(_, link)| &link.account).collect();
            accounts.sort_unstable();
            let again = accounts.chunk_by(|a, b| a == b).filter(|same| same.len() > 1);
            again.filter_map(|same| same.first().map(|id| (*id).clone())).collect()
        });
        twice.contains(&account.id)
    }

    /// Whether the account that an employee's link names was given to another employee, whose link names it too.
    fn was_given_on(&self, person: usize, account: usize) -> bool {
        let account = &self.accounts[account];
        self.is_linked_twice(account)
            && self.input.facts.owner_of(&account.id).is_some_and(|row| row.employee != &*self.people[person].id)
    }

    /// Makes sure that nothing is done for an employee whose account was given up, unless they have another one.
    fn leave_unlinked(&mut self) {
        for (account, employee) in self.input.facts.unlinked() {
            let Some(account) = self.input.account(account) else { continue };
            let Some(person) = self.input.person(employee).filter(|&at| self.matches[at].account.is_none()) else {
                continue;
            };
            let is_over = matches!(self.people[person].status, AccountStatus::Gone(_))
                && self.accounts[account].state == State::Archived;
            if is_over || self.people[person].status == AccountStatus::Broken || self.matches[person].conflict {
                continue;
            }
            self.matches[person].conflict = true;
            let finding = Finding::new(
                Severity::Warning,
                "ACCOUNT_UNLINKED",
                "the account was given up (hibob unlink), so nothing is done for this employee",
                "nothing, if that is right; hibob link gives the employee an account again",
            );
            self.findings.push(finding.about(&self.people[person]));
        }
    }

    /// Whether an account has the employee's work email as its user name.
    fn is_named(&self, account: usize, person: usize) -> bool {
        fold(name_of(self.accounts, account)) == fold(self.people[person].user_name())
    }

    /// Whether this external id is that of an employee who has left.
    fn is_a_leavers(&self, carried: &str) -> bool {
        let found = self.input.person(carried);
        found.is_some_and(|position| self.people[position].status == AccountStatus::Gone(Because::Terminated))
    }

    fn by_link(&mut self, those: &[usize], gone: bool) {
        for &person in those {
            let id = &self.people[person].id;
            let before = self.input.linked.get(person).copied().flatten();
            let account = match before {
                Some(account) => Some(account as usize),
                None => {
                    let Some(linked) = self.input.links.get(id).map(|link| &link.account) else { continue };
                    self.input.account(linked)
                }
            };
            self.matches[person].linked = true;
            let Some(account) = account else { continue };
            let linked = &self.accounts[account].id;
            if self.owners[account].is_some() || self.matches[person].account.is_some() || self.is_unlinked(account) {
                continue;
            }
            match self.accounts[account].text(TextField::ExternalId) {
                // The account belongs to another employee now.
                Some(carried) if *carried != **id && gone && self.input.is_known(carried) => {}
                _ if gone && self.is_anothers(person, account) => {}
                Some(carried) if *carried != **id && gone => self.take(person, account, MatchedBy::Link),
                None if self.was_given_on(person, account) => self.matches[person].linked = false,
                // An external id of somebody who has left may be the same person's earlier or later id.
                Some(carried)
                    if *carried != **id && !(self.is_a_leavers(carried) && self.is_named(account, person)) =>
                {
                    let message =
                        format!("account {linked}, which was this employee's, now carries another external id");
                    let remedy = "correct the external id in TravelPerk, or remove the account there";
                    self.conflict(person, "LINKED_ACCOUNT_TAKEN", message, remedy);
                }
                _ => self.take(person, account, MatchedBy::Link),
            }
        }
    }

    fn by_external_id(&mut self, those: &[usize], gone: bool, external_id_owners: &Lookup<usize, ExternalIdOwners>) {
        for &person in those {
            if self.matches[person].account.is_some() || self.matches[person].conflict {
                continue;
            }
            match external_id_owners.get(&person) {
                None => {}
                // An id that was exchanged by hand. `leavers.rs` reports the account.
                Some(ExternalIdOwners::One(account)) if gone && self.is_anothers(person, *account) => {}
                Some(ExternalIdOwners::One(account)) if self.owners[*account].is_none() => {
                    self.take(person, *account, MatchedBy::ExternalId);
                }
                Some(ExternalIdOwners::One(_)) if gone => {} // the account belongs to an employee who works here
                Some(_) => self.conflict(
                    person,
                    "AMBIGUOUS_EXTERNAL_ID",
                    "more than one account carries this employee's id",
                    "keep one of the accounts in TravelPerk and remove the external id from the others",
                ),
            }
        }
    }

    /// Makes it a conflict that active employees share a work email, except for the one whose account has it.
    fn refuse_shared_emails(&mut self) {
        let people = self.people;
        let email_at = |position: usize| people.get(position).map(DesiredAccount::user_name).unwrap_or_default();
        let mut latest = NameIndex::with_capacity(people.len());
        let mut shared: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (position, person) in self.people.iter().enumerate() {
            if person.status == AccountStatus::Active
                && let Some(other) = latest.insert(person.user_name(), position, email_at)
            {
                shared.entry(fold(person.user_name())).or_default().extend([other, position]);
            }
        }
        for (email, sharers) in shared {
            for person in sharers {
                let has_it =
                    self.matches[person].account.is_some_and(|(account, _)| self.named(&email) == Some(account));
                if !has_it && !self.matches[person].conflict {
                    let message = "another active employee has the same work email".to_owned();
                    self.conflict(
                        person,
                        "DUPLICATE_EMAIL",
                        message,
                        "give each employee their own work email in HiBob",
                    );
                }
            }
        }
    }

    fn by_user_name(&mut self) {
        for person in 0..self.people.len() {
            let found = &self.matches[person];
            if self.people[person].status != AccountStatus::Active || found.account.is_some() || found.conflict {
                continue;
            }
            let Some(account) = self.named(self.people[person].user_name()) else {
                continue;
            };
            if self.is_ambiguous(self.people[person].user_name()) {
                self.conflict(
                    person,
                    "AMBIGUOUS_USER_NAME",
                    "more than one account has this work email, in different upper and lower case",
                    "keep one of the accounts in TravelPerk and give the others another user name, or set the external id \
                     of the right one to this employee's id",
                );
                continue;
            }
            let belongs_to_nobody = self.accounts[account].text(TextField::ExternalId).is_none();
            match self.owners[account] {
                None if belongs_to_nobody && !self.is_unlinked(account) => {
                    self.take(person, account, MatchedBy::UserName);
                }
                None => self.taken(person, account),
                Some(owner) => self.owned(person, owner, account),
            }
        }
    }

    /// Decides about an employee without an account whose work email the account of `owner` has.
    fn owned(&mut self, person: usize, owner: usize, account: usize) {
        match rehire::is_same(&self.people[person], &self.people[owner], self.input.rehires) {
            Some(Ok(())) if !self.may_pass_to(person, account) => self.taken(person, account),
            Some(Ok(())) => {
                self.matches[owner] = Match { linked: self.matches[owner].linked, ..Match::default() };
                self.take(person, account, MatchedBy::UserName);
                let finding = Finding::new(
                    Severity::Warning,
                    "REHIRE_UNDER_NEW_ID",
                    "has the work email and names of somebody who left, and gets that account",
                    "if this is another person of the same name, give them another work email in HiBob before applying the plan",
                );
                self.findings.push(finding.about(&self.people[person]));
            }
            Some(Err(why)) => {
                let account = &self.accounts[account].id;
                let message =
                    format!("{}: {why}; account {account} is given to nobody", rehire::about(&self.people[owner]));
                self.conflict(person, rehire::UNCLEAR, message, rehire::REMEDY);
            }
            None => self.matches[person].after_rename_of = Some(owner),
        }
    }

    /// Whether an account that was somebody else's may pass to this employee: it carries no external id, theirs, or that of
    /// somebody who has left. With any other one, nobody knows whose it is by now.
    fn may_pass_to(&self, person: usize, account: usize) -> bool {
        let has_left = |other: usize| self.people[other].status == AccountStatus::Gone(Because::Terminated);
        let carried = self.accounts[account].text(TextField::ExternalId);
        carried.is_none_or(|id| *id == *self.people[person].id || self.input.person(id).is_some_and(has_left))
    }

    /// Gives accounts to those of `left` who left before the first sync, where the setting says so.
    fn link_leavers(&mut self, left: &[usize]) {
        if !self.input.links_leavers {
            return;
        }
        let mut people: BTreeMap<String, usize> = BTreeMap::new();
        for person in self.people.iter().filter(|person| !person.user_name().is_empty()) {
            *people.entry(fold(person.user_name())).or_default() += 1;
        }
        for &person in left {
            let email = self.people[person].user_name();
            let is_open = self.matches[person].account.is_none() && !self.matches[person].conflict;
            if !is_open || !leavers::has_left(&self.people[person]) || people.get(&fold(email)) != Some(&1) {
                continue;
            }
            let Some(account) = self.named(email) else { continue };
            let found = &self.accounts[account];
            let is_free = self.owners[account].is_none() && found.text(TextField::ExternalId).is_none();
            if found.state == State::Active && is_free && !self.is_unlinked(account) && !self.input.is_admin(email) {
                self.take(person, account, MatchedBy::Order);
            }
        }
    }

    fn taken(&mut self, person: usize, account: usize) {
        let message = format!("account {} has this work email and belongs to somebody else", self.accounts[account].id);
        self.conflict(
            person,
            "USER_NAME_TAKEN",
            message,
            "if both are one person, set that account's external id to this employee's id in TravelPerk; else correct the work email in HiBob",
        );
    }

    /// Checks the renames, by the rules above.
    fn check_renames(&mut self) {
        for person in 0..self.people.len() {
            let (Some((account, _)), false) = (self.matches[person].account, self.matches[person].conflict) else {
                continue;
            };
            if self.people[person].status != AccountStatus::Active || !self.renames(person) {
                continue;
            }
            match self.named(self.people[person].user_name()) {
                Some(other) if other != account => match self.owners[other] {
                    Some(owner) => self.matches[person].after_rename_of = Some(owner),
                    None => self.taken(person, other),
                },
                _ => {}
            }
        }
        let waits = |matched: &Match| matched.after_rename_of.is_some();
        let starts: Vec<usize> =
            self.matches.iter().enumerate().filter(|(_, matched)| waits(matched)).map(|(at, _)| at).collect();
        if starts.is_empty() {
            return;
        }
        let mut settled = vec![false; self.people.len()];
        let mut on_path = vec![false; self.people.len()];
        for start in starts {
            let mut path = Vec::new();
            let mut next = Some(start);
            while let Some(at) = next.filter(|&at| !settled[at] && !on_path[at]) {
                path.push(at);
                on_path[at] = true;
                next = self.matches[at].after_rename_of;
            }
            // If the path comes back to one of its members, all from that member on form a circle.
            let circle = next.and_then(|at| path.iter().position(|&member| member == at)).unwrap_or(path.len());
            let aside = self.who_steps_aside(path.get(circle..).unwrap_or_default());
            if let Some(person) = aside {
                self.matches[person].steps_aside = true;
            }
            for (position, &person) in path.iter().enumerate().rev() {
                settled[person] = true;
                on_path[person] = false;
                self.settle_rename(person, position >= circle && aside.is_none());
            }
        }
    }

    /// The member of a circle who gets a temporary user name first; none if the circle cannot be resolved.
    fn who_steps_aside(&self, circle: &[usize]) -> Option<usize> {
        let pattern = self.input.swap_address?;
        let person = circle.iter().copied().min()?;
        let address = temporary(pattern, &self.people[person]);
        let free = self.named(&address).is_none();
        (free && circle.iter().all(|&member| self.frees_name(member))).then_some(person)
    }

    /// Makes a rename a conflict if the user name will not be freed. The owner's rename must have been settled before.
    fn settle_rename(&mut self, person: usize, in_circle: bool) {
        let Some(owner) = self.matches[person].after_rename_of.filter(|_| !self.matches[person].conflict) else {
            return;
        };
        if in_circle {
            self.conflict(
                person,
                "USER_NAME_SWAP",
                "work emails are exchanged in a circle, which cannot be done one after the other",
                "set sync.swap_address, or give one of these employees a temporary work email in HiBob, sync, and then the final one",
            );
        } else if !self.frees_name(owner) {
            let account = self.matches[owner].account.map_or("?", |(account, _)| &self.accounts[account].id);
            let message = format!("account {account} of another employee still has this work email");
            let remedy = "change the other account's email in TravelPerk, or correct the work email in HiBob";
            self.conflict(person, "USER_NAME_TAKEN", message, remedy);
        }
    }

    /// Whether this employee's account gets another user name. A contested user name stays.
    fn renames(&self, person: usize) -> bool {
        let Some((account, _)) = self.matches[person].account else {
            return false;
        };
        let (now, wanted) = (self.accounts[account].text(TextField::UserName), self.people[person].user_name());
        if TextField::UserName.same_option(now, Some(wanted)) {
            return false;
        }
        let link = self.input.links.get(&self.people[person].id);
        let contested =
            |link: &Link| link.is_contested(TextField::UserName.name(), Some(wanted), self.input.now_unix_seconds);
        !link.is_some_and(contested)
    }

    /// Whether this employee's change will free the user name that the account has now.
    fn frees_name(&self, person: usize) -> bool {
        self.people[person].status == AccountStatus::Active && !self.matches[person].conflict && self.renames(person)
    }
}
