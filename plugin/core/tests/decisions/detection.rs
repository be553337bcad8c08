//! Tests of what is detected in an answer of HiBob's, compared with what was recorded.

use crate::bob::{Answers, settings};
use hibob_connector_core::http::Request;
use hibob_connector_core::references::{
    Departure, Detection, Issued, Known, ReferenceSettings, Seen, Standing, detect,
};
use serde_json::{Value, json};

const NOW: u64 = 1_800_000_000;

/// An employee's record: status, start, last day of work, termination date, title.
fn employee(id: &str, status: &str, dates: [Option<&str>; 3], title: &str) -> Vec<u8> {
    let [start, last, end] = dates;
    json!({
        "id": id,
        "internal": { "lifecycleStatus": status, "terminationDate": end },
        "employee": { "lastDayOfWork": last },
        "work": { "startDate": start, "title": title },
    })
    .to_string()
    .into_bytes()
}

fn left(id: &str, end: &str) -> Vec<u8> {
    employee(id, "terminated", [Some("2020-01-06"), Some(end), Some("2026-12-31")], "100001")
}

fn employed(id: &str) -> Vec<u8> {
    employee(id, "employed", [Some("2020-01-06"), None, None], "100001")
}

fn known(id: &str, standing: Standing) -> Known {
    Known { employee_id: id.to_owned(), standing, issued: None }
}

fn departure(id: &str, end: &str) -> Departure {
    Departure {
        employee_id: id.to_owned(),
        ended_on: end.to_owned(),
        basis: format!("2020-01-06|{end}|100001||last-day-of-work"),
    }
}

fn issued(id: &str, end: &str, days_ago: u64) -> Known {
    let issued = Issued { departure: departure(id, end), issued_at_unix_seconds: NOW - days_ago * 86_400 };
    Known { issued: Some(issued), ..known(id, Standing::Left) }
}

/// What is detected in an answer, with the default settings.
fn detected(people: &[Vec<u8>], known: &[Known]) -> Detection {
    detected_by(&settings(&[]), people, known)
}

fn detected_by(settings: &ReferenceSettings, people: &[Vec<u8>], known: &[Known]) -> Detection {
    let people: Vec<Value> = people.iter().map(|json| serde_json::from_slice(json).unwrap()).collect();
    // The names, which are asked for with a filter, are not known here.
    let mut world = Answers(|request: &Request| {
        let is_filtered = String::from_utf8_lossy(&request.body).contains("\"filters\"");
        json!({ "employees": if is_filtered { Vec::new() } else { people.clone() } })
    });
    let detection = detect(&mut world, settings, NOW, known).unwrap();
    assert_eq!(detection.employees, people.len());
    Detection { employees: 0, ..detection }
}

#[test]
fn the_first_look_is_the_baseline_and_nobody_has_left() {
    let detection = detected(&[employed("1"), left("2", "2026-11-20")], &[]);
    let seen = |id: &str, standing| Seen { employee_id: id.to_owned(), standing };
    assert_eq!(detection.seen, [seen("1", Standing::Employed), seen("2", Standing::Left)]);
    assert_eq!((detection.departures.len(), detection.findings.len()), (0, 0));
}

#[test]
fn who_worked_here_and_is_terminated_has_left() {
    let detection = detected(
        &[left("1", "2026-11-20"), employed("2")],
        &[known("1", Standing::Employed), known("2", Standing::Employed)],
    );
    assert_eq!(detection.departures, [departure("1", "2026-11-20")]);
    assert_eq!(detection.seen, [Seen { employee_id: "1".to_owned(), standing: Standing::Left }]);
    // The next time the departure is recorded already.
    let again = detected(&[left("1", "2026-11-20")], &[issued("1", "2026-11-20", 1)]);
    assert_eq!(again, Detection::default());
}

#[test]
fn the_last_day_of_work_counts_before_the_termination_date() {
    for (dates, end) in [
        ([Some("2020-01-06"), Some("2026-10-30"), Some("2026-11-30")], Some("2026-10-30")),
        ([Some("2020-01-06"), None, Some("2026-11-30")], Some("2026-11-30")),
        // A last day of work that cannot be read is not replaced by another date.
        ([Some("2020-01-06"), Some("soon"), Some("2026-11-30")], None),
        ([Some("2020-01-06"), Some("2026-11-31"), Some("2026-11-30")], None),
        ([Some("2020-01-06"), None, None], None),
        ([None, None, Some("2026-11-30")], None),
    ] {
        let detection = detected(&[employee("1", "terminated", dates, "1")], &[known("1", Standing::Employed)]);
        assert_eq!(detection.departures.first().map(|departure| departure.ended_on.as_str()), end, "{dates:?}");
        // If something is missing, there is a finding, and the employee is looked at again the next time.
        assert_eq!((detection.findings.is_empty(), detection.seen.is_empty()), (end.is_some(), end.is_none()));
    }
}

