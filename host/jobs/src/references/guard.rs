//! The guard of the references job. It is needed because a reference cannot be recalled from a mailbox.
//!
//! 1. One run may issue at most as many references as the limits of `[safety]` say ([`ReferenceLimits`]): a share of the
//!    employees who are known as employed, and always a few. The same limit holds for revoking; the two are counted
//!    apart. Within `leak_days` there is a second limit for issuing, since many small runs add up.
//! 2. If there are more, none of them is issued (or revoked), and the report has a row for each.
//! 3. The operator can release a number for one run (`--allow-issuing`, `--allow-revoking`). The higher of limit and
//!    release counts. A release to issue is none to revoke.

use crate::references::report::{HeldClass, HeldGuard};
use crate::run::DAY;
use chrono::Utc;
use hibob_base::error::HostError;
use hibob_config::tenant::TenantConfig;
use hibob_contract::offboarding_references::{Departure, Known, Standing};
use hibob_policy::guard::ReferenceLimits;
use hibob_store::data_dir::DataDir;

/// What the operator releases in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// References that may be issued, whatever their share.
    pub issuing: usize,
    /// References that may be revoked, whatever their share.
    pub revoking: usize,
}

/// How many of the known employees are employed.
fn employed(known: &[Known]) -> usize {
    known.iter().filter(|known| known.standing == Standing::Employed).count()
}

/// How many references one run may issue, where `lately` were issued within `leak_days` before it.
pub(super) fn limit(known: &[Known], lately: usize, limits: &ReferenceLimits) -> usize {
    let employed = employed(known);
    limits.most(employed).min(limits.most_within(employed).saturating_sub(lately))
}

/// How many references a run may issue now before the guard holds all of them, by what is recorded of the tenant.
///
/// # Errors
/// The database failed.
pub async fn issuing_left(data: &DataDir, config: &TenantConfig) -> Result<usize, HostError> {
    let database = data.tenant_database(&config.id).await?;
    let limits = config.safety.reference_limits();
    let since = Utc::now().timestamp() - i64::from(limits.leak_days) * DAY;
    let lately = database.references_issued_since(since).await?;
    Ok(limit(&database.reference_people().await?, lately, &limits))
}

/// The report of the guard where `number` references are too many to issue. The remedy names `command`, which releases
/// them.
pub(super) fn held(
    command: &str,
    number: usize,
    known: &[Known],
    lately: usize,
    limits: &ReferenceLimits,
) -> HeldGuard {
    let employed = employed(known);
    let most = limits.most(employed);
    let message = if number > most {
        let percent = limits.run.percent;
        format!(
            "{number} references would be issued, and the limit is {most} ({percent} % of the known employees, or a \
             smaller number that is always allowed); none was issued"
        )
    } else {
        let (within, days) = (limits.most_within(employed), limits.leak_days);
        format!(
            "{} references would have been issued within {days} days, and the limit is {within} ({} % of the known \
             employees, or a smaller number that is always allowed); none was issued",
            number + lately,
            limits.leak_percent
        )
    };
    HeldGuard {
        class: HeldClass::Issuing,
        message,
        remedy: format!(
            "check the lifecycle statuses in HiBob, and if all of them have left, run again: {command} --allow-issuing {number}"
        ),
    }
}

/// The report of the guard where the cancelled departures are too many to revoke their references; none if they are
/// not.
pub(super) fn revoking(
    tenant: &str,
    cancelled: &[Departure],
    known: &[Known],
    release: Release,
    limits: &ReferenceLimits,
) -> Option<HeldGuard> {
    let (number, most, percent) = (cancelled.len(), limits.most(employed(known)), limits.run.percent);
    (number > most.max(release.revoking)).then(|| HeldGuard {
        class: HeldClass::Revoking,
        message: format!(
            "{number} people with a reference work here again, and the limit is {most} ({percent} % of the known \
             employees, or a smaller number that is always allowed); no reference was revoked"
        ),
        remedy: format!(
            "check the lifecycle statuses in HiBob, and if all of them are right, run again: hibob references {tenant} \
             --allow-revoking {number}"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(employed: usize, left: usize) -> Vec<Known> {
        let one = |number: usize, standing| Known { employee_id: number.to_string(), standing, issued: None };
        let employed_ones = (0..employed).map(|number| one(number, Standing::Employed));
        employed_ones.chain((0..left).map(|number| one(employed + number, Standing::Left))).collect()
    }

    #[test]
    fn three_or_two_percent_of_those_who_work_here() {
        let limits = ReferenceLimits::DEFAULT;
        for (employed, left, most) in [(0, 500, 1), (10, 0, 3), (199, 0, 3), (200, 0, 4), (1_000, 9_000, 20)] {
            let known = known(employed, left);
            assert_eq!(limit(&known, 0, &limits), most, "{employed} and {left}");
            let held = held("hibob references issue acme …", most + 1, &known, 0, &limits);
            assert!(held.remedy.ends_with(&format!("references issue acme … --allow-issuing {}", most + 1)));
        }
    }

    /// A few each night add up to twice the limit of a run, or to 6 %.
    #[test]
    fn a_few_each_night_add_up() {
        let limits = ReferenceLimits::DEFAULT;
        for (employed, lately, most) in [(30, 3, 3), (30, 4, 2), (30, 6, 0), (300, 12, 6), (300, 17, 1), (300, 18, 0)] {
            assert_eq!(limit(&known(employed, 0), lately, &limits), most, "{employed} with {lately} lately");
        }
        let held = held("hibob references acme", 1, &known(30, 0), 6, &limits);
        assert!(held.message.contains("7 references would have been issued within 30 days, and the limit is 6"));
    }

    #[test]
    fn what_may_be_issued_may_not_be_revoked() {
        let (known, limits) = (known(10, 0), ReferenceLimits::DEFAULT);
        let departure = |number: usize| Departure {
            employee_id: number.to_string(),
            ended_on: "2026-11-20".to_owned(),
            basis: String::new(),
        };
        let cancelled: Vec<Departure> = (0..4).map(departure).collect();
        assert!(revoking("acme", &cancelled, &known, Release { issuing: 99, revoking: 3 }, &limits).is_some());
        assert!(revoking("acme", &cancelled, &known, Release { issuing: 0, revoking: 4 }, &limits).is_none());
        assert!(revoking("acme", &cancelled[..3], &known, Release::default(), &limits).is_none());
    }
}
