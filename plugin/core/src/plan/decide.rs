//! Decides what is done for each employee, by status and matched account.
//!
//! | status | account | decision |
//! |---|---|---|
//! | any, with a conflict found by matching | any | nothing; a finding names the conflict |
//! | broken | any | nothing; a finding says what is wrong |
//! | gone or active | of unknown state | nothing; one finding for all of them, with their number |
//! | waiting | any | nothing yet |
//! | outside | any | nothing; a finding if the account is active |
//! | excluded | any | nothing; a finding says by which setting |
//! | gone | none | nothing |
//! | gone | active, by order | adopt: only the external id |
//! | gone | active, on the list of admins | nothing; a finding |
//! | gone | active | archive |
//! | gone | archived | nothing |
//! | active | none | create |
//! | active | archived | reactivate |
//! | active | active, by link | update, if a field differs |
//! | active | active, by external id, user name or order | adopt |
//!
//! Rules for the fields of a change:
//! 1. Archiving writes nothing but `active`.
//! 2. An update leaves out contested fields, each with a finding. The external id is always written, as it says whose
//!    account it is.
//! 3. The line manager stays as it is, with a finding, if HiBob did not send that employee, they have left, or they
//!    have no account and get none. A line manager whose account this plan creates is written after it.
//! 4. Approvers are written if the settings have conditions for them and the account's differ.
//!
//! A managed account whose employee HiBob no longer sends is never archived: a finding names it.
//!
//! More active accounts of those who are gone: `leavers.rs`.

use super::draft::{Draft, ManagerChange, Part, text_changes};
use super::input::Input;
use super::leavers;
use super::matching::{Match, MatchedBy, match_all};
use super::order::order;
use super::roster::{CompactEntry, EmployeeState, Vanished};
use crate::change::ChangeKind;
use crate::field::{ACTIVE, FieldSet, TEXT_FIELDS, TextField};
use crate::finding::{Finding, Severity};
use crate::lifecycle::{AccountStatus, Because};
use crate::link::Links;
use crate::mapping::{DesiredAccount, DesiredManager};
use crate::scim::{Account, Manager, State};
use crate::text_form;
use std::collections::{BTreeMap, BTreeSet};

/// The changes in the order of applying, with counts and the roster.
pub(super) struct Decision {
    pub(super) drafts: Vec<Draft>,
    pub(super) counts: BTreeMap<&'static str, usize>,
    /// The state of each employee, by position.
    pub(super) roster: Vec<CompactEntry>,
    pub(super) vanished: Vec<Vanished>,
}

/// Decides for all employees.
pub(super) fn decide(input: Input<'_>, findings: &mut Vec<Finding>) -> Decision {
    let Input { people, links, .. } = input;
    let matches = match_all(input, findings);
    let mut deciding = Deciding {
        input,
        matches: &matches,
        findings,
        counts: BTreeMap::new(),
        drafts: Vec::new(),
        vanished: Vec::new(),
        unknown_states: 0,
    };
    let mut roster = Vec::with_capacity(people.len());
    for name in [
        "create",
        "adopt",
        "update",
        "reactivate",
        "archive",
        "keep",
        "waiting",
        "outside",
        "gone",
        "vanished",
        "managed",
    ] {
        deciding.counts.insert(name, 0);
    }
    for (position, (person, found)) in people.iter().zip(&matches).enumerate() {
        let state = deciding.person(position, person, found);
        roster.push(CompactEntry { state, account: found.account.map(|(account, _)| small(account)) });
    }
    deciding.leavers(&mut roster);
    deciding.vanished(links);
    deciding.report_unknown_states();
    let (mut drafts, mut counts, vanished) = (deciding.drafts, deciding.counts, deciding.vanished);
    order(&mut drafts, people.len());
    for draft in &drafts {
        *counts.entry(draft.kind.name()).or_default() += usize::from(draft.part.is_first());
    }
    Decision { drafts, counts, roster, vanished }
}

