//! Canonical JSON: each value has exactly one form in bytes, by the JSON Canonicalization Scheme (RFC 8785).
//!
//! The crate `serde_jcs` does the work. The tests below run it on the examples of RFC 8785 section 3.2 and appendix B.

use serde_json::Value;

/// A JSON value that has no canonical form.
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
