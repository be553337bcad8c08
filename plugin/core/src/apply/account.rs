//! Makes one change of an account, by the rules of `apply/mod.rs`.

use super::compare::compare;
use super::doubt::{self, Doubt};
use super::stop::{Stop, failure, unclear};
use super::wire::{Answer, Wire, lost, naming, rejected};
use crate::change::{Attempt, Change, ChangeKind, Failure, FieldChange, Mismatch, NextStep, Outcome};
use crate::field::{ACTIVE, APPROVERS, Field, MANAGER, TextField, fold};
use crate::link::{self, Link};
use crate::scim::{self, Account};
use crate::settings::Settings;
use crate::value::Value;
use std::collections::BTreeSet;

pub(super) struct Applying<'a, 'w> {
    pub(super) wire: &'a mut Wire<'w>,
    pub(super) settings: &'a Settings,
    pub(super) change: &'a Change,
    pub(super) employee: &'a str,
    pub(super) now_unix_seconds: u64,
    /// The fields of writes that TravelPerk has accepted in this call.
    pub(super) accepted: BTreeSet<String>,
}

/// Whether an account cannot be created without this field.
fn is_needed(field: &str) -> bool {
    match Field::from_name(field) {
        Some(Field::Text(text)) => text.is_mandatory(),
        Some(Field::Active) => true,
        Some(Field::Manager | Field::Approvers) | None => false,
    }
}

/// The line manager that a change writes.
#[derive(PartialEq, Eq)]
enum ManagerAccount {
    /// The change writes none.
    NotNamed,
    /// The account with this id.
    Account(String),
    /// An employee whose account does not exist.
    NotMade,
}

impl ManagerAccount {
    fn id(&self) -> Option<&str> {
        match self {
            Self::Account(id) => Some(id),
            Self::NotNamed | Self::NotMade => None,
        }
    }
}

impl Applying<'_, '_> {
    /// Creates the account.
    pub(super) fn create(&mut self, attempt: Attempt) -> Result<Outcome, Stop> {
        let manager_account = self.manager_account()?;
        let (change, manager) = (self.writable(&manager_account), manager_account.id());
        let known = link::get(self.wire.world, self.employee)?;
        let doubt = match attempt {
            Attempt::First => {
                // A link can only be to an account that is gone. It must not be used as the line manager of others.
                if known.is_some() {
                    link::remove(self.wire.world, self.employee)?;
                }
                doubt::settle(self.wire.world, self.employee)?;
                None
            }
            Attempt::AfterUnknownOutcome => {
                let linked = match &known {
                    Some(link) => self.look_up(&link.account)?,
                    None => None,
                };
                let own = linked.filter(|account| account.text(TextField::ExternalId) == Some(self.employee));
                if let Some(found) = self.or_search(own)? {
                    return self.made_before(&found, manager);
                }
                doubt::get(self.wire.world, self.employee)?
            }
        };
        match doubt {
            Some(Doubt::Accepted) => return Err(not_shown_yet().into()),
            Some(Doubt::InUse) => return Err(email_elsewhere().into()),
            Some(Doubt::InUseByOurs) => return Err(account_not_shown().into()),
            None => {}
        }
        let answer = self.wire.write(&scim::create(self.settings, &change, manager))?;
        let answer = match answer.status {
            // Rule 3. The next sync writes the other fields one by one and finds the one at fault.
            400 => self
                .create_bare(&change)
                .map_err(|refused| refused.unwrap_or_else(|| naming(rejected(&answer), &change.fields)))?,
            _ => answer,
        };
        match answer.status {
            200..=299 => {
                let account = self.created(answer)?;
                self.finish(&account, manager)
            }
            // An account has this user name: from an earlier attempt of ours, or created by others since the plan.
            409 => {
                let Some(found) = self.or_search(None)? else {
                    let (doubt, failure) = match (attempt, known) {
                        // Perhaps it is from our own earlier attempt, and a search does not show it yet.
                        (Attempt::AfterUnknownOutcome, _) => return Err(account_not_shown().into()),
                        (Attempt::First, Some(_)) => (Doubt::InUseByOurs, account_not_shown()),
                        (Attempt::First, None) => (Doubt::InUse, email_elsewhere()),
                    };
                    doubt::put(self.wire.world, self.employee, doubt)?;
                    return Err(failure.into());
                };
                if attempt == Attempt::AfterUnknownOutcome {
                    return self.made_before(&found, manager);
                }
                // With the link, the next plan matches it.
                if found.text(TextField::ExternalId) == Some(self.employee) {
                    link::put(self.wire.world, self.employee, &Link::new(&found.id))?;
                }
                Ok(occupied(&found))
            }
            _ => Err(naming(rejected(&answer), &change.fields)),
        }
    }

