//! Tests of whole syncs through the real component in the real host.

use hibob_base::error::Exit;
use hibob_base::job::RunKind;
use hibob_base::progress::NoProgress;
use hibob_fakes::company::Employee;
use hibob_fakes::travelperk::User;
use hibob_fakes::{Fault, FaultKind, Scenario, Service, World};
use hibob_jobs::run::Report;
use hibob_sandbox::Open as _;
use hibob_tests::setup::{LAST_MAY_LEAVE, Setup, plugin, today};
use std::sync::Arc;

/// An employee who works here.
pub(crate) fn employee(id: &str, first: &str, email: &str) -> Employee {
    let mut employee = Employee::new(id, first, "Ruiz", email);
    employee.lifecycle_status = "employed".to_owned();
    employee
}

/// Counts of a report: created, updated, reactivated, archived, adopted.
fn numbers(report: &Report) -> [u64; 5] {
    [report.created, report.updated, report.reactivated, report.archived, report.adopted]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_sync_creates_all_the_second_writes_nothing_the_third_makes_the_days_changes() {
    let setup = Setup::realistic(250).await;
    let first = setup.sync().await;
    assert_eq!((numbers(&first), first.exit()), ([235, 0, 0, 0, 0], Exit::Done), "{:?}", first.errors);
    assert_eq!(setup.writes(), 235);

    let second = setup.sync().await;
    assert_eq!((numbers(&second), second.kept, second.exit()), ([0; 5], 236, Exit::Done));
    assert_eq!(setup.writes(), 0);

    let now = f64::from(u32::try_from(chrono::Utc::now().timestamp()).unwrap());
    assert!(setup.world().apply_day_two(now));
    let third = setup.sync().await;
    assert_eq!((numbers(&third), third.exit()), ([1, 2, 1, 1, 0], Exit::SomeFailed));
    assert_eq!(setup.writes(), 5);
    let people = setup.world().day_two().unwrap().clone();
    let broken = third.errors.first().unwrap();
    assert_eq!((broken.employee_id.as_deref(), broken.code.as_str()), (Some(people.broken.as_str()), "MISSING_EMAIL"));
    let world = setup.world();
    let active = |id: &str| world.travelperk.user_by_external_id(id).map(|user| user.active);
    assert_eq!(
        (active(&people.hire), active(&people.rehired), active(&people.leaver)),
        (Some(true), Some(true), Some(false))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn managers_come_first_and_are_set_in_the_same_request() {
    let mut people: Vec<Employee> =
        (1..=4).map(|number| employee(&number.to_string(), "Ana", &format!("{number}@x.example"))).collect();
    for (report, manager) in [(0, 1), (1, 2), (2, 3)] {
        people[report].manager = Some(people[manager].id.clone());
    }
    let setup = Setup::of(people).await;
    let report = setup.sync().await;
    assert_eq!(numbers(&report), [4, 0, 0, 0, 0], "{:?}", report.errors);
    assert_eq!(setup.writes(), 4, "one request each");
    let world = setup.world();
    for (report, manager) in [("1", "2"), ("2", "3"), ("3", "4")] {
        let manager = world.travelperk.user_by_external_id(manager).unwrap().id;
        assert_eq!(world.travelperk.user_by_external_id(report).unwrap().manager, Some(manager));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circle_of_managers_costs_one_second_write() {
    let mut people: Vec<Employee> =
        (1..=3).map(|number| employee(&number.to_string(), "Ana", &format!("{number}@x.example"))).collect();
    for (report, manager) in [(0, "2"), (1, "3"), (2, "1")] {
        people[report].manager = Some(manager.to_owned());
    }
    let setup = Setup::of(people).await;
    let report = setup.sync().await;
    assert_eq!((numbers(&report), report.exit()), ([3, 0, 0, 0, 0], Exit::Done), "{:?}", report.errors);
    assert_eq!(setup.writes(), 4);
    assert!(setup.world().travelperk.users.iter().all(|user| user.manager.is_some()));
    assert!(setup.plan().await.unwrap().changes.is_empty());
}

/// B gets A's old address and becomes A's manager. A's rename must come first to free the address, and B's account must
/// exist before A can report to B.
#[tokio::test(flavor = "multi_thread")]
async fn a_circle_through_a_freed_address_is_broken_at_the_manager() {
    let setup = Setup::of(vec![employee("1", "Ana", "ana@x.example")]).await;
    setup.sync().await;
    {
        let mut world = setup.world();
        let ana = world.hibob.employee_mut("1");
        ana.email = Some("ana.ruiz@x.example".to_owned());
        ana.manager = Some("2".to_owned());
        world.hibob.insert(employee("2", "Anabel", "ana@x.example"));
    }
    let report = setup.sync().await;
    assert_eq!((numbers(&report), report.exit()), ([1, 1, 0, 0, 0], Exit::Done), "{:?}", report.errors);
    let world = setup.world();
    let (ana, anabel) =
        (world.travelperk.user_by_external_id("1").unwrap(), world.travelperk.user_by_external_id("2").unwrap());
    assert_eq!((ana.user_name.as_str(), anabel.user_name.as_str()), ("ana.ruiz@x.example", "ana@x.example"));
    assert_eq!(ana.manager, Some(anabel.id));
}

/// If a line manager's account cannot be created, those who report to them still get theirs. Only the field is missing
/// until then.
#[tokio::test(flavor = "multi_thread")]
async fn a_manager_whose_account_is_refused_keeps_nobody_else_out() {
    let mut people = vec![
        employee("1", "Bo", "1@x.example"),
        employee("2", "Ana", "2@x.example"),
        employee("3", "Ben", "3@x.example"),
    ];
    people[1].manager = Some("1".to_owned());
    people[2].manager = Some("2".to_owned());
    let setup = Setup::of(people).await;
    setup.world().travelperk.taken_elsewhere.insert("1@x.example".to_owned());
    let report = setup.sync().await;
    assert_eq!((report.created, report.failed, report.skipped, report.exit()), (2, 1, 0, Exit::SomeFailed));
    let mut codes: Vec<_> =
        report.errors.iter().map(|row| (row.employee_id.as_deref().unwrap(), row.code.as_str())).collect();
    codes.sort_unstable();
    assert_eq!(codes, [("1", "EMAIL_IN_ANOTHER_COMPANY"), ("2", "WRITE_NOT_APPLIED")]);
    assert!(report.errors.iter().any(|row| row.message.ends_with("not: manager")), "{:?}", report.errors);

    // Other changes of the employee are still made.
    setup.world().hibob.employee_mut("2").first_name = "Anna".to_owned();
    let report = setup.sync().await;
    assert_eq!((report.updated, report.skipped), (1, 0), "{:?}", report.errors);
    assert_eq!(setup.world().travelperk.user_by_external_id("2").unwrap().given_name, "Anna");
    let report = setup.sync().await;
    assert_eq!(report.errors.iter().filter(|row| row.code == "MANAGER_NOT_MADE").count(), 1, "{:?}", report.errors);

    // Once the account can be created, the line manager is set.
    setup.world().travelperk.taken_elsewhere.clear();
    let report = setup.sync().await;
    assert_eq!((report.created, report.updated, report.exit()), (1, 1, Exit::Done), "{:?}", report.errors);
    let world = setup.world();
    let id = |employee: &str| world.travelperk.user_by_external_id(employee).unwrap().id;
    assert_eq!(world.travelperk.user_by_external_id("2").unwrap().manager, Some(id("1")));
}

/// The account is created without the refused fields, and the next sync finds the one at fault.
#[tokio::test(flavor = "multi_thread")]
async fn one_rejected_field_of_a_new_account_is_left_out() {
    let mut ana = employee("1", "Ana", "1@x.example");
    ana.overrides.insert("work.custom.field_1".to_owned(), "No such policy".into());
    ana.title = "Engineer".to_owned();
    let setup = Setup::of(vec![ana]).await;
    setup.apply_tenant("acme", "[sync.sources]\ntravel-policy = [\"work.custom.field_1\"]\n").await;
    let report = setup.sync().await;
    assert_eq!((report.created, report.exit()), (1, Exit::SomeFailed), "{:?}", report.errors);
    assert_eq!(report.errors[0].code, "WRITE_NOT_APPLIED");
    let report = setup.sync().await;
    assert_eq!((report.updated, report.errors.len()), (1, 1), "{:?}", report.errors);
    assert!(report.errors[0].message.ends_with("not: travel-policy"), "{}", report.errors[0].message);
    assert_eq!(setup.world().travelperk.user_by_external_id("1").unwrap().title.as_deref(), Some("Engineer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_conflicts_and_adoptions() {
    let setup = Setup::of(vec![
        employee("1", "Ana", "Ana@x.example"), // an account of nobody has this address: adopted
        employee("2", "Ben", "ben@x.example"), // an account of somebody else has this address: a conflict
        employee("3", "Eva", "eva@x.example"), // an account already carries this id: adopted
    ])
    .await;
    {
        let mut world = setup.world();
        let mut insert = |email: &str, external_id: Option<&str>| {
            let mut user = User::new(email, "Ana", "Ruiz");
            user.external_id = external_id.map(str::to_owned);
            world.travelperk.insert_user(user);
        };
        insert("ana@x.example", None);
        insert("ben@x.example", Some("999"));
        insert("eva.old@x.example", Some("3"));
        insert("guest@x.example", None);
    }
    let report = setup.sync().await;
    assert_eq!((numbers(&report), report.conflicts, report.failed), ([0, 0, 0, 0, 2], 1, 0), "{:?}", report.errors);
    assert_eq!((report.errors[0].code.as_str(), report.exit()), ("USER_NAME_TAKEN", Exit::SomeFailed));
    let world = setup.world();
    assert_eq!(world.travelperk.user_by_name("ana@x.example").unwrap().external_id.as_deref(), Some("1"));
    assert_eq!(world.travelperk.user_by_name("ben@x.example").unwrap().external_id.as_deref(), Some("999"));
    assert_eq!(world.travelperk.user_by_name("guest@x.example").unwrap().external_id, None);
    assert_eq!(world.travelperk.user_by_external_id("3").unwrap().user_name, "eva@x.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vanished_employee_is_reported_and_never_archived() {
    let setup =
        Setup::of((1..=9).map(|number| employee(&number.to_string(), "Ana", &format!("{number}@x.example"))).collect())
            .await;
    setup.sync().await;
    setup.world().hibob.employees.remove("5");
    setup.writes();
    let report = setup.sync().await;
    assert_eq!((numbers(&report), setup.writes(), report.exit()), ([0; 5], 0, Exit::Done));
    assert_eq!(report.warnings.iter().map(|row| row.code.as_str()).collect::<Vec<_>>(), ["EMPLOYEE_VANISHED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn flaky_services_do_not_keep_a_sync_from_its_end() {
    let mut world = World::realistic(120, 7, today());
    world.scenario = Scenario::Flaky;
    let setup = Setup::new(world).await;
    let report = setup.sync().await;
    assert_eq!(report.exit(), Exit::Done, "{:?} {:?}", report.error, report.errors);
    let employed = {
        let world = setup.world();
        let has_account = |id: &String| world.travelperk.user_by_external_id(id).is_some_and(|user| user.active);
        world.hibob.employees.keys().filter(|id| has_account(id)).count() as u64
    };
    assert_eq!(report.created, employed, "each account is made once");
    setup.world().scenario = Scenario::None;
    assert!(setup.plan().await.unwrap().changes.is_empty());
}

/// If the answer to a create is lost after it was carried out, the account is looked up, not created again.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_looked_up_before_it_is_repeated() {
    for kind in [FaultKind::ResetAfter, FaultKind::ResetBefore, FaultKind::StatusAfter(500), FaultKind::status(500)] {
        let setup = Setup::of(vec![employee("1", "Ana", "ana@x.example")]).await;
        let made = matches!(kind, FaultKind::ResetAfter | FaultKind::StatusAfter(_));
        setup.world().travelperk.faults.push(Fault::once("/Users", kind).on("POST"));
        let report = setup.sync().await;
        assert_eq!((report.created, report.exit()), (1, Exit::Done), "{:?}", report.errors);
        assert_eq!(setup.world().travelperk.users.len(), 1);
        assert_eq!(setup.writes(), if made { 1 } else { 2 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_the_target_does_not_keep_are_reported() {
    for answers_204 in [false, true] {
        let setup = Setup::of(vec![employee("1", "Ana", "ana@x.example")]).await;
        setup.sync().await;
        setup.world().travelperk.switches.patch_answers_204 = answers_204;
        setup.world().travelperk.drops.insert("name.givenName".to_owned());
        setup.world().hibob.employee_mut("1").first_name = "Anna".to_owned();
        let report = setup.sync().await;
        assert_eq!((report.updated, report.not_taken, report.exit()), (0, 1, Exit::SomeFailed));
        assert_eq!(report.errors[0].code, "WRITE_NOT_APPLIED");
        assert!(report.errors[0].message.contains("given-name"));
    }
}

/// The listing may leave out archived accounts. A rehire must not get a second account for that.
#[tokio::test(flavor = "multi_thread")]
async fn an_archived_account_that_is_not_listed_is_found_and_reactivated() {
    let setup = Setup::of(vec![employee("1", "Ana", "ana@x.example")]).await;
    setup.apply_tenant("acme", LAST_MAY_LEAVE).await;
    setup.world().travelperk.switches.archived_in_list = false;
    setup.sync().await;
    setup.world().hibob.employee_mut("1").terminate(today());
    assert_eq!(setup.sync().await.archived, 1);
    setup.world().hibob.employee_mut("1").employ(today());
    let report = setup.sync().await;
    assert_eq!((numbers(&report), report.exit()), ([0, 0, 1, 0, 0], Exit::Done), "{:?}", report.errors);
    assert_eq!(setup.world().travelperk.users.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_run_of_a_tenant_at_a_time() {
    let setup = Setup::realistic(10).await;
    let tenant = setup.tenant().await;
    let run = hibob_runner::start(&setup.data, &tenant, plugin(), RunKind::Sync, Arc::new(NoProgress)).await.unwrap();
    let report = setup.sync().await;
    assert_eq!((report.exit(), setup.writes()), (Exit::Busy, 0));
    assert!(report.error.unwrap().remedy.contains("lapses in"));
    let mut report = Report::default();
    run.finish(&mut report, None).await.unwrap();
    assert_eq!(setup.sync().await.exit(), Exit::Done);
}

/// Two tenants with equal employees and user names share nothing.
#[tokio::test(flavor = "multi_thread")]
async fn tenants_have_storages_of_their_own() {
    let setup = Setup::of(vec![employee("1", "Ana", "ana@x.example")]).await;
    setup.apply_tenant("other", "").await;
    setup.sync().await;
    let entries = async |id: &str| {
        setup.data.tenant(id).await.unwrap().database().entries("", None, 10, usize::MAX).await.unwrap().entries
    };
    assert_eq!((entries("acme").await.len(), entries("other").await.len()), (1, 0));
    assert_eq!(setup.data.tenant("other").await.unwrap().database().runs().await.unwrap(), 0);
    assert!(setup.world().requests(Service::HiBob, "PUT", "/").is_empty());
}

/// HiBob's answer has more bytes than wait to be read beside the plan: nobody in it is missed by the check that HiBob has
/// shown the work email of each new account.
#[tokio::test(flavor = "multi_thread")]
async fn everybody_in_a_large_answer_is_known_to_the_host() {
    let people = (1..=4_000).map(|id| employee(&id.to_string(), "Ana", &format!("{id}@x.example")));
    let setup = Setup::of(people.collect()).await;
    let planned = setup.plan().await.unwrap();
    assert_eq!(planned.count("create"), 4_000);
}
