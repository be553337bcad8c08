//! Tests of the references job, from a leaver in HiBob to a mail in their mailbox, through the real component in the
//! real host.

use super::references::TABLE;
use super::sync::employee;
use hibob_base::error::Exit;
use hibob_base::progress::NoProgress;
use hibob_fakes::company::Employee;
use hibob_fakes::smtp::{At, MailFault, MailFaultKind, Security, Settings};
use hibob_fakes::{MailServer, Mailbox, World};
use hibob_jobs::references;
use hibob_jobs::references::{Deliveries, IssuerKeys, ReferencesRequest, Release, Report};
use hibob_reference_format::credential::SignedCredential;
use hibob_reference_format::log::Hash;
use hibob_reference_format::log::proof::LogProof;
use hibob_reference_format::pdf::seal;
use hibob_store::database::{DeliveryState, ReferenceRow, ReferenceState};
use hibob_tests::setup::{Setup, plugin};
use std::sync::{Arc, Mutex, MutexGuard};

/// A company that issues references, its HiBob and its mail server.
pub(crate) struct Office {
    pub(crate) setup: Setup,
    pub(crate) mail: MailServer,
}

impl Office {
    /// An office with these employees and a key. `more` is added to its table `[references]`.
    pub(crate) async fn of(employees: Vec<Employee>, more: &str) -> Self {
        let settings = Settings { security: Security::None, ..Settings::default() };
        let mail = MailServer::start(Arc::new(Mutex::new(Mailbox::new(settings)))).await.unwrap();
        let setup = Setup::of(employees).await;
        let office = Self { setup, mail };
        office.apply(more).await;
        office.keys().await.make(Some("k1")).await.unwrap();
        office
    }

    pub(crate) async fn apply(&self, more: &str) {
        self.apply_table(&format!("{TABLE}{more}")).await;
    }

    /// Stores the tenant with this table of references and the office's mail server.
    pub(crate) async fn apply_table(&self, table: &str) {
        let port = self.mail.address().port();
        let smtp = format!(
            "[references.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\nfrom = \"ACME HR <hr@acme.example>\"\n"
        );
        self.setup.apply_tenant("acme", &format!("{table}{smtp}")).await;
    }

    pub(crate) async fn keys(&self) -> IssuerKeys {
        IssuerKeys::open(&self.setup.data, &self.setup.data.config("acme").await.unwrap()).await.unwrap()
    }

    pub(crate) async fn run_with(&self, order: ReferencesRequest) -> Report {
        let tenant = self.setup.tenant().await;
        hibob_runner::references(&self.setup.data, &tenant, plugin(), Arc::new(NoProgress), &order).await
    }

    pub(crate) async fn run(&self) -> Report {
        self.run_with(ReferencesRequest::default()).await
    }

    /// Issues references by name.
    async fn issue(&self, employees: &[&str]) -> Report {
        let employees = Some(employees.iter().map(|id| (*id).to_owned()).collect());
        self.run_with(ReferencesRequest { employees, ..ReferencesRequest::default() }).await
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.setup.world()
    }

    pub(crate) fn mailbox(&self) -> MutexGuard<'_, Mailbox> {
        self.mail.mailbox().lock().unwrap()
    }

    async fn references(&self) -> Vec<ReferenceRow> {
        self.setup.data.records("acme").await.unwrap().references().await.unwrap()
    }

    async fn delivery(&self, number: usize) -> (DeliveryState, String) {
        let rows = self.setup.data.tenant_database("acme").await.unwrap().deliveries().await.unwrap();
        (rows[number].state, rows[number].said.clone())
    }
}

pub(crate) fn people(number: usize) -> Vec<Employee> {
    let person =
        |number: usize| employee(&number.to_string(), &format!("Ana{number}"), &format!("a{number}@acme.example"));
    (1..=number).map(person).collect()
}

pub(crate) fn leave(world: &mut World, id: &str, day: &str) {
    let person = world.hibob.employees.get_mut(id).unwrap();
    person.lifecycle_status = "terminated".to_owned();
    person.last_day_of_work = Some(day.parse().unwrap());
    person.termination_date = Some(day.parse().unwrap());
}

/// What a run did with references and deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counts {
    issued: u64,
    superseded: u64,
    revoked: u64,
    delivered: u64,
    waiting: u64,
    refused: u64,
}

/// The counts of a run that did nothing.
const NOTHING: Counts = Counts { issued: 0, superseded: 0, revoked: 0, delivered: 0, waiting: 0, refused: 0 };

