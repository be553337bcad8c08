//! The closed lists of words that labels and spans may have. A word that is not in its list becomes `other`.

use hibob_policy::request::Role;
use http::StatusCode;
use std::borrow::Cow;

/// The label of any word that is not in its list.
const OTHER: &str = "other";

/// The error codes of the host and of the built-in plugin. The contract allows a plugin to have others.
const CODES: &[&str] = &[
    "ACCOUNT_BEFORE_START",
    "ACCOUNT_NOT_MADE",
    "ACCOUNT_NOT_SHOWN",
    "ACCOUNT_STATE_UNKNOWN",
    "ACCOUNT_UNLINKED",
    "ACCOUNT_UNREADABLE",
    "ADMIN_NOT_ARCHIVED",
    "ADMIN_OUT_OF_SELECTION",
    "ALREADY_ISSUED",
    "ALREADY_RUNNING",
    "AMBIGUOUS_EXTERNAL_ID",
    "AMBIGUOUS_USER_NAME",
    "ANSWER_UNCLEAR",
    "APPROVAL_GROUPS_NOT_WRITTEN",
    "APPROVAL_PROCESSES_UNSEEN",
    "APPROVAL_RULES",
    "APPROVER_IS_STARTER",
    "APPROVER_REPLACED",
    "ARCHIVED_BY_OTHERS",
    "AUDIENCE_EMPLOYED_ONLY",
    "BROKEN_ACCOUNT",
    "BROKEN_RECORD",
    "CHANGE_UNCLEAR",
    "CHANNEL_FAILED",
    "CLOCKS_DIFFER",
    "COMPANY_IS_MISSING_OR_INVALID",
    "CONFIGURATION",
    "CONTESTED_FIELD",
    "COST_CENTER_IS_MISSING_OR_INVALID",
    "COST_CENTER_NEARLY_THERE",
    "COUNTRY_IS_MISSING_OR_INVALID",
    "CREDENTIALS_REFUSED",
    "DATE_OF_BIRTH_IS_MISSING_OR_INVALID",
    "DELIVERY_DELAYED",
    "DELIVERY_FAILED",
    "DELIVERY_REFUSED",
    "DEPENDENCY_FAILED",
    "DRIFTED",
    "DUPLICATE_EMAIL",
    "DUPLICATE_EMPLOYEE_ID",
    "EMAIL_IN_ANOTHER_COMPANY",
    "EMERGENCY_CONTACT_IS_MISSING_OR_INVALID",
    "EMOJI_LEFT_OUT",
    "EMPLOYEE_VANISHED",
    "ENABLED_BY_INACTIVE",
    "ENABLED_BY_UNKNOWN",
    "ENGINE_FAILED",
    "EXCLUDED",
    "EXCLUSION_NOT_READABLE",
    "EXCLUSION_WITHOUT_EMPLOYEES",
    "FIELD_NEVER_SENT",
    "FORGOTTEN",
    "GENDER_IS_MISSING_OR_INVALID",
    "HELD",
    "HELD_FOR_LONG",
    "INTERRUPTED",
    "ISSUER_DNS_DIFFERS",
    "ISSUER_DNS_MISSING",
    "ISSUER_DNS_UNKNOWN",
    "ISSUER_LISTS_BROKEN",
    "ISSUER_LISTS_ENDED",
    "ISSUER_SITE_LACKS_KEY",
    "ISSUER_SITE_REDIRECTS",
    "ISSUER_SITE_UNKNOWN",
    "JOURNAL_UNREADABLE",
    "LANGUAGE_IS_MISSING_OR_INVALID",
    "LEAVER_HAS_ACTIVE_ACCOUNT",
    "LEAVER_WAITS",
    "LEFT_BEFORE_FIRST_SEEN",
    "LINKED_ACCOUNT_TAKEN",
    "LINK_REFUSED",
    "LISTING_INCOMPLETE",
    "LOCALE_IS_MISSING_OR_INVALID",
    "LOCK_LOST",
    "MANAGER_ARCHIVED",
    "MANAGER_CIRCLE",
    "MANAGER_HAS_LEFT",
    "MANAGER_HAS_NO_ACCOUNT",
    "MANAGER_NOT_IN_DIRECTORY",
    "MANAGER_NOT_MADE",
    "MANAGER_OUT_OF_SELECTION",
    "MISSING_EMAIL",
    "MISSING_EMPLOYEE_ID",
    "MISSING_EMPLOYMENT_DATES",
    "MISSING_FIELD",
    "MISSING_FIRST_NAME",
    "MISSING_LAST_NAME",
    "MISSING_LIFECYCLE_HISTORY",
    "MISSING_LIFECYCLE_STATUS",
    "MISSING_SITE",
    "MISSING_START_DATE",
    "NOBODY_HAS_LEFT",
    "NOT_ALLOWED",
    "NOT_A_LEAVER",
    "NO_ADDRESS",
    "NO_CHANNEL",
    "NO_EMPLOYEES",
    "NO_SIGNING_KEY",
    "OTHER_SIDE_FAILED",
    "OUTCOME_UNKNOWN",
    "OUTPUT_FAILED",
    "OUT_OF_SELECTION",
    "OVER_LIMIT",
    "PERMISSIONS_NOT_NEEDED",
    "PERMISSION_MISSING",
    "PHONE_EXTENSION_LEFT_OUT",
    "PHONE_IS_MISSING_OR_INVALID",
    "PLAN_ABANDONED",
    "PLAN_ALREADY_APPLIED",
    "PLAN_DECIDED",
    "PLAN_STALE",
    "PLUGIN_FAILED",
    "PLUGIN_NOT_TRUSTED",
    "POOL_EXHAUSTED",
    "PUBLISH_FAILED",
    "REFERENCE_ADDRESS_MISSING",
    "REFERENCE_NOT_POSSIBLE",
    "REFERENCE_VALUES_MISSING",
    "REHIRE_UNDER_NEW_ID",
    "SAME_PERSON_UNCLEAR",
    "SELF_MANAGER",
    "SITE_TAKES_OVER",
    "SITE_UNKNOWN",
    "SITE_WITHOUT_EMPLOYEES",
    "START_DATE_NOT_READ",
    "STORAGE_FAILED",
    "TARGET_BUSY",
    "TARGET_FAILED",
    "TARGET_FORBIDS",
    "TARGET_RATE_LIMIT",
    "TARGET_REDIRECTS",
    "TARGET_REJECTED",
    "TARGET_UNREACHABLE",
    "TENANT_DISABLED",
    "TEXT_CLEANED",
    "TITLE_IS_MISSING_OR_INVALID",
    "TRAVEL_POLICY_IS_MISSING_OR_INVALID",
    "UNKNOWN_LIFECYCLE_STATUS",
    "UNKNOWN_SETTING",
    "UNREADABLE_EMPLOYEE",
    "USER_NAME_SWAP",
    "USER_NAME_TAKEN",
    "WAITING_FOR_APPROVAL",
    "WITNESS_DISAGREES",
    "WITNESS_FAILED",
    "WRITE_NOT_APPLIED",
    "WORK_MAILBOX_ONLY",
    "WRONG_SETTING",
];

/// An error code as a label: the code itself if the host or the built-in plugin has it, else `other`.
pub fn known_code(code: &str) -> &'static str {
    CODES.iter().find(|known| **known == code).copied().unwrap_or(OTHER)
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
