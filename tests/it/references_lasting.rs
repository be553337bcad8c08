//! Tests that a reference reaches its person and is never lost: a second address, another delivery, and the reference as
//! files, at any time.

use super::references_job::{Office, leave, people};
use hibob_base::error::Exit;
use hibob_fakes::smtp::MailFault;
use hibob_jobs::references::{self, Deliveries, ReferencesRequest, Report, prepare_delivery};
use hibob_reference_format::pdf::seal;
use hibob_store::database::DeliveryState;

const PRIVATE: &str = "second_address = \"home.privateEmail\"\n";

impl Office {
    fn has_private_address(&self, id: &str, address: &str) {
        let value = ("home.privateEmail".to_owned(), serde_json::json!(address));
        self.world().hibob.employees.get_mut(id).unwrap().overrides.extend([value]);
    }

    async fn deliver_again(&self, number: usize, again: bool) -> Option<Report> {
        let (data, config) = (&self.setup.data, self.setup.data.config("acme").await.unwrap());
        let id = self.reference_id(number).await;
        if !prepare_delivery(data, &config, &id, again).await.unwrap() {
            return None;
        }
        let order = ReferencesRequest {
            employees: Some(Vec::new()),
            deliveries: Deliveries::One(id),
            ..ReferencesRequest::default()
        };
        Some(self.run_with(order).await)
    }

    async fn reference_id(&self, number: usize) -> String {
        self.setup.data.records("acme").await.unwrap().references().await.unwrap()[number].id.clone()
    }

    fn recipients(&self) -> Vec<String> {
        self.mailbox().mails().iter().flat_map(|mail| mail.recipients.clone()).collect()
    }
}

/// The company has closed the work mailbox of the first, the second has never had one, and the third can be reached.
#[tokio::test(flavor = "multi_thread")]
async fn the_private_address_follows_where_the_work_mailbox_is_gone() {
    let mut everybody = people(5);
    everybody[1].email = None;
    let office = Office::of(everybody, PRIVATE).await;
    for id in ["1", "2", "3"] {
        office.has_private_address(id, &format!("private{id}@home.example"));
    }
    office.run().await;
    office.mailbox().faults = vec![MailFault::no_such_user("a1@acme.example")];
    for id in ["1", "2", "3"] {
        leave(&mut office.world(), id, "2026-11-20");
    }
    let report = office.run().await;
    assert_eq!((report.delivered, report.refused, report.exit()), (3, 0, Exit::Done), "{report:?}");
    let mut recipients = office.recipients();
    recipients.sort();
    assert_eq!(recipients, ["a3@acme.example", "private1@home.example", "private2@home.example"]);
    // Neither of the addresses is kept.
    let database = office.setup.data.path().join("tenants/acme.db");
    let stored = String::from_utf8_lossy(&std::fs::read(database).unwrap()).into_owned();
    assert!(!stored.contains("home.example"));
}

/// Where the private address comes first, the work mailbox is the second; where both refuse, it is a refusal.
#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_the_addresses_is_a_setting() {
    let order = "address = \"home.privateEmail\"\nsecond_address = \"root.email\"\n";
    let office = Office::of(people(4), order).await;
    for id in ["1", "2"] {
        office.has_private_address(id, &format!("private{id}@home.example"));
    }
    office.run().await;
    office.mailbox().faults =
        vec![MailFault::no_such_user("private2@home.example"), MailFault::no_such_user("a2@acme.example")];
    for id in ["1", "2", "3"] {
        leave(&mut office.world(), id, "2026-11-20");
    }
    let report = office.run().await;
    assert_eq!((report.delivered, report.refused, report.exit()), (2, 1, Exit::SomeFailed), "{report:?}");
    let mut recipients = office.recipients();
    recipients.sort();
    assert_eq!(recipients, ["a3@acme.example", "private1@home.example"]);
    // Each later run names the refused one, and that is no error any more.
    let later = office.run().await;
    let named: Vec<_> = later.warnings.iter().map(|row| (row.code.as_str(), row.employee_id.as_deref())).collect();
    assert_eq!((later.exit(), named), (Exit::Done, vec![("DELIVERY_REFUSED", Some("2"))]));
}

