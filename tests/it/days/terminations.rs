//! While the source cannot be trusted, or the admin who enabled the sync has left, only terminations go out: archivings of
//! people whose records say that they have left.

use super::{account, company_with, leaves, person};
use hibob_base::error::Exit;
use hibob_fakes::company::Employee;
use hibob_jobs::run::Report;
use hibob_tests::setup::Setup;

/// HiBob does not send the people from this number on.
fn hides_from(setup: &Setup, first: u32) {
    setup.world().hibob.employees.retain(|id, _| id.parse::<u32>().unwrap() < first);
}

/// The leavers who are named as still having an active account.
fn named(report: &Report) -> Vec<&str> {
    let named = report.errors.iter().filter(|row| row.code == "LEAVER_HAS_ACTIVE_ACCOUNT");
    named.filter_map(|row| row.employee_id.as_deref()).collect()
}

/// Changes the tenant's settings so that this person is responsible for the sync.
async fn enabled_by(setup: &Setup, email: &str) {
    let mut config = setup.data.config("acme").await.unwrap();
    config.enabled_by = Some(email.to_owned());
    setup.data.put(&config, hibob_config::applied_by::AppliedBy::Operator).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_source_is_held_a_leaver_is_archived_and_nothing_else() {
    let setup = company_with(20, "").await;
    // Day 2: HiBob sends a quarter fewer people than before. Two of those who are sent leave, and one has another name.
    ["1", "2"].iter().for_each(|id| leaves(&setup, id));
    setup.world().hibob.employee_mut("3").first_name = "Eva".to_owned();
    hides_from(&setup, 16);
    let report = setup.sync().await;
    // The run ends as it would without the archiving. One of twenty goes in a night, and the other one is named.
    assert_eq!((report.exit(), report.archived, report.updated), (Exit::Held, 1, 0), "{:?}", report.error);
    let told = &report.error.as_ref().unwrap().message;
    assert!(told.contains("nothing was applied but the archiving of 1 who left by their records"), "{told}");
    assert_eq!((account(&setup, "1").active, account(&setup, "2").active, named(&report)), (false, true, vec!["2"]));
    // Day 3: the same. One of twenty goes in thirty days.
    setup.writes();
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, setup.writes()), (Exit::Held, 0, 0));
    assert!(report.error.as_ref().unwrap().message.ends_with("nothing was changed"), "{:?}", report.error);
    assert_eq!(named(&report), ["2"]);
    // Day 4: they are there again.
    for id in 16..=20 {
        setup.world().hibob.insert(person(&id.to_string()));
    }
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, report.updated), (Exit::Done, 1, 1), "{:?}", report.errors);
    assert!(!account(&setup, "2").active);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_source_is_held_nobody_is_archived_by_a_setting() {
    let setup = company_with(20, "[sync]\ngarden_leave = \"archive\"\n").await;
    // Day 2: one is on garden leave, and HiBob sends a quarter fewer people.
    setup.world().hibob.employee_mut("1").lifecycle_status = "garden leave".to_owned();
    hides_from(&setup, 16);
    setup.writes();
    let report = setup.sync().await;
    assert_eq!((report.exit(), setup.writes(), named(&report)), (Exit::Held, 0, vec!["1"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_applied_each_leaver_is_named() {
    let setup = company_with(20, "").await;
    // Day 2: HiBob sends a quarter fewer people than before, and of three others no lifecycle status. Somebody leaves.
    leaves(&setup, "1");
    hides_from(&setup, 16);
    for id in ["2", "3", "4"] {
        setup.world().hibob.employee_mut(id).removed.insert("internal.lifecycleStatus".to_owned());
    }
    setup.writes();
    let report = setup.sync().await;
    assert_eq!((report.exit(), setup.writes(), named(&report)), (Exit::Held, 0, vec!["1"]), "{:?}", report.error);
    // Day 3: they are there again, and the leaver's account is archived.
    for id in ["2", "3", "4"] {
        setup.world().hibob.employee_mut(id).removed.clear();
    }
    for id in 16..=20 {
        setup.world().hibob.insert(person(&id.to_string()));
    }
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, account(&setup, "1").active), (Exit::Done, 1, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_came_back_under_a_new_id_on_a_held_night_is_named_by_the_old_one() {
    let setup = company_with(20, "").await;
    // Day 2: somebody leaves and begins anew under another employee id, and HiBob sends a quarter fewer people. The
    // account is to pass to the new id, and does not yet.
    leaves(&setup, "1");
    hides_from(&setup, 15);
    setup.world().hibob.insert(Employee { id: "21".to_owned(), ..person("1") });
    setup.writes();
    let report = setup.sync().await;
    assert_eq!((report.exit(), setup.writes(), named(&report)), (Exit::Held, 0, vec!["1"]), "{:?}", report.error);
    // Day 3: everybody is there again, and the account passes to the new id.
    for id in 15..=20 {
        setup.world().hibob.insert(person(&id.to_string()));
    }
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.adopted, named(&report).len()), (Exit::Done, 1, 0), "{:?}", report.errors);
    assert_eq!(account(&setup, "1").external_id.as_deref(), Some("21"));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_plan_waits_because_of_its_source_a_leaver_is_archived() {
    let setup = company_with(20, "").await;
    setup.apply_tenant("acme", "[safety]\napproval = \"above-limits\"\n").await;
    // Day 2: HiBob sends a quarter fewer people than before, somebody leaves, and somebody is new.
    leaves(&setup, "1");
    hides_from(&setup, 15);
    setup.world().hibob.insert(person("21"));
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, report.created), (Exit::Waiting, 1, 0), "{:?}", report.errors);
    assert_eq!((account(&setup, "1").active, report.waiting.unwrap().changes), (false, 1));
    // Day 3: the same plan waits.
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, report.waiting.unwrap().is_new), (Exit::Waiting, 0, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_admin_who_enabled_the_sync_leaves_leavers_are_archived_all_the_same() {
    let setup = company_with(100, "").await;
    enabled_by(&setup, "1@x.example").await;
    // Day 2: the admin leaves, and two others with them; somebody is new.
    ["1", "2", "3"].iter().for_each(|id| leaves(&setup, id));
    setup.world().hibob.insert(person("101"));
    for (night, still) in [vec!["2", "3"], vec!["3"], vec![]].into_iter().enumerate() {
        let report = setup.sync().await;
        assert_eq!(
            (report.exit(), report.archived, report.created),
            (Exit::Usage, 1, 0),
            "{night}: {:?}",
            report.error
        );
        assert_eq!(report.error.as_ref().unwrap().code, "ENABLED_BY_INACTIVE");
        assert_eq!(named(&report), still, "{night}");
    }
    // Day 5: three of a hundred were archived, and one more leaves.
    leaves(&setup, "4");
    setup.writes();
    let report = setup.sync().await;
    assert_eq!((report.exit(), setup.writes(), named(&report)), (Exit::Usage, 0, vec!["4"]));
    // Day 6: another admin enables the sync.
    enabled_by(&setup, "5@x.example").await;
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, report.created), (Exit::Done, 1, 1), "{:?}", report.errors);
}
