//! JSON as strangers send it, and its canonical form.

use crate::Reading;
use hibob_reference_format::jcs::canonical;
use hibob_reference_format::json::{JsonError, parse_object};
use serde_json::Value;

/// Longest document that the target allows, in bytes.
const BYTES_MAX: usize = 4096;

/// An object is read as a lenient parser reads it, unless a name is there twice. Its canonical form is read again, and
/// is its own canonical form (RFC 8785).
pub(crate) fn json_object(bytes: &[u8]) -> Reading {
    let object = parse_object(bytes, BYTES_MAX);
    assert_eq!(matches!(object, Err(JsonError::TooLong(_))), bytes.len() > BYTES_MAX);
    if let Ok(object) = &object {
        let value = Value::Object(object.clone());
        assert_eq!(serde_json::from_slice::<Value>(bytes).unwrap(), value);
        let first = canonical(&value).unwrap();
        let again = parse_object(&first, usize::MAX).expect("a canonical form is read");
        assert_eq!(canonical(&Value::Object(again)).unwrap(), first, "{}", String::from_utf8_lossy(&first));
    }
    Reading::of(&object)
}
