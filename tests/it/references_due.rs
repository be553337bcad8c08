//! Tests of when a reference is issued: after the last day, and after the grace time. A mistake that is corrected until
//! then is never signed.

use super::references::TABLE;
use super::references_job::{Office, leave, people};
use chrono::{Days, Utc};
use hibob_base::error::Exit;
use hibob_contract::offboarding_references::Known;
use hibob_jobs::references::{self, HeldClass, ReferencesRequest, Release, Report};
use hibob_store::database::WhyNone;

impl Office {
    /// Stores the tenant with a grace time of 24 hours, which is the default.
    async fn apply_with_grace(&self, more: &str) {
        let table = TABLE.replace("issue_after_hours = 0\n", "");
        assert_ne!(table, TABLE);
        self.apply_table(&format!("{table}{more}")).await;
    }

    async fn named(&self, employees: &[&str], skips_grace: bool) -> Report {
        let employees = Some(employees.iter().map(|id| (*id).to_owned()).collect());
        self.run_with(ReferencesRequest { employees, skips_grace, ..ReferencesRequest::default() }).await
    }

    /// The departures without a reference: the employee's id, the last day, the reason and the name.
    async fn open(&self) -> Vec<(String, String, WhyNone, String)> {
        let open = self.setup.data.records("acme").await.unwrap().open_departures().await.unwrap();
        let shown = open
            .into_iter()
            .map(|(row, details)| (row.employee_id, row.ended_on, row.why, details.name.unwrap_or_default()));
        shown.collect()
    }

    /// As if so many hours passed: what the host has recorded becomes that much older.
    async fn hours_pass(&self, hours: i64) {
        let path = self.setup.data.path().join("tenants/acme.db");
        let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
        let update = sqlx::query("UPDATE reference_departures SET seen_at = seen_at - $1");
        update.bind(hours * 3_600).execute(&pool).await.unwrap();
    }

    fn comes_back(&self, id: &str) {
        let mut world = self.world();
        let person = world.hibob.employees.get_mut(id).unwrap();
        "employed".clone_into(&mut person.lifecycle_status);
        (person.last_day_of_work, person.termination_date) = (None, None);
    }

    async fn known(&self) -> Vec<Known> {
        self.setup.data.tenant_database("acme").await.unwrap().reference_people().await.unwrap()
    }
}

fn classes(report: &Report) -> Vec<(&str, HeldClass)> {
    report.held.iter().map(|person| (person.name.as_deref().unwrap_or("?"), person.class)).collect()
}

fn ahead(days: u64) -> String {
    (Utc::now().date_naive() + Days::new(days)).to_string()
}

/// HR enters a termination with a last day that is still to come, and corrects it a day later. Only the corrected day is
/// ever signed.
#[tokio::test(flavor = "multi_thread")]
async fn a_last_day_in_the_future_is_held_and_its_correction_is_what_is_signed() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    let later = ahead(9);
    leave(&mut office.world(), "1", &later);
    for _ in 0..2 {
        let held = office.run().await;
        assert_eq!((held.issued, held.not_due, held.exit()), (0, 1, Exit::Done), "{held:?}");
        assert_eq!(classes(&held), [("Ana1 Ruiz", HeldClass::LastDay)]);
    }
    // Neither a name nor haste makes a fact of it.
    let named = office.named(&["1"], true).await;
    assert_eq!((named.issued, named.not_due), (0, 1), "{named:?}");
    assert!(office.mailbox().mails().is_empty());
    assert_eq!(office.open().await, [("1".to_owned(), later, WhyNone::LastDay, "Ana1 Ruiz".to_owned())]);

    leave(&mut office.world(), "1", "2026-11-20");
    let issued = office.run().await;
    assert_eq!((issued.issued, issued.delivered, issued.not_due), (1, 1, 0), "{issued:?}");
    let records = office.setup.data.records("acme").await.unwrap();
    let [reference] = records.references().await.unwrap().try_into().unwrap();
    assert_eq!(reference.departure.ended_on, "2026-11-20");
    assert!(office.open().await.is_empty());
}

/// A correction that moves the last day into the future is not signed either before that day is over.
#[tokio::test(flavor = "multi_thread")]
async fn a_correction_into_the_future_is_held() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    office.run().await;
    leave(&mut office.world(), "1", &ahead(9));
    let held = office.run().await;
    assert_eq!((held.issued, held.superseded, held.not_due), (0, 0, 1), "{held:?}");
    assert_eq!(classes(&held), [("Ana1 Ruiz", HeldClass::LastDay)]);
    leave(&mut office.world(), "1", "2026-11-21");
    let corrected = office.run().await;
    assert_eq!((corrected.issued, corrected.superseded), (1, 1), "{corrected:?}");
}

