//! Tests of garden leave as a departure, from HiBob's answers to what is detected.

use crate::bob::{Bob, day, garden_leave_is_departure, settings};
use chrono::Days;
use hibob_connector_core::error::JobError;
use hibob_connector_core::references::{
    Departure, Detection, Issued, Known, ReferenceSettings, Standing, detect, look_up,
};
use proptest::prelude::*;

fn known(standing: Standing, issued: Option<&Departure>, bob: &Bob) -> [Known; 1] {
    let issued = issued.map(|departure| Issued { departure: departure.clone(), issued_at_unix_seconds: bob.now() });
    [Known { employee_id: "7".to_owned(), standing, issued }]
}

fn works(bob: &Bob) -> [Known; 1] {
    known(Standing::Employed, None, bob)
}

#[test]
fn garden_leave_is_a_departure_from_its_first_day_on_and_only_by_setting() {
    let ends = |last_day: Option<&str>, since: &str, today: &str| {
        let mut bob = Bob::released(since, today);
        bob.last_day = last_day.map(day);
        let known = works(&bob);
        let detection = bob.detect(&known);
        assert!(detection.findings.is_empty());
        assert_eq!(bob.look_up(), detection.departures.first().cloned());
        detection.departures.first().map(|departure| departure.ended_on.clone())
    };
    assert_eq!(ends(Some("2026-11-13"), "2026-11-16", "2026-11-16").as_deref(), Some("2026-11-13"));
    assert_eq!(ends(None, "2026-11-16", "2026-11-16").as_deref(), Some("2026-11-15"));
    assert_eq!(ends(None, "2026-11-16", "2026-11-15"), None);
    // While the last day of work is not over, there is no departure.
    assert_eq!(ends(Some("2026-11-20"), "2026-11-16", "2026-11-20"), None);
    assert_eq!(ends(Some("2026-11-20"), "2026-11-16", "2026-11-21").as_deref(), Some("2026-11-20"));
    let mut bob = Bob::released("2026-11-16", "2026-11-20");
    let (known, now) = (works(&bob), bob.now());
    assert_eq!(
        detect(&mut bob, &settings(&[]), now, &known).unwrap(),
        Detection { employees: 1, ..Detection::default() }
    );
    assert!(bob.table_queries.is_empty());
}

#[test]
fn a_day_begins_in_the_time_zone_of_the_tenant_or_the_site() {
    let departures = |settings: &ReferenceSettings, hour: u32, minute: u32| {
        let mut bob = Bob::released("2026-11-16", "2026-11-15");
        let moment = bob.today.and_hms_opt(hour, minute, 0).unwrap().and_utc().timestamp();
        let known = works(&bob);
        detect(&mut bob, settings, u64::try_from(moment).unwrap(), &known).unwrap().departures.len()
    };
    let mut settings = settings(&[("garden-leave", "is-departure"), ("time-zone", "Europe/Madrid")]);
    assert_eq!((departures(&settings, 22, 59), departures(&settings, 23, 0)), (0, 1));
    settings
        .time_zones
        .by_site
        .insert("Kiritimati".to_owned(), hibob_connector_core::time_zones::Zone::named("Pacific/Kiritimati").unwrap());
    assert_eq!((departures(&settings, 9, 59), departures(&settings, 10, 0)), (0, 1));
}

