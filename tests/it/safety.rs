//! Tests of the guards, rule by rule.

use super::sync::employee;
use hibob_base::error::Exit;
use hibob_fakes::company::Employee;
use hibob_fakes::hibob::Category;
use hibob_fakes::travelperk::User;
use hibob_jobs::run::{Report, Yes};
use hibob_policy::guard::{Class, Release};
use hibob_tests::setup::{Setup, today};

/// A company of so many employees, already synced.
async fn company(number: usize) -> Setup {
    let people: Vec<Employee> =
        (1..=number).map(|id| employee(&id.to_string(), "Ana", &format!("{id}@x.example"))).collect();
    let setup = Setup::of(people).await;
    let report = setup.sync().await;
    assert_eq!((report.created, report.exit()), (number as u64, Exit::Done));
    setup.writes();
    setup
}

fn leave(setup: &Setup, ids: impl IntoIterator<Item = usize>) {
    for id in ids {
        setup.world().hibob.employee_mut(&id.to_string()).terminate(today());
    }
}

fn held(report: &Report, class: Class) -> Vec<&str> {
    report.held.iter().filter(|row| row.class == class).filter_map(|row| row.employee_id.as_deref()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_archivings_are_held_by_name_and_everything_else_is_done() {
    let setup = company(20).await;
    leave(&setup, 1..=7);
    setup.world().hibob.insert(employee("21", "Eva", "21@x.example"));
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.created, report.archived), (Exit::Held, 1, 0));
    assert_eq!(held(&report, Class::Archiving), ["1", "2", "3", "4", "5", "6", "7"]);
    assert!(report.guards[0].message.contains("7 of 20"), "{:?}", report.guards);
    assert!(report.guards[0].remedy.contains("--allow-archiving 7"));
    assert_eq!(setup.writes(), 1);

    // A release of fewer than there are does not release a part of them.
    let report = setup.sync_with(Release { archiving: 6, ..Release::default() }).await;
    assert_eq!((report.exit(), setup.writes()), (Exit::Held, 0));
    let report = setup.sync_with(Release { archiving: 7, ..Release::default() }).await;
    assert_eq!((report.exit(), report.archived, setup.writes()), (Exit::Done, 7, 7));
    // The release was for that run only.
    leave(&setup, 8..=14);
    assert_eq!((setup.sync().await.exit(), setup.writes()), (Exit::Held, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn five_people_may_leave_a_small_company() {
    let setup = company(20).await;
    leave(&setup, 1..=4);
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived), (Exit::Done, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_leak_is_held_when_it_adds_up() {
    let setup = company(40).await;
    for day in 0..2 {
        leave(&setup, day * 4 + 1..=day * 4 + 4);
        assert_eq!(setup.sync().await.archived, 4);
    }
    // Eight of forty within thirty days is exactly a fifth; a single one more is too many.
    leave(&setup, [9]);
    let report = setup.sync().await;
    assert_eq!((report.exit(), held(&report, Class::Archiving)), (Exit::Held, vec!["9"]));
    assert!(report.guards[0].message.contains("within 30 days"), "{:?}", report.guards);
    assert_eq!(setup.sync_with(Release { archiving: 1, ..Release::default() }).await.archived, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_new_addresses_are_held_with_the_changes_that_wait_for_one() {
    let setup = company(20).await;
    for id in 1..=6 {
        setup.world().hibob.employee_mut(&id.to_string()).email = Some(format!("{id}@y.example"));
    }
    setup.world().hibob.employee_mut("7").first_name = "Anna".to_owned();
    // A new employee with an address that a held change would have freed.
    setup.world().hibob.insert(employee("21", "Eva", "1@x.example"));
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.updated, report.created), (Exit::Held, 1, 0));
    assert_eq!(held(&report, Class::Renaming), ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(
        (report.errors[0].employee_id.as_deref(), report.errors[0].code.as_str()),
        (Some("21"), "DEPENDENCY_FAILED")
    );
    let report = setup.sync_with(Release { renaming: 6, ..Release::default() }).await;
    assert_eq!((report.exit(), report.updated, report.created), (Exit::Done, 6, 1), "{:?}", report.errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_are_settings() {
    let setup = company(20).await;
    setup.apply_tenant("acme", "[safety]\narchive_limit_min = 0\narchive_limit_percent = 5\n").await;
    leave(&setup, 1..=2);
    assert_eq!(setup.sync().await.exit(), Exit::Held);
    setup.apply_tenant("acme", "[safety]\narchive_limit_min = 2\nleak_percent = 100\n").await;
    assert_eq!(setup.sync().await.archived, 2);
}

/// A bad source is still refused the tenth time, since only an accepted run updates the baseline.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_or_shrunken_source_is_refused_however_often_it_comes() {
    let setup = company(20).await;
    let everybody = std::mem::take(&mut setup.world().hibob.employees);
    for number in [0, 15] {
        setup.world().hibob.employees = everybody.clone().into_iter().take(number).collect();
        for _ in 0..10 {
            let report = setup.sync().await;
            assert_eq!((report.exit(), setup.writes()), (Exit::Held, 0));
            assert!(report.error.unwrap().remedy.contains("--allow-changed-source"));
        }
    }
    // 16 of 20 is exactly 20 % fewer, which is allowed.
    setup.world().hibob.employees = everybody.into_iter().take(16).collect();
    assert_eq!(setup.sync().await.exit(), Exit::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_permission_stops_everything() {
    for (category, field) in [(Category::Lifecycle, "internal.lifecycleStatus"), (Category::Work, "work.")] {
        let setup = company(20).await;
        setup.world().hibob.permissions.remove(&category);
        setup.world().hibob.insert(employee("21", "Eva", "21@x.example"));
        for _ in 0..3 {
            let report = setup.sync().await;
            let stopped = report.error.as_ref().unwrap();
            assert_eq!((report.exit(), setup.writes()), (Exit::Held, 0));
            assert!(stopped.message.contains(field) && stopped.message.contains("100 %"), "{stopped:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_on_the_list_is_never_archived() {
    let setup = company(10).await;
    setup.apply_tenant("acme", "[safety]\nadmins = [\"3@X.example\"]\n").await;
    leave(&setup, [3, 4]);
    let report = setup.sync().await;
    assert_eq!((report.archived, report.exit()), (1, Exit::Done));
    assert_eq!(report.warnings[0].code, "ADMIN_NOT_ARCHIVED");
    assert!(setup.world().travelperk.user_by_external_id("3").unwrap().active);
}

/// The guards count managed accounts only, so accounts of others do not raise the limit.
#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_others_do_not_raise_the_limit() {
    let setup = company(20).await;
    for number in 0..200 {
        setup.world().travelperk.insert_user(User::new(&format!("guest{number}@y.example"), "A", "Guest"));
    }
    leave(&setup, 1..=6);
    assert_eq!(setup.sync().await.exit(), Exit::Held);
}

/// A single sign-on overwrites a field. After the second time that is reported, and the field is left alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_set_back_each_time_is_reported_and_not_rewritten_for_ever() {
    let setup = company(3).await;
    setup.world().hibob.employee_mut("1").first_name = "Anna".to_owned();
    setup.world().travelperk.sso_overwrites.insert("1@x.example".to_owned(), ("Ana".to_owned(), "Ruiz".to_owned()));
    for _ in 0..2 {
        let report = setup.sync().await;
        assert_eq!((report.updated, report.warnings.len(), setup.writes()), (1, 0, 1));
    }
    for _ in 0..3 {
        let report = setup.sync().await;
        assert_eq!((report.updated, report.kept, setup.writes(), report.exit()), (0, 3, 0, Exit::Done));
        assert_eq!(report.warnings[0].code, "CONTESTED_FIELD");
        assert!(report.warnings[0].message.contains("given-name"));
    }
    // Other fields of the account are still written, and so is another value of this one.
    setup.world().hibob.employee_mut("1").work_phone = Some("+34 600100200".to_owned());
    assert_eq!((setup.sync().await.updated, setup.writes()), (1, 1));
    setup.world().hibob.employee_mut("1").first_name = "Annabel".to_owned();
    assert_eq!((setup.sync().await.updated, setup.writes()), (1, 1));
}

/// A line manager who is changed back after each write is treated like a field.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_manager_who_is_set_back_each_time_is_left_alone() {
    let setup = company(3).await;
    setup.world().hibob.employee_mut("1").manager = Some("2".to_owned());
    for _ in 0..2 {
        assert_eq!((setup.sync().await.updated, setup.writes()), (1, 1));
        let mut world = setup.world();
        let id = world.travelperk.user_by_external_id("1").unwrap().id;
        world.travelperk.users.get_mut(id).unwrap().manager = None;
    }
    let report = setup.sync().await;
    assert_eq!((report.updated, setup.writes(), report.warnings[0].code.as_str()), (0, 0, "CONTESTED_FIELD"));
    assert!(report.warnings[0].message.contains("manager"));
    setup.world().hibob.employee_mut("1").manager = Some("3".to_owned());
    assert_eq!((setup.sync().await.updated, setup.writes()), (1, 1));
}

/// A field that TravelPerk does not accept prevents neither the other fields nor the account from being written.
#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_field_is_found_and_the_others_are_written() {
    let setup = company(1).await;
    setup.world().travelperk.switches.unknown_cost_center = hibob_fakes::travelperk::Unknown::Refuse;
    {
        let mut world = setup.world();
        let ana = world.hibob.employee_mut("1");
        ana.first_name = "Anna".to_owned();
        ana.work_phone = Some("+34 600100200".to_owned());
        ana.overrides.insert("work.department".to_owned(), serde_json::json!("No Such Cost Center"));
    }
    let report = setup.sync().await;
    assert_eq!((report.updated, report.errors.len(), report.exit()), (1, 1, Exit::SomeFailed), "{:?}", report.errors);
    assert_eq!(report.errors[0].code, "WRITE_NOT_APPLIED");
    assert!(report.errors[0].message.ends_with("not: cost-center"), "{}", report.errors[0].message);
    let world = setup.world();
    let user = world.travelperk.user_by_external_id("1").unwrap();
    assert_eq!((user.given_name.as_str(), user.phones.len()), ("Anna", 1));
}

/// An address to which a single sign-on changes an account back is not free, although HiBob has another address for the
/// employee.
#[tokio::test(flavor = "multi_thread")]
async fn a_contested_address_is_not_given_to_anybody_else() {
    let setup = company(3).await;
    setup.world().hibob.employee_mut("1").email = Some("new@x.example".to_owned());
    for _ in 0..2 {
        assert_eq!(setup.sync().await.updated, 1);
        let mut world = setup.world();
        let id = world.travelperk.user_by_external_id("1").unwrap().id;
        let mut user = world.travelperk.users.get(id).unwrap().clone();
        world.travelperk.users.erase(id);
        user.user_name = "1@x.example".to_owned();
        world.travelperk.insert_user(user);
    }
    setup.world().hibob.insert(employee("4", "Eva", "1@x.example"));
    let report = setup.sync().await;
    assert_eq!((report.updated, report.created, report.conflicts, report.exit()), (0, 0, 1, Exit::SomeFailed));
    assert_eq!(
        (report.errors[0].employee_id.as_deref(), report.errors[0].code.as_str()),
        (Some("4"), "USER_NAME_TAKEN")
    );
}

/// If TravelPerk does not change the state of an account, the change counts as failed, and the account not as archived.
#[tokio::test(flavor = "multi_thread")]
async fn an_archiving_that_does_not_take_is_no_archiving() {
    let setup = company(3).await;
    setup.world().travelperk.drops.insert("active".to_owned());
    leave(&setup, [1]);
    for _ in 0..2 {
        let report = setup.sync().await;
        assert_eq!((report.archived, report.failed, report.exit()), (0, 1, Exit::SomeFailed));
        assert_eq!(report.errors[0].code, "WRITE_NOT_APPLIED");
    }
    setup.world().travelperk.drops.clear();
    assert_eq!(setup.sync().await.archived, 1);
}

/// The day on which 60 people become visible at once, after the first sync: nobody is created, and everything else is
/// done. Ten are.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_new_accounts_are_held_after_the_first_sync() {
    let setup = company(20).await;
    setup.world().hibob.employee_mut("1").first_name = "Anna".to_owned();
    let newcomer = |id: usize| employee(&id.to_string(), "Eva", &format!("{id}@x.example"));
    (21..=80).for_each(|id| setup.world().hibob.insert(newcomer(id)));
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.created, report.updated), (Exit::Held, 0, 1));
    assert_eq!(held(&report, Class::Creating).len(), 60);
    assert!(report.guards[0].remedy.contains("--allow-creating 60"), "{:?}", report.guards);
    // The release is for those 60 people; ten more are within the limit, and eleven more are not.
    (81..=91).for_each(|id| setup.world().hibob.insert(newcomer(id)));
    let report = setup.sync_with(Release { creating: 60, ..Release::default() }).await;
    assert_eq!((report.exit(), report.created, held(&report, Class::Creating).len()), (Exit::Held, 60, 11));
    setup.world().hibob.employees.remove("91");
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.created), (Exit::Done, 10), "{:?}", report.guards);
}

/// Accounts that somebody has archived in TravelPerk on purpose are not all reactivated in one night, also not by a
/// first sync.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_reactivations_are_held_also_by_a_first_sync() {
    let people = (1..=20).map(|id| employee(&id.to_string(), "Ana", &format!("{id}@x.example"))).collect();
    let setup = Setup::of(people).await;
    for id in 1..=8 {
        let mut user = User::new(&format!("{id}@x.example"), "Ana", "Ruiz");
        (user.external_id, user.active) = (Some(id.to_string()), false);
        setup.world().travelperk.insert_user(user);
    }
    let yes = Yes { first: true, reactivations: false };
    let report = setup.sync_saying(yes, Release::default()).await;
    assert_eq!((report.exit(), report.created, report.reactivated), (Exit::Held, 12, 0), "{:?}", report.guards);
    assert_eq!(held(&report, Class::Reactivating).len(), 8);
    let report = setup.sync_saying(Yes { reactivations: true, ..yes }, Release::default()).await;
    assert_eq!((report.exit(), report.reactivated), (Exit::Done, 8), "{:?}", report.errors);
    let mut ids: Vec<u64> = setup.world().travelperk.users.iter().map(|user| user.id).collect();
    ids.truncate(6);
    ids.iter().for_each(|id| setup.world().travelperk.users.get_mut(*id).unwrap().active = false);
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.reactivated), (Exit::Held, 0));
}

