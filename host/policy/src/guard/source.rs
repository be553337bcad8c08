//! The guard of the source: whether what HiBob sent can be trusted.

use crate::guard::GuardLimits;
use hibob_contract::Planned;
use hibob_contract::types::{NamedValue, Value};

/// Least number of employees for which the coverage of fields is compared: of three people, one is 33 points.
const COVERAGE_EMPLOYEES_MIN: u64 = 10;

/// Why nothing of a plan may be applied: what HiBob sent cannot be trusted. It has all reasons, since one release
/// ([`crate::guard::Release::changed_source`]) lets all of them pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntrustedSource {
    /// All reasons with their numbers, separated by semicolons.
    pub reasons: String,
    /// What a person can do about it.
    pub remedy: &'static str,
}

/// Checks what HiBob sent for the plan: employees came at all, they are not far fewer than the baseline has, and no
/// field is filled for far fewer of them.
///
/// # Errors
/// One of these is not so. The error has a reason for each.
pub fn source(planned: &Planned, baseline: &[NamedValue], limits: &GuardLimits) -> Result<(), UntrustedSource> {
    let now = planned.count("employees");
    let before = number(baseline, "employees").unwrap_or_default();
    let percent = u64::from(limits.source_shrink_percent.min(100));
    let mut reasons = Vec::new();
    if now == 0 && (planned.count("managed") > 0 || planned.count("vanished") > 0) {
        reasons.push("HiBob sent no employees at all".to_owned());
    } else if now.saturating_mul(100) < before.saturating_mul(100 - percent) {
        reasons.push(format!(
            "HiBob sent {now} employees, and {before} in the last accepted run: more than {percent} % fewer"
        ));
    }
    let compares_fields = now >= COVERAGE_EMPLOYEES_MIN && before >= COVERAGE_EMPLOYEES_MIN;
    for value in baseline.iter().filter(|value| compares_fields && value.name.starts_with("field:")) {
        let counts = number(baseline, &value.name).zip(number(&planned.baseline, &value.name));
        let Some((had, has)) = counts else { continue };
        let (had, has) = (had.saturating_mul(100) / before, has.saturating_mul(100) / now);
        if had.saturating_sub(has) >= u64::from(limits.coverage_drop_points) {
            let field = value.name.trim_start_matches("field:");
            reasons.push(format!(
                "HiBob sends {field} for {has} % of the employees, and for {had} % in the last accepted run"
            ));
        }
    }
    if reasons.is_empty() {
        return Ok(());
    }
    Err(UntrustedSource {
        reasons: reasons.join("; "),
        remedy: "nothing was changed; check the service user's permission group in HiBob (hibob check), and if these numbers are right, run again with --allow-changed-source",
    })
}

fn number(values: &[NamedValue], name: &str) -> Option<u64> {
    values.iter().find(|value| value.name == name).and_then(|value| match value.value {
        Value::Integer(number) => u64::try_from(number).ok(),
        _ => None,
    })
}