/// The termination date does not matter, nor whether a last day of work is known.
#[test]
fn the_termination_after_garden_leave_is_the_same_departure() {
    for last_day in [None, Some("2026-11-13")] {
        let mut bob = Bob::released("2026-11-16", "2026-11-20");
        bob.last_day = last_day.map(day);
        let before = works(&bob);
        let [departure] = bob.detect(&before).departures.try_into().unwrap();
        bob.terminate("2026-12-31");
        let issued = known(Standing::Left, Some(&departure), &bob);
        let nothing = Detection { employees: 1, ..Detection::default() };
        assert_eq!(bob.detect(&issued), nothing);
        assert_eq!(bob.claims(&departure).unwrap().ended_on, departure.ended_on);
        // A host that missed the garden leave finds the same departure.
        let missed = works(&bob);
        assert_eq!(bob.detect(&missed).departures, std::slice::from_ref(&departure));
        // A corrected title or last day of work is a correction.
        bob.title = "2";
        assert_eq!(bob.detect(&issued).corrected[0].ended_on, departure.ended_on);
        bob.title = "1";
        bob.last_day = Some(day("2026-11-12"));
        assert_eq!(bob.detect(&issued).corrected[0].ended_on, "2026-11-12");
        assert_eq!(bob.claims(&departure), None);
    }
}

/// A last day of work that cannot be read is not taken for none.
#[test]
fn a_broken_last_day_of_work_is_no_departure() {
    let mut bob = Bob::released("2026-11-16", "2026-11-20");
    bob.more = serde_json::json!({ "/employee/lastDayOfWork": "soon" });
    let before = works(&bob);
    for _ in ["garden leave", "terminated"] {
        let detection = bob.detect(&before);
        assert_eq!((detection.departures.len(), detection.seen.len()), (0, 0));
        assert_eq!(detection.findings[0].code, "MISSING_EMPLOYMENT_DATES");
        assert_eq!(bob.look_up(), None);
        bob.terminate("2026-12-31");
    }
}

/// The second employment began and ended between two runs, long after the first reference.
#[test]
fn who_left_from_garden_leave_twice_has_two_departures() {
    let mut bob = Bob::released("2026-11-16", "2026-11-20");
    let [first] = bob.detect(&works(&bob)).departures.try_into().unwrap();
    bob.rows.extend([(day("2027-02-01"), "employed"), (day("2027-06-01"), "garden leave")]);
    bob.more = serde_json::json!({ "/work/startDate": "2027-02-01" });
    bob.terminate("2027-08-31");
    let [mut old] = known(Standing::Left, Some(&first), &bob);
    old.issued.as_mut().unwrap().issued_at_unix_seconds -= 200 * 86_400;
    assert_eq!(bob.detect(&[old]).departures[0].ended_on, "2027-05-31");
}

#[test]
fn without_garden_leave_the_termination_date_counts() {
    let mut bob = Bob::new("2026-11-20");
    bob.terminate("2026-11-30");
    let known = works(&bob);
    assert_eq!(bob.detect(&known).departures[0].ended_on, "2026-11-30");
}

/// While the first day of the garden leave is unknown, there is no departure, and no standing is recorded.
#[test]
fn without_rows_of_the_table_there_is_only_a_finding() {
    let mut hidden = Bob::released("2026-11-16", "2026-11-20");
    hidden.rows.clear();
    let mut current = Bob::released("2026-11-16", "2026-11-20");
    let [departure] = current.detect(&works(&current)).departures.try_into().unwrap();
    current.terminate("2026-12-31");
    current.rows.retain(|(_, status)| *status == "terminated");
    for bob in [&mut hidden, &mut current] {
        let before = works(bob);
        let detection = bob.detect(&before);
        assert_eq!((detection.departures.len(), detection.seen.len()), (0, 0));
        assert_eq!(detection.findings[0].code, "MISSING_LIFECYCLE_HISTORY");
        assert_eq!(bob.look_up(), None);
    }
    let issued = known(Standing::Left, Some(&departure), &current);
    assert_eq!(current.detect(&issued), Detection { employees: 1, ..Detection::default() });
}

