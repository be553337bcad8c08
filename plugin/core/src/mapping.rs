//! Works out the desired account of an employee from HiBob's record and the settings.

mod detail;

use crate::exclusion::{ExcludedBy, Matched};
use crate::field::{
    Detail, Form, List, MANAGER, MANDATORY_FIELDS, TEXT_FIELDS, TEXT_FIELDS_COUNT, TextField, is_email,
};
use crate::finding::{Finding, Notes, Severity};
use crate::hibob::{Datum, Employee, NameList};
use crate::lifecycle::{AccountStatus, Lifecycle};
use crate::settings::Settings;
use crate::text_form;
use crate::texts::Texts;
use crate::value::Id;

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
}

impl DesiredAccount {
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
        };
        let mut values: [DesiredValue; TEXT_FIELDS_COUNT] = Default::default();
        let before = findings.len();
        let excluded = self.excluded(id, employee, matched);
        findings.extend(excluded.as_ref().map(|by| self.settings.exclusion.finding(by).employee(id)));
        let mut notes = Notes::new(id, findings);
        person.status = match excluded {
            Some(_) => AccountStatus::Excluded,
            None => self.lifecycle.account_status(employee, &mut notes),
        };
        self.names(employee, &person, &mut values, &mut notes);
        if person.status == AccountStatus::Active {
            self.details(employee, &mut person, &mut values, &mut notes);
            if notes.broken {
                person.status = AccountStatus::Broken;
            }
        }
        person.values = DesiredValues::pack(&values);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hibob::{FieldIds, RecordReader, read_list};
    use crate::value::{NamedValue, Value};
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(json: &str, want: Expect) {
        let urls = ["hibob-url", "scim-url"]
            .map(|name| NamedValue { name: name.to_owned(), value: Value::Text("https://x".to_owned()) });
        let settings = Settings::read(&urls).unwrap();
        let ids = FieldIds::new(&settings);
        let reader = RecordReader::new(ids.read());
        let mapping = Mapping {
            settings: &settings,
            departments: read_list(br#"{"values":[{"id":"1001","value":"Sales"}]}"#).unwrap(),
            titles: NameList::default(),
            lifecycle: Lifecycle::new(&settings, 1_772_366_400), // 2026-03-01, noon
        };
        let record = reader.read(json.as_bytes()).unwrap();
        let mut findings = Vec::new();
        let person = mapping.person(&Employee::new(&record, &ids), &mut Matched::default(), &mut findings);
        let mut lines = Vec::new();
        if let Some(person) = person {
            lines.push(format!("{:?} manager {:?}", person.status, person.manager));
            for field in TEXT_FIELDS {
                if person.desired(field) != DesiredValueRef::Leave {
                    lines.push(format!("{} {:?}", field.name(), person.desired(field)));
                }
            }
        }
        lines.extend(findings.iter().map(|finding| format!("{:?} {}", finding.severity, finding.code)));
        want.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn a_whole_record() {
        check(
            r#"{"id":"7","firstName":"Ana","surname":"Ruiz","email":"Ana@acme.example","internal":{"lifecycleStatus":"employed"},
               "work":{"startDate":"2020-01-01","department":"1001","title":"Engineer","reportsTo":{"id":"9"},"workPhone":"600100200"}}"#,
            expect![[r#"
                Active manager Employee("9")
                user-name Set("Ana@acme.example")
                external-id Set("7")
                given-name Set("Ana")
                family-name Set("Ruiz")
                title Set("Engineer")
                cost-center Set("Sales")
                Warning PHONE_IS_MISSING_OR_INVALID"#]],
        );
    }

    #[test]
    fn an_absent_field_is_left_alone_and_a_null_one_is_cleared() {
        check(
            r#"{"id":"7","firstName":"Ana","surname":"Ruiz","email":"a@b.c","internal":{"lifecycleStatus":"employed"},
               "work":{"startDate":"2020-01-01","department":null,"title":"99887766","manager":null,"reportsTo":null}}"#,
            expect![[r#"
                Active manager Clear
                user-name Set("a@b.c")
                external-id Set("7")
                given-name Set("Ana")
                family-name Set("Ruiz")
                cost-center Clear
                Warning TITLE_IS_MISSING_OR_INVALID"#]],
        );
    }

    #[test]
    fn every_missing_mandatory_field_is_named() {
        check(
            r#"{"id":"7","internal":{"lifecycleStatus":"employed"}}"#,
            expect![[r#"
                Broken manager Leave
                external-id Set("7")
                Error MISSING_FIRST_NAME
                Error MISSING_LAST_NAME
                Error MISSING_EMAIL
                Error MISSING_START_DATE"#]],
        );
        check(r#"{"email":"a@b.c"}"#, expect!["Error MISSING_EMPLOYEE_ID"]);
    }

    #[test]
    fn a_leaver_needs_nothing_but_an_id() {
        check(
            r#"{"id":"7","internal":{"lifecycleStatus":"Terminated"}}"#,
            expect![[r#"
                Gone(Terminated) manager Leave
                external-id Set("7")"#]],
        );
    }

    #[test]
    fn a_future_hire_waits_and_an_unknown_status_changes_nothing() {
        check(
            r#"{"id":"7","internal":{"lifecycleStatus":"hired"},"work":{"startDate":"2026-03-02"}}"#,
            expect![[r#"
                Waiting(2026-03-02) manager Leave
                external-id Set("7")"#]],
        );
        check(
            r#"{"id":"7","internal":{"lifecycleStatus":"sabbatical"}}"#,
            expect![[r#"
                Broken manager Leave
                external-id Set("7")
                Error UNKNOWN_LIFECYCLE_STATUS"#]],
        );
    }
}