/// The counts of a run that came to its end.
fn counts(report: &Report) -> Counts {
    assert_eq!(report.error, None);
    Counts {
        issued: report.issued,
        superseded: report.superseded,
        revoked: report.revoked,
        delivered: report.delivered,
        waiting: report.waiting,
        refused: report.refused,
    }
}

/// The whole way from a departure to a mail. The next run does nothing more.
#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_gets_a_reference_once() {
    let office = Office::of(people(5), "").await;
    leave(&mut office.world(), "5", "2026-01-31");
    let first = office.run().await;
    assert!(first.is_baseline && first.employees == 5);
    assert_eq!((counts(&first), first.exit()), (NOTHING, Exit::Done));

    leave(&mut office.world(), "1", "2026-11-20");
    let second = office.run().await;
    assert_eq!(
        (counts(&second), second.exit()),
        (Counts { issued: 1, delivered: 1, ..NOTHING }, Exit::Done),
        "{second:?}"
    );
    assert_eq!(counts(&office.run().await), NOTHING);
    let [row] = office.references().await.try_into().unwrap();
    assert_eq!((row.departure.employee_id.as_str(), row.state), ("1", ReferenceState::Valid));
    assert_eq!(row.plugin_digest, plugin().digest());

    let key = office.keys().await.key_file().await.unwrap().keys[0].key;
    let mails = office.mailbox().mails().to_vec();
    let [mail] = mails.as_slice() else { panic!("{}", mails.len()) };
    assert_eq!(mail.recipients, ["a1@acme.example"]);
    assert_eq!(mail.header("Message-ID").unwrap(), format!("<{}@acme.example>", row.id));
    let attachments = mail.attachments();
    let [pdf, json, proof] = attachments.as_slice() else { panic!("{attachments:?}") };
    assert_eq!(json.bytes, row.document);
    let signed = SignedCredential::parse(&row.document).unwrap();
    let claims = &signed.credential().claims;
    assert_eq!((claims.name().as_str(), claims.end().to_string().as_str()), ("Ana1 Ruiz", "2026-11-20"));
    let sealed = seal::open(&pdf.bytes).unwrap();
    assert_eq!((sealed.credential, sealed.log_proof), (json.bytes.as_slice(), proof.bytes.as_slice()));
    let proof = LogProof::parse(&proof.bytes).unwrap();
    let evidence = proof.verify(&signed.digest(), &claims.issuer().domain, &[key], &[]).unwrap();
    assert_eq!((evidence.index, evidence.size), (0, 1));
    // The history has the run, without names.
    let runs = office.setup.data.tenant_database("acme").await.unwrap().past_runs(1).await.unwrap();
    assert_eq!(runs[0].kind.word(), "references");
    assert!(!runs[0].report.to_string().contains("Ana"));
}

/// An employee who had left before the first run gets a reference only by name. One who has not left gets none.
#[tokio::test(flavor = "multi_thread")]
async fn references_of_earlier_leavers_are_issued_by_name() {
    let office = Office::of(people(3), "").await;
    leave(&mut office.world(), "3", "2026-01-31");
    // This may be done before the first run, which then still only records the standings of all others.
    let named = office.issue(&["3", "1", "99"]).await;
    assert_eq!((counts(&named), named.exit()), (Counts { issued: 1, delivered: 1, ..NOTHING }, Exit::SomeFailed));
    let faults: Vec<_> =
        named.errors.iter().map(|row| (row.employee_id.as_deref().unwrap(), row.code.as_str())).collect();
    assert_eq!(faults, [("1", "NOT_A_LEAVER"), ("99", "NOT_A_LEAVER")]);
    assert_eq!(counts(&office.run().await), NOTHING);
    let again = office.issue(&["3"]).await;
    assert_eq!((counts(&again), again.warnings[0].code.as_str()), (NOTHING, "ALREADY_ISSUED"));
    leave(&mut office.world(), "1", "2026-11-20");
    assert_eq!(counts(&office.run().await), Counts { issued: 1, delivered: 1, ..NOTHING });
}