/// A wrong import overwrites names, line managers, departments and phones of everybody, and one title is right. The
/// held fields are left out of each change, and what else it has is written.
#[tokio::test(flavor = "multi_thread")]
async fn a_held_field_is_left_out_and_the_rest_of_the_change_is_made() {
    let people = (1..=20)
        .map(|id| {
            let mut one = employee(&id.to_string(), "Ana", &format!("{id}@x.example"));
            one.manager = (id > 1).then(|| "1".to_owned());
            one.work_phone = Some(format!("+34 6001002{id:02}"));
            one
        })
        .collect();
    let setup = Setup::of(people).await;
    assert_eq!(setup.sync().await.exit(), Exit::Done);
    for id in 3..=20 {
        let mut world = setup.world();
        let one = world.hibob.employee_mut(&id.to_string());
        one.surname = "Wrong".to_owned();
        one.manager = Some("2".to_owned());
        one.email = Some(format!("{id}@y.example"));
    }
    // Phones of four: the guard of the source does not hold that.
    (3..=6).for_each(|id| setup.world().hibob.employee_mut(&id.to_string()).work_phone = None);
    setup.world().hibob.employee_mut("7").first_name = "Anna".to_owned();
    setup.world().hibob.employee_mut("8").work_phone = Some("+34 600100300".to_owned());
    setup.writes();
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.updated, setup.writes()), (Exit::Held, 1, 1), "{:?}", report.guards);
    let guards: Vec<(Class, Option<&str>)> =
        report.guards.iter().map(|guard| (guard.class, guard.field.as_deref())).collect();
    assert_eq!(
        guards,
        [(Class::Renaming, None), (Class::Names, None), (Class::Managers, None), (Class::Clearing, Some("phone"))]
    );
    let of_seven: Vec<&Vec<String>> =
        report.held.iter().filter(|row| row.employee_id.as_deref() == Some("7")).map(|row| &row.fields).collect();
    assert_eq!(
        of_seven,
        [
            &vec!["user-name".to_owned()],
            &vec!["family-name".to_owned(), "given-name".to_owned()],
            &vec!["manager".to_owned()]
        ]
    );
    {
        let world = setup.world();
        let eight = world.travelperk.user_by_external_id("8").unwrap();
        assert!(eight.user_name == "8@x.example" && eight.phones[0].value.ends_with("600100300"), "{eight:?}");
        assert_eq!(world.travelperk.user_by_external_id("3").unwrap().phones.len(), 1);
    }
    // The history has the same, field by field.
    let held_rows = report.updates.iter().filter(|row| row.result == "Held" && row.employee_id == "8");
    let fields: Vec<&str> = held_rows.map(|row| row.field.as_str()).collect();
    assert_eq!(fields, ["user-name", "family-name", "manager"]);
}

