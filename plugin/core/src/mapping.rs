//! Works out the desired account of an employee from HiBob's record and the settings.

mod detail;

use crate::exclusion::{self, ExcludedBy, Matched};
use crate::field::{
    Detail, Form, List, MANAGER, MANDATORY_FIELDS, TEXT_FIELDS, TEXT_FIELDS_COUNT, TextField, is_email,
};
use crate::finding::{Finding, Notes, Severity};
use crate::hibob::{Datum, Employee, NameList};
use crate::host_facts::HostFacts;
use crate::lifecycle::{AccountStatus, Because, Lifecycle};
use crate::settings::Settings;
use crate::text_form;
use crate::texts::Texts;
use crate::value::Id;
use chrono::NaiveDate;

/// The desired value of one text field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DesiredValue {
    /// The account's value should stay: nothing is known about the field, or it is not synced.
    #[default]
    Leave,
    /// The field should be empty.
    Clear,
    /// The field should have this value.
    Set(Box<str>),
    /// The field should have this value if it is empty now.
    Default(Box<str>),
}

/// A [`DesiredValue`] with its text borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the cases of `DesiredValue`")]
pub enum DesiredValueRef<'p> {
    Leave,
    Clear,
    Set(&'p str),
    Default(&'p str),
}

impl<'p> DesiredValueRef<'p> {
    /// The value to write where the account has `now`; `Some(None)` empties the field, `None` means that nothing is to
    /// be written.
    pub fn over(self, field: TextField, now: Option<&str>) -> Option<Option<&'p str>> {
        match (self, now) {
            (Self::Clear, Some(_)) => Some(None),
            (Self::Set(want), now) if !field.same_option(Some(want), now) => Some(Some(want)),
            (Self::Default(want), None) => Some(Some(want)),
            (Self::Leave | Self::Clear | Self::Set(_) | Self::Default(_), _) => None,
        }
    }

    /// The text of [`Self::Set`].
    pub fn text(self) -> Option<&'p str> {
        match self {
            Self::Set(text) => Some(text),
            Self::Leave | Self::Clear | Self::Default(_) => None,
        }
    }
}

/// The desired values of all text fields, packed.
#[derive(Clone, Debug, Default)]
pub struct DesiredValues {
    kinds: [Kind; TEXT_FIELDS_COUNT],
    texts: Texts,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Leave,
    Clear,
    Set,
    Default,
}

impl DesiredValues {
    fn pack(values: &[DesiredValue; TEXT_FIELDS_COUNT]) -> Self {
        let kinds = values.each_ref().map(|want| match want {
            DesiredValue::Leave => Kind::Leave,
            DesiredValue::Clear => Kind::Clear,
            DesiredValue::Set(_) => Kind::Set,
            DesiredValue::Default(_) => Kind::Default,
        });
        let texts = values.each_ref().map(|want| match want {
            DesiredValue::Set(text) | DesiredValue::Default(text) => Some(&**text),
            DesiredValue::Leave | DesiredValue::Clear => None,
        });
        Self { kinds, texts: Texts::pack(&texts) }
    }

    fn get(&self, field: TextField) -> DesiredValueRef<'_> {
        match (self.kinds.get(field.index()), self.texts.get(field)) {
            (Some(Kind::Clear), _) => DesiredValueRef::Clear,
            (Some(Kind::Set), Some(text)) => DesiredValueRef::Set(text),
            (Some(Kind::Default), Some(text)) => DesiredValueRef::Default(text),
            _ => DesiredValueRef::Leave,
        }
    }
}

/// The desired line manager.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DesiredManager {
    /// The account's line manager should stay: nothing is known, or the line manager is not synced.
    #[default]
    Leave,
    /// There should be no line manager.
    Clear,
    /// The employee with this id.
    Employee(Id),
}

/// What an employee's account should look like.
#[derive(Clone, Debug)]
pub struct DesiredAccount {
    /// HiBob's id of the employee.
    pub id: Id,
    /// What the lifecycle status means for the account.
    pub status: AccountStatus,
    /// The desired values of the text fields.
    pub values: DesiredValues,
    /// The desired line manager.
    pub manager: DesiredManager,
    /// The days by which it is decided who is the same person.
    pub dates: Dates,
}

/// Days of an employee, as far as HiBob gives them and they are needed to tell whether somebody came back. They are in
/// memory while a plan is made, and nowhere else.
#[derive(Clone, Copy, Default)]
pub struct Dates {
    /// The first day of the present employment.
    pub start: Option<NaiveDate>,
    /// The last day of somebody who has left.
    pub end: Option<NaiveDate>,
    /// The birth date, if it is read.
    pub birth: Option<NaiveDate>,
}

