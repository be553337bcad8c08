//! The closed lists of words that labels and spans may have. A word that is not in its list becomes `other`.

use hibob_base::messages;
use hibob_policy::request::Role;
use http::StatusCode;
use std::borrow::Cow;

/// The label of any word that is not in its list.
const OTHER: &str = "other";

/// An error code as a label: the code itself if the host or the built-in plugin has it, else `other`.
pub fn known_code(code: &str) -> &'static str {
    messages::message(code).map_or(OTHER, |message| message.code)
}

/// An HTTP status as a label: its number if it is registered (RFC 9110, section 16.2), else `other`.
pub fn status(status: StatusCode) -> Cow<'static, str> {
    if status.canonical_reason().is_some() { status.as_str().to_owned().into() } else { OTHER.into() }
}

/// The labels of attempts that got no answer, in place of a status.
pub mod unanswered {
    /// No connection was made.
    pub const NOT_SENT: &str = "not-sent";
    /// The connection broke off.
    pub const LOST: &str = "lost";
    /// The answer did not begin in time.
    pub const LATE: &str = "timeout";
}

/// The side that a service belongs to.
pub(super) fn origin(role: Role) -> &'static str {
    match role {
        Role::HiBob => "hibob",
        Role::Scim | Role::Rest | Role::CostCenters => "travelperk",
    }
}

/// The service itself.
pub(super) fn service(role: Role) -> &'static str {
    match role {
        Role::HiBob => "hibob",
        Role::Scim => "scim",
        Role::Rest => "rest",
        Role::CostCenters => "cost-centers",
    }
}

/// Why the host has refused a plugin something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalReason {
    /// A request that the policy does not allow, or that goes to another server.
    Policy,
    /// A request that the plugin's manifest does not declare.
    Manifest,
    /// A header that a plugin may not set.
    Header,
    /// A request that is not within the call's write scope or person scope.
    Scope,
    /// An address that the host does not connect to.
    Address,
    /// A write to the storage, which is read-only in this call, or full.
    Storage,
}

impl RefusalReason {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Manifest => "manifest",
            Self::Header => "header",
            Self::Scope => "scope",
            Self::Address => "address",
            Self::Storage => "storage",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_not_in_its_list_is_other() {
        assert_eq!(known_code("MISSING_EMAIL"), "MISSING_EMAIL");
        for code in ["", "missing_email", "ana@acme.example", "MISSING_EMAIL ", "A\"} 1\nx{a=\""] {
            assert_eq!(known_code(code), "other", "{code}");
        }
        assert_eq!((status(StatusCode::TOO_MANY_REQUESTS).as_ref(), status(StatusCode::OK).as_ref()), ("429", "200"));
        assert_eq!(status(StatusCode::from_u16(799).unwrap()), "other");
        let all = (100..1_000).map(|number| status(StatusCode::from_u16(number).unwrap()));
        assert!(all.collect::<std::collections::BTreeSet<_>>().len() < 70);
    }
}
