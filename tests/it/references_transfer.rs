//! Tests of leavers whose work email somebody has who works here: the same person under another employee id, or somebody
//! else.

use super::references_job::{Office, leave, people};
use hibob_base::error::Exit;
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
