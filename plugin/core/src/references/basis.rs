//! The basis of a departure: the values that a reference rests on beside the names, as one text that the host stores
//! and gives back. It decides whether a later change in HiBob is a correction.

use super::Claims;
use crate::text_form;

/// Separates the parts: start, end, title, department, [`LAST_DAY_OF_WORK`] if the end is a last day of work, and a
/// checksum of the names where they were read.
const SEPARATOR: &str = "|";

/// The last part of the text if the end is HiBob's last day of work; empty if it is another date used instead.
pub(super) const LAST_DAY_OF_WORK: &str = "last-day-of-work";

/// How a basis differs from the one of the issued reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// In no way that a reference has to follow.
    Nothing,
    /// A value was replaced by another value.
    Corrected,
    /// A value was replaced by another value, and a second field was emptied or cannot be read any more.
    CorrectedInPart,
}

/// Joins the values that a reference states, with title and department as the employee's record has them: by their ids,
/// so that renaming an item of HiBob's lists does not change the basis. `by` is [`LAST_DAY_OF_WORK`] or empty.
///
/// Separators within a part are encoded, since a title or a department may be any text.
pub(super) fn basis(stated: &Claims, by: &str) -> String {
    // Whole, without `..`: a new claim does not compile until it is decided whether its change is a correction. Names
    // are left out: they are read later, and for leavers only (`with_names`).
    let Claims { given_name: _, family_name: _, job_title, department, started_on, ended_on } = stated;
    let (title, department) = (job_title.as_deref().unwrap_or_default(), department.as_deref().unwrap_or_default());
    let parts: [&str; 5] = [started_on, ended_on, title, department, by];
    parts.map(|part| part.replace('%', "%25").replace(SEPARATOR, "%7C")).join(SEPARATOR)
}

/// A basis with a checksum of the names as its last part; as it is where there are none.
///
/// The checksum has 16 bits: enough to see that a name was corrected (it misses one correction of 65,536), and too few to
/// tell whose name it is.
pub(super) fn with_names(basis: &str, given_name: Option<&str>, family_name: Option<&str>) -> String {
    if given_name.is_none() && family_name.is_none() {
        return basis.to_owned();
    }
    let names = [given_name.unwrap_or_default(), family_name.unwrap_or_default()].map(str::trim).join("\n");
    // FNV-1a with 32 bits, folded (draft-eastlake-fnv, section 3).
    let hash = names.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{basis}{SEPARATOR}{:04x}", (hash >> 16) ^ (hash & 0xffff))
}

/// Whether a departure that was found is still the same: by everything that was compared when it was found. One that was
/// found without the names has no checksum of them.
pub(super) fn is_same(found: &str, now: &str) -> bool {
    now == found || now.rsplit_once(SEPARATOR).is_some_and(|(now, _)| now == found)
}

/// Compares part by part. A part that is empty on one of the two sides is no correction.
pub(super) fn compare(before: &str, now: &str) -> Change {
    let (mut is_corrected, mut is_emptied) = (false, false);
    for (before, now) in before.split(SEPARATOR).zip(now.split(SEPARATOR)).filter(|(before, _)| !before.is_empty()) {
        is_corrected |= !now.is_empty() && !text_form::same(before, now);
        is_emptied |= now.is_empty();
    }
    match (is_corrected, is_emptied) {
        (false, _) => Change::Nothing,
        (true, false) => Change::Corrected,
        (true, true) => Change::CorrectedInPart,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(started_on: &str, ended_on: &str, title: &str, department: &str) -> Claims {
        let [given_name, family_name] = ["Ana", "Ruiz"].map(str::to_owned);
        let (job_title, department) = (Some(title.to_owned()), Some(department.to_owned()));
        let (started_on, ended_on) = (started_on.to_owned(), ended_on.to_owned());
        Claims { given_name, family_name, job_title, department, started_on, ended_on }
    }

    #[test]
    fn only_a_value_that_became_another_one_is_a_correction() {
        let text =
            |title: &str, department: &str, by: &str| basis(&stated("2020-01-06", "2026-11-20", title, department), by);
        let before = text("1", "2", LAST_DAY_OF_WORK);
        for (now, change) in [
            (before.clone(), Change::Nothing),
            (text("", "2", LAST_DAY_OF_WORK), Change::Nothing),
            (text("1", "2", ""), Change::Nothing),
            (text("3", "2", LAST_DAY_OF_WORK), Change::Corrected),
            (text("3", "", LAST_DAY_OF_WORK), Change::CorrectedInPart),
            (before.replace("11-20", "11-30"), Change::Corrected),
            (text("1", "2", "").replace("11-20", "11-30"), Change::CorrectedInPart),
        ] {
            assert_eq!(compare(&before, &now), change, "{now}");
        }
        assert_eq!(compare(&text("", "2", ""), &before), Change::Nothing);
        // The form of earlier versions, without the last part.
        assert_eq!(compare("2020-01-06|2026-11-20|1|2", &before), Change::Nothing);
    }

    #[test]
    fn a_corrected_name_is_a_correction_and_names_that_were_not_read_are_none() {
        let before = basis(&stated("2020-01-06", "2026-11-20", "1", "2"), LAST_DAY_OF_WORK);
        let named = |given: &str, family: &str| with_names(&before, Some(given), Some(family));
        let first = named("Ana", "Ruiz");
        assert!(!first.contains("Ana") && first.starts_with(&before) && is_same(&before, &first));
        for (now, change) in [
            (first.clone(), Change::Nothing),
            (named(" Ana", "Ruiz "), Change::Nothing),
            (named("Anna", "Ruiz"), Change::Corrected),
            (named("Ana", "Ruíz"), Change::Corrected),
            (named("Ruiz", "Ana"), Change::Corrected),
            (with_names(&before, None, None), Change::Nothing),
        ] {
            assert_eq!(compare(&first, &now), change, "{now}");
            assert_eq!(compare(&before, &now), Change::Nothing, "{now}");
        }
        assert!(!is_same(&first, &named("Anna", "Ruiz")) && is_same(&first, &first));
        assert!(!is_same(&before.replace("11-20", "11-21"), &first));
    }

    #[test]
    fn a_part_may_hold_any_text() {
        let text = |title: &str, department: &str| basis(&stated("a", "b", title, department), "");
        assert_eq!(text("c|d", "%7C"), "a|b|c%7Cd|%257C|");
        assert_eq!(compare(&text("c|d", ""), &text("c", "d")), Change::Corrected);
    }
}
