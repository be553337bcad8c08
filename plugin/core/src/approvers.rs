//! Who approves trips in TravelPerk (`[sync.approvals]`): the settings, and what a person has to set up there by hand.
//!
//! TravelPerk has no public API that reads or writes approval processes. If automatic processes are switched on there,
//! it makes one from each line manager. For all else this module lists the approval rules that a person has to make.

use crate::finding::{Finding, Severity};

/// The approval method, as TravelPerk's setup guide for HiBob names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A: trips within the policy are approved automatically; the line manager approves the others.
    InPolicy,
    /// B: as A, and the line manager is notified of each trip within the policy.
    InPolicyNotified,
    /// C: the line manager approves every trip.
    EveryTrip,
}

/// How trips are approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approvals {
    /// The method.
    pub method: Method,
    /// Conditions under which the line manager is written as approver. If there are none, `approvers` is not written.
    /// The operator gives them, as TravelPerk's list of conditions is not published.
    pub conditions: Vec<String>,
}

impl Method {
    /// The rules of the approval process to make in TravelPerk, in the words of its settings page: the action, the
    /// trips, the person.
    fn rules(self) -> &'static [&'static str] {
        match self {
            Self::InPolicy => &["Request approval - out-of-policy trips - Line manager"],
            Self::InPolicyNotified => &[
                "Request approval - out-of-policy trips - Line manager",
                "Send notification - in-policy trips - Line manager",
            ],
            Self::EveryTrip => &["Request approval - all trips - Line manager"],
        }
    }

    fn letter(self) -> char {
        match self {
            Self::InPolicy => 'A',
            Self::InPolicyNotified => 'B',
            Self::EveryTrip => 'C',
        }
    }
}

/// Findings that say what a person has to do in TravelPerk: the rules to make by hand, and what this plugin cannot
/// read. `groups`: whether TravelPerk announces SCIM groups.
pub(crate) fn instructions(approvals: &Approvals, groups: bool) -> Vec<Finding> {
    let rules = approvals.method.rules().join("; and: ");
    let notice = |code, message: String, remedy: &'static str| {
        Finding::new(Severity::Notice, code, message, remedy).field("approvals")
    };
    let mut findings = vec![
        notice(
            "APPROVAL_RULES",
            format!(
                "method {}: the line manager is written to each user; the rules of the approval process are made by hand: {rules}",
                approvals.method.letter()
            ),
            "in TravelPerk: Settings, Approval processes: one process with these rules, for everybody who is synced",
        ),
        notice(
            "APPROVAL_PROCESSES_UNSEEN",
            "approval processes that were made in TravelPerk's web interface cannot be read here".to_owned(),
            "look through them in TravelPerk, and save them as CSV, before automatic processes replace them",
        ),
    ];
    if groups {
        findings.push(notice(
            "APPROVAL_GROUPS_NOT_WRITTEN",
            "TravelPerk announces SCIM groups, which this plugin does not write; the line manager of each user stands for them".to_owned(),
            "nothing, unless your approval processes go by groups: then keep those by hand",
        ));
    }
    findings
}