/// A cancelled departure revokes the reference. Leaving again on the same day leads to a new one. The end of a second
/// employment leads to a further reference, and the first one stays valid.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_departure_revokes_and_a_second_employment_does_not() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    office.run().await;
    let employed = office.world().hibob.employees["2"].clone();
    {
        let mut world = office.world();
        let person = world.hibob.employees.get_mut("1").unwrap();
        person.lifecycle_status.clone_from(&employed.lifecycle_status);
        (person.last_day_of_work, person.termination_date) = (None, None);
    }
    let cancelled = office.run().await;
    assert_eq!(counts(&cancelled), Counts { revoked: 1, ..NOTHING });
    leave(&mut office.world(), "1", "2026-11-20");
    assert_eq!(counts(&office.run().await), Counts { issued: 1, delivered: 1, ..NOTHING });
    // The employee is hired anew, and leaves again.
    {
        let mut world = office.world();
        let person = world.hibob.employees.get_mut("1").unwrap();
        person.lifecycle_status.clone_from(&employed.lifecycle_status);
        person.start_date = "2026-11-21".parse().unwrap();
        (person.last_day_of_work, person.termination_date) = (None, None);
    }
    assert_eq!(counts(&office.run().await), NOTHING);
    leave(&mut office.world(), "1", "2026-11-22");
    assert_eq!(counts(&office.run().await), Counts { issued: 1, delivered: 1, ..NOTHING });
    let states: Vec<_> =
        office.references().await.iter().map(|row| (row.departure.ended_on.clone(), row.state)).collect();
    assert_eq!(
        states,
        [
            ("2026-11-20".to_owned(), ReferenceState::Revoked),
            ("2026-11-20".to_owned(), ReferenceState::Valid),
            ("2026-11-22".to_owned(), ReferenceState::Valid)
        ]
    );
}

/// If the employee's dates are corrected, a new reference replaces the old one.
#[tokio::test(flavor = "multi_thread")]
async fn a_correction_supersedes() {
    let office = Office::of(people(2), "").await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-19");
    let corrected = office.run().await;
    assert_eq!(counts(&corrected), Counts { issued: 1, superseded: 1, delivered: 1, ..NOTHING });
    let states: Vec<_> = office.references().await.iter().map(|row| row.state).collect();
    assert_eq!(states, [ReferenceState::Superseded, ReferenceState::Valid]);
    assert_eq!(counts(&office.run().await), NOTHING);
    assert_eq!(office.mailbox().mails().len(), 2);
}

/// If there are too many at once, they are named and none is issued, until the operator releases that number.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_at_once_are_held() {
    let office = Office::of(people(10), "").await;
    office.run().await;
    for id in ["1", "2", "3", "4"] {
        leave(&mut office.world(), id, "2026-11-20");
    }
    let held = office.run().await;
    assert_eq!((held.exit(), held.issued, held.guards.len(), held.held.len()), (Exit::Held, 0, 1, 4));
    let names = |held: &Report| held.held.iter().map(|person| person.name.clone().unwrap()).collect::<Vec<_>>();
    assert_eq!(names(&held), ["Ana1 Ruiz", "Ana2 Ruiz", "Ana3 Ruiz", "Ana4 Ruiz"]);
    assert!(held.guards[0].remedy.contains("--allow-issuing 4"), "{}", held.guards[0].remedy);
    assert!(office.references().await.is_empty() && office.mailbox().mails().is_empty());
    let release =
        |issuing| ReferencesRequest { release: Release { issuing, revoking: 0 }, ..ReferencesRequest::default() };
    assert_eq!(office.run_with(release(3)).await.exit(), Exit::Held);
    assert_eq!(counts(&office.run_with(release(4)).await), Counts { issued: 4, delivered: 4, ..NOTHING });
    // Too many cancelled departures are held as well.
    let employed = office.world().hibob.employees["9"].clone();
    for id in ["1", "2", "3", "4"] {
        let renewed = Employee {
            lifecycle_status: employed.lifecycle_status.clone(),
            last_day_of_work: None,
            termination_date: None,
            ..office.world().hibob.employees[id].clone()
        };
        office.world().hibob.employees.insert(id.to_owned(), renewed);
    }
    let held = office.run().await;
    assert_eq!((held.exit(), held.revoked, held.held.len()), (Exit::Held, 0, 4));
    assert_eq!(names(&held), ["Ana1 Ruiz", "Ana2 Ruiz", "Ana3 Ruiz", "Ana4 Ruiz"]);
    let release = ReferencesRequest { release: Release { issuing: 0, revoking: 4 }, ..ReferencesRequest::default() };
    assert_eq!(counts(&office.run_with(release).await), Counts { revoked: 4, ..NOTHING });
}

