//! What services have been seen to do, through the real component in the real host. `docs/use/seen-in-services.md` has the
//! table of it; each row names the test here.

use super::sync::employee;
use hibob_base::error::Exit;
use hibob_fakes::company::Employee;
use hibob_fakes::travelperk::{ActiveForm, CreateAnswer, ManagerForm, Paging, PhoneType, User};
use hibob_fakes::{Fault, FaultKind, Service};
use hibob_jobs::run::Report;
use hibob_policy::guard::Release;
use hibob_sandbox::Open as _;
use hibob_tests::deep;
use hibob_tests::setup::{Setup, today};

/// So many employees with a phone each, who all report to the first one, already synced.
async fn company(number: usize) -> Setup {
    let setup = Setup::of(people(number)).await;
    let report = setup.sync().await;
    assert_eq!((report.created, report.exit()), (number as u64, Exit::Done), "{:?}", report.errors);
    setup.writes();
    setup
}

fn people(number: usize) -> Vec<Employee> {
    let person = |id: usize| {
        let mut person = employee(&id.to_string(), "Ana", &format!("{id}@x.example"));
        person.work_phone = Some(format!("+34 600 100 {id:03}"));
        person.manager = (id > 1).then(|| "1".to_owned());
        person
    };
    (1..=number).map(person).collect()
}

fn codes(report: &Report) -> Vec<&str> {
    report.errors.iter().map(|row| row.code.as_str()).collect()
}

fn is_active(setup: &Setup, employee: &str) -> bool {
    setup.world().travelperk.user_by_external_id(employee).unwrap().active
}

/// How many requests of this method to TravelPerk have a path that ends so, since the log was cleared.
fn requests(setup: &Setup, method: &str, end: &str) -> usize {
    let world = setup.world();
    world.log().iter().filter(|entry| entry.method == method && entry.path.ends_with(end)).count()
}

/// The rows of the log that read one account.
fn lone_reads(setup: &Setup) -> usize {
    let world = setup.world();
    let is_lone = |path: &str| path.rsplit_once("/Users/").is_some_and(|(_, id)| !id.is_empty());
    world.log().iter().filter(|entry| entry.method == "GET" && is_lone(&entry.path)).count()
}

/// A leaver is archived and a rehire reactivated, whatever the case of names and the form of values; and nothing is
/// written again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_read_in_every_form_and_names_in_any_case() {
    for form in
        [ActiveForm::Boolean, ActiveForm::Text, ActiveForm::Number, ActiveForm::NumberText, ActiveForm::AbsentInList]
    {
        for in_lower_case in [false, true] {
            let setup = company(6).await;
            {
                let switches = &mut setup.world().travelperk.switches;
                (switches.active_form, switches.names_in_lower_case) = (form, in_lower_case);
            }
            let report = setup.sync().await;
            assert_eq!(
                (report.kept, report.exit(), setup.writes()),
                (6, Exit::Done, 0),
                "{form:?} {:?}",
                report.errors
            );
            setup.world().hibob.employee_mut("6").terminate(today());
            let report = setup.sync().await;
            assert_eq!((report.archived, report.exit()), (1, Exit::Done), "{form:?} {:?}", report.errors);
            assert!(!is_active(&setup, "6"));
            setup.world().hibob.employee_mut("6").employ(today());
            let report = setup.sync().await;
            assert_eq!((report.reactivated, report.exit()), (1, Exit::Done), "{form:?} {:?}", report.errors);
            assert!(is_active(&setup, "6"));
        }
    }
}

