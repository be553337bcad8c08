//! The report of a references run: what it did, for people and for machines.

use crate::run::run_report::{Common, HISTORY_ROWS_MAX, RunReport};
use crate::run::{ErrorRow, Stopped};
use hibob_base::error::{Exit, HostError};
use hibob_store::update_row::UpdateRow;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a run can hold: what a guard finds too much of in one run, and what is not due yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldClass {
    /// References that would be issued.
    Issuing,
    /// References that would be revoked.
    Revoking,
    /// References whose person's last day is not over. They are issued by a later run.
    LastDay,
    /// References whose grace time is not over. They are issued by a later run.
    GraceTime,
    /// References of people who probably go on under another employee id. A person has to decide.
    Transfer,
    /// References that a setting has wait for a person.
    Setting,
    /// References whose job title is another one than while the person worked here. A person has to decide.
    Title,
}

/// A class that the guard holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldGuard {
    /// The class.
    pub class: HeldClass,
    /// What the guard reports, with its numbers.
    pub message: String,
    /// What a person can do about it.
    pub remedy: String,
}

/// An employee whose reference is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldPerson {
    /// Why it is held.
    pub class: HeldClass,
    /// HiBob's id.
    pub employee_id: String,
    /// The last day of the employment, as HiBob writes it (`2026-11-30`).
    pub ended_on: String,
    /// The employee's name, not kept in the run record. None where HiBob no longer has what a reference needs.
    pub name: Option<String>,
}

/// The outcome of a run. Printed as one JSON object by `--json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The tenant's id.
    pub tenant: String,
    /// The run's number in the tenant's history.
    pub run: Option<i64>,
    /// How many employees HiBob sent.
    pub employees: u64,
    /// Whether this was the first run, which only records who has left already.
    pub is_baseline: bool,
    /// References that were signed.
    pub issued: u64,
    /// Departures whose reference is not due yet: the last day or the grace time is not over.
    pub not_due: u64,
    /// References that were replaced by corrections.
    pub superseded: u64,
    /// References that were revoked.
    pub revoked: u64,
    /// References that were delivered.
    pub delivered: u64,
    /// People who were told that their reference is revoked.
    pub told: u64,
    /// Deliveries that are still to be tried.
    pub waiting: u64,
    /// Deliveries that are given up.
    pub refused: u64,
    /// What went wrong, one row for each employee and fault.
    pub errors: Vec<ErrorRow>,
    /// Facts that a person should know, and that are no errors.
    pub warnings: Vec<ErrorRow>,
    /// The employees whose references are held, by a guard or because they are not due yet.
    pub held: Vec<HeldPerson>,
    /// For each class that is held: what the guard reports, and what to do.
    pub guards: Vec<HeldGuard>,
    /// What ended the run early.
    pub error: Option<Stopped>,
    /// The rows of the run record. They are not part of the printed report.
    #[serde(skip)]
    pub updates: Vec<UpdateRow>,
    /// The names that the run has read, by employee id.
    #[serde(skip)]
    names: BTreeMap<String, String>,
}

impl Report {
    pub(super) fn of(tenant: &str) -> Self {
        Self { tenant: tenant.to_owned(), ..Self::default() }
    }

    /// The report of a run that an error ended before it began.
    pub fn stopped(tenant: &str, error: HostError) -> Self {
        let mut report = Self::of(tenant);
        report.stop(error);
        report
    }

    /// How the run ended.
    pub fn exit(&self) -> Exit {
        RunReport::exit(self)
    }

    /// Notes what ended the run early.
    pub fn stop(&mut self, error: HostError) {
        RunReport::stop(self, error);
    }

    pub(super) fn fault(&mut self, employee_id: &str, code: &str, message: impl Into<String>, remedy: &str) {
        self.errors.push(row(employee_id, code, message.into(), remedy));
    }

    pub(super) fn warn(&mut self, employee_id: &str, code: &str, message: impl Into<String>, remedy: &str) {
        self.warnings.push(row(employee_id, code, message.into(), remedy));
    }

    /// Notes the name of an employee, as it is in a reference.
    pub(super) fn learn_name(&mut self, employee_id: &str, name: &str) {
        self.names.insert(employee_id.to_owned(), name.to_owned());
    }

    /// Adds the names that the run has read to the rows about these employees.
    pub(super) fn name_people(&mut self) {
        for row in &mut self.updates {
            if let Some(name) = self.names.get(&row.employee_id) {
                row.name.clone_from(name);
            }
        }
        for row in self.errors.iter_mut().chain(&mut self.warnings) {
            if let Some(name) = row.employee_id.as_ref().and_then(|id| self.names.get(id)) {
                row.message = format!("{name}: {}", row.message);
            }
        }
    }

    /// Adds a row to the run record. The name is added at the end of the run.
    pub(super) fn tell(&mut self, employee_id: &str, action: &str, reference: &str, result: &str) {
        self.updates.push(UpdateRow {
            employee_id: employee_id.to_owned(),
            name: String::new(),
            action: action.to_owned(),
            field: "reference".to_owned(),
            before: String::new(),
            after: reference.to_owned(),
            result: result.to_owned(),
            before_of: None,
            after_of: None,
        });
    }
}

/// A row about an employee, or about nobody in particular where the id is empty.
pub(super) fn row(employee_id: &str, code: &str, message: String, remedy: &str) -> ErrorRow {
    ErrorRow {
        employee_id: (!employee_id.is_empty()).then(|| employee_id.to_owned()),
        code: code.to_owned(),
        message,
        remedy: remedy.to_owned(),
    }
}

impl RunReport for Report {
    fn common(&mut self) -> Common<'_> {
        Common {
            tenant: &self.tenant,
            run: &mut self.run,
            errors: &mut self.errors,
            warnings: &mut self.warnings,
            stopped: &mut self.error,
        }
    }

    fn errors(&self) -> &[ErrorRow] {
        &self.errors
    }

    fn warnings(&self) -> &[ErrorRow] {
        &self.warnings
    }

    fn stopped(&self) -> Option<&Stopped> {
        self.error.as_ref()
    }

    fn updates(&self) -> &[UpdateRow] {
        &self.updates
    }

    fn held_back(&self) -> Option<Exit> {
        (!self.guards.is_empty()).then_some(Exit::Held)
    }

    fn shorten(&mut self) {
        self.updates.clear();
        self.held.truncate(HISTORY_ROWS_MAX);
        self.held.iter_mut().for_each(|person| person.name = None);
    }
}
