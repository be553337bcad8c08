//! What a run of the references job did, for people and for machines.

use crate::run::run_report::{Common, HISTORY_ROWS_MAX, RunReport};
use crate::run::{ErrorRow, Stopped};
use hibob_base::error::{Exit, HostError};
use hibob_store::update_row::UpdateRow;
use serde::Serialize;

/// What is held because there is too much of it at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldClass {
    /// References that would be issued.
    Issuing,
    /// References that would be revoked.
    Revoking,
}

/// A guard that holds a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldGuard {
    /// Which class.
    pub class: HeldClass,
    /// What the guard saw, with its numbers.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

/// A person for whom something is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldPerson {
    /// What.
    pub class: HeldClass,
    /// HiBob's id.
    pub employee_id: String,
    /// The end of their employment, as HiBob has it.
    pub ended_on: String,
    /// Their name; read for the first few only, and not kept.
    pub name: Option<String>,
}

/// The outcome of a run. Printed as one JSON object by `--json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The tenant's id.
    pub tenant: String,
    /// The run's number in the tenant's history.
    pub run: Option<i64>,
    /// Employees that HiBob sent.
    pub employees: u64,
    /// Whether this was the first look, which only records who has left already.
    pub is_baseline: bool,
    /// References that were signed.
    pub issued: u64,
    /// References that newer ones replace.
    pub superseded: u64,
    /// References that were revoked.
    pub revoked: u64,
    /// References that reached the other side.
    pub delivered: u64,
    /// Deliveries that are tried again.
    pub waiting: u64,
    /// Deliveries that are given up.
    pub refused: u64,
    /// What went wrong, one row for each employee and fault.
    pub errors: Vec<ErrorRow>,
    /// What is worth knowing.
    pub warnings: Vec<ErrorRow>,
    /// What a guard holds, person by person.
    pub held: Vec<HeldPerson>,
    /// For each class that is held: what the guard saw, and what to do.
    pub guards: Vec<HeldGuard>,
    /// What ended the run early.
    pub error: Option<Stopped>,
    /// What was done to whom, line by line; kept in the history, and not part of the printed report.
    #[serde(skip)]
    pub updates: Vec<UpdateRow>,
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

    /// Notes in the history what was done. No name is kept there: the references have them.
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

/// A row about an employee, or about nobody.
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
