//! Errors of a check about settings that name somebody or something that is not there.

use crate::error::JobError;
use crate::field::{TextField, fold};
use crate::finding::{Finding, Severity};
use crate::hibob::NameList;
use crate::plan::names::{SPELLING, named_sites, near};
use crate::plan::{Planner, names};
use crate::read::read;
use crate::scim;
use crate::settings::Settings;
use crate::text_form;
use crate::world::World;
use std::collections::BTreeSet;

/// An error for each site of the settings that HiBob neither lists nor has in an employee's record. Without a list,
/// only the employees' records count.
pub(super) fn unknown_sites(settings: &Settings, listed: &NameList, planner: &Planner<'_>) -> Vec<Finding> {
    let known: BTreeSet<String> =
        listed.names().chain(planner.sites()).map(|site| text_form::key(site).into_owned()).collect();
    let unknown = named_sites(settings).filter(|(_, site)| !known.contains(*site));
    let finding = |(setting, site): (&'static str, &str)| {
        let message = format!("HiBob has no site `{site}`{}", near(site, &known));
        Finding::new(Severity::Error, "SITE_UNKNOWN", message, SPELLING).field(setting)
    };
    unknown.map(finding).collect()
}

/// An error if the admin who enabled the sync is neither an employee nor the owner of an account. The account is looked
/// up alone.
///
/// # Errors
/// The account could not be looked up.
pub(super) fn unknown_admin(
    world: &mut dyn World,
    settings: &Settings,
    planner: &Planner<'_>,
) -> Result<Option<Finding>, JobError> {
    let Some(email) = settings.enabled_by.as_deref() else { return Ok(None) };
    let Some(unknown) = names::unknown_admin(Severity::Error, settings, planner.people(), &[]) else {
        return Ok(None);
    };
    let request = scim::find_by_user_name(settings, email);
    let found = scim::user_page(&read(world, &request)?).map_err(|error| JobError::nonsense(&request, error))?;
    // A server may ignore the filter.
    let is_theirs = |name: &str| fold(name) == email;
    let has_account = found.accounts.iter().any(|account| account.text(TextField::UserName).is_some_and(is_theirs));
    Ok((!has_account).then_some(unknown))
}
