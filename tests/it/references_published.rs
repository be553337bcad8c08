//! Tests of the published folder: it has no personal data, and its content can be worked out again from the references.

use super::references::TABLE;
use super::references_job::leave;
use hibob_base::progress::NoProgress;
use hibob_fakes::company::Employee;
use hibob_fakes::hibob::Limits;
use hibob_jobs::references;
use hibob_jobs::references::{IssuerKeys, ReferencesRequest, Release, Report};
use hibob_store::database::{ReferenceRow, ReferenceState};
use hibob_tests::canaries::Canaries;
use hibob_tests::deep;
use hibob_tests::published;
use hibob_tests::setup::{Setup, plugin};
use std::path::Path;
use std::sync::Arc;

/// Enough for two tiles of the log, or for three.
fn people() -> usize {
    deep(270, 600)
}

const FIRST: [&str; 4] = ["Zoë", "Łukasz", "Άννα", "Quillon"];

fn person(number: usize) -> Employee {
    let (id, first) = (format!("2749{number:015}"), FIRST[number % FIRST.len()]);
    let (surname, email) = (format!("Vantablück{number:03}"), format!("mail.of.{number:03}@somewhere.example"));
    let mut employee = Employee::new(&id, first, &surname, &email);
    employee.title = "Chefärztin".to_owned();
    employee.department = "Zugbrücken".to_owned();
    employee.terminate(chrono::NaiveDate::from_ymd_opt(2026, 10, 30).unwrap());
    employee
}

async fn run(setup: &Setup, employees: Option<Vec<String>>) -> Report {
    let order = ReferencesRequest {
        employees,
        release: Release { issuing: people(), revoking: 0 },
        ..ReferencesRequest::default()
    };
    let report =
        hibob_runner::references(&setup.data, &setup.tenant().await, plugin(), Arc::new(NoProgress), &order).await;
    assert!(report.error.is_none() && report.errors.is_empty(), "{:?} {:?}", report.error, report.errors.first());
    report
}

/// Texts by which a person could be recognized.
fn canaries(references: &[ReferenceRow]) -> Vec<String> {
    let known_by = (0..people()).map(person).flat_map(|person| {
        let local = person.email.clone().unwrap().replace("@somewhere.example", "");
        [person.display_name(), person.surname, person.id, local]
    });
    let words = ["Chefärztin", "Zugbrücken", "somewhere.example", "2026-10-30"].map(str::to_owned);
    known_by.chain(words).chain(references.iter().map(|row| row.id.clone())).collect()
}

fn files(folder: &Path, found: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        found.extend(entry.file_name().as_encoded_bytes());
        match entry.file_type().unwrap().is_dir() {
            true => files(&entry.path(), found),
            false => found.extend(std::fs::read(entry.path()).unwrap()),
        }
    }
}

/// Publishes, and checks the whole folder.
async fn publish(setup: &Setup) -> Vec<ReferenceRow> {
    let folder = setup.folder.path().join("public");
    let config = setup.data.config("acme").await.unwrap();
    references::publish(&setup.data, &config, &folder).await.unwrap();
    let rows = setup.data.records("acme").await.unwrap().references().await.unwrap();
    published::assert_is_of(&folder, "acme.example", &rows);
    let mut bytes = Vec::new();
    files(&folder, &mut bytes);
    let known = Canaries::new(canaries(&rows));
    assert_eq!(known.find(&bytes), None, "is published");
    // The search works: it finds the texts in the references, and the expected texts in the folder.
    assert!(rows.iter().all(|row| known.find(&row.document).is_some()));
    assert!(Canaries::new(["acme.example".to_owned()]).find(&bytes).is_some());
    rows
}

/// With a folder in the tenant's file, whoever gets a reference can verify it at once, and nobody has to publish.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_publishes_what_it_changes_before_it_delivers() {
    let setup = Setup::of((0..3).map(person).collect()).await;
    let folder = setup.folder.path().join("served");
    let publish = format!("[references.publish]\ndir = {:?}\n", folder.display().to_string());
    setup.apply_tenant("acme", &format!("{TABLE}\n{publish}")).await;
    let config = setup.data.config("acme").await.unwrap();
    IssuerKeys::open(&setup.data, &config).await.unwrap().make(None).await.unwrap();
    let [list, head] = ["references/status/1/revoked.json", "references/log/checkpoint"].map(|path| folder.join(path));
    assert_eq!(run(&setup, Some(vec![person(0).id])).await.issued, 1);
    let published = (std::fs::read(&list).unwrap(), std::fs::read(&head).unwrap());
    assert!(String::from_utf8(published.0.clone()).unwrap().contains("\"validUntil\""));
    // Nothing has changed since, and the lists are of today.
    run(&setup, Some(Vec::new())).await;
    assert_eq!((std::fs::read(&list).unwrap(), std::fs::read(&head).unwrap()), published);
    // A list that is missing, a revocation and another reference are published by the next run.
    std::fs::remove_file(&list).unwrap();
    run(&setup, Some(Vec::new())).await;
    assert!(list.exists());
    let database = setup.data.tenant_database("acme").await.unwrap();
    let id = database.references().await.unwrap()[0].id.clone();
    database.revoke_reference(&id, "by mistake", 0).await.unwrap();
    run(&setup, Some(vec![person(1).id])).await;
    let rows = setup.data.records("acme").await.unwrap().references().await.unwrap();
    assert_eq!(rows.len(), 2);
    published::assert_is_of(&folder, "acme.example", &rows);
    // Where the folder cannot be written, the run says so, and delivers all the same.
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "a file").unwrap();
    let order = ReferencesRequest { employees: Some(vec![person(2).id]), ..ReferencesRequest::default() };
    let tenant = setup.tenant().await;
    let report = hibob_runner::references(&setup.data, &tenant, plugin(), Arc::new(NoProgress), &order).await;
    assert_eq!((report.issued, report.errors.len()), (1, 1), "{:?}", report.errors);
    assert_eq!((report.errors[0].code.as_str(), report.error), ("PUBLISH_FAILED", None));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_has_no_personal_data_and_can_be_worked_out_again() {
    let mut setup = Setup::of((0..people()).map(person).collect()).await;
    let limits = Limits { search: u32::MAX, person: u32::MAX, metadata: u32::MAX, tables: u32::MAX };
    setup.world().hibob.limits = limits;
    setup.hibob_calls_per_minute = u32::MAX;
    setup.apply_tenant("acme", TABLE).await;
    let config = setup.data.config("acme").await.unwrap();
    IssuerKeys::open(&setup.data, &config).await.unwrap().make(None).await.unwrap();
    let everybody = (0..people()).map(|number| person(number).id).collect();
    assert_eq!(run(&setup, Some(everybody)).await.issued, people() as u64);
    assert_eq!(publish(&setup).await.len(), people());

    // Some references are revoked, and some corrected.
    let database = setup.data.tenant_database("acme").await.unwrap();
    for row in database.references().await.unwrap().iter().skip(people() - 20) {
        assert_eq!(database.revoke_reference(&row.id, "Vantablück: by mistake", 0).await.unwrap(), Some(true));
    }
    for number in 0..30 {
        leave(&mut setup.world(), &person(number).id, "2026-10-29");
    }
    assert_eq!(run(&setup, None).await.superseded, 30);
    let rows = publish(&setup).await;
    let number = |state: ReferenceState| rows.iter().filter(|row| row.state == state).count();
    assert_eq!(
        (rows.len(), number(ReferenceState::Revoked), number(ReferenceState::Superseded)),
        (people() + 30, 20, 30)
    );
}
