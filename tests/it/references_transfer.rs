//! Tests of leavers whose work email somebody has who works here: the same person under another employee id, or somebody
//! else.

use super::references_job::{Office, leave, people};
use hibob_base::error::Exit;
use hibob_fakes::company::ListItem;
use hibob_jobs::references::{self, HeldClass, ReferencesRequest};
use serde_json::json;

impl Office {
    /// Somebody is hired who has this id, first name and work email.
    fn hires(&self, id: &str, first_name: &str, email: &str) {
        let mut world = self.world();
        let mut hired = world.hibob.employees["2"].clone();
        hired.id = id.to_owned();
        hired.first_name = first_name.to_owned();
        hired.email = Some(email.to_owned());
        world.hibob.employees.insert(id.to_owned(), hired);
    }

    async fn issue_by_name(&self, employee: &str) -> references::Report {
        let employees = Some(vec![employee.to_owned()]);
        self.run_with(ReferencesRequest { employees, skips_grace: true, ..ReferencesRequest::default() }).await
    }
}

/// On Monday Ana1 is terminated in one company and hired in another of the group, under a new employee id, with her names
/// and mailbox. She has not left, and no reference says that she has. The run names her until a person decides.
#[tokio::test(flavor = "multi_thread")]
async fn who_goes_on_under_another_id_is_held_as_a_transfer() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    office.hires("11", "ANA1", "A1@acme.example");
    for _ in 0..2 {
        let held = office.run().await;
        assert_eq!((held.issued, held.delivered, held.exit()), (0, 0, Exit::Done), "{held:?}");
        assert_eq!(held.held.iter().map(|person| person.class).collect::<Vec<_>>(), [HeldClass::Transfer]);
        let [warning] = held.warnings.as_slice() else { panic!("{held:?}") };
        assert_eq!(warning.code, "HELD_AS_TRANSFER");
        assert!(
            warning.message.starts_with("Ana1 Ruiz: ") && warning.message.contains("the employee 11"),
            "{warning:?}"
        );
    }
    references::waive(&office.setup.data, "acme", "1", "transfer", "hr@acme.example").await.unwrap();
    let after = office.run().await;
    assert_eq!((after.issued, after.held.len(), after.warnings.len()), (0, 0, 0), "{after:?}");
    assert!(office.mailbox().mails().is_empty());
}

/// Ana1 has left, and Eva has got her mailbox. Ana1's reference is issued and not sent to Eva. It waits for another
/// address of Ana1.
#[tokio::test(flavor = "multi_thread")]
async fn a_reference_is_not_sent_to_a_mailbox_that_is_somebody_elses_by_now() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    office.hires("11", "Eva", "a1@acme.example");
    for run in 0..2 {
        let waits = office.run().await;
        assert_eq!((waits.issued, waits.delivered, waits.waiting), (u64::from(run == 0), 0, 1), "{waits:?}");
    }
    // A person who sends it again is told so.
    let named = office.issue_by_name("1").await;
    assert_eq!(named.delivered, 0, "{named:?}");
    assert!(office.mailbox().mails().is_empty());
    // HiBob gets a private address, which the settings name second.
    let private = json!("ana@home.example");
    office.world().hibob.employees.get_mut("1").unwrap().overrides.insert("home.privateEmail".to_owned(), private);
    office.apply("second_address = \"home.privateEmail\"\n").await;
    let waiting = ReferencesRequest { deliveries: references::Deliveries::Waiting, ..ReferencesRequest::default() };
    let sent = office.run_with(waiting).await;
    assert_eq!((sent.issued, sent.delivered), (0, 1), "{sent:?}");
    assert_eq!(office.mailbox().mails()[0].recipients, ["ana@home.example"]);
}

