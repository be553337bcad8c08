//! Tests of the plugin's functions for offboarding references, through the real component in the real host.

use super::sync::employee;
use hibob_base::progress::NoProgress;
use hibob_contract::offboarding_references::Standing;
use hibob_contract::offboarding_references::{Departure, Detection, Known};
use hibob_fakes::company::Employee;
use hibob_fakes::{Service, World};
use hibob_sandbox::tenant::Tenant;
use hibob_tests::setup::{Setup, plugin};
use std::sync::Arc;

/// A tenant's table of references, without a grace time, and with a limit that does not depend on the few employees.
pub(crate) const TABLE: &str = "\n[safety]\nreference_limit_min = 3\n[references]\ndomain = \"acme.example\"\nname = \"ACME GmbH\"\nissue_after_hours = 0\n";

async fn tenant(setup: &Setup, more: &str) -> Tenant {
    setup.apply_tenant("acme", &format!("{TABLE}{more}")).await;
    setup.tenant().await
}

pub(crate) fn people() -> Vec<Employee> {
    let mut people: Vec<Employee> = [("1", "Ana"), ("2", "Bo"), ("3", "Cleo")]
        .map(|(id, name)| employee(id, name, &format!("{id}@acme.example")))
        .into();
    people[0].title = "Engineer".to_owned();
    people[0].department = "Research".to_owned();
    people
}

fn leaves(world: &mut World, id: &str) {
    let person = world.hibob.employees.get_mut(id).unwrap();
    person.lifecycle_status = "terminated".to_owned();
    person.last_day_of_work = chrono::NaiveDate::from_ymd_opt(2026, 11, 20);
    person.termination_date = chrono::NaiveDate::from_ymd_opt(2026, 11, 30);
}

pub(crate) async fn detect(tenant: &Tenant, known: &[Known]) -> Detection {
    hibob_sandbox::leavers::departures(plugin(), tenant, known, Arc::new(NoProgress)).await.unwrap().0
}

/// What the host records after a first detection.
pub(crate) fn known(detection: &Detection) -> Vec<Known> {
    let known = |seen: &hibob_contract::offboarding_references::Seen| Known {
        employee_id: seen.employee_id.clone(),
        standing: seen.standing,
        issued: None,
    };
    detection.seen.iter().map(known).collect()
}

/// The first detection only records standings. An employee who is terminated afterwards has left, and claims and
/// address are HiBob's.
#[tokio::test(flavor = "multi_thread")]
async fn a_departure_is_detected_and_described() {
    let setup = Setup::of(people()).await;
    let tenant = tenant(&setup, "").await;
    leaves(&mut setup.world(), "3");
    let first = detect(&tenant, &[]).await;
    let standings: Vec<_> = first.seen.iter().map(|seen| (seen.employee_id.as_str(), seen.standing)).collect();
    assert_eq!(standings, [("1", Standing::Employed), ("2", Standing::Employed), ("3", Standing::Left)]);
    assert!(first.departures.is_empty() && first.employees == 3);

    leaves(&mut setup.world(), "1");
    let second = detect(&tenant, &known(&first)).await;
    let [departure] = second.departures.as_slice() else { panic!("{second:?}") };
    assert_eq!((departure.employee_id.as_str(), departure.ended_on.as_str()), ("1", "2026-11-20"));
    let confirmed = hibob_sandbox::leavers::claims(plugin(), &tenant, departure).await.unwrap().unwrap();
    let claims = &confirmed.claims;
    assert_eq!((claims.given_name.as_str(), claims.family_name.as_str()), ("Ana", "Ruiz"));
    assert_eq!((claims.job_title.as_deref(), claims.department.as_deref()), (Some("Engineer"), Some("Research")));
    assert_eq!(claims.ended_on, "2026-11-20");
    assert_eq!(confirmed.plugin_digest, plugin().digest());
    assert_eq!(
        hibob_sandbox::leavers::address(plugin(), &tenant, "1").await.unwrap().as_deref(),
        Some("1@acme.example")
    );
    // A departure can also be looked up by name, even of an employee who had left before.
    assert_eq!(hibob_sandbox::leavers::look_up(plugin(), &tenant, "3").await.unwrap().unwrap().employee_id, "3");
    assert_eq!(hibob_sandbox::leavers::look_up(plugin(), &tenant, "2").await.unwrap(), None);
    // For a departure that HiBob does not have any more, there are no claims.
    let other = Departure { ended_on: "2026-11-21".to_owned(), ..departure.clone() };
    assert_eq!(hibob_sandbox::leavers::claims(plugin(), &tenant, &other).await.unwrap(), None);
}