struct Deciding<'a> {
    input: Input<'a>,
    matches: &'a [Match],
    findings: &'a mut Vec<Finding>,
    counts: BTreeMap<&'static str, usize>,
    drafts: Vec<Draft>,
    vanished: Vec<Vanished>,
    /// How many employees have an account of which it is not known whether it is active.
    unknown_states: usize,
}

impl Deciding<'_> {
    fn count(&mut self, name: &'static str) {
        *self.counts.entry(name).or_default() += 1;
    }

    fn counted(&mut self, name: &'static str, state: EmployeeState) -> EmployeeState {
        self.count(name);
        state
    }

    /// Decides for one employee, by the table above.
    fn person(&mut self, position: usize, person: &DesiredAccount, found: &Match) -> EmployeeState {
        let account = found
            .account
            .and_then(|(account, matched_by)| Some((account, self.input.accounts.get(account)?, matched_by)));
        if account.is_some_and(|(_, _, matched_by)| matched_by != MatchedBy::UserName) {
            self.count("managed");
        }
        if found.conflict {
            return EmployeeState::Failed;
        }
        let kind = match (person.status, account) {
            (AccountStatus::Broken, _) => return EmployeeState::Failed,
            (AccountStatus::Waiting(_), _) => return self.counted("waiting", EmployeeState::Waiting),
            (AccountStatus::Excluded, _) => return self.counted("excluded", EmployeeState::OutOfSelection),
            (AccountStatus::Outside, account) => {
                self.outside(person, account.map(|(_, account, _)| account));
                return EmployeeState::OutOfSelection;
            }
            (AccountStatus::Gone(_), None) => return self.counted("gone", EmployeeState::Left),
            (AccountStatus::Gone(_), Some((_, _, MatchedBy::Order))) => ChangeKind::Adopt,
            // It is neither archived nor reactivated, nor taken for active.
            (AccountStatus::Gone(_) | AccountStatus::Active, Some((_, account, _)))
                if account.state == State::Unknown =>
            {
                self.unknown_states += 1;
                return EmployeeState::Failed;
            }
            (AccountStatus::Gone(_), Some((_, account, _)))
                if account.state == State::Active && self.is_admin(person, account) =>
            {
                self.spare_admin(person);
                return EmployeeState::Synced;
            }
            (AccountStatus::Gone(_), Some((_, account, _))) if account.state == State::Active => ChangeKind::Archive,
            (AccountStatus::Gone(_), Some(_)) => return self.counted("keep", EmployeeState::Archived),
            (AccountStatus::Active, None) => ChangeKind::Create,
            (AccountStatus::Active, Some((_, account, _))) if account.state == State::Archived => {
                ChangeKind::Reactivate
            }
            (AccountStatus::Active, Some((_, _, MatchedBy::Link))) => ChangeKind::Update,
            (AccountStatus::Active, Some((_, _, MatchedBy::ExternalId | MatchedBy::UserName | MatchedBy::Order))) => {
                ChangeKind::Adopt
            }
        };
        let mut draft = Draft {
            kind,
            person: small(position),
            account: account.map(|(position, ..)| small(position)),
            manager: ManagerChange::Untouched,
            approver: None,
            manager_account: None,
            part: if found.steps_aside { Part::Aside } else { Part::Whole },
            after_manager: None,
            after_rename_of: found.after_rename_of.map(small),
            rename_kind: None,
            first_write: None,
            contested: FieldSet::EMPTY,
        };
        let account = account.map(|(_, account, _)| account);
        let is_gone = matches!(person.status, AccountStatus::Gone(_));
        if is_gone && kind == ChangeKind::Adopt {
            // Whoever is gone gets the account only so that the next plan archives it.
            draft.contested = TEXT_FIELDS.into_iter().filter(|field| *field != TextField::ExternalId).collect();
        } else if kind != ChangeKind::Archive {
            self.manager(person, account, &mut draft);
        }
        let mut differs = true;
        if kind == ChangeKind::Update {
            // Usually nothing differs, and one comparison shows it.
            differs = text_changes(person, account, FieldSet::EMPTY).next().is_some();
            if differs {
                draft.contested = self.contested(person, account);
                differs = text_changes(person, account, draft.contested).next().is_some();
            }
            self.leave_contested_manager(person, &mut draft);
        }
        let empty = draft.manager == ManagerChange::Untouched && draft.approver.is_none() && !differs;
        if kind == ChangeKind::Update && empty {
            return self.counted("keep", EmployeeState::Synced);
        }
        self.drafts.push(draft);
        EmployeeState::Pending
    }

    /// One finding about all accounts of unknown state, since a service that leaves `active` out does so for all of them.
    fn report_unknown_states(&mut self) {
        if self.unknown_states == 0 {
            return;
        }
        let number = self.unknown_states;
        let whose = if number == 1 {
            "one employee's account".to_owned()
        } else {
            format!("the accounts of {number} employees")
        };
        let finding = Finding::new(
            Severity::Error,
            "ACCOUNT_STATE_UNKNOWN",
            format!(
                "TravelPerk does not say of {whose} whether they are active: `active` is missing, or neither true nor false; \
                 nothing is done for them"
            ),
            "show this to TravelPerk's support: a SCIM user has `active` with true or false",
        );
        self.findings.push(finding.field(ACTIVE));
    }

    fn is_admin(&self, person: &DesiredAccount, account: &Account) -> bool {
        let listed = |name: &str| self.input.is_admin(name);
        account.text(TextField::UserName).is_some_and(listed)
            || listed(person.user_name())
            || self.input.admin_accounts.has(account)
    }

    /// More active accounts of those who are gone, by `leavers.rs`.
    fn leavers(&mut self, roster: &mut [CompactEntry]) {
        let found = leavers::look(self.input, self.matches, self.findings);
        for &(person, account) in &found.also {
            self.drafts.push(Draft {
                kind: ChangeKind::Archive,
                person: small(person),
                account: Some(small(account)),
                manager: ManagerChange::Untouched,
                approver: None,
                manager_account: None,
                part: Part::Also,
                after_manager: None,
                after_rename_of: None,
                rename_kind: None,
                first_write: None,
                contested: FieldSet::EMPTY,
            });
        }
        let also = found.also.iter().map(|&(person, account)| (person, EmployeeState::Pending, Some(small(account))));
        let open = found.open.iter().map(|&person| (person, EmployeeState::Failed, None));
        for (person, state, account) in also.chain(open) {
            let Some(entry) = roster.get_mut(person) else { continue };
            if entry.state == EmployeeState::Left
                && let Some(gone) = self.counts.get_mut("gone")
            {
                *gone = gone.saturating_sub(1);
            }
            entry.state = state;
            entry.account = entry.account.or(account);
        }
    }

    /// Reports that an account on the operator's list of admins is not archived, since TravelPerk needs an admin.
    fn spare_admin(&mut self, person: &DesiredAccount) {
        self.count("keep");
        self.findings.push(leavers::admin_not_archived(person));
    }

    /// Counts an employee of a site that is not synced, with a finding if they have an active account.
    fn outside(&mut self, person: &DesiredAccount, account: Option<&Account>) {
        self.count("outside");
        if account.is_some_and(|account| account.state == State::Active) {
            let finding = Finding::new(
                Severity::Notice,
                "OUT_OF_SELECTION",
                "works at a site that is not synced; the account is left as it is",
                "nothing, if that is right; sync.out_of_selection = \"archive\" would archive the account",
            );
            self.findings.push(finding.about(person));
        }
    }

    /// The contested fields, which something else keeps setting back. Each gets a finding.
    fn contested(&mut self, person: &DesiredAccount, account: Option<&Account>) -> FieldSet {
        let Some(link) = self.input.links.get(&person.id) else { return FieldSet::EMPTY };
        let mut contested = FieldSet::EMPTY;
        for (field, _, after) in text_changes(person, account, FieldSet::EMPTY) {
            if field == TextField::ExternalId || !link.is_contested(field.name(), after, self.input.now_unix_seconds) {
                continue;
            }
            contested.insert(field);
            self.report_contested(person, field.name());
        }
        contested
    }

    fn report_contested(&mut self, person: &DesiredAccount, field: &'static str) {
        let finding = Finding::new(
            Severity::Warning,
            "CONTESTED_FIELD",
            format!("{field} was written twice and was changed back each time; it is left as it is now"),
            "find out what overwrites it (a single sign-on with user updates switched on does), or leave the detail out of the sync",
        );
        self.findings.push(finding.about(person).field(field));
    }

    /// Takes the change of the line manager back if it is contested.
    fn leave_contested_manager(&mut self, person: &DesiredAccount, draft: &mut Draft) {
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

    /// Decides what a change does to line manager and approvers, by rules 3 and 4.
    fn manager(&mut self, person: &DesiredAccount, account: Option<&Account>, draft: &mut Draft) {
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
            return self.note(
                person,
                "MANAGER_NOT_IN_DIRECTORY",
                "the line manager is not among the employees that HiBob sends",
            );
        };
        let (Some(manager), Some(found)) = (people.get(position), self.matches.get(position)) else {
            return;
        };
        if let AccountStatus::Gone(because) = manager.status
            && because != Because::OutOfSelection
        {
            return self.note(person, "MANAGER_HAS_LEFT", "the line manager has left the company");
        }
        let manager_account = found.account.and_then(|(at, _)| Some((at, accounts.get(at)?)));
        let same = match (manager_account, now) {
            (Some((_, account)), Manager::Account(id)) => account.id == *id,
            (Some((_, account)), Manager::Named(name)) => text_form::same(&account.display_name(), name),
            _ => false,
        };
        match manager_account {
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
            None => return self.note(person, "MANAGER_HAS_NO_ACCOUNT", "the line manager has no account yet"),
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

    fn note(&mut self, person: &DesiredAccount, code: &'static str, message: &'static str) {
        let remedy =
            "check `Reports to` in HiBob; the line manager is left as it is, and set by a later sync once it can be";
        self.findings
            .push(Finding::new(Severity::Warning, code, message, remedy).about(person).field(crate::field::MANAGER));
    }

    /// A finding for each employee with an active managed account whom HiBob did not send. Their accounts are not
    /// archived, since only the service user's audience may have changed (HiBob's access groups).
    fn vanished(&mut self, links: &Links) {
        if self.matches.iter().filter(|matched| matched.linked).count() == links.len() {
            return; // everybody with a link was sent
        }
        for (id, link) in links.iter() {
            let account = &link.account;
            let active = self.input.account(account);
            // With another external id, the account has passed to another employee id.
            let own = |account: &Account| {
                account.state == State::Active
                    && !self.input.facts.is_unlinked(&account.id)
                    && account.text(TextField::ExternalId).is_none_or(|carried| carried == id)
            };
            let active = active.filter(|&position| self.input.accounts.get(position).is_some_and(own));
            let sent = self.input.person(id).is_some();
            if let Some(position) = active.filter(|_| !sent) {
                self.vanished.push((id.into(), small(position)));
                self.count("vanished");
                let finding = Finding::new(
                    Severity::Warning,
                    "EMPLOYEE_VANISHED",
                    "HiBob no longer sends this employee; the account is left as it is",
                    "if they left, set the lifecycle status to terminated; else check the audience of the service user's permission group",
                );
                let name = self.input.accounts.get(position).map(Account::display_name);
                self.findings.push(Finding { name, ..finding.employee(id) });
            }
        }
    }
}

/// A position as 32 bits, which are enough for any company.
fn small(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