    /// The account that an accepted request has created: from the answer, by its `Location`, or by a search. What is not
    /// shown yet is looked for again later, and is not created again.
    fn created(&mut self, answer: Answer) -> Result<Account, Stop> {
        if let Some(account) = answer.account {
            return Ok(account);
        }
        if let Some(id) = &answer.created {
            link::put(self.wire.world, self.employee, &Link::new(id))?;
        }
        doubt::put(self.wire.world, self.employee, Doubt::Accepted)?;
        let named = match &answer.created {
            Some(id) => self.look_up(id)?,
            None => None,
        };
        self.or_search(named)?.ok_or_else(|| not_shown_yet().into())
    }

    /// This account, or else the one that a search for the employee's user name or external id finds.
    fn or_search(&mut self, account: Option<Account>) -> Result<Option<Account>, Stop> {
        match account {
            Some(account) => Ok(Some(account)),
            None => match self.find_by_user_name()? {
                Some(account) => Ok(Some(account)),
                None => self.find_by_external_id(),
            },
        }
    }

    /// Creates the account with only the fields that it needs. `Err(None)` means that the answer to the first request
    /// counts: this request was refused too, or would be the same.
    fn create_bare(&mut self, change: &Change) -> Result<Answer, Option<Stop>> {
        let needed = |field: &&FieldChange| is_needed(&field.field);
        let bare = Change { fields: change.fields.iter().filter(needed).cloned().collect(), ..change.clone() };
        if bare.fields.len() == change.fields.len() {
            return Err(None);
        }
        let answer = self.wire.write(&scim::create(self.settings, &bare, None)).map_err(Some)?;
        if answer.status == 400 { Err(None) } else { Ok(answer) }
    }

    /// Ends a create for which an account with the user name exists. If that has the employee's external id, it is from
    /// an earlier attempt of this change.
    fn made_before(&mut self, found: &Account, manager: Option<&str>) -> Result<Outcome, Stop> {
        if found.text(TextField::ExternalId) == Some(self.employee) {
            return self.finish(found, manager);
        }
        Ok(occupied(found))
    }

    /// Makes a change of an account that exists.
    pub(super) fn change(&mut self, attempt: Attempt) -> Result<Outcome, Stop> {
        let id = self.account_id()?;
        let manager_account = self.manager_account()?;
        let (change, manager) = (self.writable(&manager_account), manager_account.id());
        let Some(account) = self.look_up(&id)? else {
            return Ok(Outcome::Drifted(vec![Mismatch {
                field: "account".to_owned(),
                expected: Some(Value::Text(id)),
                found: None,
            }]));
        };
        let is_anothers = self.is_anothers(&account)?;
        let drift = self.drift(&account, is_anothers);
        if attempt == Attempt::AfterUnknownOutcome && self.was_made(&account, manager, &drift) {
            if self.misses_state(&account, manager) {
                return Err(state_not_shown().into());
            }
            return self.finish(&account, manager);
        }
        if !drift.is_empty() {
            return Ok(Outcome::Drifted(drift));
        }
        if self.change.fields.is_empty() {
            return self.finish(&account, manager); // an adoption that only needs its link
        }
        if change.fields.is_empty() {
            return Err(manager_not_made().into()); // there is nothing else to write
        }
        let has_work_phone = account.has_work_phone;
        let answer = self.wire.write(&scim::patch(self.settings, &id, &change, manager, has_work_phone))?;
        let answer = match answer.status {
            200..=299 => {
                self.accepted.extend(change.fields.iter().map(|field| field.field.clone()));
                answer
            }
            // A PATCH is carried out as a whole or not at all, so one field may have kept out the others.
            400 | 422 if change.fields.len() > 1 => {
                self.field_by_field(&id, &change, manager, has_work_phone, answer)?
            }
            _ => return Err(naming(rejected(&answer), &change.fields)),
        };
        let writes_state = change.field(ACTIVE).is_some();
        let account = match answer.account {
            Some(account) if !writes_state => account,
            // 204, or 200 without the user, which RFC 7644, section 3.5.2, allows. And whether an account is active
            // counts only by what is read after the write: an answer may repeat what was asked for.
            _ => self.look_after(&id, manager)?,
        };
        self.finish(&account, manager)
    }

