//! The findings of a check: permissions, fields and employees that HiBob does not send.

use super::survey::{Detail, Survey};
use crate::finding::{Finding, Severity};
use crate::hibob::{END_DATE, Permission};

/// How to remove the condition that hides leavers and future hires.
const AUDIENCE: &str = "in HiBob: Settings, Permission groups, the service user's group, People data: choose whose data it may see, remove the condition `Lifecycle status equals Employed`, and save";

/// The finding if HiBob sends no employees.
pub(super) fn nobody() -> Finding {
    Finding::new(Severity::Error, "NO_EMPLOYEES", "HiBob sends no employees at all", AUDIENCE)
}

/// Findings about permissions for which HiBob sent no field of any employee. `sites`: how many sites HiBob lists.
pub(super) fn permissions(survey: &Survey, employees: usize, sites: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut not_needed: Vec<&str> = Vec::new();
    for (permission, _) in survey.permissions.iter().filter(|(_, tally)| tally.came == 0) {
        let needed: Vec<&Detail> = survey.details.iter().filter(|detail| detail.needs(*permission)).collect();
        match permission {
            _ if needed.is_empty() => not_needed.push(permission.name()),
            // The finding about View names both.
            Permission::PersonalEdit if !survey.shows(Permission::Personal) => {}
            _ => findings.push(needed_permission(*permission, &needed, employees)),
        }
    }
    if sites == 0 {
        not_needed.push(Permission::SiteSettings.name());
    }
    if !not_needed.is_empty() {
        findings.push(Finding::new(
            Severity::Notice,
            "PERMISSIONS_NOT_NEEDED",
            format!("HiBob sends nothing of {}, and nothing that is synced now needs it", not_needed.join(", ")),
            "nothing has to be done; TravelPerk's setup guide asks for them, so grant them (HiBob: Settings, Permission groups) once a detail needs them",
        ));
    }
    findings
}

fn needed_permission(permission: Permission, needed: &[&Detail], employees: usize) -> Finding {
    let names: Vec<&str> = needed.iter().map(|detail| detail.name).collect();
    // Edit is of no use without View, so a detail that needs Edit names both.
    let edit = needed.iter().any(|detail| detail.needs(Permission::PersonalEdit));
    let (what, path) = match permission {
        Permission::Personal if edit => ("Personal (View and Edit)".to_owned(), Permission::PersonalEdit.click_path()),
        Permission::PersonalEdit => ("Personal, Edit".to_owned(), permission.click_path()),
        _ => (format!("{}, View", permission.name()), permission.click_path()),
    };
    let why = if edit {
        "; HiBob shows the date of birth only to who may also edit that section, and this host never writes to HiBob"
    } else {
        ""
    };
    let severity = needed.iter().map(|detail| severity(detail)).max().unwrap_or(Severity::Warning);
    let message = format!(
        "the permission {what} is missing: HiBob sends nothing of it for {employees} employees; needed for {}",
        names.join(", ")
    );
    Finding::new(severity, "PERMISSION_MISSING", message, format!("{path}{why}")).field(permission.name())
}

/// An error if no employee can be synced without the detail, else a warning.
fn severity(detail: &Detail) -> Severity {
    if detail.required && detail.tally.filled == 0 { Severity::Error } else { Severity::Warning }
}

/// Findings about fields that HiBob sends for nobody, although their permission is granted.
pub(super) fn fields(survey: &Survey, employees: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (position, field) in survey.fields.iter().enumerate().take(survey.own).filter(|(_, f)| f.tally.came == 0) {
        if field.id == END_DATE {
            continue; // nobody may have left yet
        }
        if field.permission.is_some_and(|permission| !survey.shows(permission)) {
            continue; // there is a finding about the permission
        }
        let readers = survey.details.iter().filter(|detail| detail.reads(position));
        // If HiBob sends another source of the detail, this is only a notice.
        let severity = readers.map(|detail| if detail.tally.came > 0 { Severity::Notice } else { severity(detail) });
        let section = match field.permission {
            Some(permission) => format!("{}, or wherever HiBob shows it", permission.name()),
            None => "the section in which HiBob shows it".to_owned(),
        };
        findings.push(
            Finding::new(
                severity.max().unwrap_or(Severity::Warning),
                "FIELD_NEVER_SENT",
                format!("HiBob sends {} for none of {employees} employees", field.id),
                format!("check that there is a field of this id; if there is, grant the service user's group View on it ({section}; HiBob: Settings, Permission groups)"),
            )
            .field(field.id.as_str()),
        );
    }
    findings
}

/// A warning if all employees that HiBob sends are employed. The default audience of a permission group, `Lifecycle
/// status equals Employed`, hides leavers and future hires, even if a request includes inactive people (people page).
/// It is never an error, since a small company that nobody has left looks the same.
pub(super) fn audience(survey: &Survey, linked: usize) -> Option<Finding> {
    if survey.with_status == 0 || survey.not_employed > 0 {
        return None;
    }
    let mut message = format!(
        "everybody whom HiBob sends ({}) is employed: nobody has left, starts later or is on leave",
        survey.with_status
    );
    let unseen = survey.unseen.len();
    if unseen > 0 {
        message.push_str(&format!(
            "; and {unseen} of the {linked} accounts under this sync's care belong to employees whom HiBob does not send any more, which is strong evidence that leavers are hidden"
        ));
    }
    let remedy = format!("if anybody has left or is to start: {AUDIENCE}");
    Some(Finding::new(Severity::Warning, "AUDIENCE_EMPLOYED_ONLY", message, remedy))
}

/// Whether a finding about a single employee repeats that something is missing for everybody.
pub(super) fn repeats(survey: &Survey, finding: &Finding) -> bool {
    let Some(field) = finding.field.as_deref().filter(|_| finding.employee_id.is_some()) else { return false };
    let never_sent = survey.fields.iter().any(|read| read.id == field && read.tally.came == 0);
    never_sent || survey.details.iter().any(|detail| detail.name == field && detail.tally.came == 0)
}
