//! Whether somebody who works here is the same person as somebody who has left: same names and same work email, under
//! another employee id.
//!
//! 1. If HiBob gives both birth dates: they are equal, and at most five years lie between the last day and the new first
//!    day.
//! 2. If it does not: at most so many days lie between them as the setting `rehire-gap-days` says.
//! 3. Else it is not certain, and nobody gets the other's account until a person has said so (`hibob link`).
//!
//! Birth dates are compared here, and are in no finding, no log and no storage.

use crate::field::{TextField, fold};
use crate::finding::{Finding, Severity};
use crate::lifecycle::{AccountStatus, Because};
use crate::link::Links;
use crate::mapping::DesiredAccount;
use chrono::Months;
use std::collections::BTreeMap;

/// The longest time between two employments of one person, if their birth dates are equal: five years.
const GAP_MONTHS_MAX: u32 = 5 * 12;

/// What the settings say about people who come back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// The longest time between two employments without birth dates, in days.
    pub(super) gap_days: u16,
    /// Whether birth dates are read.
    pub(super) reads_birth_dates: bool,
}

/// Whether `person`, who works here, is `owner`, who has left. None if names or work email differ, so that nothing
/// suggests it. An error says why it is not certain.
pub(super) fn is_same(person: &DesiredAccount, owner: &DesiredAccount, rules: Rules) -> Option<Result<(), String>> {
    let same = |field: TextField| field.same_option(person.desired(field).text(), owner.desired(field).text());
    let looks_same = owner.status == AccountStatus::Gone(Because::Terminated)
        && [TextField::UserName, TextField::GivenName, TextField::FamilyName].into_iter().all(same);
    looks_same.then(|| judge(person, owner, rules))
}

/// What a check says of people without an account of whom it is not certain whether they are somebody who has left.
pub(super) fn unclear(people: &[DesiredAccount], links: &Links, rules: Rules) -> Vec<Finding> {
    let left = people.iter().filter(|person| person.status == AccountStatus::Gone(Because::Terminated));
    let left: BTreeMap<String, &DesiredAccount> = left.map(|person| (fold(person.user_name()), person)).collect();
    let here = people.iter().filter(|person| person.status == AccountStatus::Active && links.get(&person.id).is_none());
    let of_one = |person: &DesiredAccount| {
        let owner = left.get(&fold(person.user_name()))?;
        let why = is_same(person, owner, rules)?.err()?;
        let message = format!("{}: {why}", about(owner));
        Some(Finding::new(Severity::Warning, UNCLEAR, message, REMEDY).about(person))
    };
    here.filter_map(of_one).collect()
}

/// The code of the conflict.
pub(super) const UNCLEAR: &str = "SAME_PERSON_UNCLEAR";

/// What a person can do about it.
pub(super) const REMEDY: &str = "if they are one person: hibob link TENANT EMPLOYEE ACCOUNT, with this employee and the account of the one who left; else give this employee another work email in HiBob";

/// The beginning of what is said about an employee who may be `owner`.
pub(super) fn about(owner: &DesiredAccount) -> String {
    format!(
        "has the work email and names of employee {}, who has left, and it is not certain that they are one person",
        owner.id
    )
}

fn judge(person: &DesiredAccount, owner: &DesiredAccount, rules: Rules) -> Result<(), String> {
    let days = owner.dates.end.zip(person.dates.start).map(|(end, start)| (start - end).num_days().max(0));
    if let (Some(one), Some(other)) = (person.dates.birth, owner.dates.birth) {
        let latest = owner.dates.end.and_then(|end| end.checked_add_months(Months::new(GAP_MONTHS_MAX)));
        return match (one == other, latest.zip(person.dates.start)) {
            (false, _) => Err("their birth dates differ".to_owned()),
            (true, Some((latest, start))) if start > latest => {
                Err("more than five years lie between the last day and the new first day".to_owned())
            }
            (true, _) => Ok(()),
        };
    }
    let most = rules.gap_days;
    let gap = match days {
        Some(days) if days <= i64::from(most) => return Ok(()),
        Some(days) => format!("{days} days lie between the last day and the new first day"),
        None => "HiBob gives no last day".to_owned(),
    };
    let why = match rules.reads_birth_dates {
        true => "HiBob does not give both birth dates",
        false => "birth dates are not compared (sync.compare_birth_date)",
    };
    Err(format!("{why}, and {gap}; without birth dates, {most} are the most (sync.rehire_gap_days)"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Dates;
    use chrono::NaiveDate;

    fn day(text: &str) -> Option<NaiveDate> {
        text.parse().ok()
    }

    #[test]
    fn birth_dates_decide_and_without_them_the_gap() {
        let rules = |reads_birth_dates| Rules { gap_days: 30, reads_birth_dates };
        let with = |dates: Dates| DesiredAccount { dates, ..DesiredAccount::gone("1", Because::Terminated) };
        let left = |end, birth| with(Dates { start: None, end: day(end), birth: day(birth) });
        let back = |start, birth| with(Dates { start: day(start), end: None, birth: day(birth) });
        let judged = |start, birth, end, other| judge(&back(start, birth), &left(end, other), rules(true));
        // Equal birth dates: up to five years, and an unknown gap.
        assert_eq!(judged("2026-03-01", "1990-01-01", "2021-03-01", "1990-01-01"), Ok(()));
        assert!(judged("2026-03-02", "1990-01-01", "2021-03-01", "1990-01-01").unwrap_err().contains("five years"));
        assert_eq!(judged("2026-03-01", "1990-01-01", "", "1990-01-01"), Ok(()));
        // Different ones: never.
        assert!(judged("2026-03-01", "1990-01-01", "2026-02-28", "1990-01-02").unwrap_err().contains("differ"));
        // One of them is missing: up to the setting.
        assert_eq!(judged("2026-03-31", "1990-01-01", "2026-03-01", ""), Ok(()));
        assert_eq!(judged("2026-03-31", "", "2026-04-02", "1990-01-01"), Ok(()), "they overlap");
        let why = judged("2026-04-01", "1990-01-01", "2026-03-01", "").unwrap_err();
        assert!(why.contains("31 days lie between") && why.contains("does not give both"), "{why}");
        assert!(judged("2026-04-01", "", "", "").unwrap_err().contains("no last day"));
        let unread = judge(&back("2026-04-01", ""), &left("2026-03-01", ""), rules(false)).unwrap_err();
        assert!(unread.contains("sync.compare_birth_date"), "{unread}");
        assert!(!unread.contains("1990"), "no birth date is told");
    }
}
