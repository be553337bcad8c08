//! The claims about a leaver that a reference may have.

use crate::offboarding_references::Claims;

/// Claims that HiBob's answers in the same call confirm.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmed {
    /// The claims.
    pub claims: Claims,
    /// The display name as HiBob has it in the same answers; none if it is empty or was not read.
    pub display_name: Option<String>,
    /// SHA-256 over the digests of HiBob's answers, in their order.
    pub answers_digest: [u8; 32],
    /// The digest of the plugin that returned the claims, as `sha256:` and hexadecimal digits.
    pub plugin_digest: String,
}

/// What a call about one leaver has shown, whatever came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaverFacts {
    /// The name as HiBob has it; none where HiBob sent none.
    pub name: Option<String>,
    /// The date at the person's site at the time of the call: YYYY-MM-DD. Empty if the call ended before HiBob answered.
    pub today: String,
}