/// An account of which nothing says whether it is active is read alone, and then left alone.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_unknown_state_is_neither_archived_nor_reactivated_nor_taken_for_active() {
    for form in [ActiveForm::Absent, ActiveForm::Word] {
        let setup = company(24).await;
        setup.world().travelperk.switches.active_form = form;
        setup.world().hibob.employee_mut("23").terminate(today());
        setup.world().hibob.employee_mut("2").first_name = "Eva".to_owned();
        let id = setup.world().travelperk.user_by_external_id("24").unwrap().id;
        setup.world().travelperk.users.get_mut(id).unwrap().active = false;
        setup.world().clear_log();
        let report = setup.sync().await;
        assert_eq!(codes(&report), ["ACCOUNT_STATE_UNKNOWN"], "{form:?}");
        assert!(report.errors[0].message.contains("24 employees"), "{}", report.errors[0].message);
        assert_eq!((report.kept, report.exit()), (0, Exit::SomeFailed), "{form:?}");
        assert_eq!(lone_reads(&setup), 20, "{form:?}");
        assert_eq!(setup.writes(), 0);
    }
}

/// Only those accounts are read alone that may be an employee's.
#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_strangers_are_not_read_alone() {
    let setup = company(3).await;
    for number in 0..30 {
        setup.world().travelperk.insert_user(User::new(&format!("guest{number}@y.example"), "Not", "Ours"));
    }
    setup.world().travelperk.switches.active_form = ActiveForm::AbsentInList;
    setup.world().clear_log();
    let report = setup.sync().await;
    assert_eq!((report.kept, report.exit(), lone_reads(&setup)), (3, Exit::Done, 3), "{:?}", report.errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_that_is_not_an_object_is_read_and_not_written_again() {
    for form in [ManagerForm::Text, ManagerForm::Reference] {
        let setup = company(3).await;
        setup.world().travelperk.switches.manager_form = form;
        let report = setup.sync().await;
        assert_eq!((report.kept, report.exit(), setup.writes()), (3, Exit::Done, 0), "{form:?} {:?}", report.errors);
        setup.world().hibob.employee_mut("3").manager = Some("2".to_owned());
        let report = setup.sync().await;
        assert_eq!((report.updated, report.exit()), (1, Exit::Done), "{form:?} {:?}", report.errors);
        assert_eq!((setup.writes(), setup.sync().await.exit(), setup.writes()), (1, Exit::Done, 0), "{form:?}");
    }
}

/// A phone without a type, or with a type of the service's own, is read and compared. A new number is added once.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_without_a_known_type_is_not_appended_every_night() {
    for kind in [PhoneType::LeftOut, PhoneType::Unknown] {
        let setup = company(2).await;
        setup.world().travelperk.switches.phone_type = kind;
        let report = setup.sync().await;
        assert_eq!((report.kept, report.exit(), setup.writes()), (2, Exit::Done, 0), "{kind:?} {:?}", report.errors);
        setup.world().hibob.employee_mut("2").work_phone = Some("+34 600 900 900".to_owned());
        let report = setup.sync().await;
        assert_eq!((report.updated, report.exit()), (1, Exit::Done), "{kind:?} {:?}", report.errors);
        for _ in 0..3 {
            setup.writes();
            let report = setup.sync().await;
            assert_eq!(
                (report.kept, report.exit(), setup.writes()),
                (2, Exit::Done, 0),
                "{kind:?} {:?}",
                report.errors
            );
        }
        assert_eq!(setup.world().travelperk.user_by_external_id("2").unwrap().phones.len(), 2, "{kind:?}");
    }
}

/// The answer to the write says what was asked for, and a read says otherwise, night after night.
#[tokio::test(flavor = "multi_thread")]
async fn an_archiving_that_is_only_said_never_counts() {
    for answers_204 in [false, true] {
        let setup = company(6).await;
        {
            let perk = &mut setup.world().travelperk;
            perk.drops.insert("active".to_owned());
            perk.switches.answers_repeat_the_request = true;
            perk.switches.patch_answers_204 = answers_204;
        }
        setup.world().hibob.employee_mut("6").terminate(today());
        for night in 0..5 {
            let report = setup.sync().await;
            assert_eq!((report.archived, report.failed), (0, 1), "night {night}: {:?}", report.errors);
            assert_eq!((report.exit(), codes(&report)), (Exit::SomeFailed, vec!["WRITE_NOT_APPLIED"]));
        }
        let sums = setup.data.tenant("acme").await.unwrap().database().ledger_sums(0).await.unwrap();
        assert_eq!(sums.active, 6);
        setup.world().travelperk.drops.clear();
        assert_eq!((setup.sync().await.archived, is_active(&setup, "6")), (1, false));
    }
}

