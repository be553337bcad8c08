//! What one call may do outside.

use crate::change_scope::ApplyScope;
use crate::person_scope::PersonScope;
use std::sync::Arc;

/// What a call may do outside.
#[derive(Clone, Debug)]
pub enum Grant {
    /// Declared reads only.
    Read,
    /// Declared reads about one person, whose answers the host keeps.
    Person(Arc<PersonScope>),
    /// Reads of the target, and the writes of one change.
    Apply(Arc<ApplyScope>),
}

impl Grant {
    /// Whether nothing may be written.
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Read | Self::Person(_))
    }
}
