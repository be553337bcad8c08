//! What a reference rests on beside the names, as the caller keeps it and gives it back.

/// Between the parts: start, end, title, department, and [`LAST_DAY_OF_WORK`] where the end is one.
const BETWEEN: &str = "|";

/// The last part where the end is a last day of work, and no date in the place of one.
pub(super) const LAST_DAY_OF_WORK: &str = "last-day-of-work";

/// What has happened to a basis since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing that a reference has to follow.
    Nothing,
    /// A value became another one.
    Corrected,
    /// A value became another one, and a field was emptied or cannot be read any more.
    CorrectedInPart,
}

/// The text of these parts. Titles and departments may be any text.
pub(super) fn basis(parts: [&str; 5]) -> String {
    parts.map(|part| part.replace('%', "%25").replace(BETWEEN, "%7C")).join(BETWEEN)
}

/// Compares part by part: a field that is empty now, or was, is no correction.
pub(super) fn compare(before: &str, now: &str) -> Change {
    let (mut is_corrected, mut is_emptied) = (false, false);
    for (before, now) in before.split(BETWEEN).zip(now.split(BETWEEN)).filter(|(before, _)| !before.is_empty()) {
        is_corrected |= !now.is_empty() && before != now;
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

    #[test]
    fn only_a_value_that_became_another_one_is_a_correction() {
        let text = |title: &str, department: &str, by: &str| basis(["2020-01-06", "2026-11-20", title, department, by]);
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
        // As it was written before it said whose day the end is.
        assert_eq!(compare("2020-01-06|2026-11-20|1|2", &before), Change::Nothing);
    }

    #[test]
    fn a_part_may_hold_any_text() {
        assert_eq!(basis(["a", "b", "c|d", "%7C", ""]), "a|b|c%7Cd|%257C|");
        assert_eq!(compare(&basis(["a", "b", "c|d", "", ""]), &basis(["a", "b", "c", "d", ""])), Change::Corrected);
    }
}