/// If a mail server is busy, the delivery is tried again later with the same `Message-ID`. If it refuses permanently,
/// it is not, and its reply is shown without the address.
#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_repeated_or_given_up() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    office.mailbox().faults = vec![
        MailFault::once(At::EndOfData, MailFaultKind::ResetAfter).to("a1@"),
        MailFault::no_such_user("a2@acme.example"),
    ];
    leave(&mut office.world(), "1", "2026-11-20");
    leave(&mut office.world(), "2", "2026-11-20");
    let report = office.run().await;
    assert_eq!(
        (counts(&report), report.exit()),
        (Counts { issued: 2, waiting: 1, refused: 1, ..NOTHING }, Exit::SomeFailed)
    );
    assert_eq!(report.errors[0].code, "DELIVERY_REFUSED");
    let (state, said) = office.delivery(1).await;
    assert!(state == DeliveryState::Refused && said.contains("550") && !said.contains('@'), "{said}");
    // It is not tried again before its time, unless that is requested.
    assert_eq!(counts(&office.run().await), Counts { waiting: 1, ..NOTHING });
    assert_eq!(
        counts(
            &office
                .run_with(ReferencesRequest { deliveries: Deliveries::Waiting, ..ReferencesRequest::default() })
                .await
        ),
        Counts { delivered: 1, ..NOTHING }
    );
    let ids: Vec<_> = office.mailbox().mails().iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
    assert_eq!((ids.len(), &ids[0]), (2, &ids[1]));
    // The delivery goes to the address that HiBob has at that time.
    office.world().hibob.employees.get_mut("2").unwrap().email = Some("new@acme.example".to_owned());
    let id = office.references().await[1].id.clone();
    assert!(office.setup.data.tenant_database("acme").await.unwrap().retry_delivery(&id, 0).await.unwrap());
    assert_eq!(counts(&office.run().await), Counts { delivered: 1, ..NOTHING });
    assert_eq!(office.mailbox().mails_to("new@acme.example").len(), 1);
}

/// After a rotation, waiting references are delivered with the key that signed them, new ones are signed with the new
/// key, and both keys are published.
#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_without_breaking_what_was_signed() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    office.mailbox().faults = vec![MailFault::once(At::Rcpt, MailFaultKind::busy())];
    leave(&mut office.world(), "1", "2026-11-20");
    assert_eq!(counts(&office.run().await), Counts { issued: 1, waiting: 1, ..NOTHING });
    let keys = office.keys().await;
    let next = keys.make(Some("k2")).await.unwrap();
    assert!(next.is_next() && keys.make(Some("k3")).await.is_err());
    assert!(keys.rotate().await.unwrap().is_current());
    leave(&mut office.world(), "2", "2026-11-20");
    assert_eq!(
        counts(
            &office
                .run_with(ReferencesRequest { deliveries: Deliveries::Waiting, ..ReferencesRequest::default() })
                .await
        ),
        Counts { issued: 1, delivered: 2, ..NOTHING }
    );
    let rows = office.references().await;
    assert_eq!([rows[0].selector.as_str(), rows[1].selector.as_str()], ["k1", "k2"]);
    let file = keys.key_file().await.unwrap();
    for (row, key) in rows.iter().zip(&file.keys) {
        let signed = SignedCredential::parse(&row.document).unwrap();
        signed.verify(&key.key).unwrap();
        assert!(key.signs_at(signed.credential().issued));
    }
    assert!(file.keys[0].retired.is_some() && file.keys[1].retired.is_none());
    // Each mail can be verified with the key of its reference.
    let mailbox = office.mailbox();
    for mail in mailbox.mails() {
        let attachments = mail.attachments();
        let signed = SignedCredential::parse(&attachments[1].bytes).unwrap();
        let key = if attachments[1].bytes == rows[0].document { file.keys[0].key } else { file.keys[1].key };
        assert!(seal::open(&attachments[0].bytes).unwrap().is_sealed_by(&key));
        let proof = LogProof::parse(&attachments[2].bytes).unwrap();
        let domain = &signed.credential().claims.issuer().domain;
        proof.verify(&signed.digest(), domain, &[key], &[]).unwrap();
    }
}

