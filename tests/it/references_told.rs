//! Tests of what a person is told: of a correction what it replaces and what differs, of a revocation that it happened and
//! why; and of the names of the files that they get.

use super::references_job::{Office, leave, people};
use hibob_base::error::Exit;
use hibob_fakes::smtp::{At, MailFault, MailFaultKind};
use hibob_store::database::ReferenceState;

impl Office {
    async fn states(&self) -> Vec<ReferenceState> {
        let rows = self.setup.data.records("acme").await.unwrap().references().await.unwrap();
        rows.iter().map(|row| row.state).collect()
    }

    /// The newest mail: its subject, its text, and the names of its files.
    fn newest(&self) -> (String, String, Vec<String>) {
        let mailbox = self.mailbox();
        let mail = mailbox.mails().last().unwrap();
        let files = mail.attachments().into_iter().map(|file| file.name).collect();
        (mail.header("Subject").unwrap(), mail.text("text/plain").unwrap(), files)
    }

    async fn revoke(&self, number: usize, reason: &str) -> String {
        let rows = self.setup.data.records("acme").await.unwrap().references().await.unwrap();
        let database = self.setup.data.tenant_database("acme").await.unwrap();
        let now = chrono::Utc::now().timestamp();
        assert_eq!(database.revoke_reference(&rows[number].id, reason, now).await.unwrap(), Some(true));
        rows[number].id.clone()
    }
}

/// A last day was wrong. The mail with the corrected reference says which one it replaces, and what differs.
#[tokio::test(flavor = "multi_thread")]
async fn a_correction_says_what_it_replaces_and_what_differs() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    office.run().await;
    let (subject, text, files) = office.newest();
    assert_eq!(subject, "Your employment reference from ACME GmbH");
    assert!(!text.contains("replaces"), "{text}");
    assert_eq!(files[0], "Reference - Ana1 Ruiz - ACME GmbH.pdf");
    leave(&mut office.world(), "1", "2026-11-19");
    assert_eq!(office.run().await.superseded, 1);
    let (subject, text, files) = office.newest();
    assert_eq!((subject.as_str(), files.len()), ("Your corrected employment reference from ACME GmbH", 3));
    let records = office.setup.data.records("acme").await.unwrap();
    let first = records.references().await.unwrap()[0].id.clone();
    assert!(text.contains(&first) && text.contains("- the last day was 2026-11-20 and is 2026-11-19"), "{text}");
}

/// Where the first reference never arrived, the corrected one is the first that the person sees.
#[tokio::test(flavor = "multi_thread")]
async fn a_correction_of_what_never_arrived_is_an_ordinary_reference() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    office.mailbox().faults = vec![MailFault::once(At::Rcpt, MailFaultKind::busy())];
    leave(&mut office.world(), "1", "2026-11-20");
    assert_eq!(office.run().await.waiting, 1);
    leave(&mut office.world(), "1", "2026-11-19");
    assert_eq!(office.run().await.delivered, 1);
    let (subject, text, _) = office.newest();
    assert!(subject == "Your employment reference from ACME GmbH" && !text.contains("replaces"), "{text}");
}

/// A surname was misspelled. Its correction in HiBob leads to a new reference; the same name
/// with other blanks does not.
#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_name_supersedes() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    office.run().await;
    let rename = |surname: &str| {
        surname.clone_into(&mut office.world().hibob.employees.get_mut("1").unwrap().surname);
    };
    rename("Ruiz ");
    assert_eq!(office.run().await.superseded, 0);
    rename("Ruíz");
    let corrected = office.run().await;
    assert_eq!((corrected.issued, corrected.superseded, corrected.delivered), (1, 1, 1), "{corrected:?}");
    assert_eq!(office.states().await, [ReferenceState::Superseded, ReferenceState::Valid]);
    let (_, text, files) = office.newest();
    assert!(text.contains("- the name was Ana1 Ruiz and is Ana1 Ruíz"), "{text}");
    assert_eq!(files[0], "Reference - Ana1 Ruíz - ACME GmbH.pdf");
    assert_eq!(office.run().await.superseded, 0, "once");
}

/// A reference that was delivered is revoked: the person is told with the next run, once, and why. After a failure it is
/// told by a later run, as the same message.
#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_is_told_once_with_its_reason() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    office.run().await;
    let id = office.revoke(0, "it was issued by mistake").await;
    office.mailbox().faults = vec![MailFault::once(At::EndOfData, MailFaultKind::ResetAfter)];
    let delayed = office.run().await;
    assert_eq!((delayed.told, delayed.warnings[0].code.as_str()), (0, "DELIVERY_DELAYED"), "{delayed:?}");
    let path = office.setup.data.path().join("tenants/acme.db");
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    sqlx::query("UPDATE reference_notices SET next_at = 0").execute(&pool).await.unwrap();
    let told = office.run().await;
    assert_eq!((told.told, told.delivered, told.exit()), (1, 0, Exit::Done), "{told:?}");
    let (subject, text, files) = office.newest();
    assert_eq!((subject.as_str(), files.len()), ("Your employment reference from ACME GmbH was revoked", 0));
    assert!(text.contains(&id) && text.contains("Why: it was issued by mistake"), "{text}");
    let ids: Vec<_> = office.mailbox().mails().iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
    assert_eq!(ids, [format!("<{id}@acme.example>"), format!("<{id}.revoked@acme.example>"), ids[1].clone()]);
    assert_eq!(office.run().await.told, 0);
    assert_eq!(office.mailbox().mails().len(), 3);
}

/// Whoever never got the reference is not told that it is revoked. A cancelled termination is told like any revocation.
#[tokio::test(flavor = "multi_thread")]
async fn only_who_has_the_reference_is_told() {
    let office = Office::of(people(4), "").await;
    office.run().await;
    office.mailbox().faults = vec![MailFault::no_such_user("a1@acme.example")];
    leave(&mut office.world(), "1", "2026-11-20");
    leave(&mut office.world(), "2", "2026-11-20");
    assert_eq!(office.run().await.delivered, 1);
    office.revoke(0, "by mistake").await;
    {
        let mut world = office.world();
        let person = world.hibob.employees.get_mut("2").unwrap();
        "employed".clone_into(&mut person.lifecycle_status);
        (person.last_day_of_work, person.termination_date) = (None, None);
    }
    let report = office.run().await;
    assert_eq!((report.revoked, report.told), (1, 1), "{report:?}");
    assert!(office.newest().1.contains("Why: the employment goes on"));
    assert_eq!(office.mailbox().mails().len(), 2);
}
