//! Tests of saved plans, which are applied exactly or refused.

use super::sync::employee;
use hibob_base::error::{Exit, HostError};
use hibob_base::job::RunKind;
use hibob_base::progress::NoProgress;
use hibob_contract::Planned;
use hibob_jobs::run::Report;
use hibob_policy::guard::Release;
use hibob_sandbox::Open as _;
use hibob_sandbox::identity::Trust;
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_store::plan_file;
use hibob_tests::setup::{Setup, plugin, runtime};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

const HOUR: u64 = 3_600;

async fn setup() -> Setup {
    Setup::of((1..=4).map(|id| employee(&id.to_string(), "Ana", &format!("{id}@x.example"))).collect()).await
}

async fn save(setup: &Setup) -> (PathBuf, Planned) {
    let path = setup.folder.path().join("acme.plan");
    let planned = setup.plan().await.unwrap();
    plan_file::save(&setup.data, &setup.tenant().await.basis(plugin()).unwrap(), &planned, &path).unwrap();
    (path, planned)
}

async fn apply(setup: &Setup, planned: &Planned) -> Report {
    let tenant = setup.tenant().await;
    let run = hibob_runner::start(&setup.data, &tenant, plugin(), RunKind::Apply, Arc::new(NoProgress)).await.unwrap();
    let mut report = run.apply(planned, Release::default()).await;
    run.finish(&mut report, Some(planned)).await.unwrap();
    report
}

#[track_caller]
fn refused(result: Result<impl Sized, HostError>, words: &str) {
    let Err(error) = result else { panic!("the plan was accepted") };
    assert!(error.to_string().contains(words), "{error}");
    assert_eq!(error.exit(), Exit::Usage);
    assert!(error.remedy().contains("make a new plan"), "{}", error.remedy());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_applies_as_it_was_saved() {
    let setup = setup().await;
    let (path, planned) = save(&setup).await;
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(setup.writes(), 0);
    // HiBob changes, but the saved plan does not.
    setup.world().hibob.insert(employee("5", "Eva", "5@x.example"));
    let saved = plan_file::read(&setup.data, &path).unwrap();
    let read = saved.accept(&setup.tenant().await.basis(plugin()).unwrap(), planned.created_at + 23 * HOUR).unwrap();
    assert_eq!((&read.changes, &read.counts, &read.findings), (&planned.changes, &planned.counts, &planned.findings));
    let report = apply(&setup, &read).await;
    assert_eq!((report.created, report.exit(), setup.writes()), (4, Exit::Done, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_is_refused() {
    let setup = setup().await;
    let (path, _) = save(&setup).await;
    let whole = std::fs::read(&path).unwrap();
    for position in (0..whole.len()).step_by(whole.len() / 97 + 1) {
        let mut changed = whole.clone();
        changed[position] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        assert!(plan_file::read(&setup.data, &path).is_err(), "byte {position}");
    }
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    refused(plan_file::read(&setup.data, &path), "is not a saved plan");
    std::fs::write(&path, "").unwrap();
    refused(plan_file::read(&setup.data, &path), "is not a saved plan");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_another_kind_is_refused() {
    let setup = setup().await;
    let (path, planned) = save(&setup).await;
    let now = planned.created_at;
    let read = || plan_file::read(&setup.data, &path).unwrap();
    let tenant = async |id: &str| -> Tenant { setup.data.tenant(id).await.unwrap() };

    setup.apply_tenant("other", "").await;
    refused(read().accept(&tenant("other").await.basis(plugin()).unwrap(), now), "was made for tenant acme");
    refused(read().accept(&tenant("acme").await.basis(plugin()).unwrap(), now + 24 * HOUR + 1), "older than 24 hours");
    refused(read().accept(&tenant("acme").await.basis(plugin()).unwrap(), now - 2 * HOUR), "future");

    // Another component, and a small one: whatever it is, its digest is another one.
    let file = setup.folder.path().join("other.wasm");
    std::fs::write(&file, hibob_hostile_component::COMPONENT).unwrap();
    let other = Plugin::from_file(runtime(), &file, &Trust::built_in().or_unsigned()).unwrap();
    refused(read().accept(&tenant("acme").await.basis(&other).unwrap(), now), "was made by the plugin sha256:");

    setup.apply_tenant("acme", "[sync]\ndetails = [\"title\"]\n").await;
    refused(read().accept(&tenant("acme").await.basis(plugin()).unwrap(), now), "settings have changed");

    let elsewhere = Setup::realistic(1).await;
    refused(plan_file::read(&elsewhere.data, &path), "not made with this data directory");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_changed_since_the_plan_are_left_alone_and_reported() {
    let setup = setup().await;
    setup.apply_tenant("acme", "[safety]\nnames_limit_min = 3\n").await; // of four people
    setup.sync().await;
    for id in ["1", "2", "3"] {
        setup.world().hibob.employee_mut(id).first_name = "Anna".to_owned();
    }
    setup.world().hibob.insert(employee("5", "Eva", "5@x.example"));
    let (_, planned) = save(&setup).await;
    {
        let mut world = setup.world();
        let id =
            |world: &hibob_fakes::World, external: &str| world.travelperk.user_by_external_id(external).unwrap().id;
        let (first, second) = (id(&world, "1"), id(&world, "2"));
        world.travelperk.users.get_mut(first).unwrap().given_name = "Someone".to_owned();
        world.travelperk.users.erase(second);
        world.travelperk.insert_user(hibob_fakes::travelperk::User::new("5@x.example", "A", "Stranger"));
    }
    setup.writes();
    let report = apply(&setup, &planned).await;
    assert_eq!((report.updated, report.created, report.drifted, report.exit()), (1, 0, 3, Exit::SomeFailed));
    let rows: Vec<_> =
        report.errors.iter().map(|row| (row.employee_id.as_deref().unwrap(), row.code.as_str())).collect();
    assert!(rows.iter().all(|(_, code)| *code == "DRIFTED"), "{rows:?}");
    assert_eq!(setup.world().travelperk.user_by_external_id("1").unwrap().given_name, "Someone");
    assert_eq!(setup.world().travelperk.user_by_name("5@x.example").unwrap().external_id, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_was_applied_already_changes_nothing() {
    let setup = setup().await;
    let (_, planned) = save(&setup).await;
    assert_eq!(setup.sync().await.created, 4);
    let users = || {
        let world = setup.world();
        world.travelperk.users.iter().map(|user| world.travelperk.scim(user)).collect::<Vec<_>>()
    };
    let before = users();
    let report = apply(&setup, &planned).await;
    assert_eq!((report.created, report.drifted), (0, 4));
    assert_eq!(before, users());
}
