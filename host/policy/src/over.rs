//! How a call records that the plugin has exceeded one of its tenant's limits.

use std::sync::{Arc, OnceLock};

/// A limit that a plugin has exceeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    /// The setting of the limit, without `limits.`.
    pub setting: &'static str,
    /// What the plugin did: the rest of a sentence that begins with "the plugin".
    pub what: String,
}

/// The first limit that a call has exceeded, if any. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Overrun(Arc<OnceLock<Over>>);

impl Overrun {
    /// Records a limit, unless one is recorded already. The call then ends at its next step.
    pub fn note(&self, setting: &'static str, what: impl Into<String>) {
        let _ = self.0.set(Over { setting, what: what.into() });
    }

    /// The limit that was recorded.
    pub fn get(&self) -> Option<&Over> {
        self.0.get()
    }
}
