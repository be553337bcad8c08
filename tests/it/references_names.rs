//! Tests that nobody is left without a reference for a form: one name, other orders of names, long titles and emoji.

use super::references_job::{Office, leave, people};
use hibob_base::error::Exit;
use hibob_fakes::company::Employee;
use hibob_fakes::smtp::{At, MailFault, MailFaultKind};
use hibob_jobs::references::{Deliveries, ReferencesRequest, name_of};
use hibob_reference_format::credential::SignedCredential;

/// Somebody with these names.
fn named(number: usize, first: &str, last: &str) -> Employee {
    Employee { first_name: first.to_owned(), surname: last.to_owned(), ..people(number).remove(number - 1) }
}

/// The names in the references of those who leave, by employee id.
async fn names(everybody: Vec<Employee>, more: &str) -> Vec<String> {
    let ids: Vec<String> = everybody.iter().map(|person| person.id.clone()).collect();
    let office = Office::of([everybody, people(20).split_off(10)].concat(), more).await;
    office.run().await;
    for id in ids {
        leave(&mut office.world(), &id, "2026-11-20");
    }
    let report = office.run().await;
    assert_eq!((report.delivered, report.exit()), (report.issued, Exit::Done), "{report:?}");
    let rows = office.setup.data.records("acme").await.unwrap().references().await.unwrap();
    rows.iter().map(|row| name_of(row).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_with_one_name_has_a_reference() {
    let everybody = vec![named(1, "Suharto", ""), named(2, "", "Sukarno"), named(3, "Ana", "Ruiz")];
    assert_eq!(names(everybody, "").await, ["Suharto", "Sukarno", "Ana Ruiz"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_family_name_is_first_where_the_setting_says_so() {
    let everybody = vec![named(1, "小龍", "李"), named(2, "Péter", "Nagy"), named(3, "민준", "김")];
    assert_eq!(names(everybody, "person_name = \"family-first\"\n").await, ["李小龍", "Nagy Péter", "김민준"]);
    let everybody = vec![named(1, "Ana", "Ruiz")];
    assert_eq!(names(everybody, "person_name = \"display-name\"\n").await, ["Ana Ruiz"]);
}

/// A title of 303 characters is stated whole; an emoji is left out of the reference, and the run says so.
#[tokio::test(flavor = "multi_thread")]
async fn long_titles_are_stated_and_emoji_are_left_out_and_said() {
    let mut everybody = people(4);
    let long = "Senior Vice President of Global Strategic Partnerships and Business Development ".repeat(4);
    let long: String = long.chars().take(303).collect();
    everybody[0].title.clone_from(&long);
    everybody[1].title = "Chief 😀 Officer".to_owned();
    let office = Office::of(everybody, "").await;
    office.run().await;
    for id in ["1", "2"] {
        leave(&mut office.world(), id, "2026-11-20");
    }
    let report = office.run().await;
    assert_eq!((report.issued, report.delivered, report.exit()), (2, 2, Exit::Done), "{report:?}");
    let [warning] = report.warnings.as_slice() else { panic!("{report:?}") };
    assert_eq!(warning.code, "EMOJI_LEFT_OUT");
    assert!(warning.message.starts_with("Ana2 Ruiz: ") && warning.message.contains("😀 (U+1F600)"), "{warning:?}");
    let rows = office.setup.data.records("acme").await.unwrap().references().await.unwrap();
    let titles = rows.iter().map(|row| {
        let signed = SignedCredential::parse(&row.document).unwrap();
        let title = signed.credential().claims.employment().job_title.clone();
        title.unwrap().as_str().to_owned()
    });
    assert_eq!(titles.collect::<Vec<_>>(), [long.trim(), "Chief Officer"]);
}

/// A letter that no font has is named, with what to do; everybody else has their reference. With a font for it in the
/// operator's folder the next run issues the reference, and without that font again it waits and is not given up.
#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_no_font_has_is_named_until_the_operators_folder_has_it() {
    let everybody = vec![named(1, "அருள்", "செல்வம்"), named(2, "ნინო", "ბერიძე"), named(3, "प्रिया", "शर्मा")];
    let office = Office::of([everybody, people(20).split_off(10)].concat(), "").await;
    office.run().await;
    for id in ["1", "2", "3"] {
        leave(&mut office.world(), id, "2026-11-20");
    }
    let report = office.run().await;
    assert_eq!((report.issued, report.delivered, report.exit()), (2, 2, Exit::SomeFailed), "{report:?}");
    let [error] = report.errors.as_slice() else { panic!("{report:?}") };
    assert_eq!((error.code.as_str(), error.employee_id.as_deref()), ("REFERENCE_NOT_POSSIBLE", Some("1")));
    assert!(error.message.contains("'அ' (U+0B85)") && error.message.contains("references.fonts"), "{error:?}");

    let folder = tempfile::tempdir().unwrap();
    let font = folder.path().join("NotoSansTamil-Regular.ttf");
    let tamil = include_bytes!("../../host/reference-format/tests/fonts/NotoSansTamil-Regular.ttf");
    std::fs::write(&font, &tamil[..1_000]).unwrap();
    let fonts = format!("fonts = {:?}\n", folder.path().display().to_string());
    office.apply(&fonts).await;
    let report = office.run().await;
    let error = report.error.as_ref().unwrap_or_else(|| panic!("{report:?}"));
    assert!(error.message.contains("NotoSansTamil-Regular.ttf is not a font"), "{error:?}");

    std::fs::write(&font, tamil).unwrap();
    office.mailbox().faults = vec![MailFault::once(At::Rcpt, MailFaultKind::busy())];
    let report = office.run().await;
    assert_eq!((report.issued, report.waiting, report.exit()), (1, 1, Exit::Done), "{report:?}");

    office.apply("").await;
    let order = ReferencesRequest { deliveries: Deliveries::Waiting, ..ReferencesRequest::default() };
    let report = office.run_with(order.clone()).await;
    assert_eq!((report.delivered, report.refused, report.waiting), (0, 0, 1), "{report:?}");
    let [warning] = report.warnings.as_slice() else { panic!("{report:?}") };
    assert_eq!(warning.code, "DELIVERY_DELAYED");
    assert!(warning.message.contains("'அ' (U+0B85)"), "{warning:?}");
    office.apply(&fonts).await;
    assert_eq!(office.run_with(order).await.delivered, 1);
}