/// 19 % fewer each night are never too many for one night. Within 30 days they are.
#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_shrinks_little_by_little_is_held() {
    let setup = company(100).await;
    for (night, number) in [(1, 81), (2, 66)] {
        let everybody = std::mem::take(&mut setup.world().hibob.employees);
        setup.world().hibob.employees = everybody.into_iter().take(number).collect();
        let report = setup.sync().await;
        let exit = if night == 1 { Exit::Done } else { Exit::Held };
        assert_eq!(report.exit(), exit, "night {night}: {:?}", report.error);
        if night == 2 {
            assert!(report.error.unwrap().message.contains("66 employees, and 100 within the last 30 days"));
        }
    }
    // A release starts the comparison anew.
    assert_eq!(setup.sync_with(Release { changed_source: true, ..Release::default() }).await.exit(), Exit::Done);
    let everybody = std::mem::take(&mut setup.world().hibob.employees);
    setup.world().hibob.employees = everybody.into_iter().take(54).collect();
    assert_eq!(setup.sync().await.exit(), Exit::Done);
}

/// What is held of the changes does not freeze the numbers of the source.
#[tokio::test(flavor = "multi_thread")]
async fn a_held_class_does_not_freeze_the_numbers_of_the_source() {
    let setup = company(20).await;
    setup
        .apply_tenant(
            "acme",
            "[safety]
leak_days = 0
",
        )
        .await;
    leave(&setup, 1..=7);
    (21..=25).for_each(|id| setup.world().hibob.insert(employee(&id.to_string(), "Eva", &format!("{id}@x.example"))));
    assert_eq!(setup.sync().await.exit(), Exit::Held);
    let baseline = setup.tenant().await.database().baseline().await.unwrap();
    let employees = baseline.iter().find(|value| value.name == "employees").unwrap();
    assert_eq!(employees.value, hibob_contract::types::Value::Integer(25));
}