/// The day ends at the person's site. There are always 26 hours between the first and the last place on earth where a
/// day ends.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_day_is_over_at_midnight_of_the_site() {
    let mut everybody = people(4);
    for (person, site) in everybody.iter_mut().zip(["West", "East", "Elsewhere", "Elsewhere"]) {
        person.site = site.to_owned();
    }
    let zones = "[sync]\ntime_zone = \"Etc/GMT+12\"\n[sync.site_time_zones]\nEast = \"Pacific/Kiritimati\"\n";
    let office = Office::of(everybody, zones).await;
    office.run().await;
    let in_the_west = (Utc::now() - chrono::Duration::hours(12)).date_naive().to_string();
    for id in ["1", "2", "3"] {
        leave(&mut office.world(), id, &in_the_west);
    }
    let report = office.run().await;
    assert_eq!((report.issued, report.not_due), (1, 2), "{report:?}");
    assert_eq!(classes(&report), [("Ana1 Ruiz", HeldClass::LastDay), ("Ana3 Ruiz", HeldClass::LastDay)]);
}

/// Somebody is terminated by mistake on Monday, and the mistake is corrected within the grace time: nothing was signed.
/// Somebody else really left: the first run after 24 hours issues.
#[tokio::test(flavor = "multi_thread")]
async fn a_departure_is_looked_at_for_a_day_before_its_reference_is_signed() {
    let office = Office::of(people(4), "").await;
    office.apply_with_grace("").await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    leave(&mut office.world(), "2", "2026-11-20");
    for _ in 0..2 {
        let held = office.run().await;
        assert_eq!((held.issued, held.not_due, held.exit()), (0, 2, Exit::Done), "{held:?}");
        assert_eq!(classes(&held), [("Ana1 Ruiz", HeldClass::GraceTime), ("Ana2 Ruiz", HeldClass::GraceTime)]);
    }
    office.hours_pass(12).await;
    office.comes_back("1");
    assert_eq!(office.run().await.not_due, 1);
    assert_eq!(office.open().await.len(), 1);
    office.hours_pass(12).await;
    // The mistake is made once more: its time counts anew.
    leave(&mut office.world(), "1", "2026-11-20");
    let report = office.run().await;
    assert_eq!((report.issued, report.delivered, report.not_due), (1, 1, 1), "{report:?}");
    assert_eq!(classes(&report), [("Ana1 Ruiz", HeldClass::GraceTime)]);
    assert_eq!(office.mailbox().mails_to("a2@acme.example").len(), 1);
    // It is the standing before the departure that is recorded, so that the departure is found again.
    assert!(office.known().await.iter().any(|known| known.employee_id == "1" && known.issued.is_none()));
}

/// The grace time counts from the first run that saw the departure, also while the last day was still ahead: who was
/// announced a day earlier gets the reference with the first run after the last day.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_announced_a_day_earlier_waits_for_the_last_day_only() {
    let office = Office::of(people(3), "").await;
    office.apply_with_grace("").await;
    office.run().await;
    leave(&mut office.world(), "1", &ahead(1));
    assert_eq!(classes(&office.run().await), [("Ana1 Ruiz", HeldClass::LastDay)]);
    office.hours_pass(24).await;
    // As if the day had passed: the last day is over.
    let yesterday = Utc::now().date_naive() - Days::new(1);
    leave(&mut office.world(), "1", &yesterday.to_string());
    let report = office.run().await;
    assert_eq!((report.issued, report.not_due), (1, 0), "{report:?}");
}

/// Whoever names an employee may skip the grace time. Without that it holds for named employees too, but for those who
/// had left long before.
#[tokio::test(flavor = "multi_thread")]
async fn a_named_employee_gets_the_reference_at_once_where_that_is_asked_for() {
    let office = Office::of(people(4), "").await;
    office.apply_with_grace("").await;
    leave(&mut office.world(), "4", "2026-01-31");
    office.run().await;
    let earlier = office.named(&["4"], false).await;
    assert_eq!((earlier.issued, earlier.not_due), (1, 0), "{earlier:?}");
    leave(&mut office.world(), "1", "2026-11-20");
    let waits = office.named(&["1"], false).await;
    assert_eq!((waits.issued, waits.not_due), (0, 1), "{waits:?}");
    let at_once = office.named(&["1"], true).await;
    assert_eq!((at_once.issued, at_once.delivered), (1, 1), "{at_once:?}");
    assert!(office.open().await.is_empty());
}

/// Those who wait are named in the list, and their names are stored encrypted and forgotten with the person.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_is_named_in_the_list_and_can_be_forgotten() {
    let office = Office::of(people(3), "").await;
    office.apply_with_grace("").await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    office.run().await;
    let list = async || {
        let records = office.setup.data.records("acme").await.unwrap();
        references::list_json("acme", &[], &[], &records.open_departures().await.unwrap()).unwrap()
    };
    let shown = list().await;
    let [waiting] = shown["without_reference"].as_array().unwrap().as_slice() else { panic!("{shown}") };
    assert_eq!((&waiting["name"], &waiting["why"]), (&"Ana1 Ruiz".into(), &"grace-time".into()));
    let database = office.setup.data.tenant_database("acme").await.unwrap();
    let stored = database.open_departures().await.unwrap();
    assert!(!String::from_utf8_lossy(&stored[0].details).contains("Ana1"));
    hibob_store::privacy::forget_person(&office.setup.data, "acme", "1", None).await.unwrap();
    assert_eq!(list().await["without_reference"].as_array().unwrap().len(), 0);
}