/// An archived title still has its name. If no list has the title, there are no claims.
#[tokio::test(flavor = "multi_thread")]
async fn an_archived_title_is_named_and_a_lost_one_is_not_left_out() {
    let setup = Setup::of(people()).await;
    let tenant = tenant(&setup, "").await;
    leaves(&mut setup.world(), "1");
    setup.world().hibob.lists.get_mut("title").unwrap()[0].archived = true;
    let departure = hibob_sandbox::leavers::look_up(plugin(), &tenant, "1").await.unwrap().unwrap();
    let confirmed = hibob_sandbox::leavers::claims(plugin(), &tenant, &departure).await.unwrap().unwrap();
    assert_eq!(confirmed.claims.job_title.as_deref(), Some("Engineer"));
    let lost = ("work.title".to_owned(), serde_json::json!("255499999"));
    setup.world().hibob.employees.get_mut("1").unwrap().overrides.extend([lost]);
    let departure = hibob_sandbox::leavers::look_up(plugin(), &tenant, "1").await.unwrap().unwrap();
    assert_eq!(hibob_sandbox::leavers::claims(plugin(), &tenant, &departure).await.unwrap(), None);
}

/// Names are read for one leaver at a time, the address in a separate call, and requests go to HiBob only.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_read_that_a_reference_does_not_need() {
    let setup = Setup::of(people()).await;
    let tenant = tenant(&setup, "").await;
    leaves(&mut setup.world(), "1");
    let bodies = |setup: &Setup| -> Vec<String> {
        let mut world = setup.world();
        assert!(world.log().iter().all(|entry| entry.service == Service::HiBob && entry.status == 200));
        let searches = world.log().iter().filter(|entry| entry.path.ends_with("/people/search"));
        let bodies = searches.map(|entry| String::from_utf8(entry.body.clone()).unwrap()).collect();
        world.clear_log();
        bodies
    };
    detect(&tenant, &[]).await;
    let [detection] = bodies(&setup).try_into().unwrap();
    assert!(!["Name", "surname", "email", "Email"].iter().any(|field| detection.contains(field)), "{detection}");
    let departure = hibob_sandbox::leavers::look_up(plugin(), &tenant, "1").await.unwrap().unwrap();
    hibob_sandbox::leavers::claims(plugin(), &tenant, &departure).await.unwrap().unwrap();
    for body in bodies(&setup) {
        assert!(body.contains(r#""values":["1"]"#) && !body.contains("mail"), "{body}");
    }
    hibob_sandbox::leavers::address(plugin(), &tenant, "1").await.unwrap().unwrap();
    let [address] = bodies(&setup).try_into().unwrap();
    assert!(address.contains(r#""fields":["root.id","root.email"]"#), "{address}");
}

/// The admin who enabled the sync may be a leaver as well: the rule that stops the sync then does not apply to
/// references.
#[tokio::test(flavor = "multi_thread")]
async fn who_set_it_up_may_leave() {
    let setup = Setup::of(people()).await;
    let path = setup.tenant_file("acme", TABLE);
    let text = std::fs::read_to_string(&path).unwrap().replacen('\n', "\nenabled_by = \"1@acme.example\"\n", 1);
    std::fs::write(&path, text).unwrap();
    let config = hibob_config::tenant::TenantConfig::read(&path).unwrap();
    let json = serde_json::to_string(&config).unwrap();
    setup.data.control().put_tenant("acme", &json, 0).await.unwrap();
    let tenant = setup.tenant().await;
    let first = detect(&tenant, &[]).await;
    leaves(&mut setup.world(), "1");
    assert_eq!(detect(&tenant, &known(&first)).await.departures.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_without_the_table_issues_none() {
    let setup = Setup::of(people()).await;
    let tenant = setup.tenant().await;
    let error = hibob_sandbox::leavers::departures(plugin(), &tenant, &[], Arc::new(NoProgress)).await.unwrap_err();
    assert!(error.to_string().contains("issues no references") && error.remedy().contains("[references]"), "{error}");
}
