//! What every document of the W3C Verifiable Credentials Data Model 2.0 has in common.

/// The context of VC 2.0 (section 4.3).
pub(crate) const VC_CONTEXT: &str = "https://www.w3.org/ns/credentials/v2";
