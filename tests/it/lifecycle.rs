//! Tests of what happens to an account during an employment. They can be read as a manual.

use super::sync::employee;
use chrono::Days;
use hibob_base::error::Exit;
use hibob_fakes::travelperk::User;
use hibob_tests::setup::{LAST_MAY_LEAVE, Setup, today};

/// A company with one employee, Ana, and these lines in the tenant's file. Ana's account is the last one and may be
/// archived.
async fn ana(settings: &str) -> Setup {
    let setup = Setup::of(vec![employee("1", "Ana", "ana@x.example")]).await;
    setup.apply_tenant("acme", &format!("{settings}{LAST_MAY_LEAVE}")).await;
    setup
}

fn state(setup: &Setup, id: &str) -> Option<bool> {
    setup.world().travelperk.user_by_external_id(id).map(|user| user.active)
}

fn set_status(setup: &Setup, status: &str) {
    setup.world().hibob.employee_mut("1").lifecycle_status = status.to_owned();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_future_hire_gets_an_account_on_the_first_day() {
    let setup = ana("").await;
    set_status(&setup, "hired");
    // Two days ahead: that day has not begun in any time zone.
    setup.world().hibob.employee_mut("1").start_date = today() + Days::new(2);
    assert_eq!((setup.sync().await.created, state(&setup, "1")), (0, None));
    setup.world().hibob.employee_mut("1").start_date = today();
    assert_eq!((setup.sync().await.created, state(&setup, "1")), (1, Some(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_future_hire_may_get_an_account_some_days_before() {
    let setup = ana("[sync]\ncreate_days_before_start = 14\n").await;
    set_status(&setup, "hired");
    setup.world().hibob.employee_mut("1").start_date = today() + Days::new(16);
    assert_eq!(setup.sync().await.created, 0);
    setup.world().hibob.employee_mut("1").start_date = today() + Days::new(14);
    assert_eq!(setup.sync().await.created, 1);
}

/// At one moment, different sites may have different dates.
#[tokio::test(flavor = "multi_thread")]
async fn the_day_begins_at_midnight_of_the_site() {
    let setup =
        ana("[sync]\n[sync.site_time_zones]\nKiritimati = \"Pacific/Kiritimati\"\nSamoa = \"Pacific/Pago_Pago\"\n")
            .await;
    set_status(&setup, "hired");
    // Kiritimati is 25 hours ahead of Pago Pago, so its date is always at least one day later.
    let ahead = (chrono::Utc::now() + chrono::TimeDelta::hours(14)).date_naive();
    setup.world().hibob.employee_mut("1").start_date = ahead;
    setup.world().hibob.employee_mut("1").site = "Samoa".to_owned();
    assert_eq!(setup.sync().await.created, 0);
    setup.world().hibob.employee_mut("1").site = "Kiritimati".to_owned();
    assert_eq!(setup.sync().await.created, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn leave_and_parental_leave_keep_the_account() {
    let setup = ana("").await;
    setup.sync().await;
    for status in ["leave", "parental leave"] {
        set_status(&setup, status);
        let report = setup.sync().await;
        assert_eq!((report.kept, state(&setup, "1")), (1, Some(true)), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn garden_leave_ends_the_account_only_where_that_is_set() {
    let setup = ana("").await;
    setup.sync().await;
    set_status(&setup, "garden leave");
    assert_eq!((setup.sync().await.kept, state(&setup, "1")), (1, Some(true)));
    setup.apply_tenant("acme", &format!("[sync]\ngarden_leave = \"archive\"\n{LAST_MAY_LEAVE}")).await;
    let planned = setup.plan().await.unwrap();
    assert!(planned.changes[0].reason.contains("garden leave"), "{}", planned.changes[0].reason);
    assert_eq!((setup.sync().await.archived, state(&setup, "1")), (1, Some(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_termination_date_alone_is_never_a_departure() {
    let setup = ana("").await;
    setup.sync().await;
    for date in [today() + Days::new(30), today() - Days::new(30)] {
        setup.world().hibob.employee_mut("1").termination_date = Some(date);
        let report = setup.sync().await;
        assert_eq!((report.archived, state(&setup, "1")), (0, Some(true)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaver_is_archived_and_a_cancelled_termination_brings_the_same_account_back() {
    let setup = ana("").await;
    setup.sync().await;
    setup.world().hibob.employee_mut("1").terminate(today());
    assert_eq!((setup.sync().await.archived, state(&setup, "1")), (1, Some(false)));
    setup.world().hibob.employee_mut("1").employ(today());
    assert_eq!((setup.sync().await.reactivated, state(&setup, "1")), (1, Some(true)));
    assert_eq!(setup.world().travelperk.users.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaver_with_a_broken_record_is_archived_all_the_same() {
    let setup = ana("").await;
    setup.sync().await;
    {
        let mut world = setup.world();
        let ana = world.hibob.employee_mut("1");
        ana.terminate(today());
        ana.email = None;
        ana.removed.extend(["root.firstName".to_owned(), "work.startDate".to_owned()]);
    }
    assert_eq!((setup.sync().await.archived, state(&setup, "1")), (1, Some(false)));
}

/// HiBob may give a rehire a new id. They get their former account, since a second one would be a duplicate.
#[tokio::test(flavor = "multi_thread")]
async fn a_rehire_under_a_new_id_gets_the_old_account() {
    for archived_before in [true, false] {
        let setup = ana("").await;
        setup.sync().await;
        setup.world().hibob.employee_mut("1").terminate(today());
        if archived_before {
            setup.sync().await;
        }
        setup.world().hibob.insert(employee("2", "Ana", "ana@x.example"));
        let report = setup.sync().await;
        assert_eq!(report.exit(), Exit::Done, "{:?}", report.errors);
        assert_eq!((report.reactivated, report.adopted), if archived_before { (1, 0) } else { (0, 1) });
        assert_eq!((state(&setup, "1"), state(&setup, "2")), (None, Some(true)));
        assert_eq!(setup.world().travelperk.users.len(), 1);
        let again = setup.plan().await.unwrap();
        assert!(again.changes.is_empty() && again.findings.is_empty(), "{again:?}");
        // The new record is undone in HiBob: the account passes back to the old one, and is not archived.
        setup.world().hibob.employee_mut("2").terminate(today());
        setup.world().hibob.employee_mut("1").employ(today());
        let report = setup.sync().await;
        assert_eq!((report.updated, report.archived, report.exit()), (1, 0, Exit::Done), "{:?}", report.errors);
        assert_eq!((state(&setup, "1"), state(&setup, "2")), (Some(true), None));
        // The old record is removed from HiBob: the account belongs to the new one, so no employee has vanished.
        setup.world().hibob.employee_mut("2").employ(today());
        setup.world().hibob.employee_mut("1").terminate(today());
        setup.sync().await;
        setup.world().hibob.employees.remove("1");
        setup.world().hibob.insert(employee("3", "Eva", "eva@x.example"));
        let planned = setup.plan().await.unwrap();
        assert!(planned.findings.is_empty(), "{:?}", planned.findings);
    }
}

/// The rehire gets the account even if TravelPerk keeps the old external id.
#[tokio::test(flavor = "multi_thread")]
async fn a_rehire_keeps_the_account_though_the_target_keeps_the_old_id() {
    let setup = ana("").await;
    setup.sync().await;
    setup.world().hibob.employee_mut("1").terminate(today());
    setup.sync().await;
    setup.world().travelperk.drops.insert("externalId".to_owned());
    setup.world().hibob.insert(employee("2", "Ana", "ana@x.example"));
    for _ in 0..4 {
        let report = setup.sync().await;
        assert_eq!((report.archived, report.exit()), (0, Exit::SomeFailed), "{:?}", report.errors);
        assert_eq!(report.errors[0].code, "WRITE_NOT_APPLIED");
        assert_eq!((state(&setup, "1"), setup.world().travelperk.users.len()), (Some(true), 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehire_under_a_new_id_is_found_where_archived_accounts_are_not_listed() {
    let setup = ana("").await;
    setup.world().travelperk.switches.archived_in_list = false;
    setup.sync().await;
    setup.world().hibob.employee_mut("1").terminate(today());
    setup.sync().await;
    setup.world().hibob.insert(employee("2", "Ana", "ana@x.example"));
    let report = setup.sync().await;
    assert_eq!((report.reactivated, report.exit()), (1, Exit::Done), "{:?}", report.errors);
}

/// Another person with a leaver's address must not get the leaver's account, with the data that the leaver entered
/// there.
#[tokio::test(flavor = "multi_thread")]
async fn a_namesakes_address_is_not_a_rehire() {
    let setup = ana("").await;
    setup.sync().await;
    setup.world().hibob.employee_mut("1").terminate(today());
    setup.sync().await;
    setup.world().hibob.insert(employee("2", "Anabel", "ana@x.example"));
    let report = setup.sync().await;
    assert_eq!((report.conflicts, report.errors[0].code.as_str()), (1, "USER_NAME_TAKEN"));
    assert_eq!(state(&setup, "1"), Some(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_address_is_a_rename_and_a_freed_one_can_be_taken_in_the_same_run() {
    let setup = ana("").await;
    setup.sync().await;
    let id = setup.world().travelperk.user_by_external_id("1").unwrap().id;
    setup.world().hibob.employee_mut("1").email = Some("ana.ruiz@x.example".to_owned());
    setup.world().hibob.insert(employee("2", "Anabel", "ana@x.example"));
    let report = setup.sync().await;
    assert_eq!((report.updated, report.created, report.exit()), (1, 1, Exit::Done), "{:?}", report.errors);
    let world = setup.world();
    assert_eq!(world.travelperk.user_by_name("ana.ruiz@x.example").unwrap().id, id);
    assert_eq!(world.travelperk.user_by_name("ana@x.example").unwrap().external_id.as_deref(), Some("2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn exchanged_addresses_are_a_conflict_and_nothing_is_written() {
    let setup = Setup::of(vec![employee("1", "Ana", "a@x.example"), employee("2", "Ben", "b@x.example")]).await;
    setup.sync().await;
    setup.writes();
    setup.world().hibob.employee_mut("1").email = Some("b@x.example".to_owned());
    setup.world().hibob.employee_mut("2").email = Some("a@x.example".to_owned());
    let report = setup.sync().await;
    let codes: Vec<_> = report.errors.iter().map(|row| row.code.as_str()).collect();
    assert_eq!((codes, setup.writes()), (vec!["USER_NAME_SWAP", "USER_NAME_SWAP"], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn managers_may_be_unknown_start_later_or_be_wrong() {
    let setup = Setup::of(vec![
        employee("1", "Ana", "1@x.example"),
        employee("2", "Ben", "2@x.example"),
        employee("3", "Eva", "3@x.example"),
    ])
    .await;
    {
        let mut world = setup.world();
        world.hibob.employee_mut("1").manager = Some("1".to_owned());
        world.hibob.employee_mut("2").manager = Some("99".to_owned());
        world.hibob.employee_mut("3").manager = Some("4".to_owned());
        let mut hired = employee("4", "Ida", "4@x.example");
        hired.lifecycle_status = "hired".to_owned();
        hired.start_date = today() + Days::new(9);
        world.hibob.insert(hired);
    }
    let report = setup.sync().await;
    assert_eq!((report.created, report.exit()), (3, Exit::Done));
    let codes: Vec<_> = report.warnings.iter().map(|row| row.code.as_str()).collect();
    assert_eq!(codes, ["SELF_MANAGER", "MANAGER_NOT_IN_DIRECTORY", "MANAGER_HAS_NO_ACCOUNT"]);
    // The manager starts: the account is created, and in the same run it becomes the line manager.
    setup.world().hibob.employee_mut("4").start_date = today();
    let report = setup.sync().await;
    assert_eq!((report.created, report.updated, report.exit()), (1, 1, Exit::Done), "{:?}", report.errors);
    let world = setup.world();
    let manager = world.travelperk.user_by_external_id("4").unwrap().id;
    assert_eq!(world.travelperk.user_by_external_id("3").unwrap().manager, Some(manager));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_selected_sites_are_synced() {
    let mut people: Vec<_> = (1..=3).map(|id| employee(&id.to_string(), "Ana", &format!("{id}@x.example"))).collect();
    for (person, site) in people.iter_mut().zip(["London", "London", "Berlin"]) {
        person.site = site.to_owned();
    }
    let setup = Setup::of(people).await;
    setup.apply_tenant("acme", "[sync]\nsites = [\"London\"]\n").await;
    assert_eq!(setup.sync().await.created, 2);
    assert_eq!(state(&setup, "3"), None);
    // Moving to a site that is not synced: the account stays, with a finding.
    setup.world().hibob.employee_mut("2").site = "Berlin".to_owned();
    let planned = setup.plan().await.unwrap();
    assert!(planned.changes.is_empty());
    assert_eq!(planned.findings.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(), ["OUT_OF_SELECTION"]);
    // With `out_of_selection = "archive"` it is archived. Moving back reactivates it.
    setup.apply_tenant("acme", "[sync]\nsites = [\"London\"]\nout_of_selection = \"archive\"\n").await;
    assert_eq!((setup.sync().await.archived, state(&setup, "2")), (1, Some(false)));
    setup.world().hibob.employee_mut("2").site = "London".to_owned();
    assert_eq!((setup.sync().await.reactivated, state(&setup, "2")), (1, Some(true)));
    // With a misspelt site nobody is archived.
    setup.apply_tenant("acme", "[sync]\nsites = [\"London\", \"Berlln\"]\nout_of_selection = \"archive\"\n").await;
    setup.world().hibob.employee_mut("1").site = "Berlin".to_owned();
    let planned = setup.plan().await.unwrap();
    assert!(planned.changes.is_empty());
    assert!(planned.findings.iter().any(|finding| finding.code == "SITE_WITHOUT_EMPLOYEES"));
    setup.world().hibob.employee_mut("1").site = "London".to_owned();
    setup.apply_tenant("acme", "[sync]\nsites = [\"London\"]\nout_of_selection = \"archive\"\n").await;
    // If HiBob does not send the site, nobody is archived.
    setup.world().hibob.employee_mut("2").removed.insert("work.site".to_owned());
    let report = setup.sync().await;
    assert_eq!((report.archived, report.errors[0].code.as_str()), (0, "MISSING_SITE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_with_an_employees_address_is_told_apart() {
    let setup = ana("").await;
    let mut user = User::new("ana@x.example", "Another", "Ana");
    user.external_id = Some("of another system".to_owned());
    setup.world().travelperk.insert_user(user);
    let report = setup.sync().await;
    assert_eq!((report.conflicts, report.exit()), (1, Exit::SomeFailed));
}

/// As in TravelPerk's guide: when the admin who enabled the sync leaves, it fails with a code of its own until another
/// admin enables it.
#[tokio::test(flavor = "multi_thread")]
async fn the_sync_stops_with_the_admin_who_enabled_it() {
    let setup = Setup::of(vec![employee("1", "Ana", "ana@x.example"), employee("2", "Ben", "ben@x.example")]).await;
    let enabled_by = async |email: &str| {
        let mut config = setup.data.config("acme").await.unwrap();
        config.enabled_by = Some(email.to_owned());
        setup.data.put(&config, hibob_config::applied_by::AppliedBy::Operator).await.unwrap();
    };
    enabled_by("Ana@x.example").await;
    assert_eq!(setup.sync().await.exit(), Exit::Done);
    setup.writes();
    setup.world().hibob.employee_mut("1").terminate(today());
    let report = setup.sync().await;
    let stopped = report.error.as_ref().unwrap();
    assert_eq!((stopped.code.as_str(), report.exit()), ("ENABLED_BY_INACTIVE", Exit::Usage));
    assert_eq!(report.archived, 1, "only who has left is archived: days/terminations.rs");
    assert!(stopped.remedy.contains("hibob tenant enable"));
    enabled_by("ben@x.example").await;
    assert_eq!(setup.sync().await.exit(), Exit::Done);
    // An archived account of the admin counts as well. An address that nobody has does not.
    enabled_by("ana@x.example").await;
    assert_eq!(setup.sync().await.error.unwrap().code, "ENABLED_BY_INACTIVE");
    enabled_by("consultant@y.example").await;
    assert_eq!(setup.sync().await.exit(), Exit::Done);
    // By setting, the sync does not depend on an admin.
    setup.apply_tenant("acme", "[sync]\nstops_with_its_admin = false\n").await;
    enabled_by("ana@x.example").await;
    assert_eq!(setup.sync().await.exit(), Exit::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_tenant_runs_nothing_and_loses_nothing() {
    let setup = ana("").await;
    setup.sync().await;
    setup.writes();
    setup.world().hibob.employee_mut("1").first_name = "Anna".to_owned();
    setup.data.control().set_disabled("acme", Some(1)).await.unwrap();
    let report = setup.sync().await;
    assert_eq!((report.error.as_ref().unwrap().code.as_str(), report.exit()), ("TENANT_DISABLED", Exit::Usage));
    let asked = setup.world().log().len();
    assert_eq!((asked, setup.writes(), state(&setup, "1")), (0, 0, Some(true)));
    // Applying the file again does not enable the tenant.
    setup.apply_tenant("acme", "").await;
    assert!(setup.sync().await.is_stopped());
    setup.data.control().set_disabled("acme", None).await.unwrap();
    let report = setup.sync().await;
    assert_eq!((report.updated, report.created, report.exit()), (1, 0, Exit::Done));
}
