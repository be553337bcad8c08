//! The findings of the references job about single employees.

use super::rules::{Doubt, Missing};
use crate::finding::{Finding, Severity};

const SUPPORT: &str = "tell HiBob's support; nothing is done for this record";

fn note(code: &'static str, message: &'static str, remedy: &'static str) -> Finding {
    Finding::new(Severity::Warning, code, message, remedy)
}

pub(super) fn no_id() -> Finding {
    note("MISSING_EMPLOYEE_ID", "HiBob sent an employee without an id", SUPPORT)
}

pub(super) fn unreadable(what: &str) -> Finding {
    Finding::new(Severity::Warning, "UNREADABLE_EMPLOYEE", format!("HiBob sent a record that {what}"), SUPPORT)
}

pub(super) fn unknown_status() -> Finding {
    note(
        "UNKNOWN_LIFECYCLE_STATUS",
        "HiBob gives no lifecycle status that this plugin knows",
        "in HiBob, give the service user's permission group View on Lifecycle (Settings, Permission groups, People data); a status that means that somebody has left is named in references.statuses",
    )
}

pub(super) fn never_started() -> Finding {
    Finding::new(
        Severity::Notice,
        "NEVER_STARTED",
        "was to start here, and is terminated with a last day before that, so there is nothing to issue a reference about",
        "nothing, if that is right; else correct the dates in HiBob, and issue it by name: hibob references issue TENANT EMPLOYEE",
    )
}

pub(super) fn left_before() -> Finding {
    note(
        "LEFT_BEFORE_FIRST_SEEN",
        "has left already, and was not seen here before",
        "if they should have a reference, issue it by name: hibob references issue TENANT EMPLOYEE",
    )
}

pub(super) fn hold_unknown() -> Finding {
    note(
        "HOLD_NOT_READABLE",
        "has left, and HiBob does not send what references.hold_reasons or references.hold_types is about, so that no reference is issued: it is empty, or may not be read",
        "fill it in in HiBob; or give the service user's permission group View on Lifecycle, and for types on Employment (Settings, Permission groups, People data); or issue it by name: hibob references issue TENANT EMPLOYEE",
    )
}

/// The employee has left, or may have, and HiBob does not show from which day on.
///
/// `unread`: what is to be said of a date that HiBob sent and that is not read.
pub(super) fn missing(missing: Missing, unread: Option<String>) -> Finding {
    match missing {
        Missing::Dates if let Some(unread) = unread => Finding::new(
            Severity::Warning,
            "MISSING_EMPLOYMENT_DATES",
            format!("has left, and {unread}"),
            "ask HiBob's support why its API gives this field in another form than YYYY-MM-DD; the reference is issued by the next run after that",
        ),
        Missing::Dates => note(
            "MISSING_EMPLOYMENT_DATES",
            "has left, and HiBob gives no start date that can be read, no last day, or a last day of work that cannot be read",
            "fill in the dates in HiBob; the reference is issued by the next run",
        ),
        Missing::LifecycleRows => note(
            "MISSING_LIFECYCLE_HISTORY",
            "has left or is on garden leave, and HiBob does not show since when",
            "in HiBob, give the service user's permission group View history on Lifecycle (Settings, Permission groups, People data); the reference is issued by the next run",
        ),
    }
}

/// It cannot be decided whether an employee with a reference works here again.
pub(super) fn doubt(doubt: Doubt) -> Finding {
    match doubt {
        Doubt::Terminated => note(
            "WRONG_SETTING",
            "has a reference and is terminated in HiBob, which references.statuses does not name any more",
            "name terminated in references.statuses; a reference that should not count: hibob references revoke TENANT ID",
        )
        .field("statuses"),
        Doubt::GardenLeave => note(
            "WRONG_SETTING",
            "has a reference and is on garden leave, which is no departure any more by references.garden_leave",
            "set it to is-departure again; a reference that should not count: hibob references revoke TENANT ID",
        )
        .field("garden-leave"),
        Doubt::StartDate => note(
            "MISSING_START_DATE",
            "has a reference and has not left by the status, and HiBob gives no start date that can be read",
            "fill in the start date in HiBob; whether the departure was taken back is seen by the next run",
        ),
    }
}

/// A correction was found, but with it the new reference would leave out a value that the present one has.
pub(super) fn emptied() -> Finding {
    note(
        "MISSING_FIELD",
        "was corrected in HiBob, which gives no last day of work, title or department any more that the reference rests on",
        "fill it in in HiBob, or give the service user's permission group View on it (Settings, Permission groups, People data); the reference is corrected by the next run",
    )
}
