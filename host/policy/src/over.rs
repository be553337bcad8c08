//! That a plugin went over one of its tenant's limits, and where that is noted.

use std::sync::{Arc, OnceLock};

/// A limit that was gone over: its setting, and what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    /// The setting in the tenant's file, without `limits.`.
    pub setting: &'static str,
    /// What the plugin did, after "the plugin".
    pub what: String,
}

/// Where a call notes that it went over a limit; the first one counts.
#[derive(Clone, Debug, Default)]
pub struct Overrun(Arc<OnceLock<Over>>);

impl Overrun {
    /// Notes it. The call ends at its next step.
    pub fn note(&self, setting: &'static str, what: impl Into<String>) {
        let _ = self.0.set(Over { setting, what: what.into() });
    }

    /// What was noted.
    pub fn get(&self) -> Option<&Over> {
        self.0.get()
    }
}