/// The same for somebody who came back, with other fields in the same change.
#[tokio::test(flavor = "multi_thread")]
async fn a_reactivation_that_is_only_said_never_counts() {
    let setup = company(6).await;
    setup.world().hibob.employee_mut("6").terminate(today());
    assert_eq!(setup.sync().await.archived, 1);
    {
        let perk = &mut setup.world().travelperk;
        perk.drops.insert("active".to_owned());
        perk.switches.answers_repeat_the_request = true;
    }
    setup.world().hibob.employee_mut("6").employ(today());
    for _ in 0..3 {
        setup.world().hibob.employee_mut("6").surname.push('x');
        let report = setup.sync().await;
        assert_eq!(
            (report.reactivated, report.updated, report.exit()),
            (0, 0, Exit::SomeFailed),
            "{:?}",
            report.errors
        );
        assert!(!is_active(&setup, "6"));
    }
    setup.world().travelperk.drops.clear();
    assert_eq!((setup.sync().await.reactivated, is_active(&setup, "6")), (1, true));
}

/// A read that lags behind is made again until it shows the change.
#[tokio::test(flavor = "multi_thread")]
async fn an_archiving_that_is_shown_late_counts_once_it_is_shown() {
    let setup = company(6).await;
    {
        let switches = &mut setup.world().travelperk.switches;
        (switches.listing_behind_seconds, switches.reads_by_id_behind) = (0.2, true);
    }
    // 50, 100, 200 and 400 milliseconds.
    setup.apply_tenant("acme", "").await;
    let file = std::fs::read_to_string(setup.tenant_file("acme", "")).unwrap();
    let slower = file.replace("retry_pause_milliseconds = 5", "retry_pause_milliseconds = 50");
    let path = setup.folder.path().join("acme.toml");
    std::fs::write(&path, slower).unwrap();
    let json = serde_json::to_string(&setup.unchecked(&path)).unwrap();
    setup.data.control().put_tenant("acme", &json, 0).await.unwrap();
    setup.world().hibob.employee_mut("6").terminate(today());
    let report = setup.sync().await;
    assert_eq!((report.archived, report.exit()), (1, Exit::Done), "{:?}", report.errors);
    assert!(!is_active(&setup, "6"));
}

/// Fields are contested after two writes. Before that, what TravelPerk shows otherwise at once is not counted as updated.
#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_not_taken_is_never_counted_as_updated() {
    for answers_204 in [false, true] {
        let setup = company(2).await;
        setup.world().travelperk.drops.insert("name.givenName".to_owned());
        setup.world().travelperk.switches.patch_answers_204 = answers_204;
        setup.world().hibob.employee_mut("1").first_name = "Anna".to_owned();
        for _ in 0..2 {
            let report = setup.sync().await;
            assert_eq!((report.updated, report.not_taken, report.exit()), (0, 1, Exit::SomeFailed));
            assert_eq!(codes(&report), ["WRITE_NOT_APPLIED"]);
        }
        // Something there sets it back, and it does not end with 1 for ever.
        let report = setup.sync().await;
        assert_eq!((report.updated, report.not_taken, report.exit()), (0, 0, Exit::Done), "{:?}", report.errors);
        assert_eq!(report.warnings[0].code, "CONTESTED_FIELD");
        // With another field in the change, the account is updated, and the one that was not taken is named.
        setup.world().hibob.employee_mut("1").first_name = "Annie".to_owned();
        setup.world().hibob.employee_mut("1").surname = "Lopez".to_owned();
        let report = setup.sync().await;
        assert_eq!((report.updated, report.not_taken, report.exit()), (1, 0, Exit::SomeFailed));
        assert!(report.errors[0].message.ends_with("but not: given-name"), "{}", report.errors[0].message);
    }
}

