//! The result of a check, taken apart: permissions and fields by name. `wit/directory-sync.wit` has the names of its counts.

use hibob_contract::directory_sync::CheckReport;
use serde::Serialize;

/// A permission in HiBob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Permission<'r> {
    /// Its name, as HiBob shows it.
    pub permission: &'r str,
    /// Whether the service user has it.
    pub granted: bool,
    /// What of the tenant's settings needs it; nothing where it may be missing.
    pub needed_for: Vec<&'r str>,
}

/// A field of HiBob, and how many employees have a value there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage<'r> {
    /// The field's name.
    pub field: &'r str,
    /// How many employees have a value.
    pub employees: u64,
}

/// A number of a check by its name; none if it has no such number.
pub fn count(report: &CheckReport, name: &str) -> Option<u64> {
    report.counts.iter().find(|count| count.name == name).map(|count| count.number)
}

/// The permissions that the check has looked at.
pub fn permissions(report: &CheckReport) -> Vec<Permission<'_>> {
    let rows = report.counts.iter().filter_map(|count| {
        let permission = count.name.strip_prefix("permission:")?;
        let needed_for = report.counts.iter().filter_map(|count| {
            let (needed, detail) = count.name.strip_prefix("needed:")?.split_once(':')?;
            (needed == permission).then_some(detail)
        });
        Some(Permission { permission, granted: count.number > 0, needed_for: needed_for.collect() })
    });
    rows.collect()
}

/// The fields that the check has counted.
pub fn fields(report: &CheckReport) -> Vec<Coverage<'_>> {
    let rows = report.counts.iter();
    rows.filter_map(|count| Some(Coverage { field: count.name.strip_prefix("field:")?, employees: count.number }))
        .collect()
}
