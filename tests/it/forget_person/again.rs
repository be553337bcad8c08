//! Tests that a sync does not bring an erased person back while HiBob still sends them, until the erasure is lifted.

use super::{BILBY, OF_QUOKKA, QUOKKA, forget, found, has_any, synced, told};
use crate::kills::company::world;
use crate::kills::patient::Patient;
use crate::sync::employee;
use hibob_base::clock::now_unix_seconds;
use hibob_base::error::Exit;
use hibob_base::job::RunKind;
use hibob_base::progress::NoProgress;
use hibob_fakes::{Service, World};
use hibob_policy::guard::Release;
use hibob_store::plan_file;
use hibob_store::privacy::lift;
use hibob_tests::setup::{plugin, today};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_planned_kept_or_archived_until_it_is_lifted() {
    let setup = synced().await;
    forget(&setup, QUOKKA).await;
    setup.world().hibob.employee_mut(QUOKKA).title = "Quokkateer the Second".to_owned();
    let mut new = employee("5150000000000000004", "Potoroo", "potoroo@acme.example");
    new.manager = Some(QUOKKA.to_owned());
    setup.world().hibob.insert(new);
    let plan = setup.plan().await.unwrap();
    assert_eq!((plan.changes.len(), plan.count("create"), plan.count("adopt"), plan.count("forgotten")), (1, 1, 0, 1));
    assert!(!has_any(&format!("{plan:?}"), &OF_QUOKKA) && !format!("{plan:?}").contains(QUOKKA), "{plan:?}");
    let report = setup.sync().await;
    assert_eq!((report.created, report.forgotten, setup.writes()), (1, 1, 1), "{report:?}");
    let roster = hibob_runner::roster(plugin(), &setup.tenant().await, Arc::new(NoProgress)).await.unwrap();
    assert!(!roster.employees.iter().any(|entry| entry.employee_id == QUOKKA) && roster.employees.len() == 3);
    let check = hibob_runner::check(plugin(), &setup.tenant().await, Arc::new(NoProgress)).await.unwrap();
    assert!(!format!("{:?}", check.findings).contains(QUOKKA));

    // The account is not managed any more: it is not archived if they leave, nor if HiBob stops sending them.
    setup.world().hibob.employee_mut(QUOKKA).terminate(today());
    assert_eq!((setup.sync().await.archived, setup.writes()), (0, 0));
    let gone = setup.world().hibob.employees.remove(QUOKKA).unwrap();
    setup.world().hibob.employee_mut(BILBY).manager = None;
    // The guards do not count them as vanished. One employee fewer of four counts as a changed source.
    let report = setup.sync_with(Release { changed_source: true, ..Release::default() }).await;
    assert_eq!((report.archived, report.forgotten, report.updated), (0, 0, 1), "{report:?}");
    setup.writes();
    assert_eq!(found(setup.data.path(), &[&OF_QUOKKA[..], &[QUOKKA]].concat()), [""; 0]);
    assert!(!has_any(&told(&setup.data).await, &OF_QUOKKA));

    setup.world().hibob.insert(hibob_fakes::company::Employee {
        lifecycle_status: "employed".to_owned(),
        status: "Active".to_owned(),
        termination_date: None,
        last_day_of_work: None,
        ..gone
    });
    assert!(lift(&setup.data, "acme", QUOKKA, None).await.unwrap());
    assert!(!lift(&setup.data, "acme", QUOKKA, None).await.unwrap(), "there is nothing left to lift");
    let report = setup.sync().await;
    assert_eq!((report.adopted, report.created, report.forgotten), (1, 0, 0), "{report:?}");
    // New data can be read, erased data cannot.
    let all = told(&setup.data).await;
    assert!(all.contains("Quokkateer the Second") && !all.contains("Chiefquokka"), "{all}");
    assert!(forget(&setup, QUOKKA).await.was_known);
    assert!(!has_any(&told(&setup.data).await, &OF_QUOKKA));
    assert_eq!(found(setup.data.path(), &[&OF_QUOKKA[..], &[QUOKKA]].concat()), [""; 0]);
}

/// A plan that was saved before is applied without them, and a copy of it that waits for a job is removed.
#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_is_applied_without_them() {
    let setup = synced().await;
    for id in [QUOKKA, BILBY] {
        setup.world().hibob.employee_mut(id).first_name = "Quokkalinda".to_owned();
    }
    let (tenant, planned) = (setup.tenant().await, setup.plan().await.unwrap());
    assert_eq!(planned.changes.len(), 2);
    let path = setup.folder.path().join("acme.plan");
    plan_file::save(&setup.data, &tenant.basis(plugin()).unwrap(), &planned, &path).unwrap();
    plan_file::keep(&setup.data, &path).unwrap();
    let done = forget(&setup, QUOKKA).await;
    assert_eq!(done.kept_plans, 1);
    let saved = plan_file::read(&setup.data, &path)
        .unwrap()
        .accept(&tenant.basis(plugin()).unwrap(), now_unix_seconds())
        .unwrap();
    let run = hibob_runner::start(&setup.data, &tenant, plugin(), RunKind::Apply, Arc::new(NoProgress)).await.unwrap();
    let mut report = run.apply(&saved, Release::default()).await;
    run.finish(&mut report, Some(&saved)).await.unwrap();
    assert_eq!(
        (report.updated, report.forgotten, report.exit(), setup.writes()),
        (1, 1, Exit::SomeFailed, 1),
        "{report:?}"
    );
    assert_eq!(found(setup.data.path(), &[QUOKKA]), [""; 0]);
}

/// Changes in progress for others are not repeated, and the rest of that plan is not applied.
#[test]
fn a_plan_that_was_interrupted_is_closed_if_somebody_in_it_was_forgotten() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut slow = world(60, 7);
    slow.answers_within = Duration::from_millis(20);
    let patient = Patient::new(runtime.handle(), slow, "");
    let writes = |world: &World| {
        world.log().iter().filter(|request| request.service == Service::TravelPerk && request.is_write()).count()
    };
    assert_eq!(patient.sync_until(|world| writes(world) >= 20, Duration::ZERO), None);
    patient.lapse();
    let somebody = &patient.rows("SELECT employee_id FROM accounts ORDER BY account_id LIMIT 1")[0][0];
    let (exit, done) = patient.shell.json(&["forget-person", "acme", somebody, "--yes"]);
    assert_eq!((exit, &done["forgotten"]["was_known"]), (0, &Value::Bool(true)), "{done}");
    let (exit, report) = patient.sync();
    assert!(exit <= 1 && report["error"].is_null() && report["forgotten"] == 1, "{report}");
    let (_, closed) = patient.shell.json(&["history", "acme", "1"]);
    let message = closed["report"]["error"]["message"].as_str().unwrap();
    assert!(message.contains("did not come to its end") && closed["run"]["trigger"] == "abandoned", "{closed}");
    let lines = closed["updates"].as_array().unwrap();
    assert_eq!(lines.iter().filter(|line| line["name"] == "forgotten").count(), 0, "not tried, or finished: {closed}");
    assert!(
        lines.iter().any(|line| line["result"] == "Done") && lines.iter().any(|line| line["result"] == "Not tried")
    );
    let (_, plan) = patient.shell.json(&["plan", "acme"]);
    assert_eq!(plan["changes"].as_array().map(Vec::len), Some(0), "{plan}");
    let users = &patient.world().travelperk.users;
    let ids: Vec<_> = users.iter().filter_map(|user| user.external_id.clone()).collect();
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len(), "somebody is twice");
}
