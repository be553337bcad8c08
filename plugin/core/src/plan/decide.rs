//! Decides what is done for each employee, by status and matched account.
//!
//! | status | account | decision |
//! |---|---|---|
//! | any, with a conflict found by matching | any | nothing; a finding names the conflict |
//! | broken | any | nothing; a finding says what is wrong |
//! | gone or active | of unknown state | nothing; one finding for all of them, with their number |
//! | waiting | active, by link | nothing, with a finding; by setting, archive after 14 accepted runs |
//! | waiting | any other | nothing yet |
//! | outside | any | nothing; a finding if the account is active |
//! | excluded | any | nothing; a finding says by which setting |
//! | on hold | any | nothing; a finding says until when |
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
//! 3. Line managers and approvers: `managers.rs`.
//!
//! A managed account whose employee HiBob no longer sends is not archived, unless the setting says so and 14 accepted
//! runs in a row have not seen the employee (`lasting.rs`): a finding names it.
//!
//! More active accounts of those who are gone: `leavers.rs`.

use super::draft::{Draft, ManagerChange, Part, text_changes};
use super::input::Input;
use super::lasting::{self, Case, Lasting, RUNS};
use super::leavers;
use super::managers;
use super::matching::{Match, MatchedBy, match_all};
use super::order::order;
use super::reconcile;
use super::roster::{CompactEntry, EmployeeState, Vanished};
use crate::change::ChangeKind;
use crate::field::{ACTIVE, FieldSet, TEXT_FIELDS, TextField};
use crate::finding::{Finding, Severity};
use crate::lifecycle::{AccountStatus, Because};
use crate::mapping::DesiredAccount;
use crate::scim::{Account, State};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// The changes in the order of applying, with counts and the roster.
pub(super) struct Decision {
    pub(super) drafts: Vec<Draft>,
    pub(super) counts: BTreeMap<&'static str, usize>,
    /// The state of each employee, by position.
    pub(super) roster: Vec<CompactEntry>,
    pub(super) vanished: Vec<Vanished>,
    pub(super) reconciliation: Vec<reconcile::Row>,
}

