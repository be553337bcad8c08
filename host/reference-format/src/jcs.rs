//! The one byte form of a JSON value: the JSON Canonicalization Scheme (RFC 8785).
//!
//! `serde_jcs` does the work; it passes the cases of RFC 8785 section 3.2 and appendix B below.

use serde_json::Value;

/// A value has no canonical form.
#[derive(Debug, thiserror::Error)]
#[error("the value has no canonical form ({0}); it cannot be signed")]
pub struct JcsError(#[from] serde_json::Error);

/// The canonical bytes of a value.
///
/// # Errors
/// A number is not finite.
pub fn canonical(value: &Value) -> Result<Vec<u8>, JcsError> {
    Ok(serde_jcs::to_vec(value)?)
}

#[cfg(test)]
#[path = "jcs_tests.rs"]
mod tests;
