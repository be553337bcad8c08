//! The guard of the references job. It is needed because a reference cannot be recalled from a mailbox.
//!
//! 1. One run may issue at most as many references as [`LIMIT_PERCENT`] percent of the employees who are known as
//!    employed, and always [`LIMIT_MIN`]. The same limit holds for revoking; the two are counted apart.
//! 2. If there are more, none of them is issued (or revoked), and the report has a row for each.
//! 3. The operator can release a number for one run (`--allow-issuing`, `--allow-revoking`). The higher of limit and
//!    release counts. A release to issue is none to revoke.

use crate::references::report::{HeldClass, HeldGuard};
use hibob_contract::offboarding_references::{Departure, Known, Standing};

/// How many references one run may always issue, or revoke.
const LIMIT_MIN: usize = 3;

/// For which share of the employed one run may issue references, or revoke them, in percent.
const LIMIT_PERCENT: usize = 2;

/// What the operator releases in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// References that may be issued, whatever their share.
    pub issuing: usize,
    /// References that may be revoked, whatever their share.
    pub revoking: usize,
}

/// How many references one run may issue, or revoke, with these known employees.
pub(super) fn limit(known: &[Known]) -> usize {
    let employed = known.iter().filter(|known| known.standing == Standing::Employed).count();
    LIMIT_MIN.max(employed * LIMIT_PERCENT / 100)
}

/// The report of the guard where `number` references are too many to issue. The remedy names `command`, which releases
/// them.
pub(super) fn held(command: &str, number: usize, known: &[Known]) -> HeldGuard {
    let most = limit(known);
    HeldGuard {
        class: HeldClass::Issuing,
        message: format!(
            "{number} references would be issued, and the limit is {most} ({LIMIT_PERCENT} % of the known employees, at \
             least {LIMIT_MIN}); none was issued"
        ),
        remedy: format!(
            "check the lifecycle statuses in HiBob, and if all of them have left, run again: {command} --allow-issuing {number}"
        ),
    }
}

/// The report of the guard where the cancelled departures are too many to revoke their references; none if they are
/// not.
pub(super) fn revoking(tenant: &str, cancelled: &[Departure], known: &[Known], release: Release) -> Option<HeldGuard> {
    let (number, most) = (cancelled.len(), limit(known));
    (number > most.max(release.revoking)).then(|| HeldGuard {
        class: HeldClass::Revoking,
        message: format!(
            "{number} people with a reference work here again, and the limit is {most} ({LIMIT_PERCENT} % of the known \
             employees, at least {LIMIT_MIN}); no reference was revoked"
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
        for (employed, left, most) in [(0, 500, 3), (10, 0, 3), (199, 0, 3), (200, 0, 4), (1_000, 9_000, 20)] {
            let known = known(employed, left);
            assert_eq!(limit(&known), most, "{employed} and {left}");
            let held = held("hibob references issue acme …", most + 1, &known);
            assert!(held.remedy.ends_with(&format!("references issue acme … --allow-issuing {}", most + 1)));
        }
    }

    #[test]
    fn what_may_be_issued_may_not_be_revoked() {
        let known = known(10, 0);
        let departure = |number: usize| Departure {
            employee_id: number.to_string(),
            ended_on: "2026-11-20".to_owned(),
            basis: String::new(),
        };
        let cancelled: Vec<Departure> = (0..4).map(departure).collect();
        assert!(revoking("acme", &cancelled, &known, Release { issuing: 99, revoking: 3 }).is_some());
        assert!(revoking("acme", &cancelled, &known, Release { issuing: 0, revoking: 4 }).is_none());
        assert!(revoking("acme", &cancelled[..3], &known, Release::default()).is_none());
    }
}
