//! What the report of every kind of run has in common: how the run ended, what went wrong, and what the history keeps of it.

use crate::run::{ErrorRow, Stopped};
use hibob_base::error::{Exit, HostError};
use hibob_store::update_row::UpdateRow;
use serde::Serialize;

/// Rows of errors, of warnings, and of each list of its own that the history keeps of one run.
pub(crate) const HISTORY_ROWS_MAX: usize = 1_000;

/// The parts that every report has.
pub struct Common<'r> {
    /// The tenant's id; empty where the run ended before it was known.
    pub tenant: &'r str,
    /// The run's number in the tenant's history.
    pub run: &'r mut Option<i64>,
    /// What went wrong, one row for each employee and fault.
    pub errors: &'r mut Vec<ErrorRow>,
    /// What is worth knowing.
    pub warnings: &'r mut Vec<ErrorRow>,
    /// What ended the run early.
    pub stopped: &'r mut Option<Stopped>,
}

/// The report of a run.
///
/// Each kind of run has a report of its own, which is printed as JSON and kept in the history. What they share is decided
/// here, once for all kinds.
pub trait RunReport: Serialize + Clone {
    /// The parts that every report has.
    fn common(&mut self) -> Common<'_>;

    /// What went wrong.
    fn errors(&self) -> &[ErrorRow];

    /// What ended the run early.
    fn stopped(&self) -> Option<&Stopped>;

    /// What was done to whom, line by line.
    fn updates(&self) -> &[UpdateRow];

    /// How the run ended where nothing ended it early, if that is neither [`Exit::Done`] nor [`Exit::SomeFailed`].
    fn held_back(&self) -> Option<Exit>;

    /// Cuts the lists of this kind of report to [`HISTORY_ROWS_MAX`] rows, and takes out what the history does not keep.
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

    /// The codes of all that went wrong.
    fn codes(&self) -> Vec<&str> {
        let stopped = self.stopped().map(|stopped| stopped.code.as_str());
        self.errors().iter().map(|row| row.code.as_str()).chain(stopped).collect()
    }

    /// Takes the run's number in the history.
    fn numbered(&mut self, run: i64) {
        *self.common().run = Some(run);
    }

    /// What the history keeps of it: JSON.
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
