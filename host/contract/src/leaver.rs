//! The claims about a leaver that a reference may have.

use crate::offboarding_references::Claims;

/// Claims that HiBob's answers in the same call confirm.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmed {
    /// The claims.
    pub claims: Claims,
    /// SHA-256 over the digests of HiBob's answers, in their order.
    pub answers_digest: [u8; 32],
    /// The digest of the plugin that returned the claims, as `sha256:` and hexadecimal digits.
    pub plugin_digest: String,
}