/// Somebody without an address waits for longer than a busy server is tried, and gets the reference when HiBob has one.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_address_is_tried_again_until_there_is_one() {
    let mut everybody = people(3);
    everybody[0].email = None;
    let office = Office::of(everybody, PRIVATE).await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    let path = office.setup.data.path().join("tenants/acme.db");
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    for _ in 0..3 {
        let report = office.run().await;
        assert_eq!((report.delivered, report.waiting, report.refused), (0, 1, 0), "{report:?}");
        let [warning] = report.warnings.as_slice() else { panic!("{report:?}") };
        assert_eq!(warning.code, "NO_ADDRESS");
        assert!(warning.message.contains("root.email, home.privateEmail"), "{}", warning.message);
        // As if ten days passed.
        let update = "UPDATE reference_deliveries SET since = since - 864000, next_at = 0";
        sqlx::query(update).execute(&pool).await.unwrap();
    }
    office.has_private_address("1", "private1@home.example");
    let report = office.run().await;
    assert_eq!((report.delivered, report.waiting), (1, 0), "{report:?}");
    assert_eq!(office.recipients(), ["private1@home.example"]);
}

/// Somebody has lost the mail, or the mailbox. The reference is sent once more, to the address that HiBob has by now, as
/// another message.
#[tokio::test(flavor = "multi_thread")]
async fn a_delivered_reference_is_delivered_once_more() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    office.run().await;
    assert!(office.deliver_again(0, false).await.is_none(), "without --again there is nothing to deliver");
    office.world().hibob.employees.get_mut("1").unwrap().email = Some("new@home.example".to_owned());
    let report = office.deliver_again(0, true).await.unwrap();
    assert_eq!((report.issued, report.delivered, report.exit()), (0, 1, Exit::Done), "{report:?}");
    let mails = office.mailbox().mails().to_vec();
    let [first, second] = mails.as_slice() else { panic!("{}", mails.len()) };
    assert_eq!(second.recipients, ["new@home.example"]);
    assert_ne!(first.header("Message-ID"), second.header("Message-ID"));
    let [_, one, _] = first.attachments().try_into().unwrap();
    let [_, other, _] = second.attachments().try_into().unwrap();
    assert_eq!(one.bytes, other.bytes, "it is the same reference");
    // Not once it does not count any more.
    let database = office.setup.data.tenant_database("acme").await.unwrap();
    database.revoke_reference(&office.reference_id(0).await, "by mistake", 1).await.unwrap();
    assert!(office.deliver_again(0, true).await.is_none());
    assert_eq!(database.deliveries().await.unwrap()[0].state, DeliveryState::Delivered);
}

/// The three files of a delivery, at any time, also of a reference that was replaced. What is there is not overwritten.
#[tokio::test(flavor = "multi_thread")]
async fn a_reference_is_exported_at_any_time() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-19");
    office.run().await;
    let (data, config) = (&office.setup.data, office.setup.data.config("acme").await.unwrap());
    let folder = office.setup.folder.path();
    for (number, state) in [(0, "superseded"), (1, "valid")] {
        let exported = references::export(data, &config, &office.reference_id(number).await).await.unwrap();
        assert_eq!(exported.state.word(), state);
        let paths = exported.write(&folder.join(state)).unwrap();
        let names: Vec<_> = paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        let stem = "Reference - Ana1 Ruiz - ACME GmbH";
        assert_eq!(names, [format!("{stem}.pdf"), format!("{stem}.json"), format!("{stem}.tlog-proof")]);
        let [pdf, json, proof] = [0, 1, 2].map(|at| std::fs::read(&paths[at]).unwrap());
        let sealed = seal::open(&pdf).unwrap();
        assert_eq!((sealed.credential, sealed.log_proof), (json.as_slice(), proof.as_slice()));
        let mails = office.mailbox().mails().to_vec();
        assert_eq!(mails[number].attachments()[1].bytes, json);
    }
    let other = references::export(data, &config, &office.reference_id(0).await).await.unwrap();
    let error = other.write(&folder.join("valid")).unwrap_err();
    assert!(error.to_string().contains("is there already"), "{error}");
    let error = references::export(data, &config, "6f1c").await.unwrap_err();
    assert!(error.to_string().contains("has no reference 6f1c"), "{error}");
    hibob_store::privacy::forget_person(data, "acme", "1", None).await.unwrap();
    let error = references::export(data, &config, &office.reference_id(1).await).await.unwrap_err();
    assert!(error.to_string().contains("was erased"), "{error}");
}
