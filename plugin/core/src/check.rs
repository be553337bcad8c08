//! Looking whether a sync would work, without changing anything.

use crate::error::JobError;
use crate::finding::{Finding, Severity};
use crate::hibob::{MANDATORY, permission_for};
use crate::link;
use crate::plan::Planner;
use crate::scim;
use crate::settings::Settings;
use crate::sync::{read, read_employees};
use crate::value::Count;
use crate::world::World;

/// What `check` saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    /// What a person should read.
    pub findings: Vec<Finding>,
    /// `employees`, and `field:NAME` with the employees for whom HiBob sent a value.
    pub counts: Vec<Count>,
}

/// Checks credentials on both sides, then which fields HiBob really sends.
///
/// # Errors
/// What ended the check; what comes after it was not looked at.
pub fn check(world: &mut dyn World, settings: &Settings, now_unix_seconds: u64) -> Result<CheckReport, JobError> {
    let links = link::all(world)?;
    let config = scim::service_provider_config(settings);
    scim::service_page_size(&read(world, &config)?).map_err(|error| JobError::nonsense(&config, error))?;
    let users = scim::list_users(settings, 1, 1);
    scim::user_page(&read(world, &users)?).map_err(|error| JobError::nonsense(&users, error))?;
    let mut planner = Planner::new(settings, now_unix_seconds, links);
    read_employees(world, settings, &mut planner)?;
    let mut counts = vec![Count::new("employees", planner.employees())];
    let coverage = planner.coverage();
    let mut findings = missing_fields(settings, planner.employees(), &coverage);
    counts.extend(coverage);
    // One broken record is for its own employee to matter; an error here would be about everybody.
    findings.extend(
        planner
            .into_findings()
            .into_iter()
            .map(|finding| Finding { severity: finding.severity.min(Severity::Warning), ..finding }),
    );
    Ok(CheckReport { findings, counts })
}

/// Fields that come from nobody at all: HiBob leaves out what may not be read, with a 200.
fn missing_fields(settings: &Settings, employees: usize, coverage: &[Count]) -> Vec<Finding> {
    if employees == 0 {
        return vec![Finding::new(
            Severity::Error,
            "NO_EMPLOYEES",
            "HiBob sends no employees at all",
            "in HiBob: Settings, Permission groups, the service user's group: choose whose data it may see, and remove the condition on the lifecycle status",
        )];
    }
    let mut findings = Vec::new();
    for count in coverage.iter().filter(|count| count.number == 0) {
        let field = count.name.strip_prefix("field:").unwrap_or(&count.name);
        let needed = MANDATORY.contains(&field);
        let alternative = ["work.manager", "work.reportsTo.id"].contains(&field)
            || settings.sources.values().any(|ids| ids.len() > 1 && ids.iter().any(|id| id == field));
        let severity = match (needed, alternative) {
            (true, _) => Severity::Error,
            (false, true) => Severity::Notice,
            (false, false) => Severity::Warning,
        };
        let permission = permission_for(field);
        findings.push(
            Finding::new(
                severity,
                "FIELD_NEVER_SENT",
                format!("HiBob sends {field} for none of {employees} employees"),
                format!("if it is filled in there, grant the service user's group the permission People, {permission}, View (HiBob: Settings, Permission groups)"),
            )
            .field(field),
        );
    }
    findings
}
