//! Findings: what a person should read.

use crate::mapping::DesiredAccount;
use std::borrow::Cow;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Something was left out on purpose; the rest of that person is synced.
    Warning,
    /// This person, or this setting, is left as it is until somebody acts.
    Error,
}

/// A broken record, a missing permission, a wrong setting: what is wrong and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// A stable word in capitals.
    pub code: &'static str,
    /// HiBob's id of the employee concerned, if it is about one.
    pub employee_id: Option<String>,
    /// The employee's name, if it is known.
    pub name: Option<String>,
    /// The field or setting concerned, if it is about one.
    pub field: Option<String>,
    /// What is wrong, in one sentence.
    pub message: Cow<'static, str>,
    /// How to mend it, in one sentence.
    pub remedy: Cow<'static, str>,
}

impl Finding {
    /// A finding that is about no single employee and no single field.
    pub fn new(
        severity: Severity,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (message, remedy) = (message.into(), remedy.into());
        Self { severity, code, employee_id: None, name: None, field: None, message, remedy }
    }

    /// Says which employee is concerned, of whom only the id is known.
    #[must_use]
    pub fn employee(mut self, id: &str) -> Self {
        self.employee_id = Some(id.to_owned());
        self
    }

    /// Says which employee is concerned, by id and name.
    #[must_use]
    pub fn about(self, person: &DesiredAccount) -> Self {
        Self { name: person.name(), ..self.employee(&person.id) }
    }

    /// What is wrong, with the name of whoever it is about in front: nobody knows people by their ids.
    pub fn told(&self) -> Cow<'_, str> {
        match &self.name {
            Some(name) => Cow::Owned(format!("{name}: {}", self.message)),
            None => Cow::Borrowed(&self.message),
        }
    }

    /// Names the field or setting concerned.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>) -> Self {
        self.field = Some(name.into());
        self
    }
}

/// Collects the findings about one employee.
pub(crate) struct Notes<'f> {
    id: &'f str,
    findings: &'f mut Vec<Finding>,
    /// Whether one of the findings keeps the employee from being synced.
    pub(crate) broken: bool,
}

impl<'f> Notes<'f> {
    pub(crate) fn new(id: &'f str, findings: &'f mut Vec<Finding>) -> Self {
        Self { id, findings, broken: false }
    }

    /// Adds a finding that keeps the employee from being synced.
    pub(crate) fn error(
        &mut self,
        code: &'static str,
        field: &'static str,
        message: impl Into<Cow<'static, str>>,
        remedy: impl Into<Cow<'static, str>>,
    ) {
        self.broken = true;
        self.findings.push(Finding::new(Severity::Error, code, message, remedy).employee(self.id).field(field));
    }

    /// Adds a finding about a field that is left out.
    pub(crate) fn warning(
        &mut self,
        code: &'static str,
        field: &'static str,
        message: impl Into<Cow<'static, str>>,
        remedy: impl Into<Cow<'static, str>>,
    ) {
        self.findings.push(Finding::new(Severity::Warning, code, message, remedy).employee(self.id).field(field));
    }

    pub(crate) fn missing_start_date(&mut self) {
        self.error(
            "MISSING_START_DATE",
            "work.startDate",
            "the start date is missing in HiBob",
            "fill in the start date in HiBob",
        );
    }
}
