//! The guard of the source: whether what HiBob sent can be trusted.

use crate::guard::{GuardLimits, number};
use hibob_contract::Planned;
use hibob_contract::types::NamedValue;

/// Least number of employees for which the coverage of fields is compared: of three people, one is 33 points.
const COVERAGE_EMPLOYEES_MIN: u64 = 10;

/// By how many employees a source has to shrink at least to be held. Of two, both are enough.
const SHRINK_EMPLOYEES_MIN: u64 = 3;

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
/// field is filled for far fewer of them. `largest` are the states of the source in the accepted runs of the last
/// `leak_days`; the same is held against each of them, so that many small steps are noticed.
///
/// # Errors
/// One of these is not so. The error has a reason for each.
pub fn source(
    planned: &Planned,
    baseline: &[NamedValue],
    largest: &[Vec<NamedValue>],
    limits: &GuardLimits,
) -> Result<(), UntrustedSource> {
    let mut reasons = against(planned, baseline, "in the last accepted run", limits);
    if reasons.is_empty() {
        let when = format!("within the last {} days", limits.leak_days);
        let of = |state: &Vec<NamedValue>| number(state, "employees").unwrap_or_default();
        let mut states: Vec<&Vec<NamedValue>> = largest.iter().collect();
        states.sort_by_key(|state| std::cmp::Reverse(of(state)));
        reasons = states
            .iter()
            .map(|state| against(planned, state, &when, limits))
            .find(|reasons| !reasons.is_empty())
            .unwrap_or_default();
    }
    if reasons.is_empty() {
        return Ok(());
    }
    Err(UntrustedSource {
        reasons: reasons.join("; "),
        remedy: "check the service user's permission group in HiBob (hibob check), and if these numbers are right, run again with --allow-changed-source",
    })
}

/// The names of the numbers of a baseline that the host counts itself: records with a lifecycle status, and with a last
/// day.
pub const STATUSES: &str = "host:statuses";
/// See [`STATUSES`].
pub const LAST_DAYS: &str = "host:last-days";

/// Least number of last days for which their number is compared.
const LAST_DAYS_MIN: u64 = 3;

/// Whether what says that people have left may itself have got lost: of the employees a share of less than nine tenths of
/// an earlier one has a lifecycle status, or a share of less than half of an earlier one a last day. Then a record that
/// says that somebody has left proves nothing.
pub fn is_emptier_of_departures(planned: &Planned, earlier: &[&[NamedValue]]) -> bool {
    let now = planned.count("employees");
    earlier.iter().any(|state| {
        let before = number(state, "employees").unwrap_or_default();
        let fell = |name: &str, least: u64, tenths: u64| {
            let (Some(had), Some(has)) = (number(state, name), number(&planned.baseline, name)) else { return false };
            // has / now < had / before * tenths / 10
            had >= least
                && has.saturating_mul(before).saturating_mul(10) < had.saturating_mul(now).saturating_mul(tenths)
        };
        fell(STATUSES, 1, 9) || fell(LAST_DAYS, LAST_DAYS_MIN, 5)
    })
}

/// How the source differs too much from one earlier state.
fn against(planned: &Planned, earlier: &[NamedValue], when: &str, limits: &GuardLimits) -> Vec<String> {
    let now = planned.count("employees");
    let before = number(earlier, "employees").unwrap_or_default();
    let percent = u64::from(limits.source_shrink_percent.min(100));
    let mut reasons = Vec::new();
    let fewer = before.saturating_sub(now);
    if now == 0 && (planned.count("managed") > 0 || planned.count("vanished") > 0) {
        reasons.push("HiBob sent no employees at all".to_owned());
    } else if now.saturating_mul(100) < before.saturating_mul(100 - percent)
        && (fewer >= SHRINK_EMPLOYEES_MIN || (fewer == 2 && now == 0))
    {
        reasons.push(format!("HiBob sent {now} employees, and {before} {when}: more than {percent} % fewer"));
    }
    let compares_fields = now >= COVERAGE_EMPLOYEES_MIN && before >= COVERAGE_EMPLOYEES_MIN;
    for value in earlier.iter().filter(|value| compares_fields && value.name.starts_with("field:")) {
        let counts = number(earlier, &value.name).zip(number(&planned.baseline, &value.name));
        let Some((had, has)) = counts else { continue };
        let (had, has) = (had.saturating_mul(100) / before, has.saturating_mul(100) / now);
        if had.saturating_sub(has) >= u64::from(limits.coverage_drop_points) {
            let field = value.name.trim_start_matches("field:");
            reasons.push(format!("HiBob sends {field} for {has} % of the employees, and for {had} % {when}"));
        }
    }
    reasons
}
