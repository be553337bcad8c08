use super::*;
use crate::references::settings::tests::settings;
use serde_json::json;

const NOW: u64 = 1_800_000_000;

/// An employee's record: status, start, last day of work, termination date, title.
fn person(id: &str, status: &str, dates: [Option<&str>; 3], title: &str) -> Vec<u8> {
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
    person(id, "terminated", [Some("2020-01-06"), Some(end), Some("2026-12-31")], "100001")
}

fn employed(id: &str) -> Vec<u8> {
    person(id, "employed", [Some("2020-01-06"), None, None], "100001")
}

fn known(id: &str, standing: Standing) -> Known {
    Known { employee_id: id.to_owned(), standing, issued: None }
}

fn departure(id: &str, end: &str) -> Departure {
    Departure { employee_id: id.to_owned(), ended_on: end.to_owned(), basis: format!("2020-01-06|{end}|100001|") }
}

fn issued(id: &str, end: &str, days_ago: u64) -> Known {
    let issued = Issued { departure: departure(id, end), issued_at_unix_seconds: NOW - days_ago * 86_400 };
    Known { issued: Some(issued), ..known(id, Standing::Left) }
}

/// What is detected in an answer.
fn detected(people: &[Vec<u8>], known: &[Known]) -> Detection {
    let settings = settings(&[]);
    let reader = RecordReader::new(FIELDS.iter().take(DETECTION_FIELDS).copied());
    let by_id: BTreeMap<&str, &Known> = known.iter().map(|known| (known.employee_id.as_str(), known)).collect();
    let rules = Rules { settings: &settings, now_unix_seconds: NOW };
    let mut detector = Detector { rules, is_first: known.is_empty(), detection: Detection::default() };
    for json in people {
        let record = reader.read(json).unwrap();
        let person = Person::new(&record);
        detector.look_at(&person, person.id().and_then(|id| by_id.get(id).copied()), None);
    }
    detector.detection
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
    // Told once: the next time it is recorded.
    let again = detected(&[left("1", "2026-11-20")], &[issued("1", "2026-11-20", 1)]);
    assert_eq!(again, Detection::default());
}

#[test]
fn the_last_day_of_work_counts_before_the_termination_date() {
    for (dates, end) in [
        ([Some("2020-01-06"), Some("2026-10-30"), Some("2026-11-30")], Some("2026-10-30")),
        ([Some("2020-01-06"), None, Some("2026-11-30")], Some("2026-11-30")),
        ([Some("2020-01-06"), Some("soon"), Some("2026-11-30")], Some("2026-11-30")),
        ([Some("2020-01-06"), None, None], None),
        ([None, None, Some("2026-11-30")], None),
    ] {
        let detection = detected(&[person("1", "terminated", dates, "1")], &[known("1", Standing::Employed)]);
        assert_eq!(detection.departures.first().map(|departure| departure.ended_on.as_str()), end, "{dates:?}");
        // What is missing is told, and looked at again the next time.
        assert_eq!((detection.findings.is_empty(), detection.seen.is_empty()), (end.is_some(), end.is_none()));
    }
}

#[test]
fn a_date_alone_or_another_status_is_no_departure() {
    for status in ["employed", "garden leave", "parental leave", "hired"] {
        let leaving = person("1", status, [Some("2020-01-06"), Some("2026-01-01"), Some("2026-01-01")], "1");
        assert_eq!(detected(&[leaving], &[known("1", Standing::Employed)]), Detection::default(), "{status}");
    }
    let unknown = person("1", "sabbatical", [Some("2020-01-06"), None, None], "1");
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
fn a_cancelled_termination_is_told_and_a_rehire_is_not() {
    let back = |start: &str| person("1", "employed", [Some(start), None, None], "100001");
    let before = [issued("1", "2026-11-20", 10)];
    assert_eq!(detected(&[back("2020-01-06")], &before).cancelled, [departure("1", "2026-11-20")]);
    assert_eq!(detected(&[back("2026-11-20")], &before).cancelled.len(), 1);
    let rehired = detected(&[back("2027-01-04")], &before);
    assert_eq!((rehired.cancelled.len(), rehired.seen.len()), (0, 1));
    // The second leaving is a departure of its own.
    let second = person("1", "terminated", [Some("2027-01-04"), None, Some("2028-01-31")], "100001");
    let working = [Known { standing: Standing::Employed, ..issued("1", "2026-11-20", 10) }];
    assert_eq!(detected(&[second], &working).departures[0].ended_on, "2028-01-31");
}

#[test]
fn a_correction_within_ninety_days_is_told() {
    let corrected = |end: &str, title: &str| person("1", "terminated", [Some("2020-01-06"), Some(end), None], title);
    let told = |person: Vec<u8>, days: u64| detected(&[person], &[issued("1", "2026-11-20", days)]).corrected.len();
    assert_eq!(told(corrected("2026-11-20", "100001"), 10), 0);
    assert_eq!(told(corrected("2026-11-20", "100002"), 10), 1);
    assert_eq!(told(corrected("2026-11-21", "100001"), 90), 1);
    assert_eq!(told(corrected("2026-11-21", "100001"), 91), 0);
    assert_eq!(told(corrected("no date", "100001"), 10), 0);
}