#[test]
fn the_table_is_read_to_its_end_for_those_who_need_it() {
    let mut bob = Bob::released("2026-11-16", "2026-11-20");
    bob.page = 1;
    let before = works(&bob);
    let [departure] = bob.detect(&before).departures.try_into().unwrap();
    assert_eq!(departure.ended_on, "2026-11-15");
    assert_eq!(bob.table_queries, ["?employeeIds=7&limit=200", "?employeeIds=7&limit=200&cursor=1"]);
    // A call about one person may read one page.
    let (settings, now) = (garden_leave_is_departure(), bob.now());
    assert!(matches!(look_up(&mut bob, &settings, now, "7"), Err(JobError::Unavailable(_))));
    // For those who work here, and those whose last day is known, the table is not read.
    bob.table_queries.clear();
    bob.page = 50;
    bob.terminate("2026-12-31");
    let [mut old] = known(Standing::Left, Some(&departure), &bob);
    old.issued.as_mut().unwrap().issued_at_unix_seconds -= 91 * 86_400;
    bob.detect(&[old]);
    assert!(bob.table_queries.is_empty(), "the reference is too old to be corrected");
    bob.last_day = Some(day("2026-11-13"));
    assert_eq!(bob.detect(&before).departures[0].ended_on, "2026-11-13");
    bob.status = "employed";
    assert_eq!(bob.detect(&before), Detection { employees: 1, ..Detection::default() });
    assert!(bob.table_queries.is_empty());
}

/// What happens to the employee in one step of a random story.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Garden leave begins, with (`true`) or without a last day of work.
    Release(bool),
    /// The garden leave is withdrawn.
    Return,
    /// The employment ends.
    Terminate,
}

fn step() -> impl Strategy<Value = (u64, Step)> {
    let kind = prop_oneof![any::<bool>().prop_map(Step::Release), Just(Step::Return), Just(Step::Terminate)];
    (1_u64..40, kind)
}

proptest! {
    /// In any story, with a run every day, there is one departure for each time that the employee stops working, it is
    /// cancelled when they work again, and there is never a correction.
    #[test]
    fn one_reference_for_each_end_of_work(steps in prop::collection::vec(step(), 1..12)) {
        let mut bob = Bob::new("2026-01-05");
        let (mut standing, mut issued): (_, Option<Departure>) = (Standing::Employed, None);
        for (days, step) in steps {
            for _ in 0..days {
                bob.today = bob.today + Days::new(1);
                let known = known(standing, issued.as_ref(), &bob);
                prop_assert_eq!(bob.detect(&known), Detection { employees: 1, ..Detection::default() });
            }
            let yesterday = bob.today.pred_opt();
            let is_away = standing == Standing::Left;
            match step {
                Step::Release(dated) if !is_away => {
                    bob.status = "garden leave";
                    bob.last_day = yesterday.filter(|_| dated);
                    bob.rows.push((bob.today, "garden leave"));
                    bob.termination = Some(bob.today + Days::new(90));
                }
                Step::Return if bob.status == "garden leave" => {
                    (bob.status, bob.last_day, bob.termination) = ("employed", None, None);
                    bob.rows.push((bob.today, "employed"));
                }
                Step::Terminate if bob.status != "terminated" => {
                    (bob.status, bob.termination) = ("terminated", yesterday);
                    bob.rows.push((yesterday.unwrap(), "terminated"));
                }
                _ => continue,
            }
            let detection = bob.detect(&known(standing, issued.as_ref(), &bob));
            prop_assert!(detection.corrected.is_empty() && detection.findings.is_empty());
            match bob.status {
                "employed" => {
                    prop_assert_eq!(&detection.cancelled, &Vec::from_iter(issued.take()));
                    standing = Standing::Employed;
                }
                _ if is_away => prop_assert_eq!(&detection, &Detection { employees: 1, ..Detection::default() }),
                _ => {
                    prop_assert_eq!(detection.departures.len(), 1);
                    issued = detection.departures.into_iter().next();
                    prop_assert_eq!(issued.as_ref().map(|issued| issued.ended_on.clone()), yesterday.map(|day| day.to_string()));
                    standing = Standing::Left;
                }
            }
            if let Some(departure) = &issued {
                prop_assert_eq!(&bob.claims(departure).unwrap().ended_on, &departure.ended_on);
            }
        }
    }
}
