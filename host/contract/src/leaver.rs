//! What the host believes of a leaver.

use crate::offboarding_references::Claims;

/// Claims that HiBob has answered during the call that returned them.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmed {
    /// What a reference may say.
    pub claims: Claims,
    /// A hash over HiBob's answers.
    pub answers_digest: [u8; 32],
    /// The plugin that was asked; one that may have references signed.
    pub plugin_digest: String,
}
