//! The host's own guard: it counts over the typed plan and does not ask the plugin whether the plan is sane.

use super::plan::Planned;
use crate::bindings::directory_sync::ChangeKind;
use crate::bindings::types::Value;
use crate::error::HostError;
use crate::tenant::Tenant;

/// Archivings that are always let through.
const ARCHIVE_MIN: usize = 5;
/// Share of the managed accounts that one plan may archive, in percent.
const ARCHIVE_PERCENT_MAX: usize = 10;
/// How far the number of employees may fall below the last accepted run, in percent.
const SHRINK_PERCENT_MAX: u64 = 20;

/// What the operator lets through, for one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Archivings that may be made, whatever their share.
    pub archiving: usize,
    /// Whether the source may be much smaller than it was.
    pub smaller_source: bool,
}

/// Stops a plan that looks like an accident.
///
/// # Errors
/// The guard that stops it, with its numbers.
pub async fn guard(tenant: &Tenant, planned: &Planned, release: Release) -> Result<(), HostError> {
    let baseline = tenant.database().baseline().await?;
    let before = baseline.iter().find(|value| value.name == "employees").and_then(|value| match value.value {
        Value::Integer(number) => u64::try_from(number).ok(),
        _ => None,
    });
    if !release.smaller_source {
        source(tenant.id(), planned, before)?;
    }
    archiving(tenant.id(), planned, release.archiving)
}

/// The source is empty, or much smaller than it was.
fn source(tenant: &str, planned: &Planned, before: Option<u64>) -> Result<(), HostError> {
    let now = planned.count("employees");
    let remedy = "nothing was changed; check the service user's permission group in HiBob (hibob check), and if it is right so, run again with --allow-smaller-source";
    if now == 0 && (planned.count("managed") > 0 || planned.count("vanished") > 0) {
        return Err(HostError::held(format!("tenant {tenant}: HiBob sent no employees at all"), remedy));
    }
    match before {
        Some(before) if now.saturating_mul(100) < before.saturating_mul(100 - SHRINK_PERCENT_MAX) => {
            Err(HostError::held(
                format!(
                    "tenant {tenant}: HiBob sent {now} employees, and {before} in the last accepted run: more than {SHRINK_PERCENT_MAX} % fewer"
                ),
                remedy,
            ))
        }
        _ => Ok(()),
    }
}

/// People named in a message; the plan itself names everybody.
const NAMED_MAX: usize = 10;

/// More accounts would be archived than ever leave on one day.
fn archiving(tenant: &str, planned: &Planned, released: usize) -> Result<(), HostError> {
    let archived = || planned.changes.iter().filter(|change| change.kind == ChangeKind::Archive);
    let number = archived().count();
    let managed = usize::try_from(planned.count("managed")).unwrap_or(usize::MAX);
    let limit = ARCHIVE_MIN.max(managed.saturating_mul(ARCHIVE_PERCENT_MAX) / 100);
    if number <= limit.max(released) {
        return Ok(());
    }
    let mut names: Vec<&str> = archived().take(NAMED_MAX).map(|change| change.display_name.as_str()).collect();
    let more = format!("and {} more", number.saturating_sub(NAMED_MAX));
    if number > NAMED_MAX {
        names.push(&more);
    }
    Err(HostError::held(
        format!(
            "tenant {tenant}: the plan would archive {number} of {managed} accounts, and the limit is {limit} \
             ({ARCHIVE_PERCENT_MAX} %, at least {ARCHIVE_MIN}): {}",
            names.join(", ")
        ),
        format!(
            "nothing was changed; check the lifecycle statuses in HiBob, and if they are right, run again with --allow-archiving {number}"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::directory_sync::Change;

    fn planned(counts: &[(&str, u64)], archived: usize) -> Planned {
        let change = |number: usize| Change {
            id: format!("archive:{number}"),
            kind: ChangeKind::Archive,
            employee_id: number.to_string(),
            account_id: Some(number.to_string()),
            display_name: format!("Person {number}"),
            depends_on: Vec::new(),
            fields: Vec::new(),
            reason: String::new(),
        };
        Planned {
            created_at: 0,
            counts: counts.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect(),
            findings: Vec::new(),
            baseline: Vec::new(),
            changes: (0..archived).map(change).collect(),
        }
    }

    #[test]
    fn archiving_is_limited_by_share_and_by_number() {
        assert!(archiving("t", &planned(&[("managed", 20)], 5), 0).is_ok());
        assert!(archiving("t", &planned(&[("managed", 20)], 6), 0).unwrap_err().to_string().contains("Person 5"));
        assert!(archiving("t", &planned(&[("managed", 200)], 20), 0).is_ok());
        assert!(archiving("t", &planned(&[("managed", 200)], 21), 0).is_err());
    }

    #[test]
    fn a_release_lets_so_many_through() {
        assert!(archiving("t", &planned(&[("managed", 20)], 9), 9).is_ok());
        assert!(archiving("t", &planned(&[("managed", 20)], 10), 9).is_err());
    }

    #[test]
    fn an_empty_or_shrunken_source_stops_the_run() {
        assert!(source("t", &planned(&[("employees", 0)], 0), None).is_ok());
        assert!(source("t", &planned(&[("employees", 0), ("vanished", 3)], 0), None).is_err());
        assert!(source("t", &planned(&[("employees", 80)], 0), Some(100)).is_ok());
        assert!(source("t", &planned(&[("employees", 79)], 0), Some(100)).is_err());
    }
}