/// An answer 201 that does not show the account.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_account_is_found_by_its_location_or_by_waiting() {
    for (answer, behind, by_id_behind) in [
        (CreateAnswer::Location, 0.0, false),
        (CreateAnswer::Location, 1_000.0, false),
        (CreateAnswer::Nothing, 0.0, false),
        (CreateAnswer::Nothing, 0.01, true),
        (CreateAnswer::Location, 0.01, true),
    ] {
        let setup = Setup::of(people(1)).await;
        {
            let switches = &mut setup.world().travelperk.switches;
            (switches.create_answer, switches.listing_behind_seconds) = (answer, behind);
            switches.reads_by_id_behind = by_id_behind;
        }
        let report = setup.sync().await;
        let case = format!("{answer:?} {behind} {by_id_behind}");
        assert_eq!((report.created, report.exit()), (1, Exit::Done), "{case}: {:?}", report.errors);
        assert_eq!((setup.writes(), setup.world().travelperk.users.len()), (1, 1), "{case}");
    }
}

/// Nothing shows the account for as long as the run looks. It is not created again, and the next run finds it.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_stays_hidden_is_not_created_twice() {
    let setup = Setup::of(people(1)).await;
    {
        let switches = &mut setup.world().travelperk.switches;
        (switches.create_answer, switches.listing_behind_seconds) = (CreateAnswer::Nothing, 1_000.0);
    }
    let report = setup.sync().await;
    assert_eq!((codes(&report), report.exit()), (vec!["ACCOUNT_NOT_SHOWN"], Exit::SomeFailed));
    assert_eq!(setup.writes(), 1);
    setup.world().travelperk.switches.listing_behind_seconds = 0.0;
    let report = setup.sync().await;
    assert_eq!((report.adopted, report.exit()), (1, Exit::Done), "{:?}", report.errors);
    assert_eq!(setup.world().travelperk.users.len(), 1);
}

/// A 409 is explained by another company only where nothing of this tenant's can be the reason.
#[tokio::test(flavor = "multi_thread")]
async fn another_company_is_named_only_where_nothing_else_explains_it() {
    let setup = Setup::of(people(1)).await;
    setup.world().travelperk.taken_elsewhere.insert("1@x.example".to_owned());
    let report = setup.sync().await;
    assert_eq!(codes(&report), ["EMAIL_IN_ANOTHER_COMPANY"]);
    assert_eq!(setup.writes(), 1, "it is looked for again, and not created again");

    // The answer to the creation is lost, and no search shows the account.
    let setup = Setup::of(people(1)).await;
    setup.world().travelperk.switches.listing_behind_seconds = 1_000.0;
    setup.world().travelperk.faults.push(Fault::once("/Users", FaultKind::ResetAfter).on("POST"));
    let report = setup.sync().await;
    assert_eq!(codes(&report), ["ACCOUNT_NOT_SHOWN"]);
    assert!(!report.errors[0].remedy.contains("company"), "{}", report.errors[0].remedy);
    assert_eq!(setup.world().travelperk.users.len(), 1);

    // This sync had an account for the employee, which is gone.
    let setup = company(1).await;
    let id = setup.world().travelperk.user_by_external_id("1").unwrap().id;
    setup.world().travelperk.users.erase(id);
    setup.world().travelperk.taken_elsewhere.insert("1@x.example".to_owned());
    assert_eq!(codes(&setup.sync().await), ["ACCOUNT_NOT_SHOWN"]);
}