#[test]
fn a_date_alone_or_another_status_is_no_departure() {
    for status in ["employed", "garden leave", "parental leave", "hired"] {
        let leaving = employee("1", status, [Some("2020-01-06"), Some("2026-01-01"), Some("2026-01-01")], "1");
        assert_eq!(detected(&[leaving], &[known("1", Standing::Employed)]), Detection::default(), "{status}");
    }
    let unknown = employee("1", "sabbatical", [Some("2020-01-06"), None, None], "1");
    let detection = detected(&[unknown], &[known("1", Standing::Left)]);
    assert_eq!((detection.seen.len(), detection.cancelled.len(), detection.findings.len()), (0, 0, 1));
}

#[test]
fn who_is_not_in_the_answer_has_not_left() {
    assert_eq!(detected(&[], &[known("1", Standing::Employed)]), Detection::default());
}

#[test]
fn who_has_left_before_they_were_seen_waits_to_be_asked_for() {
    let detection = detected(&[left("1", "2026-11-20")], &[known("2", Standing::Employed)]);
    assert_eq!((detection.departures.len(), detection.seen.len()), (0, 1));
    assert_eq!(detection.findings[0].code, "LEFT_BEFORE_FIRST_SEEN");
}

#[test]
fn a_cancelled_termination_is_reported_and_a_rehire_is_not() {
    let back = |start: &str| employee("1", "employed", [Some(start), None, None], "100001");
    let before = [issued("1", "2026-11-20", 10)];
    assert_eq!(detected(&[back("2020-01-06")], &before).cancelled, [departure("1", "2026-11-20")]);
    assert_eq!(detected(&[back("2026-11-20")], &before).cancelled.len(), 1);
    let rehired = detected(&[back("2027-01-04")], &before);
    assert_eq!((rehired.cancelled.len(), rehired.seen.len()), (0, 1));
    // When the same person leaves a second time, that is a departure of its own.
    let second = employee("1", "terminated", [Some("2027-01-04"), None, Some("2028-01-31")], "100001");
    let working = [Known { standing: Standing::Employed, ..issued("1", "2026-11-20", 10) }];
    assert_eq!(detected(&[second], &working).departures[0].ended_on, "2028-01-31");
}

#[test]
fn a_correction_within_ninety_days_is_reported() {
    let corrected = |end: &str, title: &str| employee("1", "terminated", [Some("2020-01-06"), Some(end), None], title);
    let corrections =
        |employee: Vec<u8>, days: u64| detected(&[employee], &[issued("1", "2026-11-20", days)]).corrected.len();
    assert_eq!(corrections(corrected("2026-11-20", "100001"), 10), 0);
    assert_eq!(corrections(corrected("2026-11-20", "100002"), 10), 1);
    assert_eq!(corrections(corrected("2026-11-21", "100001"), 90), 1);
    assert_eq!(corrections(corrected("2026-11-21", "100001"), 91), 0);
    assert_eq!(corrections(corrected("no date", "100001"), 10), 0);
}

#[test]
fn an_emptied_field_is_no_correction() {
    let now = |start, last, end, title: &str| {
        let employee = employee("1", "terminated", [start, last, end], title);
        let detection = detected(&[employee], &[issued("1", "2026-11-20", 10)]);
        let codes: Vec<_> = detection.findings.iter().map(|finding| finding.code).collect();
        (detection.corrected.len(), codes)
    };
    let (start, last, end) = (Some("2020-01-06"), Some("2026-11-20"), Some("2026-11-30"));
    assert_eq!(now(start, last, end, ""), (0, vec![]));
    assert_eq!(now(None, last, end, "100001"), (0, vec![]));
    assert_eq!(now(start, Some("soon"), end, "100001"), (0, vec![]));
    // The termination date does not correct a last day of work, and no correction leaves out a value that the reference
    // has.
    assert_eq!(now(start, None, end, "100001"), (0, vec!["MISSING_FIELD"]));
    assert_eq!(now(start, Some("2026-11-19"), end, ""), (0, vec!["MISSING_FIELD"]));
    assert_eq!(now(Some("2020-01-07"), last, end, "100001"), (1, vec![]));
}

