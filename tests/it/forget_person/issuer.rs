//! Tests that the log of references stays complete when a person is erased, and that all others' references stay valid.

use super::{found, has_any};
use crate::references_job::{Office, leave, people};
use hibob_fakes::smtp::{At, MailFault, MailFaultKind};
use hibob_jobs::references;
use hibob_jobs::references::ReferencesRequest;
use hibob_reference_format::credential::SignedCredential;
use hibob_reference_format::log::proof::LogProof;
use hibob_store::database::{DeliveryState, ReferenceState};
use hibob_store::privacy::forget_person;
use hibob_tests::published;

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_reference_keeps_its_place_in_the_log_and_nothing_else() {
    let mut everybody = people(6);
    everybody[0].first_name = "Quokkaline".to_owned();
    everybody[0].title = "Chiefquokka".to_owned();
    everybody[0].id = "5150000000000000001".to_owned();
    let id = everybody[0].id.clone();
    let office = Office::of(everybody, "").await;
    office.run().await;
    for leaver in [id.as_str(), "2", "3"] {
        leave(&mut office.world(), leaver, "2026-11-20");
    }
    // The delivery of her reference is waiting.
    office.mailbox().faults = vec![MailFault::once(At::Rcpt, MailFaultKind::busy()).to("a1@acme.example").times(99)];
    let report = office.run().await;
    assert_eq!((report.issued, report.delivered, report.waiting), (3, 2, 1), "{report:?}");
    let data = &office.setup.data;
    let canaries = ["Quokkaline", "Chiefquokka", id.as_str()];
    assert_eq!(found(data.path(), &canaries[..2]), [""; 0], "documents are sealed");
    let before = data.records("acme").await.unwrap().references().await.unwrap();
    let hers = before.iter().position(|row| row.departure.employee_id == id).unwrap();
    let entries = published::entries(&before);

    let done = forget_person(data, "acme", &id, None).await.unwrap();
    assert_eq!((done.rows.references, done.rows.deliveries), (1, 1), "{done:?}");
    assert_eq!(found(data.path(), &canaries), [""; 0]);
    let records = data.records("acme").await.unwrap();
    let rows = records.references().await.unwrap();
    assert_eq!(records.database().log_entries().await.unwrap(), entries, "the log has changed");
    assert!(rows[hers].document.is_empty() && rows[hers].state == ReferenceState::Valid);
    assert_eq!(records.database().deliveries().await.unwrap()[hers].state, DeliveryState::Withdrawn);
    for (row, was) in rows.iter().zip(&before).filter(|(row, _)| row.log_index != hers as u64) {
        assert_eq!((&row.document, &row.departure), (&was.document, &was.departure));
    }

    // Others can still prove their references, under a later head of the log.
    let folder = office.setup.folder.path().join("public");
    let config = data.config("acme").await.unwrap();
    assert_eq!(references::publish(data, &config, &folder).await.unwrap().references, 3);
    published::assert_is_of(&folder, "acme.example", &before);
    let key = office.keys().await.key_file().await.unwrap().keys[0].key;
    for mail in office.mailbox().mails() {
        let [_, json, proof] = mail.attachments().try_into().unwrap();
        let signed = SignedCredential::parse(&json.bytes).unwrap();
        let proof = LogProof::parse(&proof.bytes).unwrap();
        proof.verify(&signed.digest(), &signed.credential().claims.issuer().domain, &[key], &[]).unwrap();
    }

    // Nothing is issued or delivered again, neither automatically nor by name, and the list can be read.
    office.mailbox().faults.clear();
    let report =
        office.run_with(ReferencesRequest { employees: Some(vec![id.clone()]), ..ReferencesRequest::default() }).await;
    assert_eq!((report.issued, report.delivered, report.errors.len()), (0, 0, 1), "{report:?}");
    assert_eq!((report.errors[0].code.as_str(), report.errors[0].employee_id.as_deref()), ("FORGOTTEN", None));
    leave(&mut office.world(), "4", "2026-11-20");
    let report = office.run().await;
    assert_eq!((report.issued, report.delivered, report.errors.len()), (1, 1, 0), "{report:?}");
    assert!(!has_any(&format!("{report:?}"), &canaries));
    assert_eq!(references::publish(data, &config, &folder).await.unwrap().references, 4);
    assert_eq!(found(data.path(), &canaries), [""; 0]);
}