/// Each status has words of its own, and says what is to be done.
#[tokio::test(flavor = "multi_thread")]
async fn statuses_of_writes_are_understood() {
    // 408: nobody knows whether it was carried out, so the account is looked at.
    for kind in [FaultKind::StatusAfter(408), FaultKind::status(408)] {
        let setup = company(2).await;
        setup.world().hibob.employee_mut("1").first_name = "Eva".to_owned();
        setup.world().travelperk.faults.push(Fault::once("/Users/", kind.clone()).on("PATCH"));
        let report = setup.sync().await;
        assert_eq!((report.updated, report.exit()), (1, Exit::Done), "{kind:?} {:?}", report.errors);
        let twice = kind == FaultKind::status(408);
        assert_eq!(setup.writes(), if twice { 2 } else { 1 }, "{kind:?}");
    }
    for (status, code, part) in [
        (423, "TARGET_BUSY", "locked"),
        (425, "TARGET_BUSY", "not ready"),
        (412, "DRIFTED", "version"),
        (400, "TARGET_REJECTED", "the field is given-name"),
        (409, "TARGET_REJECTED", "the field is given-name"),
    ] {
        let setup = company(2).await;
        setup.world().hibob.employee_mut("1").first_name = "Eva".to_owned();
        setup.world().travelperk.faults.push(Fault::once("/Users/", FaultKind::status(status)).on("PATCH").times(9));
        let report = setup.sync().await;
        assert_eq!((codes(&report), report.exit()), (vec![code], Exit::SomeFailed), "{status}");
        assert!(report.errors[0].message.contains(part), "{status}: {}", report.errors[0].message);
        assert_eq!(setup.writes(), 1, "{status}");
        setup.world().travelperk.faults.clear();
        assert_eq!(setup.sync().await.updated, 1, "{status}");
    }
}

fn redirect() -> FaultKind {
    let location = "https://app.perk.example:8443/api/v2/scim/Users?token=secret".to_owned();
    FaultKind::Status {
        status: 308,
        headers: vec![("Location".to_owned(), location)],
        body: String::new(),
        content_type: "text/plain".to_owned(),
    }
}

/// Where a redirect points is told to the person, without its query.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_says_where_it_points_and_what_to_change() {
    let told = |message: &str| {
        assert!(message.contains("https://app.perk.example:8443/api/v2/scim/Users;"), "{message}");
        assert!(message.contains("travelperk.scim_url") && !message.contains("secret"), "{message}");
    };
    let setup = company(1).await;
    setup.world().travelperk.faults.push(Fault::once("/Users", redirect()).on("GET"));
    let report = setup.sync().await;
    assert_eq!(report.exit(), Exit::Failed);
    told(&report.error.unwrap().message);

    setup.world().hibob.employee_mut("1").first_name = "Eva".to_owned();
    setup.world().travelperk.faults.push(Fault::once("/Users/", redirect()).on("PATCH"));
    let report = setup.sync().await;
    assert_eq!((codes(&report), setup.writes()), (vec!["TARGET_REDIRECTS"], 1));
    told(&report.errors[0].message);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_that_differ_in_case_only_are_not_adopted() {
    let setup = Setup::of(people(1)).await;
    for name in ["1@x.example", "1@X.Example"] {
        setup.world().travelperk.insert_user(User::new(name, "Ana", "Ruiz"));
    }
    let report = setup.sync().await;
    assert_eq!((codes(&report), report.conflicts, report.exit()), (vec!["AMBIGUOUS_USER_NAME"], 1, Exit::SomeFailed));
    assert_eq!(setup.writes(), 0);
    // If one of them carries the employee's id, it is the one.
    let id = setup.world().travelperk.users.iter().next().unwrap().id;
    setup.world().travelperk.users.get_mut(id).unwrap().external_id = Some("1".to_owned());
    assert_eq!(setup.sync().await.adopted, 1);
}

