//! What one call of a plugin may do at the services: the part of the request policy that depends on the call.

use crate::change_scope::ApplyScope;
use crate::person_scope::PersonScope;
use std::sync::Arc;

/// What a call may ask of the services.
#[derive(Clone, Debug)]
pub enum Grant {
    /// The reads that the manifest declares, and no writes.
    Read,
    /// The declared reads about one person. The scope keeps HiBob's answers, to compare the plugin's claims with them.
    Person(Arc<PersonScope>),
    /// The declared reads of the target, and the writes of one change.
    Apply(Arc<ApplyScope>),
}

impl Grant {
    /// Whether the call may only read.
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Read | Self::Person(_))
    }
}