/// HiBob has no name for somebody's title, and never will. Each run says so until a person waives the reference; from then on
/// no run does, and the list shows who waived it and why. By name it can still be issued.
#[tokio::test(flavor = "multi_thread")]
async fn an_impossible_reference_is_waived_and_no_run_ends_with_an_error_for_it() {
    let mut everybody = people(3);
    everybody[0].overrides.extend([("work.title".to_owned(), serde_json::json!("255499999"))]);
    let office = Office::of(everybody, "").await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    for _ in 0..2 {
        let report = office.run().await;
        assert_eq!((report.issued, report.exit()), (0, Exit::SomeFailed), "{report:?}");
        let [error] = report.errors.as_slice() else { panic!("{report:?}") };
        assert!(error.message.starts_with("Ana1 Ruiz: "), "{}", error.message);
        assert!(error.remedy.contains("hibob references waive acme 1 "), "{}", error.remedy);
    }
    let waive = async |employee: &str, by: &str| {
        references::waive(&office.setup.data, "acme", employee, "was never employed", by).await
    };
    assert!(waive("2", "ana@acme.example").await.unwrap_err().to_string().contains("no departure of 2 waits"));
    assert!(waive("1", "Ana").await.is_err());
    waive("1", "ana@acme.example").await.unwrap();
    for _ in 0..2 {
        let report = office.run().await;
        assert_eq!((report.issued, report.errors.len(), report.exit()), (0, 0, Exit::Done), "{report:?}");
    }
    let records = office.setup.data.records("acme").await.unwrap();
    let open = records.open_departures().await.unwrap();
    let [(row, details)] = open.as_slice() else { panic!("{open:?}") };
    assert_eq!((row.why, details.name.as_deref()), (WhyNone::Waived, Some("Ana1 Ruiz")));
    assert_eq!(
        (details.by.as_deref(), details.reason.as_deref()),
        (Some("ana@acme.example"), Some("was never employed"))
    );
    // The title has been corrected, and somebody asks for the reference after all.
    office.world().hibob.employees.get_mut("1").unwrap().overrides.clear();
    office.world().hibob.employees.get_mut("1").unwrap().title.clear();
    assert_eq!(office.named(&["1"], false).await.issued, 1);
    assert!(office.open().await.is_empty());
}

/// The service user sees nobody any more. That is no departure, and no run is silent about it.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_source_is_a_warning() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    let everybody = std::mem::take(&mut office.world().hibob.employees);
    for _ in 0..2 {
        let report = office.run().await;
        let codes: Vec<_> = report.warnings.iter().map(|warning| warning.code.as_str()).collect();
        assert_eq!((report.issued, codes), (0, vec!["NO_EMPLOYEES"]), "{report:?}");
    }
    office.world().hibob.employees = everybody;
    assert!(office.run().await.warnings.is_empty());
}

/// The lists of titles and departments are read once in a run, whoever many have left; the next run reads them anew.
#[tokio::test(flavor = "multi_thread")]
async fn lists_are_read_once_in_a_run() {
    let mut office = Office::of(people(60), "").await;
    office.setup.hibob_calls_per_minute = 6_000;
    office.world().hibob.limits.search = u32::MAX;
    office.apply("").await;
    office.run().await;
    let requests = |office: &Office| {
        let mut world = office.world();
        let paths: Vec<String> = world.log().iter().map(|entry| entry.path.clone()).collect();
        world.clear_log();
        let lists = paths.iter().filter(|path| path.contains("named-lists")).count();
        (lists, paths.len() - lists)
    };
    requests(&office);
    for id in 1..=41 {
        leave(&mut office.world(), &id.to_string(), "2026-11-20");
    }
    let release = Release { issuing: 41, revoking: 0 };
    let report = office.run_with(ReferencesRequest { release, ..ReferencesRequest::default() }).await;
    assert_eq!((report.issued, report.delivered), (41, 41), "{report:?}");
    // Everybody, names and work emails of those who have left, who else has these work emails, their records, and for each
    // of them the address.
    assert_eq!(requests(&office), (2, 4 + 41));
    leave(&mut office.world(), "42", "2026-11-20");
    let release = Release { issuing: 1, revoking: 0 };
    let report = office.run_with(ReferencesRequest { release, ..ReferencesRequest::default() }).await;
    assert_eq!(report.issued, 1, "{report:?}");
    assert_eq!(requests(&office).0, 2);
}