/// Reading back costs one request for each account that is archived or reactivated, and none for any other change.
#[tokio::test(flavor = "multi_thread")]
async fn reading_back_costs_one_request_for_each_archiving_or_reactivation() {
    let night = deep(40, 1_000);
    let (leavers, renamed, hired) = (night / 4, night / 2, night / 4);
    let setup = company(leavers + renamed).await;
    {
        let mut world = setup.world();
        for id in 1..=leavers {
            world.hibob.employee_mut(&id.to_string()).terminate(today());
        }
        for id in leavers + 1..=leavers + renamed {
            world.hibob.employee_mut(&id.to_string()).surname = "Lopez".to_owned();
        }
        for id in 0..hired {
            let id = (leavers + renamed + 1 + id).to_string();
            world.hibob.insert(employee(&id, "Eva", &format!("{id}@x.example")));
        }
    }
    let release = Release { archiving: leavers, names: renamed, creating: hired, ..Release::default() };
    setup.world().clear_log();
    let report = setup.sync_with(release).await;
    let counts = [report.archived, report.updated, report.created];
    assert_eq!(counts, [leavers, renamed, hired].map(|number| number as u64), "{:?}", report.errors);
    assert_eq!(requests(&setup, "POST", "/Users"), hired);
    // Each is read before it is written; a leaver's account is read once more.
    assert_eq!(lone_reads(&setup), 2 * leavers + renamed);
    assert_eq!(setup.writes(), night);
}

/// A listing that is not shown to be complete is read twice, and then nothing is planned.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_planned_from_a_listing_that_may_lack_somebody() {
    for (paging, part) in [
        (Paging::IgnoresStart, "its total is 120, and 50 different ones came in 100 rows on 2 pages"),
        (Paging::TotalOfPage, "a later page states the total 20"),
        (Paging::Total(7), "its total is 7, and 120 different ones came"),
        (Paging::Total(500), "its total is 500, and 120 different ones came"),
        (Paging::NothingAfterFirst, "its total is 120, and 50 different ones came"),
        (Paging::Shrinks, "a later page states the total 119"),
        (Paging::NoResources, "its total is 120, and 0 different ones came"),
    ] {
        let mut everybody = people(120);
        let strangers = everybody.split_off(60);
        let setup = Setup::of(everybody).await;
        for stranger in strangers {
            let user = User::new(stranger.email.as_deref().unwrap(), "Ana", "Ruiz");
            setup.world().travelperk.insert_user(user);
        }
        for number in 0..60 {
            setup.world().travelperk.insert_user(User::new(&format!("{number}@y.example"), "Ana", "Ruiz"));
        }
        setup.world().travelperk.switches.paging = paging;
        setup.world().clear_log();
        let report = setup.sync().await;
        let error = report.error.as_ref().unwrap_or_else(|| panic!("{paging:?}: {report:?}"));
        assert_eq!((error.code.as_str(), report.exit()), ("LISTING_INCOMPLETE", Exit::Failed), "{paging:?}");
        assert!(error.message.contains(part), "{paging:?}: {}", error.message);
        assert!(requests(&setup, "GET", "/Users") <= 10, "{paging:?}");
        assert_eq!(setup.writes(), 0, "{paging:?}");
    }
}

/// Odd, and still shown to be complete.
#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_is_shown_to_be_complete_is_used_however_odd_it_is() {
    for paging in [Paging::IgnoresBoth, Paging::NoTotal, Paging::Overlaps, Paging::RefusesBeyond] {
        let setup = company(100).await;
        setup.world().travelperk.switches.paging = paging;
        let report = setup.sync().await;
        assert_eq!((report.kept, report.exit(), setup.writes()), (100, Exit::Done, 0), "{paging:?} {:?}", report.error);
    }
    // Exactly one page, which is every page.
    let setup = company(50).await;
    setup.world().travelperk.switches.paging = Paging::IgnoresStart;
    let report = setup.sync().await;
    assert_eq!((report.kept, report.exit(), setup.writes()), (50, Exit::Done, 0), "{:?}", report.error);
}