    /// Reads the account after a write that was accepted. TravelPerk may show the state before the write for a while.
    /// The host counts accounts by `active`; if that is not shown as written, the failure asks the host to look again
    /// later.
    fn look_after(&mut self, id: &str, manager: Option<&str>) -> Result<Account, Stop> {
        let account =
            self.look_up(id)?.ok_or_else(|| unclear("TravelPerk no longer shows the account that it has changed"))?;
        if self.misses_state(&account, manager) {
            return Err(state_not_shown().into());
        }
        Ok(account)
    }

    /// Whether the account is not shown as active, or as archived, as the change wants it.
    fn misses_state(&self, account: &Account, manager: Option<&str>) -> bool {
        self.missing(account, manager).iter().any(|mismatch| mismatch.field == ACTIVE)
    }

    /// Writes each field on its own, after the request with all fields got the answer `refused`. The fields that
    /// TravelPerk refuses are reported as `not_taken`.
    fn field_by_field(
        &mut self,
        id: &str,
        change: &Change,
        manager: Option<&str>,
        has_work_phone: bool,
        refused: Answer,
    ) -> Result<Answer, Stop> {
        let mut taken = None;
        // An archived account may accept no other field before it is active.
        let (active, others): (Vec<_>, Vec<_>) = change.fields.iter().partition(|field| field.field == ACTIVE);
        for field in active.into_iter().chain(others) {
            let single = Change { fields: vec![field.clone()], ..change.clone() };
            let answer = self.wire.write(&scim::patch(self.settings, id, &single, manager, has_work_phone))?;
            match answer.status {
                200..=299 => {
                    self.accepted.insert(field.field.clone());
                    taken = Some(Answer { account: None, ..answer });
                }
                status if field.field != ACTIVE && is_about_the_field(status) => {}
                // The fields written so far are reported, and the rest is left to the next sync.
                _ if taken.is_some() => break,
                _ => return Err(naming(rejected(&answer), &single.fields)),
            }
        }
        self.wire.in_doubt = taken.is_some();
        taken.ok_or_else(|| naming(rejected(&refused), &change.fields))
    }

    /// Whether an earlier attempt was carried out: at least one field has the new value, and every other one has the
    /// new value or the one before (a field that TravelPerk did not keep).
    fn was_made(&self, account: &Account, manager: Option<&str>, moved: &[Mismatch]) -> bool {
        let missing = self.missing(account, manager);
        missing.len() < self.change.fields.len()
            && missing.iter().all(|mismatch| moved.iter().all(|other| other.field != mismatch.field))
    }

    /// Ends a change that was made: stores the link and reports the fields that TravelPerk did not keep.
    fn finish(&mut self, account: &Account, manager: Option<&str>) -> Result<Outcome, Stop> {
        let not_taken = self.missing(account, manager);
        let known = link::get(self.wire.world, self.employee)?.filter(|link| link.account == account.id);
        let mut link = known.clone().unwrap_or_else(|| Link::new(&account.id));
        if self.change.kind != ChangeKind::Create {
            // A field that TravelPerk refused is not recorded as written, so that it does not become contested. One that
            // it accepted and shows with another value is: something there sets it back at once.
            let taken = |field: &&FieldChange| {
                self.accepted.contains(&field.field) || not_taken.iter().all(|mismatch| mismatch.field != field.field)
            };
            for field in self.change.fields.iter().filter(taken) {
                let value = match Field::from_name(&field.field) {
                    Some(Field::Text(_)) => self.change.text_after(&field.field),
                    Some(Field::Manager) => manager,
                    Some(Field::Active) => self.change.active_after().map(|flag| if flag { "true" } else { "false" }),
                    Some(Field::Approvers) | None => continue,
                };
                link.wrote(&field.field, value, self.now_unix_seconds);
            }
        }
        if known.as_ref() != Some(&link) {
            link::put(self.wire.world, self.employee, &link)?;
        }
        if self.change.kind == ChangeKind::Create {
            doubt::settle(self.wire.world, self.employee)?;
        }
        Ok(Outcome::Done { target_id: account.id.to_string(), not_taken })
    }

    /// Fields that do not have the new value of the change.
    fn missing(&self, account: &Account, manager: Option<&str>) -> Vec<Mismatch> {
        let mut missing = self.mismatches(account, |field| {
            let mut wanted = field.after.clone();
            if let Some(Value::Person(person)) = &mut wanted {
                person.account_id = manager.map(str::to_owned);
            }
            wanted
        });
        if self.change.kind == ChangeKind::Create {
            missing.retain(says_state); // a new account is active unless it is shown otherwise
        }
        missing
    }