/// Decides for all employees.
pub(super) fn decide(input: Input<'_>, lasting: &mut Lasting, findings: &mut Vec<Finding>) -> Decision {
    let people = input.people;
    let matches = match_all(input, findings);
    let mut deciding = Deciding {
        input,
        matches: &matches,
        lasting,
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
    managers::report_circles(input, deciding.findings);
    deciding.leavers(&mut roster);
    deciding.vanished();
    deciding.report_unknown_states();
    let (mut drafts, mut counts, vanished) = (deciding.drafts, deciding.counts, deciding.vanished);
    order(&mut drafts, people.len());
    for draft in &drafts {
        *counts.entry(draft.kind.name()).or_default() += usize::from(draft.part.is_first());
    }
    let reconciliation = reconcile::look(input, &matches);
    Decision { drafts, counts, roster, vanished, reconciliation }
}

pub(super) struct Deciding<'a> {
    pub(super) input: Input<'a>,
    pub(super) matches: &'a [Match],
    lasting: &'a mut Lasting,
    pub(super) findings: &'a mut Vec<Finding>,
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
            (AccountStatus::Waiting(start), account) => {
                let theirs = account.filter(|(_, account, matched_by)| {
                    account.state == State::Active && *matched_by == MatchedBy::Link
                });
                match theirs {
                    Some((_, account, _)) if self.ends_before_start(person, start, account) => ChangeKind::Archive,
                    _ => return self.counted("waiting", EmployeeState::Waiting),
                }
            }
            (AccountStatus::Excluded | AccountStatus::OnHold, _) => {
                return self.counted("excluded", EmployeeState::OutOfSelection);
            }
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
            (AccountStatus::Gone(_), Some((_, account, _)))
                if account.state == State::Active && self.is_needed_by_another(position, person, account) =>
            {
                return EmployeeState::Failed;
            }
            (AccountStatus::Gone(because), Some((_, account, _))) if account.state == State::Active => {
                if because == Because::Vanished {
                    self.lasting.see(Case::Vanished, &person.id);
                }
                if self.is_undone(person, false) {
                    self.findings.push(leavers::made_active_again(person));
                }
                ChangeKind::Archive
            }
            (AccountStatus::Gone(_), Some(_)) => return self.counted("keep", EmployeeState::Archived),
            (AccountStatus::Active, None) => ChangeKind::Create,
            (AccountStatus::Active, Some((_, account, _))) if account.state == State::Archived => {
                if self.is_undone(person, true) {
                    self.report_contested(person, ACTIVE);
                    return self.counted("keep", EmployeeState::Archived);
                }
                self.tell_reactivation(person, account);
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
            if self.input.lacks_cost_center(person) {
                draft.contested.insert(TextField::CostCenter);
            }
        }
        let mut differs = true;
        if kind == ChangeKind::Update {
            // Usually nothing differs, and one comparison shows it.
            differs = text_changes(person, account, FieldSet::EMPTY).next().is_some();
            if differs {
                draft.contested = self.contested(person, account);
                if self.input.lacks_cost_center(person) {
                    draft.contested.insert(TextField::CostCenter);
                }
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

    /// Whether somebody who works here has the work email that is the user name of a leaver's account, and so may be the
    /// one who uses it. Then it is not archived, and an error names both.
    fn is_needed_by_another(&mut self, position: usize, leaver: &DesiredAccount, account: &Account) -> bool {
        if !leavers::has_left(leaver) {
            return false;
        }
        let Some(other) = self.input.works_with(account).filter(|other| *other != position) else { return false };
        let Some(other) = self.input.people.get(other) else { return false };
        self.findings.push(leavers::needed_by(leaver, other, account));
        true
    }

    /// Reports that somebody has an active account and starts later. Returns whether the account is archived for that.
    fn ends_before_start(&mut self, person: &DesiredAccount, start: NaiveDate, account: &Account) -> bool {
        let runs = self.lasting.see(Case::Waiting, &person.id);
        if runs >= RUNS && self.input.archives_waiting {
            if !self.is_admin(person, account) {
                return true;
            }
            self.findings.push(leavers::admin_not_archived(person));
            return false;
        }
        let message = format!("starts on {start} by HiBob, and has an active account already{}", how_long(runs));
        let remedy = "correct the start date in HiBob, or archive the account in TravelPerk; sync.waiting = \"archive\" \
                      archives such accounts after 14 accepted runs";
        self.findings.push(Finding::new(severity(runs), "ACCOUNT_BEFORE_START", message, remedy).about(person));
        false
    }

    /// Counts an employee of a site that is not synced, with a finding if they have an active account.
    fn outside(&mut self, person: &DesiredAccount, account: Option<&Account>) {
        self.count("outside");
        if account.is_some_and(|account| account.state == State::Active) && !self.input.told.contains(&person.id) {
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

    /// Whether the account was made active, or archived, at least twice lately, and is not so again.
    pub(super) fn is_undone(&self, person: &DesiredAccount, active: bool) -> bool {
        let (value, now) = (if active { "true" } else { "false" }, self.input.now_unix_seconds);
        self.input.links.get(&person.id).is_some_and(|link| link.is_contested(ACTIVE, Some(value), now))
    }

    /// Says that an account is made active that the sync has not archived. In the first sync a person is asked.
    fn tell_reactivation(&mut self, person: &DesiredAccount, account: &Account) {
        if !self.input.facts.is_first() && !self.input.facts.is_archived(&account.id) {
            let finding = Finding::new(
                Severity::Notice,
                "ARCHIVED_BY_OTHERS",
                "works here by HiBob, and somebody else has archived the account; it is made active again",
                "nothing, if that is right; else correct the lifecycle status in HiBob",
            );
            self.findings.push(finding.about(person));
        }
    }

    pub(super) fn report_contested(&mut self, person: &DesiredAccount, field: &'static str) {
        let finding = Finding::new(
            Severity::Warning,
            "CONTESTED_FIELD",
            format!("{field} was written twice and was changed back each time; it is left as it is now"),
            "find out what overwrites it (a single sign-on with user updates switched on does), or leave the detail out of the sync",
        );
        self.findings.push(finding.about(person).field(field));
    }

    /// A finding for each employee with an active managed account whom HiBob did not send. Their accounts are not
    /// archived at once, since only the service user's audience may have changed (HiBob's access groups).
    fn vanished(&mut self) {
        if self.matches.iter().filter(|matched| matched.linked).count() == self.input.links.len() {
            return; // everybody with a link was sent
        }
        for (employee, position) in lasting::vanished(self.input) {
            let runs = self.lasting.see(Case::Vanished, &employee);
            let message =
                format!("HiBob no longer sends this employee; the account is left as it is{}", how_long(runs));
            let remedy = "if they left, set the lifecycle status to terminated; else check the audience of the service \
                          user's permission group; sync.vanished = \"archive\" archives such accounts after 14 accepted runs";
            let finding = Finding::new(severity(runs), "EMPLOYEE_VANISHED", message, remedy);
            let name = self.input.accounts.get(position).map(Account::display_name);
            self.findings.push(Finding { name, ..finding.employee(&employee) });
            self.vanished.push((employee, small(position)));
            self.count("vanished");
        }
    }
}

/// A warning, and after [`RUNS`] accepted runs an error.
fn severity(runs: u32) -> Severity {
    if runs >= RUNS { Severity::Error } else { Severity::Warning }
}

/// The end of a sentence about something that lasts.
fn how_long(runs: u32) -> String {
    match runs >= RUNS {
        true => format!("; it has been so in {runs} accepted runs in a row"),
        false => String::new(),
    }
}

/// A position as 32 bits, which are enough for any company.
pub(super) fn small(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