/// Somebody is removed while the pages are read: the second reading is right.
#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_changes_while_it_is_read_is_read_again() {
    let setup = company(120).await;
    {
        let perk = &mut setup.world().travelperk;
        (perk.switches.paging, perk.odd_pages) = (Paging::Shrinks, Some(2));
    }
    setup.world().clear_log();
    let report = setup.sync().await;
    assert_eq!((report.kept, report.exit()), (120, Exit::Done), "{:?}", report.error);
    assert_eq!((requests(&setup, "GET", "/Users"), setup.writes()), (4 + 3, 0));
}

/// After a listing of which rows are left out, nobody is archived or created because of that.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_archived_or_created_from_a_listing_that_may_lack_somebody() {
    let setup = company(60).await;
    setup.world().hibob.employee_mut("60").terminate(today());
    setup.world().hibob.insert(employee("61", "Eva", "61@x.example"));
    setup.world().travelperk.switches.paging = Paging::NothingAfterFirst;
    let report = setup.sync().await;
    assert_eq!((report.exit(), setup.writes()), (Exit::Failed, 0), "{report:?}");
    setup.world().travelperk.switches.paging = Paging::Right;
    let report = setup.sync().await;
    assert_eq!((report.created, report.archived, report.exit()), (1, 1, Exit::Done), "{:?}", report.errors);
}

/// One row that cannot be read is reported. Nobody gets a second account for it, and the others are synced.
#[tokio::test(flavor = "multi_thread")]
async fn one_row_that_cannot_be_read_is_reported_and_the_others_are_synced() {
    // The sync knows the account, and reads it alone.
    let setup = company(4).await;
    let id = setup.world().travelperk.user_by_external_id("2").unwrap().id;
    setup.world().travelperk.broken_rows.insert(id.to_string());
    setup.world().hibob.employee_mut("3").first_name = "Eva".to_owned();
    let report = setup.sync().await;
    assert_eq!((codes(&report), report.exit()), (vec!["BROKEN_ACCOUNT"], Exit::SomeFailed));
    assert_eq!((report.updated, report.kept, setup.writes()), (1, 3, 1));

    // The sync does not know it: it may be the account of an employee, by its name or its external id.
    for external_id in [None, Some("2".to_owned())] {
        let setup = Setup::of(people(4)).await;
        let name = if external_id.is_some() { "old@x.example" } else { "2@x.example" };
        let id = setup.world().travelperk.insert_user(User { external_id, ..User::new(name, "Ana", "Ruiz") });
        setup.world().travelperk.broken_rows.insert(id.to_string());
        let report = setup.sync().await;
        let mut codes = codes(&report);
        codes.sort_unstable();
        assert_eq!((codes, report.created), (vec!["ACCOUNT_UNREADABLE", "BROKEN_ACCOUNT"], 3));
        assert_eq!(setup.world().travelperk.users.len(), 4);
    }
}

/// Cost centers are read in pages too, without a total.
#[tokio::test(flavor = "multi_thread")]
async fn cost_centers_are_not_created_from_a_listing_without_end() {
    let mut setup = Setup::of(people(2)).await;
    setup.rest = true;
    setup.apply_tenant("acme", "").await;
    for number in 0..60 {
        setup.world().travelperk.insert_cost_center(&format!("Team {number}"));
    }
    setup.world().travelperk.switches.cost_center_offset_ignored = true;
    setup.world().clear_log();
    let report = setup.sync().await;
    let error = report.error.as_ref().unwrap();
    assert_eq!((error.code.as_str(), setup.world().writes()), ("LISTING_INCOMPLETE", 0), "{error:?}");
    assert!(error.message.contains("GET /cost_centers"), "{}", error.message);
    assert_eq!(requests(&setup, "GET", "/cost_centers"), 4);
    setup.world().travelperk.switches.cost_center_offset_ignored = false;
    assert_eq!(setup.sync().await.exit(), Exit::Done);
    assert!(setup.world().requests(Service::TravelPerk, "DELETE", "/").is_empty());
}