impl std::fmt::Debug for Dates {
    /// Without the days: a birth date is written nowhere.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Dates")
    }
}

impl DesiredAccount {
    /// Somebody of whom only the id is known, and that there should be no active account any more.
    pub(crate) fn gone(id: &str, because: Because) -> Self {
        Self {
            id: id.into(),
            status: AccountStatus::Gone(because),
            values: DesiredValues::default(),
            manager: DesiredManager::Leave,
            dates: Dates::default(),
        }
    }

    /// The desired value of a text field.
    pub fn desired(&self, field: TextField) -> DesiredValueRef<'_> {
        self.values.get(field)
    }

    /// Takes a desired value back, so that the account's value stays.
    pub(crate) fn leave(&mut self, field: TextField) {
        if let Some(kind) = self.values.kinds.get_mut(field.index()) {
            *kind = Kind::Leave;
        }
    }

    /// Replaces a desired text by `spelling` of it, if there is one.
    pub(crate) fn spell<'n>(&mut self, field: TextField, spelling: impl Fn(&str) -> Option<&'n str>) {
        let Some(now) = self.desired(field).text() else { return };
        let Some(better) = spelling(now).filter(|better| *better != now) else { return };
        let mut values: [DesiredValue; TEXT_FIELDS_COUNT] = Default::default();
        for (other, value) in TEXT_FIELDS.into_iter().zip(&mut values) {
            *value = match self.desired(other) {
                DesiredValueRef::Set(_) if other == field => DesiredValue::Set(better.into()),
                DesiredValueRef::Set(text) => DesiredValue::Set(text.into()),
                DesiredValueRef::Default(text) => DesiredValue::Default(text.into()),
                DesiredValueRef::Clear => DesiredValue::Clear,
                DesiredValueRef::Leave => DesiredValue::Leave,
            };
        }
        self.values = DesiredValues::pack(&values);
    }

    /// The work email, which is the user name; empty if the record has none.
    pub fn user_name(&self) -> &str {
        self.desired(TextField::UserName).text().unwrap_or_default()
    }

    /// First and last name, as far as HiBob has them.
    pub fn name(&self) -> Option<String> {
        let parts =
            [TextField::GivenName, TextField::FamilyName].map(|field| self.desired(field).text().unwrap_or_default());
        let name = parts.join(" ");
        (!name.trim().is_empty()).then(|| name.trim().to_owned())
    }

    /// A name to show.
    pub fn display_name(&self) -> String {
        self.name().unwrap_or_else(|| format!("employee {}", self.id))
    }

    /// The name and the id, for a text that is about somebody else: by `(employee ID)` the host finds whom a text names,
    /// and leaves texts out that name a person who was erased.
    pub fn named(&self) -> String {
        match self.name() {
            Some(name) => format!("{name} (employee {})", self.id),
            None => format!("(employee {})", self.id),
        }
    }
}

/// What mapping needs beside the employee's record.
#[derive(Debug)]
pub struct Mapping<'s> {
    /// The settings.
    pub settings: &'s Settings,
    /// HiBob's departments by id.
    pub departments: NameList,
    /// HiBob's titles by id.
    pub titles: NameList,
    /// Decides what a lifecycle status means.
    pub lifecycle: Lifecycle<'s>,
}