/// The age of the reference for the employment before does not matter.
#[test]
fn an_employment_between_two_runs_ends_in_a_departure_of_its_own() {
    for days_ago in [10, 400] {
        let known = [issued("1", "2026-11-20", days_ago)];
        let again = |dates| detected(&[employee("1", "terminated", dates, "100001")], &known);
        let detection = again([Some("2026-12-01"), Some("2026-12-31"), None]);
        assert_eq!(detection.departures[0].ended_on, "2026-12-31");
        assert_eq!((detection.corrected.len(), detection.seen.len(), detection.findings.len()), (0, 0, 0));
        let undated = again([Some("2026-12-01"), None, None]);
        assert_eq!((undated.departures.len(), undated.findings[0].code), (0, "MISSING_EMPLOYMENT_DATES"));
        // Hired anew, while the last day in HiBob is still the one of the employment before.
        assert_eq!(again([Some("2026-12-01"), Some("2026-11-20"), None]), Detection::default());
        // Once that departure is recorded, it is not reported again.
        let known = [Known {
            issued: Some(Issued { departure: detection.departures[0].clone(), issued_at_unix_seconds: NOW }),
            ..known[0].clone()
        }];
        let employee = employee("1", "terminated", [Some("2026-12-01"), Some("2026-12-31"), None], "100001");
        assert_eq!(detected(&[employee], &known), Detection::default());
    }
}

/// No reference is cancelled because HiBob lacks a value, or because a setting was changed.
#[test]
fn in_doubt_whether_somebody_works_here_again_there_is_a_finding() {
    let offboarded = ReferenceSettings { statuses: ["offboarded".to_owned()].into(), ..settings(&[]) };
    let result = |settings: &ReferenceSettings, status: &str, start: Option<&str>, known: Known| {
        let employee = employee("1", status, [start, Some("2026-11-20"), None], "100001");
        let detection = detected_by(settings, &[employee], &[known]);
        assert!(detection.departures.is_empty() && detection.corrected.is_empty() && detection.cancelled.is_empty());
        let codes: Vec<_> = detection.findings.iter().map(|finding| finding.code).collect();
        (detection.seen.len(), codes)
    };
    let with = || issued("1", "2026-11-20", 10);
    let without = || known("1", Standing::Left);
    let start = Some("2020-01-06");
    for no_date in [None, Some("soon")] {
        assert_eq!(result(&settings(&[]), "employed", no_date, with()), (0, vec!["MISSING_START_DATE"]));
        assert_eq!(result(&settings(&[]), "employed", no_date, without()), (1, vec![]));
    }
    assert_eq!(result(&offboarded, "Terminated", start, with()), (0, vec!["WRONG_SETTING"]));
    // Otherwise all leavers would leave once more when the setting is corrected.
    assert_eq!(result(&offboarded, "terminated", start, without()), (0, vec![]));
    for spelling in ["garden leave", "gardenLeave", "garden-leave"] {
        assert_eq!(result(&settings(&[]), spelling, start, with()), (0, vec!["WRONG_SETTING"]), "{spelling}");
        assert_eq!(result(&settings(&[]), spelling, start, without()), (1, vec![]), "{spelling}");
    }
}

/// Somebody who was hired does not turn up, and HR terminates them with a day before the first one.
#[test]
fn who_never_started_is_told_once_and_gets_no_reference() {
    let start = Some("2026-12-01");
    for (last, end) in [(Some("2026-11-30"), None), (None, Some("2026-11-30")), (Some("2026-11-30"), start)] {
        let no_show = employee("1", "terminated", [start, last, end], "100001");
        let detection = detected(std::slice::from_ref(&no_show), &[known("1", Standing::Employed)]);
        assert_eq!((detection.departures.len(), detection.findings[0].code), (0, "NEVER_STARTED"), "{last:?} {end:?}");
        assert_eq!(detection.seen, [Seen { employee_id: "1".to_owned(), standing: Standing::Left }]);
        assert_eq!(detected(&[no_show], &[known("1", Standing::Left)]), Detection::default());
    }
    // A last day of an employment before, which HiBob still has, does not hide a departure.
    let left = employee("1", "terminated", [start, Some("2026-11-30"), Some("2027-03-31")], "100001");
    assert_eq!(detected(&[left], &[known("1", Standing::Employed)]).departures.len(), 1);
}
