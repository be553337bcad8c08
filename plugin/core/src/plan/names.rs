//! Findings about settings that name somebody or something that is not there.
//!
//! A plan says so as a warning, since the people and sites of a company change. A check says so as an error
//! (`check/names.rs`), since it is made when the settings are new.

use crate::catalogue::nearest;
use crate::field::{TextField, fold};
use crate::finding::{Finding, Severity};
use crate::mapping::DesiredAccount;
use crate::scim::Account;
use crate::settings::Settings;
use std::collections::BTreeSet;

/// The settings that name sites.
pub(crate) fn named_sites(settings: &Settings) -> impl Iterator<Item = (&'static str, &str)> {
    let selected = settings.sites.iter().flatten().map(|site| ("sites", site.as_str()));
    selected.chain(settings.time_zones.by_site.keys().map(|site| ("site-time-zones", site.as_str())))
}

/// A warning for each site of `site-time-zones` at which nobody works. `seen`: the sites at which somebody works.
pub(super) fn zones_without_employees(settings: &Settings, seen: &BTreeSet<String>) -> Vec<Finding> {
    let zones = named_sites(settings).filter(|(setting, _)| *setting == "site-time-zones");
    let unknown = zones.filter(|(_, site)| !seen.contains(*site));
    let finding = |(setting, site): (&'static str, &str)| {
        let message = format!("nobody works at `{site}`, which has a time zone of its own{}", near(site, seen));
        Finding::new(Severity::Warning, "SITE_WITHOUT_EMPLOYEES", message, SPELLING).field(setting)
    };
    unknown.map(finding).collect()
}

/// What to do about the name of a site.
pub(crate) const SPELLING: &str =
    "correct the name in sync.sites or sync.site_time_zones; HiBob's spelling counts, also its case";

/// The known site that is probably meant.
pub(crate) fn near(site: &str, known: &BTreeSet<String>) -> String {
    let near = nearest(site, known.iter().map(String::as_str));
    near.map(|near| format!("; `{near}` differs only in case or spaces")).unwrap_or_default()
}

/// A finding if no employee and no account has the work email of the admin who enabled the sync (folded to lower case).
/// Then nobody would notice that this admin has left.
pub(crate) fn unknown_admin(
    severity: Severity,
    settings: &Settings,
    people: &[DesiredAccount],
    accounts: &[Account],
) -> Option<Finding> {
    let email = settings.enabled_by.as_deref()?;
    let is_employee = people.iter().any(|person| fold(person.user_name()) == email);
    let has_account =
        || accounts.iter().any(|account| account.text(TextField::UserName).is_some_and(|name| fold(name) == email));
    if is_employee || has_account() {
        return None;
    }
    let finding = Finding::new(
        severity,
        "ENABLED_BY_UNKNOWN",
        "the admin who enabled this sync is neither among HiBob's employees nor among TravelPerk's accounts, so that \
         nothing would stop the sync when they leave",
        "name an admin by their work email: hibob tenant enable TENANT --by EMAIL",
    );
    Some(finding.field("enabled-by"))
}
