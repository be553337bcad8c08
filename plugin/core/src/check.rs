//! Checks whether a sync would work: settings, credentials and permissions. Changes nothing.

mod missing;
mod names;
mod survey;

use crate::approvers;
use crate::catalogue::read_catalogue;
use crate::error::{JobError, expect_json};
use crate::field::TextField;
use crate::finding::{Finding, Severity};
use crate::hibob::{FieldIds, NameList, Permission, named_list, read_list, search};
use crate::link;
use crate::plan::Planner;
use crate::read::read;
use crate::scim;
use crate::settings::Settings;
use crate::sync::{each_employee, read_accounts, read_lists, reads_groups};
use crate::value::Count;
use crate::world::World;
use survey::Survey;

/// The result of [`check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    /// The findings, those about everybody first.
    pub findings: Vec<Finding>,
    /// Numbers by name; `check-report` of the WIT package lists them.
    pub counts: Vec<Count>,
}

/// Checks the credentials of both services, then what HiBob sends: which permissions are granted, and whether leavers
/// and future hires are visible.
///
/// # Errors
/// The error that ended the check. What would come after it was not checked.
pub fn check(world: &mut dyn World, settings: &Settings, now_unix_seconds: u64) -> Result<CheckReport, JobError> {
    let links = link::all(world)?;
    let linked = links.len();
    let config = scim::service_provider_config(settings);
    scim::service_page_size(&read(world, &config)?).map_err(|error| JobError::nonsense(&config, error))?;
    let users = scim::list_users(settings, 1, 1);
    scim::user_page(&read(world, &users)?).map_err(|error| JobError::nonsense(&users, error))?;

    let mut survey = Survey::new(settings, &FieldIds::new(settings), &links);
    let mut planner = Planner::new(settings, now_unix_seconds, links);
    read_lists(world, settings, &mut planner)?;
    let request = search(&settings.hibob_url, planner.field_ids().asked().chain(survey.probes()));
    let employees = each_employee(world, &request, &mut |json| {
        planner.employee(json);
        survey.employee(json);
    })?;
    world.progress("employees", employees, Some(employees));
    let wanted = planner.wanted(TextField::CostCenter);
    planner.catalogue(read_catalogue(world, settings, &[], &wanted)?);
    if let Some(approvals) = &settings.approvals {
        let groups = reads_groups(world, settings)?;
        planner.note(approvers::instructions(approvals, groups));
        read_accounts(world, settings, &mut planner)?;
    }
    let admin = if employees > 0 { names::unknown_admin(world, settings, &planner)? } else { None };
    // The last request, because a missing permission may cause a 403, after which the host sends nothing more.
    let sites = read_sites(world, settings)?;
    let mut wrong_names = names::unknown_sites(settings, &sites, &planner);
    wrong_names.extend(admin);
    let sites = sites.count();

    let mut counts = vec![
        Count::new("employees", employees),
        Count::new("linked", linked),
        Count::new("linked-unseen", survey.unseen.len()),
    ];
    if employees > 0 {
        counts.extend(people_counts(&survey));
    }
    counts.push(Count::new(permission_count(Permission::SiteSettings), sites));
    counts.extend(planner.coverage());
    // Only a plan shows which approvers would be replaced.
    let single = match settings.approvals {
        Some(_) => planner.finish().findings().to_vec(),
        None => planner.into_findings(),
    };
    let findings = findings(single, &survey, employees, linked, sites, wrong_names);
    Ok(CheckReport { findings, counts })
}

fn permission_count(permission: Permission) -> String {
    format!("permission:{}", permission.name())
}

/// For each permission, the number of employees for whom HiBob sent a field that needs it; the same for each detail
/// that needs it.
fn people_counts(survey: &Survey) -> Vec<Count> {
    let mut counts = Vec::new();
    for (permission, tally) in &survey.permissions {
        counts.push(Count::new(permission_count(*permission), tally.came));
        for detail in &survey.details {
            let needed = detail.permissions.iter().find(|(needed, _)| needed == permission);
            counts.extend(
                needed
                    .map(|(_, tally)| Count::new(format!("needed:{}:{}", permission.name(), detail.name), tally.came)),
            );
        }
    }
    counts
}

fn findings(
    single: Vec<Finding>,
    survey: &Survey,
    employees: usize,
    linked: usize,
    sites: usize,
    wrong_names: Vec<Finding>,
) -> Vec<Finding> {
    if employees == 0 {
        return vec![missing::nobody()];
    }
    let mut findings = wrong_names;
    // What an error says about a setting is not said again as a warning.
    let wrong: Vec<_> = findings.iter().map(|finding| finding.field.clone()).collect();
    let is_told = |finding: &Finding| {
        ["SITE_WITHOUT_EMPLOYEES", "ENABLED_BY_UNKNOWN"].contains(&finding.code) && wrong.contains(&finding.field)
    };
    findings.extend(missing::permissions(survey, employees, sites));
    findings.extend(missing::fields(survey, employees));
    findings.extend(missing::audience(survey, linked));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let single = single.into_iter().filter(|finding| !missing::repeats(survey, finding) && !is_told(finding));
    // In a check, an error means that everybody is affected, so findings about single employees are at most warnings.
    findings.extend(single.map(|finding| Finding { severity: finding.severity.min(Severity::Warning), ..finding }));
    findings
}

/// The sites that HiBob lists; none if it refuses the list. What HiBob answers without the permission Site settings is
/// not documented: it may be a refusal, an empty list, or the list.
fn read_sites(world: &mut dyn World, settings: &Settings) -> Result<NameList, JobError> {
    let request = named_list(&settings.hibob_url, "site");
    let mut response = world.send(&request).map_err(|error| JobError::from_send(&request, error))?;
    if [403, 404].contains(&response.status) {
        return Ok(NameList::default()); // the credentials work, as they have just read all employees
    }
    expect_json(&request, &response)?;
    let body = response.gather().map_err(|error| JobError::from_send(&request, error))?;
    read_list(&body).map_err(|error| JobError::nonsense(&request, error))
}
