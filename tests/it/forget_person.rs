//! Tests of erasing one person: their stored data can be read by nobody, others' data can, and a sync does not bring
//! them back.

mod again;
mod commands;
mod issuer;
mod killed;
mod restored;
mod waiting;

use super::sync::employee;
use hibob_fakes::company::Employee;
use hibob_jobs::run::Report;
use hibob_store::data_dir::DataDir;
use hibob_store::privacy::{ErasureReport, forget_person};
use hibob_tests::canaries::Canaries;
use hibob_tests::setup::Setup;
use sha2::{Digest, Sha256};
use std::io::ErrorKind;
use std::path::Path;

/// The employee who is erased. She is the line manager of one who is not.
const QUOKKA: &str = "5150000000000000001";
const BILBY: &str = "5150000000000000002";
/// An employee whose record is broken.
const NUMBAT: &str = "5150000000000000003";

/// Texts that are only in Quokka's data.
const OF_QUOKKA: [&str; 5] = ["Quokkaline", "Vantabluck", "quokka@acme.example", "Chiefquokka", "Quokkateer"];
const OF_BILBY: [&str; 3] = ["Bilbyrd", "Zugbruck", "bilby@acme.example"];

fn company() -> Vec<Employee> {
    let mut quokka = employee(QUOKKA, "Quokkaline", "quokka@acme.example");
    quokka.surname = "Vantabluck".to_owned();
    quokka.title = "Chiefquokka".to_owned();
    let mut bilby = employee(BILBY, "Bilbyrd", "bilby@acme.example");
    bilby.surname = "Zugbruck".to_owned();
    bilby.manager = Some(QUOKKA.to_owned());
    let mut numbat = employee(NUMBAT, "Nora", "");
    numbat.email = None;
    vec![quokka, bilby, numbat]
}

/// A company with run records: all accounts were created, then one was changed, and got another line manager and the
/// first one back.
async fn synced() -> Setup {
    let setup = Setup::of(company()).await;
    assert_eq!(setup.sync().await.created, 2);
    setup.world().hibob.employee_mut(QUOKKA).title = "Quokkateer".to_owned();
    setup.world().hibob.employee_mut(BILBY).manager = None;
    assert_eq!(setup.sync().await.updated, 2);
    setup.world().hibob.employee_mut(BILBY).manager = Some(QUOKKA.to_owned());
    assert_eq!(setup.sync().await.updated, 1);
    setup.writes();
    setup
}

async fn forget(setup: &Setup, id: &str) -> ErasureReport {
    forget_person(&setup.data, "acme", id, Some("hr@acme.example")).await.unwrap()
}

/// Every file of a data directory except compiled code, including free pages and write-ahead logs.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        match path.is_dir() {
            true if path.ends_with("compiled") => {}
            true => files(&path, found),
            false => match std::fs::read(&path) {
                Ok(bytes) => found.push((path.display().to_string(), bytes)),
                // A connection that was closed has taken its write-ahead log with it.
                Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{}", path.display()),
            },
        }
    }
}

/// The files that have one of these texts.
fn found(data: &Path, texts: &[&str]) -> Vec<String> {
    let (canaries, mut all) = (Canaries::new(texts.iter().map(ToString::to_string)), Vec::new());
    files(data, &mut all);
    assert!(!all.is_empty());
    let found = |(place, bytes): &(String, Vec<u8>)| canaries.find(bytes).map(|text| format!("{text} in {place}"));
    all.iter().filter_map(found).collect()
}

/// Everything that the history shows, as text.
async fn told(data: &DataDir) -> String {
    let records = data.records("acme").await.unwrap();
    let mut told = String::new();
    for run in records.database().past_runs(100).await.unwrap() {
        let run = records.past_run(run.id).await.unwrap().unwrap();
        told += &format!("{}\n{:?}\n", run.report, records.run_updates(run.id).await.unwrap());
    }
    told
}