    /// Whether the account carries an external id that keeps this change from being made: another employee's. A leaver's
    /// account is archived also with an id that nobody has: whose it is, the plan has made sure of.
    fn is_anothers(&mut self, account: &Account) -> Result<bool, Stop> {
        match account.text(TextField::ExternalId) {
            None => Ok(false),
            Some(carried) if carried == self.employee => Ok(false),
            Some(carried) if self.change.kind == ChangeKind::Archive => {
                Ok(link::get(self.wire.world, carried)?.is_some())
            }
            Some(_) => Ok(true),
        }
    }

    /// Fields that differ from the value that they had when the plan was made, and an external id that is another
    /// employee's (`is_anothers`).
    fn drift(&self, account: &Account, is_anothers: bool) -> Vec<Mismatch> {
        let mut drift = self.mismatches(account, |field| field.before.clone());
        drift.retain(says_state); // a state that is not shown has not changed
        let carried = account.text(TextField::ExternalId);
        let planned = self.change.field(TextField::ExternalId.name()).is_some();
        if !planned && is_anothers {
            drift.push(Mismatch {
                field: TextField::ExternalId.name().to_owned(),
                expected: Some(Value::Text(self.employee.to_owned())),
                found: carried.map(|id| Value::Text(id.to_owned())),
            });
        }
        drift
    }

    fn mismatches(&self, account: &Account, expected: impl Fn(&FieldChange) -> Option<Value>) -> Vec<Mismatch> {
        let mut mismatches = Vec::new();
        for field in &self.change.fields {
            let expected = expected(field);
            let (same, found) = compare(self.settings, account, &field.field, expected.as_ref());
            if !same {
                mismatches.push(Mismatch { field: field.field.clone(), expected, found });
            }
        }
        mismatches
    }

    /// The id of the account to change. An account that this plan created is found by its link.
    fn account_id(&mut self) -> Result<String, Stop> {
        if let Some(id) = &self.change.target_id {
            return Ok(id.clone());
        }
        let link = link::get(self.wire.world, self.employee)?;
        link.map(|link| link.account.into()).ok_or_else(|| {
            let message = "the account that this change belongs to was not created";
            failure("ACCOUNT_NOT_MADE", message, "sync again; the next plan creates the account first", NextStep::Later)
                .into()
        })
    }

    /// The line manager that the change writes, by account id, since TravelPerk does not know employee ids.
    fn manager_account(&mut self) -> Result<ManagerAccount, Stop> {
        let manager_account = [MANAGER, APPROVERS].into_iter().find_map(|name| self.change.field(name)?.after.as_ref());
        let Some(Value::Person(manager)) = manager_account else {
            return Ok(ManagerAccount::NotNamed);
        };
        if let Some(id) = &manager.account_id {
            return Ok(ManagerAccount::Account(id.clone()));
        }
        let employee = manager.employee_id.as_deref().unwrap_or_default();
        let link = link::get(self.wire.world, employee)?;
        Ok(link.map_or(ManagerAccount::NotMade, |link| ManagerAccount::Account(link.account.into())))
    }

    /// The part of the change that can be written: without the line manager if their account does not exist (rule 4).
    fn writable(&self, manager_account: &ManagerAccount) -> Change {
        let mut change = self.change.clone();
        if *manager_account == ManagerAccount::NotMade {
            change.fields.retain(|field| ![MANAGER, APPROVERS].contains(&field.field.as_str()));
        }
        change
    }

    fn look_up(&mut self, id: &str) -> Result<Option<Account>, Stop> {
        let request = scim::get_user(self.settings, id);
        let answer = self.wire.send(&request, NextStep::Later)?;
        match answer.status {
            200..=299 => Ok(Some(answer.account.ok_or_else(|| unclear("TravelPerk's answer is not a user"))?)),
            404 => Ok(None),
            _ => Err(rejected(&answer)),
        }
    }