/// A company of five, whose people all seem to have left.
#[tokio::test(flavor = "multi_thread")]
async fn half_of_a_small_company_is_not_archived() {
    for (number, leavers, archived) in [(5, 5, 0), (5, 2, 0), (5, 1, 1), (8, 2, 2), (1, 1, 0)] {
        let setup = company(number).await;
        leave(&setup, 1..=leavers);
        assert_eq!(setup.sync().await.archived, archived, "{leavers} of {number}");
    }
}

/// An admin on the list is known by the account, whatever it is renamed to.
#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_admin_on_the_list_is_never_archived() {
    let setup = company(10).await;
    setup.apply_tenant("acme", "[safety]\nadmins = [\"3@x.example\"]\n").await;
    assert_eq!(setup.sync().await.exit(), Exit::Done);
    setup.world().hibob.employee_mut("3").email = Some("renamed@x.example".to_owned());
    assert_eq!(setup.sync().await.updated, 1);
    leave(&setup, [3, 4]);
    for archived in [1, 0] {
        let report = setup.sync().await;
        assert_eq!((report.archived, report.exit()), (archived, Exit::Done));
        assert_eq!(report.warnings[0].code, "ADMIN_NOT_ARCHIVED");
    }
    // Off the list, it is an account like others.
    setup.apply_tenant("acme", "").await;
    assert_eq!(setup.sync().await.archived, 1);
}

