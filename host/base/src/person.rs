//! Naming the person who decides something: an admin or another of the operator's people.

use crate::error::HostError;
use crate::text::is_obeyed;

/// The longest e-mail address, in characters (RFC 5321 section 4.5.3.1.3, without the angle brackets).
const ADDRESS_CHARS_MAX: usize = 254;

/// Checks that a person is named by an e-mail address.
///
/// # Errors
/// It is none.
pub fn check_person(by: &str) -> Result<(), HostError> {
    let is_address = by.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    let is_plain = !by.chars().any(|c| c.is_whitespace() || is_obeyed(c));
    if is_address && is_plain && by.chars().count() <= ADDRESS_CHARS_MAX {
        return Ok(());
    }
    Err(HostError::configuration("the person who decides is not named", "name the person by their work email"))
}
