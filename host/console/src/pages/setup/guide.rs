//! What each step says, and which settings it is about.

use crate::texts::{Texts, fill};
use serde_json::Value;

/// The words of a step.
pub(super) struct Guide {
    /// What to do, in order.
    pub(super) lines: Vec<String>,
    /// What to tick in HiBob, each with what needs it.
    pub(super) ticks: Vec<(&'static str, &'static str)>,
    /// What goes wrong easily.
    pub(super) warning: Option<&'static str>,
}

/// The settings that a step is about.
pub(super) fn settings_of(word: &str) -> &'static [&'static str] {
    match word {
        "people" => &[
            "sync.sites",
            "sync.other_sites",
            "sync.out_of_selection",
            "sync.exclude.employees",
            "sync.exclude.email_domains",
            "sync.exclude.fields",
        ],
        "details" => &["sync.details", "sync.missing_detail", "sync.default_language", "sync.phone_country"],
        "cost-centers" => &["sync.sources.cost-center"],
        "companies" => &["sync.companies", "sync.sources.company"],
        "approvals" => &["sync.approvals.method", "sync.approvals.replaces_existing", "sync.approvals.conditions"],
        _ => &[],
    }
}

/// The words of a step, with what the operator has set.
pub(super) fn guide(t: &Texts, word: &str, config: &Value) -> Guide {
    let set = |pointer: &str| config.pointer(pointer).and_then(Value::as_str);
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<String>>();
    let (lines, warning) = match word {
        "service-user" => {
            let user = set("/hibob/service_user").unwrap_or_default();
            (vec![fill(t.guide_user, &[user]), t.guide_token.to_owned()], None)
        }
        "key" => (owned(&[t.guide_key]), Some(t.guide_key_warning)),
        "permissions" => (owned(&[t.guide_group]), Some(t.guide_group_warning)),
        "people" => (owned(&[t.guide_people]), None),
        "details" => (owned(&[t.guide_details, t.guide_details_missing]), None),
        "cost-centers" => {
            let url = set("/travelperk/cost_centers_url");
            (owned(&[t.guide_cost, if url.is_some() { t.guide_cost_made } else { t.guide_cost_named }]), None)
        }
        "companies" => {
            let url = set("/travelperk/rest_url");
            (
                owned(&[t.guide_companies, if url.is_some() { t.guide_companies_on } else { t.guide_companies_off }]),
                None,
            )
        }
        "approvals" => {
            let lines = owned(&[t.guide_approvals, t.guide_method_a, t.guide_method_b, t.guide_method_c]);
            (lines, Some(t.guide_approvals_warning))
        }
        _ => (owned(&[t.guide_plan]), None),
    };
    let ticks = if word == "permissions" { ticks(t) } else { Vec::new() };
    Guide { lines, ticks, warning }
}

/// The permissions as HiBob names them (docs/use/hibob-permissions.md).
fn ticks(t: &Texts) -> Vec<(&'static str, &'static str)> {
    vec![
        ("Basic info: View", t.guide_for_every),
        ("Lifecycle: View", t.guide_for_every),
        ("Work: View", t.guide_for_every),
        ("Work contact details: View", t.guide_for_every),
        ("Home: View", t.field_gender),
        ("Address: View", t.field_country),
        ("Personal: View, Edit", t.field_date_of_birth),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_config::key::who::{Who, settings};

    #[test]
    fn a_step_names_settings_that_an_admin_changes() {
        let all = settings();
        let mut number = 0;
        for word in
            ["service-user", "key", "permissions", "people", "details", "cost-centers", "companies", "approvals"]
        {
            for path in settings_of(word) {
                let setting = all.iter().find(|setting| setting.path() == *path).unwrap_or_else(|| panic!("{path}"));
                assert_eq!(setting.who, Who::Admin, "{path}");
                number += 1;
            }
        }
        assert!(number > 10);
    }
}