/// Nights 1, 2 and 30 of an account that was in use before the sync: what HiBob has nothing for stays, until HiBob has
/// had a value.
#[tokio::test(flavor = "multi_thread")]
async fn adoption_clears_nothing_until_hibob_has_had_a_value() {
    let setup = Setup::of(vec![employee("1", "Ana", "1@x.example"), employee("2", "Eva", "2@x.example")]).await;
    setup.world().hibob.employee_mut("1").work_phone = None;
    let mut user = User::new("1@x.example", "Ana", "Ruiz");
    user.phones = vec![hibob_fakes::travelperk::Phone { value: "+34600100200".to_owned(), kind: "work".to_owned() }];
    setup.world().travelperk.insert_user(user);
    let phones = || setup.world().travelperk.user_by_external_id("1").unwrap().phones.len();
    // Night 1: it is adopted.
    let report = setup.sync().await;
    assert_eq!((report.adopted, report.exit(), phones()), (1, Exit::Done, 1), "{:?}", report.errors);
    // Night 2, and a change of something else.
    let report = setup.sync().await;
    assert_eq!((report.updated, report.kept, phones()), (0, 2, 1));
    setup.world().hibob.employee_mut("1").first_name = "Anna".to_owned();
    assert_eq!((setup.sync().await.updated, phones()), (1, 1));
    // Night 30: HiBob has a value, and then none again.
    setup.world().hibob.employee_mut("1").work_phone = Some("+34 600100300".to_owned());
    assert_eq!((setup.sync().await.updated, phones()), (1, 1));
    setup.world().hibob.employee_mut("1").work_phone = None;
    assert_eq!((setup.sync().await.updated, phones()), (1, 0));
    // With the setting, it is cleared at once.
    let setup = Setup::of(vec![employee("1", "Ana", "1@x.example")]).await;
    setup.apply_tenant("acme", "[sync]\nclear_adopted = true\n").await;
    setup.world().hibob.employee_mut("1").work_phone = None;
    let mut user = User::new("1@x.example", "Ana", "Ruiz");
    user.phones = vec![hibob_fakes::travelperk::Phone { value: "+34600100200".to_owned(), kind: "work".to_owned() }];
    setup.world().travelperk.insert_user(user);
    assert_eq!(setup.sync().await.adopted, 1);
    assert!(setup.world().travelperk.user_by_external_id("1").unwrap().phones.is_empty());
}

