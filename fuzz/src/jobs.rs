//! Whole jobs of the connector, every answer of HiBob and of TravelPerk foreign.

use crate::world::Answers;
use crate::{Reading, parts};
use hibob_connector_core::apply::apply;
use hibob_connector_core::change::{Attempt, Change};
use hibob_connector_core::check::check;
use hibob_connector_core::error::JobError;
use hibob_connector_core::http::Request;
use hibob_connector_core::plan::Plan;
use hibob_connector_core::references::{self, Departure, Issued, Known, ReferenceSettings, Standing};
use hibob_connector_core::settings::Settings;
use hibob_connector_core::sync;
use hibob_connector_core::value::{NamedValue, Value};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// 2026-11-24.
const NOW: u64 = 1_795_478_400;

fn text(name: &str, text: &str) -> NamedValue {
    NamedValue { name: name.to_owned(), value: Value::Text(text.to_owned()) }
}

fn texts(name: &str, texts: &[&str]) -> NamedValue {
    let texts = texts.iter().map(ToString::to_string).collect();
    NamedValue { name: name.to_owned(), value: Value::Texts(texts) }
}

/// As much as can be asked for, so that every answer is read.
static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let details = [
        "title",
        "phone",
        "language",
        "gender",
        "date-of-birth",
        "country",
        "cost-center",
        "company",
        "manager",
        "emergency-contact",
    ];
    let values = [
        text("hibob-url", "https://hibob/v1"),
        text("scim-url", "https://travelperk/scim"),
        text("rest-url", "https://travelperk/rest"),
        text("cost-centers-url", "https://centers/rest"),
        text("garden-leave", "archive"),
        text("swap-address", "swap-{id}@acme.example"),
        text("missing-detail", "skip"),
        text("plan-tier", "pro"),
        text("approval-method", "B"),
        NamedValue { name: "approvals-replace-existing".to_owned(), value: Value::Flag(true) },
        texts("approver-conditions", &["out-of-policy"]),
        texts("details", &details),
        texts("source-language", &["work.custom.field_1"]),
        texts("source-emergency-name", &["emergency.name"]),
        texts("source-emergency-phone", &["emergency.phone"]),
    ];
    Settings::read(&values).unwrap()
});

/// The world of an input: its first part is the storage, a line `KEY VALUE` for each entry, and each other part the
/// answer to the next request.
fn read_world(bytes: &[u8]) -> Answers<'_> {
    let mut parts = parts(bytes);
    let storage = parts.next().unwrap_or_default();
    let mut world = Answers::new(parts.collect(), |_, number| number);
    for line in storage.split(|byte| *byte == b'\n') {
        if let Some(at) = line.iter().position(|byte| *byte == b' ') {
            world.storage.insert(String::from_utf8_lossy(&line[..at]).into_owned(), line[at + 1..].to_vec());
        }
    }
    world
}

/// Plans and applies. A plan is the same each time, is sound by the independent audit, and names each change once and
/// after those that it depends on; only applying writes.
pub(crate) fn sync_job(bytes: &[u8]) -> Reading {
    let settings = &*SETTINGS;
    let plan = |world: &mut Answers<'_>| sync::plan(world, settings, NOW, &[]);
    let mut world = read_world(bytes);
    let planned = plan(&mut world);
    let changes = |plan: &Plan| plan.changes(0).collect::<Vec<Change>>();
    let again = plan(&mut read_world(bytes));
    assert_eq!(planned.as_ref().map(changes), again.as_ref().map(changes), "the same answers give another plan");
    if let Err(JobError::Unsound(why)) = &planned {
        panic!("the plan breaks a promise: {why}");
    }
    drop(check(&mut read_world(bytes), settings, NOW));
    let Ok(plan) = planned else { return Reading::Refused };
    assert_eq!(plan.changes(0).count(), plan.len());
    let mut ids = BTreeSet::new();
    for change in plan.changes(0) {
        let earlier = change.depends_on.iter().chain(&change.after).all(|id| ids.contains(id));
        assert!(earlier, "{} comes before what it waits for", change.id);
        assert!(ids.insert(change.id.clone()), "{} is there twice", change.id);
    }
    world.may_write = true;
    for change in plan.changes(0) {
        for attempt in [Attempt::First, Attempt::AfterUnknownOutcome] {
            apply(&mut world, settings, &change, attempt, NOW);
        }
    }
    Reading::Accepted
}

static REFERENCE_SETTINGS: LazyLock<ReferenceSettings> = LazyLock::new(|| {
    let values = [text("hibob-url", "https://hibob/v1"), text("garden-leave", "is-departure")];
    ReferenceSettings::read(&values).unwrap()
});

/// The parts are: the employees, the lifecycle table, the titles, the departments.
fn by_question(request: &Request, _number: usize) -> usize {
    let is_about = |word| request.url.contains(word);
    match () {
        () if is_about("/lifecycle?") => 1,
        () if is_about("/title") => 2,
        () if is_about("/department") => 3,
        () => 0,
    }
}

/// Detects departures and reads what a reference says. What is detected of one employee is what is found when only
/// that one is read; lists are sorted; dates are dates.
pub(crate) fn references_job(bytes: &[u8]) -> Reading {
    let settings = &*REFERENCE_SETTINGS;
    let mut world = Answers::new(parts(bytes).collect(), by_question);
    let departure = |id: &str| Departure {
        employee_id: id.to_owned(),
        ended_on: "2026-10-31".to_owned(),
        basis: "2020-01-06|2026-10-31|1|2|".to_owned(),
    };
    let known = [
        Known { employee_id: "7".to_owned(), standing: Standing::Employed, issued: None },
        Known {
            employee_id: "8".to_owned(),
            standing: Standing::Left,
            issued: Some(Issued { departure: departure("8"), issued_at_unix_seconds: NOW - 1000 }),
        },
    ];
    // A lone surrogate passes in a field that is not asked for, and detection asks for fewer than the others.
    let is_json = parts(bytes).next().is_some_and(|answer| serde_json::from_slice::<serde_json::Value>(answer).is_ok());
    let Ok(detection) = references::detect(&mut world, settings, NOW, &known) else { return Reading::Refused };
    for departures in [&detection.departures, &detection.cancelled, &detection.corrected] {
        assert!(departures.is_sorted_by(|one, other| one.employee_id <= other.employee_id));
    }
    for found in detection.departures.iter().chain(&detection.corrected) {
        assert!(found.ended_on.parse::<chrono::NaiveDate>().is_ok(), "{found:?}");
        let alone = references::look_up(&mut world, settings, NOW, &found.employee_id);
        if detection.employees == 1 && is_json {
            assert_eq!(alone.as_ref(), Ok(&Some(found.clone())));
        }
        let claims = references::claims(&mut world, settings, NOW, std::slice::from_ref(found));
        if let Ok([Some(claims)]) = claims.as_deref() {
            assert_eq!(claims.ended_on, found.ended_on);
            assert!(!claims.given_name.is_empty() || !claims.family_name.is_empty());
        }
        drop(references::address(&mut world, settings, &found.employee_id));
    }
    Reading::Accepted
}
