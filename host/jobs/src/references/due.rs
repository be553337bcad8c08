//! When the reference of a departure may be issued.
//!
//! 1. Never before the last day is over at the person's site: until then it can still be corrected or taken back.
//! 2. Not before the grace time is over, which counts from the first run that saw the departure. A mistake that is
//!    corrected within it is never signed. A person who names an employee can skip it.

use chrono::{Days, NaiveDate};
use hibob_contract::offboarding_references::Departure;
use hibob_store::database::WhyNone;

/// By how much a run may come too early and still find the grace time over, in seconds; but never by more than a quarter
/// of it. A schedule's runs do not begin at the same second each day, and a departure would otherwise wait for one run
/// more.
const EARLY_SECONDS_MAX: i64 = 30 * 60;

/// How departures are timed in one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    /// The time of the run, in Unix seconds.
    pub(super) now: i64,
    /// The grace time, in seconds.
    pub(super) grace_seconds: i64,
    /// Whether a person has asked for the references at once.
    pub(super) skips_grace: bool,
}

/// When a departure was first seen by a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstSeen {
    /// At this time, in Unix seconds.
    At(i64),
    /// By a run before references were issued for this tenant, so that it is not known when.
    Before,
}

impl Timing {
    /// Why a reference is not issued yet; none if it is due. `today` is the date at the person's site; empty where that
    /// is not known.
    pub(super) fn why_not_yet(self, departure: &Departure, today: &str, seen: FirstSeen) -> Option<WhyNone> {
        if is_ahead(&departure.ended_on, today) {
            return Some(WhyNone::LastDay);
        }
        if self.skips_grace {
            return None;
        }
        let since = match seen {
            FirstSeen::At(seen) => seen,
            // The end of the last day is the latest time at which that run can have seen it with effect.
            FirstSeen::Before => day(&departure.ended_on).map_or(self.now, |day| {
                day.checked_add_days(Days::new(1)).unwrap_or(day).and_time(chrono::NaiveTime::MIN).and_utc().timestamp()
            }),
        };
        (self.now < self.grace_ends(since)).then_some(WhyNone::GraceTime)
    }

    /// When the grace time of a departure ends that was first seen at this time, in Unix seconds.
    fn grace_ends(self, seen: i64) -> i64 {
        let early = EARLY_SECONDS_MAX.min(self.grace_seconds / 4);
        seen.saturating_add(self.grace_seconds - early)
    }
}

/// Whether a last day is not over on the date that it is at the person's site.
pub(super) fn is_ahead(last_day: &str, today: &str) -> bool {
    matches!((day(last_day), day(today)), (Some(last), Some(today)) if last >= today)
}

fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3_600;

    fn departure(ended_on: &str) -> Departure {
        Departure { employee_id: "1".to_owned(), ended_on: ended_on.to_owned(), basis: String::new() }
    }

    #[test]
    fn nothing_is_due_before_the_last_day_is_over_at_the_site() {
        for skips_grace in [false, true] {
            let timing = Timing { now: 100 * DAY, grace_seconds: 0, skips_grace };
            let why = |today| timing.why_not_yet(&departure("2026-11-30"), today, FirstSeen::At(0));
            for today in ["2026-11-29", "2026-11-30"] {
                assert_eq!(why(today), Some(WhyNone::LastDay), "{today}");
            }
            assert_eq!(why("2026-12-01"), None);
        }
    }

    #[test]
    fn the_grace_time_counts_from_the_first_run_that_saw_the_departure() {
        let timing = |now, skips_grace| Timing { now, grace_seconds: DAY, skips_grace };
        let seen = FirstSeen::At(10 * DAY);
        let why = |now, skips| timing(now, skips).why_not_yet(&departure("2026-11-20"), "2026-11-30", seen);
        for (now, expected) in [
            (10 * DAY, Some(WhyNone::GraceTime)),
            (11 * DAY - EARLY_SECONDS_MAX - 1, Some(WhyNone::GraceTime)),
            (11 * DAY - 5, None),
            (12 * DAY, None),
        ] {
            assert_eq!(why(now, false), expected, "{now}");
            assert_eq!(why(now, true), None, "{now}");
        }
    }

    #[test]
    fn who_had_left_before_the_first_run_waits_for_the_end_of_a_recent_last_day_only() {
        let midnight = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap().and_time(chrono::NaiveTime::MIN).and_utc();
        let why = |after: i64| {
            let now = midnight.timestamp() + after;
            let timing = Timing { now, grace_seconds: DAY, skips_grace: false };
            timing.why_not_yet(&departure("2026-11-20"), "2026-11-22", FirstSeen::Before)
        };
        assert_eq!((why(3_600), why(DAY)), (Some(WhyNone::GraceTime), None));
    }

    #[test]
    fn without_a_grace_time_a_departure_is_due_at_once() {
        let timing = Timing { now: 7, grace_seconds: 0, skips_grace: false };
        assert_eq!(timing.why_not_yet(&departure("2026-11-20"), "2026-11-30", FirstSeen::At(7)), None);
    }
}