/// The key is another company's: the accounts that the sync knows are not there.
#[tokio::test(flavor = "multi_thread")]
async fn another_target_is_not_written_to_until_somebody_accepts_it() {
    let setup = company(20).await;
    let everybody = std::mem::take(&mut setup.world().travelperk.users);
    for _ in 0..2 {
        let report = setup.sync().await;
        assert_eq!((report.exit(), setup.writes()), (Exit::Held, 0), "{:?}", report.error);
        let error = report.error.unwrap();
        assert!(error.message.contains("20 of 20 active accounts"), "{error:?}");
        assert!(error.remedy.contains("hibob tenant new-target acme --by"), "{error:?}");
    }
    // With the right key again, everything is as it was.
    setup.world().travelperk.users = everybody;
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.kept, setup.writes()), (Exit::Done, 20, 0));
    // Four of twenty are exactly 20 %.
    let ids: Vec<u64> = setup.world().travelperk.users.iter().map(|user| user.id).take(4).collect();
    ids.iter().for_each(|id| setup.world().travelperk.users.erase(*id));
    assert!(setup.sync().await.error.is_none());
    // Accepted, the links are dropped, and the next run is a first sync.
    setup.world().travelperk.users = hibob_fakes::travelperk::Users::default();
    assert_eq!(setup.sync().await.exit(), Exit::Held);
    let lease = setup.data.control().lease("acme", "a test").await.unwrap();
    let database = setup.tenant().await.database().clone();
    let fence = database.take_fence(lease.generation()).await.unwrap();
    database.drop_target(fence).await.unwrap();
    lease.release().await.unwrap();
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.created), (Exit::Done, 20), "{:?}", report.errors);
}

/// HiBob's `Date` says another time than this machine's clock.
#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_are_far_apart_are_an_error() {
    let setup = company(3).await;
    for (ahead, exit) in [(-540, Exit::Done), (540, Exit::Done), (-900, Exit::SomeFailed), (900, Exit::SomeFailed)] {
        setup.world().hibob.switches.clock_ahead_seconds = Some(ahead);
        let report = setup.sync().await;
        assert_eq!(report.exit(), exit, "{ahead}");
        if let Some(row) = report.errors.first() {
            let how = if ahead > 0 { "behind" } else { "ahead of" };
            assert!(row.code == "CLOCKS_DIFFER" && row.message.contains(&format!("minutes {how} HiBob's")), "{row:?}");
        }
    }
}
