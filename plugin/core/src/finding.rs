//! Findings: what a person should read.

use crate::hibob::NoDay;
use crate::mapping::DesiredAccount;
use crate::text_form;
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

/// A field's name as words of a sentence.
pub(crate) fn in_words(field: &str) -> String {
    field.replace("emergency-", "emergency contact's ").replace('-', " ")
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
        field: &str,
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

    /// Adds a notice if `written`, which is what goes to TravelPerk, was cleaned of something that `sent`, which HiBob
    /// sent, has. `name` is the field's name in the sentence.
    pub(crate) fn cleaned(&mut self, name: &'static str, field: &str, sent: &str, written: &str) {
        if sent == written {
            return;
        }
        let Some(what) = text_form::cleaned(sent, written) else { return };
        let finding = Finding::new(
            Severity::Notice,
            "TEXT_CLEANED",
            format!("the {} in HiBob {what}; it is compared and written without that", in_words(name)),
            "nothing has to be done; typed anew in HiBob, it no longer comes up",
        );
        self.findings.push(finding.employee(self.id).field(field));
    }

    /// Adds a notice that the extension of a telephone number is not written.
    pub(crate) fn extension_left_out(&mut self, field: &'static str) {
        let finding = Finding::new(
            Severity::Notice,
            "PHONE_EXTENSION_LEFT_OUT",
            format!(
                "the {} in HiBob has an extension, which TravelPerk's form of a number cannot hold; it is written without that",
                in_words(field)
            ),
            "nothing has to be done",
        );
        self.findings.push(finding.employee(self.id).field(field));
    }

    /// Adds the finding that the start date is not known.
    pub(crate) fn no_start_date(&mut self, why: NoDay) {
        match why {
            NoDay::Missing => self.error(
                "MISSING_START_DATE",
                "work.startDate",
                "the start date is missing in HiBob",
                "fill in the start date in HiBob",
            ),
            NoDay::NotRead(why) => self.error(
                "START_DATE_NOT_READ",
                "work.startDate",
                format!("the start date in HiBob {why}"),
                "ask HiBob's support why its API gives this field in another form than YYYY-MM-DD; until then the account is left as it is",
            ),
        }
    }
}