/// The folder has every file that a verifier requests, and an older log does not replace a newer one.
#[tokio::test(flavor = "multi_thread")]
async fn the_published_folder_only_grows() {
    let office = Office::of(people(4), "").await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    office.run().await;
    let folder = office.setup.folder.path().join("public");
    let config = office.setup.data.config("acme").await.unwrap();
    let publish = || references::publish(&office.setup.data, &config, &folder);
    let first = publish().await.unwrap();
    assert_eq!((first.references, first.written), (1, first.files));
    leave(&mut office.world(), "2", "2026-11-20");
    office.run().await;
    let second = publish().await.unwrap();
    assert!(second.references == 2 && second.written < second.files, "{second:?}");
    assert!(folder.join("references/log/tile/0/000.p/1").exists(), "an earlier proof may need it");

    // The tenant's database loses the second reference, as with an old backup.
    let entries: Vec<Hash> = office.setup.data.tenant_database("acme").await.unwrap().log_entries().await.unwrap();
    assert_eq!(entries.len(), 2);
    let path = office.setup.data.path().join("tenants/acme.db");
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    for statement in
        ["DELETE FROM reference_deliveries WHERE log_index = 1", "DELETE FROM issued_references WHERE log_index = 1"]
    {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    let error = publish().await.unwrap_err();
    assert!(error.to_string().contains("do not continue the log of 2 entries"), "{error}");
    sqlx::query("DELETE FROM reference_log_head").execute(&pool).await.unwrap();
    let error = publish().await.unwrap_err();
    assert!(error.to_string().contains("its log has 2 entries, and this one only 1"), "{error}");
}

/// Text that the page cannot show is reported before anything is signed. It has to be corrected in HiBob.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_is_not_signed() {
    let office = Office::of(people(2), "").await;
    office.run().await;
    office.world().hibob.employees.get_mut("1").unwrap().surname = "ᚦ Ruiz".to_owned();
    leave(&mut office.world(), "1", "2026-11-20");
    let report = office.run().await;
    assert_eq!((counts(&report), report.errors[0].code.as_str()), (NOTHING, "REFERENCE_NOT_POSSIBLE"));
    assert!(report.errors[0].message.contains("U+16A6"), "{}", report.errors[0].message);
    office.world().hibob.employees.get_mut("1").unwrap().surname = "Thor Ruiz".to_owned();
    assert_eq!(counts(&office.run().await), Counts { issued: 1, delivered: 1, ..NOTHING });
}

/// Without a key or a channel, the error says what to do, and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named() {
    let setup = Setup::of(people(2)).await;
    setup.apply_tenant("acme", TABLE).await;
    let tenant = setup.tenant().await;
    let order = ReferencesRequest::default();
    let run_once =
        async || hibob_runner::references(&setup.data, &tenant, plugin(), Arc::new(NoProgress), &order).await;
    let stopped = run_once().await.error.unwrap();
    assert!(stopped.remedy.contains("hibob references key new acme"), "{stopped:?}");
    let config = setup.data.config("acme").await.unwrap();
    IssuerKeys::open(&setup.data, &config).await.unwrap().make(None).await.unwrap();
    run_once().await;
    leave(&mut setup.world(), "1", "2026-11-20");
    let report = run_once().await;
    assert_eq!(
        (counts(&report), report.warnings[0].code.as_str()),
        (Counts { issued: 1, waiting: 1, ..NOTHING }, "NO_CHANNEL")
    );
}

/// The admin who enabled the tenant gets a reference like any other leaver.
#[tokio::test(flavor = "multi_thread")]
async fn the_admin_who_enabled_it_may_be_the_leaver() {
    let office = Office::of(people(2), "").await;
    let mut config = office.setup.data.config("acme").await.unwrap();
    config.enabled_by = Some("a1@acme.example".to_owned());
    let json = serde_json::to_string(&config).unwrap();
    office.setup.data.control().put_tenant("acme", &json, 0).await.unwrap();
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    assert_eq!(counts(&office.run().await), Counts { issued: 1, delivered: 1, ..NOTHING });
}

/// The reference of the second employment was revoked by hand. The one of the first employment does not replace it, and
/// no new one is issued.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_revoked_by_hand_is_not_issued_again() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    let employed = office.world().hibob.employees["2"].lifecycle_status.clone();
    leave(&mut office.world(), "1", "2026-11-18");
    office.run().await;
    {
        let mut world = office.world();
        let person = world.hibob.employees.get_mut("1").unwrap();
        person.lifecycle_status = employed;
        person.start_date = "2026-11-19".parse().unwrap();
        (person.last_day_of_work, person.termination_date) = (None, None);
    }
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    assert_eq!(counts(&office.run().await), Counts { issued: 1, delivered: 1, ..NOTHING });
    let [_, second] = office.references().await.try_into().unwrap();
    let database = office.setup.data.tenant_database("acme").await.unwrap();
    database.revoke_reference(&second.id, "by mistake", 0).await.unwrap();
    assert_eq!(counts(&office.run().await), NOTHING);
}