    /// The account with the change's user name. A server may ignore the filter and list all users, so the results are
    /// compared. If the account is not on the first page of such a list, the create gets a 409.
    fn find_by_user_name(&mut self) -> Result<Option<Account>, Stop> {
        let wanted = self.change.text_after(TextField::UserName.name()).unwrap_or_default().to_owned();
        let request = scim::find_by_user_name(self.settings, &wanted);
        let mut response = self.wire.open(&request, NextStep::Look)?;
        if !(200..=299).contains(&response.status) {
            let answer = Answer::gather(&request, &mut response);
            drop(response);
            return Err(rejected(&answer));
        }
        let body = response.gather().map_err(|error| lost(&request, &error, NextStep::Look))?;
        let page = scim::user_page(&body)
            .map_err(|error| unclear(&format!("TravelPerk's answer to a search is not a listing: {error}")))?;
        let is_wanted = |name: &str| fold(name) == fold(&wanted);
        if page.broken.iter().any(|row| row.user_name.as_deref().is_some_and(is_wanted)) {
            return Err(unclear("TravelPerk sends an account with this work email that cannot be read"));
        }
        let has_name = |account: &Account| account.text(TextField::UserName).is_some_and(is_wanted);
        let mut found: Vec<Account> = page.accounts.into_iter().filter(has_name).collect();
        // Of several that differ in case only, the employee's own counts.
        let own = found.iter().position(|account| account.text(TextField::ExternalId) == Some(self.employee));
        Ok((!found.is_empty()).then(|| found.swap_remove(own.unwrap_or_default())))
    }

    /// The account with the employee's external id, under whatever user name. Not every server can search for it, and one
    /// that cannot has none to show.
    fn find_by_external_id(&mut self) -> Result<Option<Account>, Stop> {
        if self.change.text_after(TextField::ExternalId.name()) != Some(self.employee) {
            return Ok(None);
        }
        let request = scim::find_by_external_id(self.settings, self.employee);
        let mut response = self.wire.open(&request, NextStep::Look)?;
        if !(200..=299).contains(&response.status) {
            return Ok(None);
        }
        let body = response.gather().map_err(|error| lost(&request, &error, NextStep::Look))?;
        let accounts = scim::user_page(&body).map(|page| page.accounts).unwrap_or_default();
        Ok(accounts.into_iter().find(|account| account.text(TextField::ExternalId) == Some(self.employee)))
    }
}

/// Whether a mismatch is not that of a state that no answer shows.
fn says_state(mismatch: &Mismatch) -> bool {
    mismatch.field != ACTIVE || mismatch.found.is_some()
}

/// Whether an answer of this status refuses the field that was written, and not the request for another reason.
fn is_about_the_field(status: u16) -> bool {
    (400..=499).contains(&status) && ![401, 403, 404, 408, 410, 412, 423, 425, 429].contains(&status)
}

/// The outcome if an account that the plan did not know has the user name.
fn occupied(found: &Account) -> Outcome {
    let name = found.text(TextField::UserName).map(|name| Value::Text(name.to_owned()));
    Outcome::Drifted(vec![Mismatch { field: TextField::UserName.name().to_owned(), expected: None, found: name }])
}

/// The failure for a work email that is in use where nothing of ours can be the reason. The host looks again before it
/// counts, since a search may lag behind.
fn email_elsewhere() -> Failure {
    failure(
        "EMAIL_IN_ANOTHER_COMPANY",
        "TravelPerk says that the work email is in use, but shows no account with it",
        "look for an archived account in TravelPerk; if there is none, the email belongs to another company there: ask TravelPerk's support to move that profile",
        NextStep::Look,
    )
}

/// The failure for a work email that is in use, perhaps by an account that this sync has created.
fn account_not_shown() -> Failure {
    failure(
        "ACCOUNT_NOT_SHOWN",
        "TravelPerk says that the work email is in use, and does not show the account, which may be one that this sync created",
        "sync again later, as a search may lag behind; if it stays so, look for the account in TravelPerk",
        NextStep::Look,
    )
}

/// The failure for an account whose creation was accepted.
fn not_shown_yet() -> Failure {
    failure(
        "ACCOUNT_NOT_SHOWN",
        "TravelPerk accepted the new account, and does not show it yet",
        "sync again later; the next plan finds the account",
        NextStep::Look,
    )
}

fn state_not_shown() -> Failure {
    failure(
        "WRITE_NOT_APPLIED",
        "TravelPerk accepted the change, but does not show that the account is active, or archived, as it should be",
        "the next run looks again; if it stays so, find out in TravelPerk what keeps the account as it is",
        NextStep::Look,
    )
}

fn manager_not_made() -> Failure {
    failure(
        "MANAGER_NOT_MADE",
        "the line manager's account was not created",
        "correct what keeps the manager's account from being created, then sync again",
        NextStep::Later,
    )
}