/// For each stored plan: how many of its changes cannot be decrypted any more, and the text of the others.
async fn plans(data: &DataDir) -> Vec<(usize, String)> {
    let records = data.records("acme").await.unwrap();
    let url = format!("sqlite:{}", data.path().join("tenants/acme.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    let rows: Vec<(String, Vec<u8>)> =
        sqlx::query_as("SELECT digest, content FROM plans ORDER BY rowid").fetch_all(&pool).await.unwrap();
    let mut plans = Vec::new();
    for (digest, content) in rows {
        let now: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(now, digest, "the plan was changed");
        let opened = records.plan(&digest).await.unwrap().unwrap();
        plans.push((opened.forgotten, format!("{:?}", opened.planned)));
    }
    plans
}

fn has_all(text: &str, words: &[&str]) -> bool {
    words.iter().all(|word| text.contains(word))
}

fn has_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_is_forgotten_and_nobody_else() {
    let setup = synced().await;
    let data = setup.data.path();
    // No personal data is stored in the open, but the commands show it.
    assert_eq!(found(data, &[&OF_QUOKKA[..], &OF_BILBY].concat()), [""; 0]);
    assert!(!found(data, &[QUOKKA]).is_empty(), "the search finds nothing");
    let before = told(&setup.data).await;
    assert!(
        has_all(&before, &OF_QUOKKA) && has_all(&before, &[&OF_BILBY[..2], &[NUMBAT, "MISSING_EMAIL"]].concat()),
        "{before}"
    );
    let stored = plans(&setup.data).await;
    assert_eq!(stored.iter().map(|(forgotten, _)| *forgotten).collect::<Vec<_>>(), [0, 0, 0]);
    assert!(stored.iter().all(|(_, plan)| has_any(plan, &OF_QUOKKA)));

    let done = forget(&setup, QUOKKA).await;
    assert!(done.was_known && done.rows.accounts == 1 && done.rows.entries == 1, "{done:?}");
    assert_eq!(found(data, &[&OF_QUOKKA[..], &[QUOKKA]].concat()), [""; 0]);
    let after = told(&setup.data).await;
    assert!(!has_any(&after, &OF_QUOKKA) && !after.contains(QUOKKA), "{after}");
    assert!(after.contains("forgotten") && has_all(&after, &OF_BILBY[..2]), "{after}");
    assert_eq!((after.matches("MISSING_EMAIL").count(), after.matches(NUMBAT).count()), (3, 3), "{after}");
    let stored = plans(&setup.data).await;
    assert_eq!(stored.iter().map(|(forgotten, _)| *forgotten).collect::<Vec<_>>(), [1, 1, 0]);
    assert!(stored.iter().all(|(_, plan)| !has_any(plan, &OF_QUOKKA) && plan.contains("Bilbyrd")), "{stored:?}");

    // New data about others can be decrypted, and erasing a second time is no error.
    setup.world().hibob.employee_mut(BILBY).title = "Bilbymaster".to_owned();
    assert_eq!(setup.sync().await.updated, 1);
    assert!(told(&setup.data).await.contains("Bilbymaster"));
    assert!(!forget(&setup, QUOKKA).await.was_known);
    assert_eq!(found(data, &[&OF_QUOKKA[..], &[QUOKKA]].concat()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_log_and_the_erasure_list_name_nobody() {
    let setup = synced().await;
    let done = forget(&setup, QUOKKA).await;
    let rows = setup.data.control().api_log(10).await.unwrap();
    let row = rows.iter().find(|row| row.action == "person-forget").unwrap();
    assert_eq!((row.actor.as_str(), row.outcome.as_str()), ("hr@acme.example", "done"));
    assert_eq!(row.object.as_deref(), Some(done.person.to_string().as_str()));
    let list = std::fs::read_to_string(setup.data.path().join("forgotten.list")).unwrap();
    assert!(list.contains(&done.person.to_string()) && !list.contains(QUOKKA), "{list}");
    let [row] = setup.data.tenant_database("acme").await.unwrap().erasures().await.unwrap().try_into().unwrap();
    assert_eq!((row.tag, row.times, row.is_lifted, row.is_complete), (done.person, 1, false, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_in_progress_keeps_its_persons() {
    let setup = synced().await;
    let lease = setup.data.control().lease("acme", "a run").await.unwrap();
    let error = forget_person(&setup.data, "acme", QUOKKA, None).await.unwrap_err();
    assert_eq!(error.code(), "ALREADY_RUNNING");
    assert!(!setup.data.path().join("forgotten.list").exists());
    assert!(has_all(&told(&setup.data).await, &OF_QUOKKA));
    lease.release().await.unwrap();
    assert!(forget(&setup, QUOKKA).await.was_known);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_id_is_erased_and_a_text_that_is_no_id_is_refused() {
    let setup = synced().await;
    let unknown = "5150000000000000009";
    assert!(!forget(&setup, unknown).await.was_known);
    setup.world().hibob.insert(employee(unknown, "Wallaby", "wallaby@acme.example"));
    let report: Report = setup.sync().await;
    assert_eq!((report.created, report.forgotten), (0, 1));
    for id in ["", "quokka@acme.example", "1 2", "-1"] {
        let error = forget_person(&setup.data, "acme", id, None).await.unwrap_err();
        assert!(error.code() == "CONFIGURATION" && error.remedy().contains("hibob employees acme"), "{error}");
    }
    assert_eq!(forget_person(&setup.data, "beta", unknown, None).await.unwrap_err().code(), "CONFIGURATION");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_tenants_key_nothing_is_shown_and_nothing_is_lost() {
    let setup = synced().await;
    let key = setup.data.path().join("secrets.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let error = setup.data.records("acme").await.err().unwrap();
    assert!(error.remedy().contains("bring key"), "{error}: {}", error.remedy());
    std::fs::write(&key, kept).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    assert!(has_all(&told(&setup.data).await, &OF_QUOKKA));
    // A rotation of the store's key keeps the persons' keys.
    setup.data.secrets().rotate().await.unwrap();
    assert!(has_all(&told(&setup.data).await, &OF_QUOKKA));
}

/// An earlier version stored data in the open. It is read as it is, and removed by an erasure.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_version_wrote_is_read_and_removed() {
    let setup = synced().await;
    let url = format!("sqlite:{}", setup.data.path().join("tenants/acme.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    let report = serde_json::json!({
        "created": 1,
        "errors": [{ "employee_id": QUOKKA, "code": "X", "message": "of Vantabluck" }, { "employee_id": BILBY, "code": "Y" }],
        "error": { "code": "PLUGIN_FAILED", "message": format!("the plugin made create:{QUOKKA} twice"), "remedy": "" },
    });
    sqlx::query("UPDATE runs SET report = $1 WHERE id = 1").bind(report.to_string()).execute(&pool).await.unwrap();
    let plan = serde_json::json!({
        "created_at": 1, "counts": {}, "findings": [], "baseline": [],
        "changes": [{
            "id": format!("create:{QUOKKA}"), "kind": "Create", "employee_id": QUOKKA, "target_id": null,
            "display_name": "Quokkaline Vantabluck", "depends_on": [], "after": [], "fields": [], "reason": "",
        }],
    });
    for (sql, text) in [
        ("UPDATE plans SET content = CAST($1 AS BLOB) WHERE rowid = 1", plan.to_string()),
        ("DELETE FROM run_updates WHERE run = 1 AND $1 <> ''", "all".to_owned()),
        (
            "INSERT INTO run_updates (run, position, employee_id, name, action, field, before, after, result) VALUES (1, 0, $1, 'Quokkaline Vantabluck', 'Created', '', '', 'quokka@acme.example', 'Done')",
            QUOKKA.to_owned(),
        ),
        (
            "INSERT INTO run_updates (run, position, employee_id, name, action, field, before, after, result) VALUES (1, 1, $1, 'Bilbyrd Zugbruck', 'Assigned', 'manager', '', 'Quokkaline Vantabluck', 'Done')",
            BILBY.to_owned(),
        ),
    ] {
        sqlx::query(sql).bind(text).execute(&pool).await.unwrap();
    }
    pool.close().await;
    let all = told(&setup.data).await;
    assert!(has_all(&all, &["Quokkaline Vantabluck", "of Vantabluck", "Bilbyrd Zugbruck"]), "{all}");
    let done = forget(&setup, QUOKKA).await;
    assert_eq!((done.rows.lines, done.rows.reports, done.rows.plans), (1, 1, 1), "{done:?}");
    assert_eq!(found(setup.data.path(), &[&OF_QUOKKA[..], &[QUOKKA]].concat()), [""; 0]);
    let all = told(&setup.data).await;
    assert!(
        !has_any(&all, &OF_QUOKKA) && has_all(&all, &["Bilbyrd Zugbruck", "create:forgotten twice", "\"Y\""]),
        "{all}"
    );
    assert_eq!(plans(&setup.data).await.len(), 2);
    assert_eq!(setup.sync().await.error, None);
}
