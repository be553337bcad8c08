//! Tests of garden leave as a departure, through the real component in the real host.

use super::references::{TABLE, detect, known, people};
use hibob_contract::offboarding_references::Standing;
use hibob_contract::offboarding_references::{Departure, Detection, Issued, Known};
use hibob_fakes::company::Employee;
use hibob_fakes::{Service, World};
use hibob_sandbox::tenant::Tenant;
use hibob_tests::setup::{Setup, plugin, today};

const IS_DEPARTURE: &str = "garden_leave = \"is-departure\"\n";

/// The date so many days from today.
fn day(days: i64) -> chrono::NaiveDate {
    today() + chrono::TimeDelta::days(days)
}

async fn tenant(setup: &Setup, more: &str) -> Tenant {
    setup.apply_tenant("acme", &format!("{TABLE}{more}")).await;
    setup.tenant().await
}

fn person<'w>(world: &'w mut World, id: &str) -> &'w mut Employee {
    world.hibob.employees.get_mut(id).unwrap()
}

/// Puts an employee on garden leave since three days ago, without a last day of work, until next month.
fn release(world: &mut World, id: &str) {
    let person = person(world, id);
    person.lifecycle_status = "garden leave".to_owned();
    person.termination_date = Some(day(30));
    person.lifecycle_rows = vec![
        (person.start_date, "employed".to_owned()),
        (day(-3), "garden leave".to_owned()),
        (day(30), "terminated".to_owned()),
    ];
}

fn issued(departure: &Departure) -> Vec<Known> {
    let issued_at_unix_seconds = u64::try_from(chrono::Utc::now().timestamp()).unwrap();
    let issued = Issued { departure: departure.clone(), issued_at_unix_seconds };
    vec![Known { employee_id: departure.employee_id.clone(), standing: Standing::Left, issued: Some(issued) }]
}

/// The queries of requests for the lifecycle table since the last call.
fn table_queries(setup: &Setup) -> Vec<String> {
    let mut world = setup.world();
    let entries = world.requests(Service::HiBob, "GET", "/v1/bulk/people/lifecycle");
    let queries = entries.into_iter().map(|entry| entry.query.clone().unwrap_or_default()).collect();
    world.clear_log();
    queries
}

fn is_quiet(detection: &Detection) -> bool {
    let lists = [&detection.departures, &detection.cancelled, &detection.corrected];
    lists.iter().all(|list| list.is_empty()) && detection.findings.is_empty()
}

/// From garden leave to the termination there is one departure, and HiBob's answers confirm its claims at any time.
#[tokio::test(flavor = "multi_thread")]
async fn garden_leave_and_the_termination_after_it_are_one_departure() {
    let setup = Setup::of(people()).await;
    let tenant = tenant(&setup, IS_DEPARTURE).await;
    let first = detect(&tenant, &[]).await;
    assert!(table_queries(&setup).is_empty(), "nobody is on garden leave");

    release(&mut setup.world(), "1");
    let second = detect(&tenant, &known(&first)).await;
    let [departure] = second.departures.as_slice() else { panic!("{second:?}") };
    assert_eq!((departure.employee_id.as_str(), departure.ended_on.as_str()), ("1", day(-4).to_string().as_str()));
    assert_eq!(hibob_sandbox::leavers::look_up(plugin(), &tenant, "1").await.unwrap().as_ref(), Some(departure));
    let confirmed = hibob_sandbox::leavers::claims(plugin(), &tenant, departure).await.unwrap().unwrap();
    assert_eq!(confirmed.claims.ended_on, departure.ended_on);
    assert_eq!(table_queries(&setup), ["employeeIds=1&limit=200"; 3], "other employees' rows are read");

    setup.world().hibob.switches.rows_wrapped = true;
    let ended = |world: &mut World| {
        let person = person(world, "1");
        person.terminate(day(-1));
        person.last_day_of_work = None;
        person.lifecycle_rows[2].0 = day(-1);
    };
    ended(&mut setup.world());
    let third = detect(&tenant, &issued(departure)).await;
    assert!(is_quiet(&third) && !third.seen.iter().any(|seen| seen.employee_id == "1"), "{third:?}");
    let again = hibob_sandbox::leavers::claims(plugin(), &tenant, departure).await.unwrap().unwrap();
    assert_eq!(again.claims, confirmed.claims);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_garden_leave_is_a_cancelled_departure() {
    let setup = Setup::of(people()).await;
    let tenant = tenant(&setup, IS_DEPARTURE).await;
    let first = detect(&tenant, &[]).await;
    release(&mut setup.world(), "1");
    let departure = detect(&tenant, &known(&first)).await.departures.remove(0);
    let start = person(&mut setup.world(), "1").start_date;
    person(&mut setup.world(), "1").employ(start);
    person(&mut setup.world(), "1").lifecycle_rows.clear();
    assert_eq!(detect(&tenant, &issued(&departure)).await.cancelled, std::slice::from_ref(&departure));
    assert_eq!(hibob_sandbox::leavers::claims(plugin(), &tenant, &departure).await.unwrap(), None);
}

/// By default, garden leave counts as employment, and the lifecycle table is not read.
#[tokio::test(flavor = "multi_thread")]
async fn garden_leave_is_employment_by_default() {
    let setup = Setup::of(people()).await;
    let tenant = tenant(&setup, "").await;
    let first = detect(&tenant, &[]).await;
    release(&mut setup.world(), "1");
    assert!(is_quiet(&detect(&tenant, &known(&first)).await));
    assert_eq!(hibob_sandbox::leavers::look_up(plugin(), &tenant, "1").await.unwrap(), None);
    assert!(table_queries(&setup).is_empty());
}

/// If the service user sees only the current row, a termination may hide a garden leave. Then there is only a finding,
/// until the history is made visible.
#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_is_not_visible_is_a_finding() {
    let setup = Setup::of(people()).await;
    let tenant = tenant(&setup, IS_DEPARTURE).await;
    let first = detect(&tenant, &[]).await;
    setup.world().hibob.lifecycle_history = false;
    person(&mut setup.world(), "1").terminate(day(-1));
    person(&mut setup.world(), "1").last_day_of_work = None;
    let detection = detect(&tenant, &known(&first)).await;
    let [finding] = detection.findings.as_slice() else { panic!("{detection:?}") };
    assert!(finding.code == "MISSING_LIFECYCLE_HISTORY" && finding.remedy.contains("View history"), "{finding:?}");
    assert!(detection.departures.is_empty() && detection.seen.is_empty());
    setup.world().hibob.lifecycle_history = true;
    assert_eq!(detect(&tenant, &known(&first)).await.departures[0].ended_on, day(-1).to_string());
}

/// More employees than one request may name are read with several requests.
#[tokio::test(flavor = "multi_thread")]
async fn many_on_garden_leave_are_read_with_requests_of_two_hundred() {
    let many = (1000..1201).map(|number| {
        let id = number.to_string();
        super::sync::employee(&id, "Ana", &format!("{id}@acme.example"))
    });
    let setup = Setup::of(many.collect()).await;
    let tenant = tenant(&setup, IS_DEPARTURE).await;
    let first = detect(&tenant, &[]).await;
    (1000..1201).for_each(|number| release(&mut setup.world(), &number.to_string()));
    assert_eq!(detect(&tenant, &known(&first)).await.departures.len(), 201);
    assert_eq!(table_queries(&setup).len(), 2);
}
