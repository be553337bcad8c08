//! Properties of every sync, over random companies and random accounts: natively, against the strict stand-ins.

use hibob_connector_core::change::{Change, Outcome};
use hibob_connector_core::error::JobError;
use hibob_fakes::World;
use hibob_fakes::company::{Company, Employee};
use hibob_fakes::travelperk::{Phone, User};
use hibob_tests::native::NativeWorld;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

/// Noon of 2026-03-01, UTC: the day on which one of the start dates below lies.
const NOW: u64 = 1_772_366_400;

/// Few values, so that ids, addresses and managers meet often.
const EMAILS: [&str; 8] = [
    "a@x.example",
    "b@x.example",
    "B@x.example",
    "c@x.example",
    "d@x.example",
    "e+1@x.example",
    "f@x.example",
    "g@x.example",
];
const STATUSES: [&str; 7] = ["employed", "employed", "employed", "terminated", "hired", "parental leave", "sabbatical"];

fn id(number: usize) -> String {
    format!("21284380000000000{number:02}")
}

fn employee(number: usize) -> impl Strategy<Value = Employee> {
    let who =
        (select(&["Ana", "Ben", "Zoë"][..]), prop::option::weighted(0.95, select(&EMAILS[..])), select(&STATUSES[..]));
    let job = (
        prop::option::of(select(&["Sales", "R&D"][..])),
        prop::option::of(select(&["Engineer", "Lead"][..])),
        prop::option::of(0..9_usize),
        prop::option::of(select(&["+34 600100200", "600100200"][..])),
        select(&["2020-01-01", "2026-03-01", "2026-06-01"][..]),
    );
    (who, job).prop_map(move |((first, email, status), (department, title, manager, phone, start))| {
        let mut employee = Employee::new(&id(number), first, "Ruiz", email.unwrap_or("unused@x.example"));
        employee.email = email.map(str::to_owned);
        employee.lifecycle_status = status.to_owned();
        employee.start_date = start.parse().unwrap();
        employee.department = department.unwrap_or_default().to_owned();
        employee.title = title.unwrap_or_default().to_owned();
        employee.manager = manager.map(id);
        employee.work_phone = phone.map(str::to_owned);
        employee
    })
}

fn user() -> impl Strategy<Value = User> {
    let facts = (
        select(&EMAILS[..]),
        prop::option::weighted(0.6, 0..10_usize),
        any::<bool>(),
        select(&["", "Sales"][..]),
        prop::option::of(select(&["+34 600100200", "+1 5550100"][..])),
    );
    facts.prop_map(|(email, external_id, active, title, phone)| {
        let mut user = User::new(email, "Ana", "Ruiz");
        user.external_id = external_id.map(id);
        user.active = active;
        user.title = Some(title.to_owned()).filter(|title| !title.is_empty());
        user.phones =
            phone.into_iter().map(|value| Phone { value: value.to_owned(), kind: "work".to_owned() }).collect();
        user
    })
}

fn company() -> impl Strategy<Value = Vec<Employee>> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..9).prop_flat_map(|indexes| {
        let numbers: std::collections::BTreeSet<usize> = indexes.into_iter().map(|index| index.index(9)).collect();
        numbers.into_iter().map(employee).collect::<Vec<_>>()
    })
}

fn world(employees: Vec<Employee>, users: Vec<User>) -> NativeWorld {
    let mut fakes = World::new(Company::of(employees), 1);
    for user in users {
        if fakes.travelperk.user_by_name(&user.user_name).is_none() {
            fakes.travelperk.insert_user(user);
        }
    }
    // Both answers to a PATCH that RFC 7644, section 3.5.2, allows.
    fakes.travelperk.switches.patch_answers_204 = fakes.travelperk.users.len() % 2 == 1;
    NativeWorld::new(fakes, NOW)
}

fn changes(world: &mut NativeWorld) -> Result<Vec<Change>, JobError> {
    Ok(world.plan(&NativeWorld::settings(&[]))?.changes(0).collect())
}

/// Syncs, and fails the test if a change does not end well: on a target that nobody else touches, each must.
fn sync(world: &mut NativeWorld) -> Result<usize, TestCaseError> {
    let settings = NativeWorld::settings(&[]);
    let plan = world.plan(&settings).map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
    let outcomes = world.apply(&settings, &plan);
    for (change, outcome) in &outcomes {
        let well = matches!(outcome, Some(Outcome::Done { not_taken, .. }) if not_taken.is_empty());
        prop_assert!(well, "{change:?}\n{outcome:?}");
    }
    Ok(outcomes.len())
}

fn bodies(world: &NativeWorld) -> BTreeMap<u64, serde_json::Value> {
    world.fakes.travelperk.users.iter().map(|user| (user.id, world.fakes.travelperk.scim(user))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn after_a_sync_a_new_plan_is_empty(employees in company(), users in prop::collection::vec(user(), 0..8)) {
        let mut world = world(employees, users);
        sync(&mut world)?;
        world.fakes.clear_log();
        let again = changes(&mut world).map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
        prop_assert!(again.is_empty(), "{again:#?}");
        prop_assert_eq!(world.fakes.writes(), 0);
    }

    #[test]
    fn an_unmanaged_user_is_never_touched(employees in company(), users in prop::collection::vec(user(), 0..8)) {
        let ids: Vec<String> = employees.iter().map(|employee| employee.id.clone()).collect();
        let emails: Vec<String> = employees.iter().filter_map(|employee| Some(employee.email.as_ref()?.to_lowercase())).collect();
        let mut world = world(employees, users);
        let before = bodies(&world);
        let strangers: Vec<u64> = world.fakes.travelperk.users.iter().filter(|user| match &user.external_id {
            Some(id) => !ids.contains(id),
            None => !emails.contains(&user.user_name.to_lowercase()),
        }).map(|user| user.id).collect();
        sync(&mut world)?;
        let after = bodies(&world);
        for id in strangers {
            prop_assert_eq!(&after[&id], &before[&id]);
        }
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(
        employees in company(), users in prop::collection::vec(user(), 0..8), seed in any::<u64>(),
    ) {
        let mut plain = world(employees.clone(), users.clone());
        let mut shuffled = world(employees, users);
        shuffled.fakes.hibob.switches.shuffled_by = Some(seed);
        prop_assert_eq!(changes(&mut plain), changes(&mut shuffled));
    }

    #[test]
    fn directories_that_go_on_changing_stay_in_step(
        days in prop::collection::vec(company(), 1..4), users in prop::collection::vec(user(), 0..6),
    ) {
        let mut world = world(Vec::new(), users);
        for employees in days {
            let company = World::new(Company::of(employees), 1);
            world.fakes.hibob.employees = company.hibob.employees;
            world.fakes.hibob.lists = company.hibob.lists;
            sync(&mut world)?;
            let again = changes(&mut world).map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
            prop_assert!(again.is_empty(), "{again:#?}");
        }
    }
}