/// A reference that is revoked while its delivery waits is not sent.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_revoked_is_not_delivered() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    office.mailbox().faults = vec![MailFault::once(At::Rcpt, MailFaultKind::busy())];
    leave(&mut office.world(), "1", "2026-11-20");
    assert_eq!(counts(&office.run().await), Counts { issued: 1, waiting: 1, ..NOTHING });
    let [row] = office.references().await.try_into().unwrap();
    let database = office.setup.data.tenant_database("acme").await.unwrap();
    database.revoke_reference(&row.id, "by mistake", 0).await.unwrap();
    let order = ReferencesRequest { deliveries: Deliveries::Waiting, ..ReferencesRequest::default() };
    assert_eq!(counts(&office.run_with(order).await), NOTHING);
    assert_eq!(office.delivery(0).await.0, DeliveryState::Withdrawn);
    assert!(office.mailbox().mails().is_empty());
    assert!(!database.retry_delivery(&row.id, 0).await.unwrap());
}

/// Leavers for whom no reference can be issued are named, and do not keep others from getting theirs.
#[tokio::test(flavor = "multi_thread")]
async fn impossible_references_do_not_delay_others() {
    let office = Office::of(people(9), "").await;
    office.run().await;
    for id in ["1", "2", "3"] {
        office.world().hibob.employees.get_mut(id).unwrap().surname = "ᚦ".to_owned();
        leave(&mut office.world(), id, "2026-11-20");
    }
    assert_eq!(office.run().await.errors.len(), 3);
    for id in ["4", "5", "6"] {
        leave(&mut office.world(), id, "2026-11-21");
    }
    let report = office.run().await;
    assert_eq!(
        (counts(&report), report.errors.len(), report.exit()),
        (Counts { issued: 3, delivered: 3, ..NOTHING }, 3, Exit::SomeFailed)
    );
    for id in ["7", "8", "9"] {
        leave(&mut office.world(), id, "2026-11-22");
        office.world().hibob.employees.get_mut("1").unwrap().surname = "Thor".to_owned();
    }
    let held = office.run().await;
    assert_eq!((held.exit(), held.issued, held.held.len(), held.errors.len()), (Exit::Held, 0, 4, 2));
}

/// If a key is revoked, its references are revoked and waiting ones are not sent. They are issued again by name.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_takes_its_references_with_it() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    office.run().await;
    office.mailbox().faults = vec![MailFault::once(At::Rcpt, MailFaultKind::busy())];
    leave(&mut office.world(), "2", "2026-11-20");
    assert_eq!(counts(&office.run().await), Counts { issued: 1, waiting: 1, ..NOTHING });
    let keys = office.keys().await;
    assert_eq!(keys.revoke("k1").await.unwrap().1, 2);
    assert!(office.run().await.error.unwrap().remedy.contains("key new"));
    keys.make(Some("k2")).await.unwrap();
    let order = ReferencesRequest { deliveries: Deliveries::Waiting, ..ReferencesRequest::default() };
    assert_eq!(counts(&office.run_with(order).await), NOTHING);
    assert_eq!(counts(&office.issue(&["1", "2"]).await), Counts { issued: 2, delivered: 2, ..NOTHING });
    let states: Vec<_> = office.references().await.iter().map(|row| (row.selector.clone(), row.state)).collect();
    let (old, new) = (("k1".to_owned(), ReferenceState::Revoked), ("k2".to_owned(), ReferenceState::Valid));
    assert_eq!(states, [old.clone(), old, new.clone(), new]);
}

/// A domain belongs to one tenant, which cannot change it once it has a key.
#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_is_one_tenants() {
    let office = Office::of(people(1), "").await;
    let data = &office.setup.data;
    let mut config = data.config("acme").await.unwrap();
    let domain = |config: &mut hibob_config::tenant::TenantConfig, domain: &str| {
        config.references.as_mut().unwrap().domain = domain.to_owned();
    };
    let put = async |config: &hibob_config::tenant::TenantConfig| {
        data.put(config, hibob_config::applied_by::AppliedBy::Operator)
            .await
            .map(drop)
            .map_err(|error| error.to_string())
    };
    assert_eq!(put(&config).await, Ok(()));
    domain(&mut config, "other.example");
    assert!(put(&config).await.unwrap_err().contains("was acme.example"));
    config.id = "beta".to_owned();
    assert_eq!(put(&config).await, Ok(()));
    domain(&mut config, "acme.example");
    assert!(put(&config).await.unwrap_err().contains("so is that of tenant acme"));
}
