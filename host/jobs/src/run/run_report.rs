//! What the reports of both kinds of run share: how the run ended, what went wrong, and what the run record keeps.

use crate::run::{ErrorRow, Stopped};
use hibob_base::error::{Exit, HostError};
use hibob_store::update_row::UpdateRow;
use serde::Serialize;

/// How many rows a run record keeps of errors, of warnings, and of each other list of a report.
pub(crate) const HISTORY_ROWS_MAX: usize = 1_000;

/// The parts that every report has.
pub struct Common<'r> {
    /// The tenant's id; empty where the run ended before it was known.
    pub tenant: &'r str,
    /// The run's number in the tenant's history.
    pub run: &'r mut Option<i64>,
    /// What went wrong, one row for each employee and fault.
    pub errors: &'r mut Vec<ErrorRow>,
    /// Facts that a person should know, and that are no errors.
    pub warnings: &'r mut Vec<ErrorRow>,
    /// What ended the run early.
    pub stopped: &'r mut Option<Stopped>,
}

/// The report of a run.
///
/// The directory sync and the references job each have a report, which is printed as JSON and kept in the run record.
/// This trait has what they share.
pub trait RunReport: Serialize + Clone {
    /// The parts that every report has.
    fn common(&mut self) -> Common<'_>;

    /// What went wrong.
    fn errors(&self) -> &[ErrorRow];

    /// Facts that a person should know, and that are no errors.
    fn warnings(&self) -> &[ErrorRow] {
        &[]
    }

    /// What ended the run early.
    fn stopped(&self) -> Option<&Stopped>;

    /// The rows of the run record.
    fn updates(&self) -> &[UpdateRow];

    /// [`Exit::Held`] or [`Exit::Waiting`], where a guard held something or the plan waits; none otherwise. It counts
    /// only if nothing ended the run early.
    fn held_back(&self) -> Option<Exit>;

    /// Cuts the lists of this kind of report to [`HISTORY_ROWS_MAX`] rows, and removes what a run record does not keep.
    fn shorten(&mut self);

    /// How the run ended.
    fn exit(&self) -> Exit {
        match (self.stopped(), self.held_back()) {
            (Some(stopped), _) => stopped.exit(),
            (None, Some(exit)) => exit,
            (None, None) if self.errors().is_empty() => Exit::Done,
            (None, None) => Exit::SomeFailed,
        }
    }

    /// Notes what ended the run early.
    fn stop(&mut self, error: HostError) {
        let common = self.common();
        let error = if common.tenant.is_empty() { error } else { error.of_tenant(common.tenant) };
        *common.stopped = Some(Stopped::by(&error));
    }

    /// The codes of all errors, and of what ended the run early.
    fn codes(&self) -> Vec<&str> {
        let stopped = self.stopped().map(|stopped| stopped.code.as_str());
        self.errors().iter().map(|row| row.code.as_str()).chain(stopped).collect()
    }

    /// Sets the run's number in the history.
    fn numbered(&mut self, run: i64) {
        *self.common().run = Some(run);
    }

    /// The report as the run record keeps it, in JSON.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    fn history(&self) -> Result<String, HostError> {
        let mut kept = self.clone();
        let common = kept.common();
        common.errors.truncate(HISTORY_ROWS_MAX);
        common.warnings.truncate(HISTORY_ROWS_MAX);
        kept.shorten();
        serde_json::to_string(&kept).map_err(|error| HostError::Storage(error.to_string()))
    }
}