impl Mapping<'_> {
    /// The items of one of HiBob's lists.
    pub(crate) fn list(&self, list: List) -> &NameList {
        match list {
            List::Departments => &self.departments,
            List::Titles => &self.titles,
        }
    }

    /// Maps one employee. None if the record has no id, as it cannot be matched then; a finding says so.
    pub fn person(
        &self,
        employee: &Employee<'_, '_>,
        facts: &HostFacts,
        matched: &mut Matched,
        findings: &mut Vec<Finding>,
    ) -> Option<DesiredAccount> {
        let Some(id) = employee.id() else {
            findings.push(Finding::new(
                Severity::Error,
                TextField::ExternalId.text_row().code,
                "HiBob sent an employee without an id",
                TextField::ExternalId.text_row().remedy,
            ));
            return None;
        };
        let mut person = DesiredAccount {
            id: id.into(),
            status: AccountStatus::Active,
            values: DesiredValues::default(),
            manager: DesiredManager::Leave,
            dates: Dates::default(),
        };
        let mut values: [DesiredValue; TEXT_FIELDS_COUNT] = Default::default();
        let before = findings.len();
        let excluded = self.excluded(id, employee, matched);
        findings.extend(excluded.as_ref().map(|by| self.settings.exclusion.finding(by).employee(id)));
        let held_until = facts.hold_of(id).filter(|_| excluded.is_none());
        findings.extend(held_until.map(|day| exclusion::on_hold(day).employee(id)));
        let mut notes = Notes::new(id, findings);
        person.status = match (excluded, held_until) {
            (Some(_), _) => AccountStatus::Excluded,
            (None, Some(_)) => AccountStatus::OnHold,
            (None, None) => self.lifecycle.account_status(employee, &mut notes),
        };
        self.names(employee, &person, &mut values, &mut notes);
        if person.status == AccountStatus::Active {
            self.details(employee, &mut person, &mut values, &mut notes);
            if notes.broken {
                person.status = AccountStatus::Broken;
            }
        }
        person.values = DesiredValues::pack(&values);
        person.dates = match person.status {
            AccountStatus::Active => {
                Dates { start: employee.start_date().ok(), end: None, birth: employee.birth_date() }
            }
            AccountStatus::Gone(Because::Terminated) => {
                Dates { start: None, end: employee.end_date(), birth: employee.birth_date() }
            }
            _ => Dates::default(),
        };
        // Only now the names are known.
        for finding in findings.iter_mut().skip(before) {
            finding.name = person.name();
        }
        Some(person)
    }

    /// What excludes an employee, if the settings exclude anybody.
    fn excluded(&self, id: &str, employee: &Employee<'_, '_>, matched: &mut Matched) -> Option<ExcludedBy> {
        let exclusion = &self.settings.exclusion;
        if exclusion.is_empty() {
            return None;
        }
        let email = employee.text_field(TextField::UserName).text();
        let names = [("work.department", &self.departments), ("work.title", &self.titles)];
        exclusion.of(id, email, employee.exclusion(), names, matched)
    }

    /// Maps the mandatory fields. That one is missing is an error only for employees who should have an active account.
    fn names(
        &self,
        employee: &Employee<'_, '_>,
        person: &DesiredAccount,
        values: &mut [DesiredValue; TEXT_FIELDS_COUNT],
        notes: &mut Notes<'_>,
    ) {
        let needed = person.status == AccountStatus::Active;
        for field in MANDATORY_FIELDS {
            let (row, place) = (field.text_row(), values.get_mut(field.index()));
            let Detail::Mandatory(name) = row.row.detail else { continue };
            let Some(hibob_field) = self.settings.mandatory_source(field).next() else { continue };
            let fits = |text: &str| !text.is_empty() && (field.form() != Form::UserName || is_email(text));
            let sent = employee.text_field(field).text();
            let text = sent.map(|text| match field.form() {
                Form::UserName => text_form::address(text),
                _ => text_form::text(text),
            });
            if let (Some(sent), Some(text), true) = (sent, text.as_deref(), needed) {
                notes.cleaned(name, hibob_field, sent, text);
            }
            match text.as_deref() {
                Some(text) if needed && !fits(text) => {
                    let message = format!("the {name} in HiBob is not an address");
                    notes.error(row.code, hibob_field, message, format!("correct the {name} in HiBob"));
                }
                Some(text) if !fits(text) => {}
                Some(text) => {
                    if let Some(want) = place {
                        *want = DesiredValue::Set(text.into());
                    }
                }
                None if needed => {
                    notes.error(row.code, hibob_field, format!("the {name} is missing in HiBob"), row.remedy);
                }
                None => {}
            }
        }
        if let (true, Err(why)) = (needed, employee.start_date()) {
            notes.no_start_date(why);
        }
    }

    fn details(
        &self,
        employee: &Employee<'_, '_>,
        person: &mut DesiredAccount,
        values: &mut [DesiredValue; TEXT_FIELDS_COUNT],
        notes: &mut Notes<'_>,
    ) {
        let site = if self.settings.site_countries.is_empty() { None } else { employee.site() };
        let country = site.and_then(|site| self.settings.site_countries.get(&*site).copied());
        let country = country.or(self.settings.phone_country);
        for (field, want) in TEXT_FIELDS.into_iter().zip(values) {
            if !field.is_mandatory() && self.settings.has_text(field) {
                *want = self.detail(field, employee.text_field(field), country, notes);
            }
        }
        if self.settings.has(MANAGER) {
            person.manager = match employee.manager() {
                Datum::Absent | Datum::Odd => DesiredManager::Leave,
                Datum::Null => DesiredManager::Clear,
                Datum::Text(manager) if **manager == *person.id => {
                    notes.warning(
                        "SELF_MANAGER",
                        "work.reportsTo",
                        "reports to themselves in HiBob",
                        "correct `Reports to` in HiBob; the line manager is left as it is",
                    );
                    DesiredManager::Leave
                }
                Datum::Text(manager) => DesiredManager::Employee(manager.as_ref().into()),
            };
        }
    }
}
