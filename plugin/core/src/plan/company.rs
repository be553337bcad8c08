//! Companies: TravelPerk accepts only the exact names of its invoice profiles.

use crate::catalogue::nearest;
use crate::field::TextField;
use crate::finding::{Finding, Severity};
use crate::lifecycle::AccountStatus;
use crate::mapping::DesiredAccount;
use crate::settings::{MissingDetail, Settings};
use crate::text_form;
use std::collections::BTreeSet;

/// Finds employees whose company TravelPerk does not have. By the setting `missing-detail`, either the employee is not
/// synced or only the company is left out.
pub(super) fn refuse_unknown(
    people: &mut [DesiredAccount],
    known: &BTreeSet<Box<str>>,
    settings: &Settings,
    findings: &mut Vec<Finding>,
) {
    let is_known = |name: &str| known.contains(name) || known.iter().any(|known| text_form::same(known, name));
    for person in people.iter_mut().filter(|person| person.status == AccountStatus::Active) {
        let Some(name) = person.desired(TextField::Company).text().filter(|name| !is_known(name)) else {
            continue;
        };
        let near = nearest(name, known.iter().map(|known| &**known));
        let near = near.map(|near| format!("; `{near}` differs only in case or spaces")).unwrap_or_default();
        let severity = match settings.missing_detail {
            MissingDetail::Fail => Severity::Error,
            MissingDetail::Skip => Severity::Warning,
        };
        let finding = Finding::new(
            severity,
            TextField::Company.text_row().code,
            format!("TravelPerk has no invoice profile `{name}`{near}"),
            "give the invoice profile and the site in HiBob the same name, or name the profile under sync.companies",
        );
        findings.push(finding.about(person).field(TextField::Company.name()));
        match settings.missing_detail {
            MissingDetail::Fail => person.status = AccountStatus::Broken,
            MissingDetail::Skip => person.leave(TextField::Company),
        }
    }
}
