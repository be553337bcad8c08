//! Naming the person who decides something, and why: an admin or another of the operator's people.

use crate::error::HostError;
use crate::text::check_line;

/// The longest e-mail address, in characters (RFC 5321 section 4.5.3.1.3, without the angle brackets).
pub const ADDRESS_CHARS_MAX: usize = 254;

/// The longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 1_000;

/// Whether a text is the e-mail address of one person, as commands, the API and a tenant's file take it: one `@` with
/// something before it and a domain of more than one label after it, in one line without spaces.
pub fn is_address(text: &str) -> bool {
    let mut parts = text.split('@');
    let (user, host, more) = (parts.next(), parts.next(), parts.next());
    let has_user = user.is_some_and(|user| !user.is_empty());
    let is_domain = |host: &str| host.contains('.') && host.split('.').all(|label| !label.is_empty());
    let is_one = !text.chars().any(|c| c.is_whitespace() || "<>,;\"".contains(c));
    has_user && host.is_some_and(is_domain) && more.is_none() && is_one && check_line(text, ADDRESS_CHARS_MAX).is_ok()
}

/// Checks that a person is named by an e-mail address.
///
/// # Errors
/// It is none.
pub fn check_person(by: &str) -> Result<(), HostError> {
    if is_address(by) {
        return Ok(());
    }
    Err(HostError::configuration("the person who decides is not named", "name the person by their work email"))
}

/// Checks that a reason says something, in one line of at most [`REASON_CHARS_MAX`] characters.
///
/// # Errors
/// It does not.
pub fn check_reason(reason: &str) -> Result<(), HostError> {
    check_line(reason, REASON_CHARS_MAX).map_err(|_| {
        let remedy = format!("give a reason of at most {REASON_CHARS_MAX} characters, in one line");
        HostError::configuration("the reason is missing, too long, or more than a line", remedy)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_one_address_in_one_line() {
        for by in ["ana@acme.example", "a+b@acme.example", "zoë@acme.example"] {
            assert!(check_person(by).is_ok(), "{by}");
        }
        for by in [
            "",
            "ana",
            "@acme.example",
            "ana@",
            "ana@acme",
            "ana@acme.",
            "ana@.example",
            "a@b@c",
            "a b@acme.example",
            "ana@acme.example\n",
            "\u{1b}[2Jana@acme.example",
            "ana\u{202e}@acme.example",
            "Ana <ana@acme.example>",
            "a@b.example,c",
        ] {
            assert!(check_person(by).is_err(), "{by:?}");
        }
        assert!(check_person(&format!("{}@acme.example", "a".repeat(ADDRESS_CHARS_MAX))).is_err());
    }

    #[test]
    fn a_reason_is_one_line() {
        assert!(check_reason("they still work here").is_ok());
        let long = "x".repeat(REASON_CHARS_MAX + 1);
        for reason in ["", " ", "no\nyes", "no\u{1b}[2J", &long] {
            assert!(check_reason(reason).is_err(), "{reason:?}");
        }
    }
}