/// Somebody has died. No reference is sent to the mailbox of the family; a person decides. The reason is a list's item, and
/// is read only because a setting names it; without the permission for it nothing is issued either.
#[tokio::test(flavor = "multi_thread")]
async fn a_reason_of_termination_that_a_setting_names_waits_for_a_person() {
    let office = Office::of(people(4), "").await;
    office.apply("hold_reasons = [\"deceased\"]\nhold_types = [\"Contractor\"]\n").await;
    office.run().await;
    {
        let mut world = office.world();
        let item = |(id, name): (&str, &str)| ListItem { id: id.to_owned(), name: name.to_owned(), archived: false };
        let items = [("267900001", "Deceased"), ("267900002", "Moved")].map(item).to_vec();
        world.hibob.lists.insert("terminationReason".to_owned(), items);
        world.clear_log();
    }
    for (id, reason, kind) in [
        ("1", json!("267900001"), "Permanent"),
        ("2", json!("267900002"), "Permanent"),
        ("3", json!(null), "Contractor"),
    ] {
        leave(&mut office.world(), id, "2026-11-20");
        let mut world = office.world();
        let person = world.hibob.employees.get_mut(id).unwrap();
        person.overrides.insert("internal.terminationReason".to_owned(), reason);
        person.overrides.insert("payroll.employment.type".to_owned(), json!(kind));
    }
    for run in 0..2 {
        let held = office.run().await;
        assert_eq!((held.issued, held.exit()), (u64::from(run == 0), Exit::Done), "{held:?}");
        let named: Vec<_> = held.held.iter().map(|person| (person.employee_id.as_str(), person.class)).collect();
        assert_eq!(named, [("1", HeldClass::Setting), ("3", HeldClass::Setting)]);
        let codes: Vec<_> = held.warnings.iter().map(|warning| warning.code.as_str()).collect();
        assert_eq!(codes, ["HELD_BY_SETTING", "HELD_BY_SETTING"]);
        assert!(!format!("{held:?}").contains("eceased"));
    }
    assert_eq!(office.issue_by_name("3").await.issued, 1);
    // HiBob does not show reasons any more.
    leave(&mut office.world(), "4", "2026-11-20");
    office.world().hibob.employees.get_mut("4").unwrap().removed.insert("internal.terminationReason".to_owned());
    let held = office.run().await;
    assert!(held.issued == 0 && held.held.iter().any(|person| person.employee_id == "4"), "{held:?}");
    assert!(held.warnings.iter().any(|warning| warning.code == "HOLD_NOT_READABLE"), "{held:?}");
}

/// This company gives everybody who has left the title "Alumni". No reference states it: the run names those people until the
/// title is what it was, or a person says that the new one is right. A reference that was issued before stays as it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_title_that_is_changed_after_the_last_day_waits_for_a_person() {
    let mut everybody = people(4);
    everybody.iter_mut().for_each(|person| person.title = "Engineer".to_owned());
    let office = Office::of(everybody, "").await;
    office.run().await;
    let entitle = |id: &str, title: &str| {
        title.clone_into(&mut office.world().hibob.employees.get_mut(id).unwrap().title);
    };
    // A promotion while somebody works here is none.
    entitle("1", "Lead Engineer");
    assert!(office.run().await.warnings.is_empty());
    for id in ["1", "2", "3"] {
        leave(&mut office.world(), id, "2026-11-20");
    }
    entitle("2", "Alumni");
    entitle("3", "Alumni");
    for run in 0..2 {
        let held = office.run().await;
        assert_eq!((held.issued, held.exit()), (u64::from(run == 0), Exit::Done), "{held:?}");
        let named: Vec<_> = held.held.iter().map(|person| (person.employee_id.as_str(), person.class)).collect();
        assert_eq!(named, [("2", HeldClass::Title), ("3", HeldClass::Title)]);
        assert!(held.warnings.iter().all(|warning| warning.code == "TITLE_CHANGED"), "{held:?}");
    }
    entitle("2", "Engineer");
    assert_eq!(office.run().await.issued, 1);
    assert_eq!(office.issue_by_name("3").await.issued, 1);
    // After the reference: it is not replaced by one that says so, until a person wants it.
    entitle("1", "Alumni");
    for _ in 0..2 {
        let held = office.run().await;
        assert_eq!((held.issued, held.superseded, held.held.len()), (0, 0, 1), "{held:?}");
        assert!(held.warnings[0].message.contains("the reference stays as it is"), "{held:?}");
    }
    let replaced = office.issue_by_name("1").await;
    assert_eq!((replaced.issued, replaced.superseded), (1, 1), "{replaced:?}");
    assert!(office.run().await.held.is_empty());
    // What is kept for this is a hash, and no title.
    let digests = office.setup.data.tenant_database("acme").await.unwrap().title_digests().await.unwrap();
    assert_eq!(digests.len(), 4);
    assert_ne!(digests["2"], digests["4"], "two people with one title have different hashes");
}
