//! Property tests of the sync, with random companies, accounts and settings, run natively against the strict stand-ins.

use crate::model::rules::{IBERIA, Rules, SITES, rules};
use crate::model::values::{POOLS, plain, say};

use hibob_connector_core::change::{Change, Outcome};
use hibob_fakes::World;
use hibob_fakes::company::{Company, Employee};
use hibob_fakes::travelperk::{Phone, User};
use hibob_tests::deep;
use hibob_tests::native::NativeWorld;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::{BTreeMap, BTreeSet};

/// Noon of 2026-03-01, UTC: the day on which one of the start dates below lies.
const NOW: u64 = 1_772_366_400;

/// Few addresses, so that employees and accounts often have equal ones.
const EMAILS: [&str; 10] = [
    "a@x.example",
    "a@x.example\u{200b}",
    " b@x\u{ad}.example",
    "b@x.example",
    "B@x.example",
    "c@x.example",
    "d@x.example",
    "e+1@x.example",
    "f@x.example",
    "g@x.example",
];
const STATUSES: [&str; 8] =
    ["employed", "employed", "employed", "terminated", "hired", "parental leave", "garden leave", "sabbatical"];

fn id(number: usize) -> String {
    format!("21284380000000000{number:02}")
}

fn employee(number: usize) -> impl Strategy<Value = Employee> {
    let who = (
        select(&["Ana", "Ben\u{200e}", "Zoë", "Zoe\u{308}", "Ana\u{a0}  Eva"][..]),
        prop::option::weighted(0.95, select(&EMAILS[..])),
        select(&STATUSES[..]),
    );
    let job = (
        prop::option::of(select(&["Sales", "R&D"][..])),
        prop::option::of(select(&["Engineer", "Lead"][..])),
        prop::option::of(0..9_usize),
        prop::option::of(select(&["+34 600100200", "600100200"][..])),
        select(&["2020-01-01", "2026-03-01", "2026-06-01"][..]),
    );
    // Values for all fields that settings may name. They are mostly valid, so that a missing detail does not fail
    // everybody.
    let facts = prop::collection::vec(prop_oneof![9 => 0..2_usize, 1 => 2..4_usize], POOLS.len());
    (who, job, facts).prop_map(move |((first, email, status), (department, title, manager, phone, start), facts)| {
        let mut employee = Employee::new(&id(number), first, "Ruiz", email.unwrap_or("unused@x.example"));
        for ((field, pool), fact) in POOLS.into_iter().zip(facts) {
            say(&mut employee, field, Some(pool.get(fact).copied()));
        }
        employee.overrides.remove("work.workPhone");
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
        let mut user = User::new(email, "A\u{2060}na", "Ruiz\u{a0}");
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
        let numbers: BTreeSet<usize> = indexes.into_iter().map(|index| index.index(9)).collect();
        numbers.into_iter().map(employee).collect::<Vec<_>>()
    })
}

fn world(employees: Vec<Employee>, users: Vec<User>) -> NativeWorld {
    let mut fakes = World::new(Company::of(employees), 1);
    let mut names = BTreeSet::new();
    for user in users {
        // Two accounts whose names read the same are told, and are nobody's until the other one has another name.
        if names.insert(plain(&user.user_name).to_lowercase()) {
            fakes.travelperk.insert_user(user);
        }
    }
    fakes.travelperk.invoice_profiles = SITES.into_iter().chain([IBERIA]).map(str::to_owned).collect();
    // RFC 7644, section 3.5.2, allows both answers to a PATCH.
    fakes.travelperk.switches.patch_answers_204 = fakes.travelperk.users.len() % 2 == 1;
    NativeWorld::new(fakes, NOW)
}

/// The changes of a plan. There are none if the settings stop the sync because its admin has left.
fn changes(world: &mut NativeWorld, rules: &Rules) -> Result<Vec<Change>, TestCaseError> {
    match world.plan(&rules.settings()) {
        Ok(plan) if plan.findings().iter().any(|finding| finding.code == "ENABLED_BY_INACTIVE") => Ok(Vec::new()),
        Ok(plan) => Ok(plan.changes(0).collect()),
        Err(error) => Err(TestCaseError::fail(format!("{error:?}"))),
    }
}

/// Makes a sync. Every change must succeed, since nobody else changes the target. Afterwards a new plan must be empty,
/// and making it must write nothing.
fn sync(world: &mut NativeWorld, rules: &Rules) -> Result<(), TestCaseError> {
    let settings = rules.settings();
    if !changes(world, rules)?.is_empty() {
        let plan = world.plan(&settings).map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
        for (change, outcome) in &world.apply(&settings, &plan) {
            let well = matches!(outcome, Some(Outcome::Done { not_taken, .. }) if not_taken.is_empty());
            prop_assert!(well, "{change:?}\n{outcome:?}");
        }
    }
    world.fakes.clear_log();
    let again = changes(world, rules)?;
    prop_assert!(again.is_empty(), "{again:#?}");
    prop_assert_eq!(world.fakes.writes(), 0);
    Ok(())
}

/// TravelPerk may show a state from before the write. The host's ledger follows the outcome that is reported here.
#[test]
fn a_state_that_is_shown_late_is_not_reported_as_refused() {
    let mut person = Employee::new(&id(1), "Ana", "Ruiz", "a@x.example");
    person.site = SITES[0].to_owned();
    let mut world = world(vec![person], Vec::new());
    let settings = Rules::default().settings();
    let plan = world.plan(&settings).unwrap();
    world.apply(&settings, &plan);
    world.fakes.hibob.employee_mut(&id(1)).terminate("2026-02-28".parse().unwrap());
    let plan = world.plan(&settings).unwrap();
    let switches = &mut world.fakes.travelperk.switches;
    (switches.patch_answers_204, switches.reads_by_id_behind, switches.listing_behind_seconds) = (true, true, 3.0);
    world.fakes.clear_log();
    let outcomes = world.apply(&settings, &plan);
    let [(_, Some(Outcome::Done { not_taken, .. }))] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert!(not_taken.is_empty(), "{not_taken:?}");
    assert_eq!(world.fakes.writes(), 1);
    assert!(world.fakes.travelperk.users.iter().all(|user| !user.active));
}

fn users_of(world: &NativeWorld) -> BTreeMap<u64, User> {
    world.fakes.travelperk.users.iter().map(|user| (user.id, user.clone())).collect()
}

/// Makes a sync. No account is lost, and accounts that belong to no employee are unchanged.
fn sync_beside_strangers(world: &mut NativeWorld, rules: &Rules) -> Result<(), TestCaseError> {
    let people = world.fakes.hibob.employees.values();
    let ids: BTreeSet<String> = people.clone().map(|person| person.id.clone()).collect();
    let emails: BTreeSet<String> =
        people.filter_map(|person| Some(plain(person.email.as_ref()?).to_lowercase())).collect();
    let users = world.fakes.travelperk.users.iter();
    let stranger = |user: &&User| match &user.external_id {
        Some(id) => !ids.contains(id),
        None => !emails.contains(&plain(&user.user_name).to_lowercase()),
    };
    let strangers: Vec<u64> = users.filter(stranger).map(|user| user.id).collect();
    let before = users_of(world);
    sync(world, rules)?;
    let after = users_of(world);
    for id in strangers {
        prop_assert_eq!(&after[&id], &before[&id]);
    }
    prop_assert!(before.keys().all(|id| after.contains_key(id)));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: u32::try_from(deep(150, 1_000)).unwrap(), ..ProptestConfig::default() })]

    #[test]
    fn a_sync_leaves_nothing_to_do_and_no_stranger_touched(
        employees in company(), users in prop::collection::vec(user(), 0..8), rules in rules(&EMAILS),
    ) {
        sync_beside_strangers(&mut world(employees, users), &rules)?;
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(
        employees in company(), users in prop::collection::vec(user(), 0..8), rules in rules(&EMAILS), seed in any::<u64>(),
    ) {
        let mut plain = world(employees.clone(), users.clone());
        let mut shuffled = world(employees, users);
        shuffled.fakes.hibob.switches.shuffled_by = Some(seed);
        prop_assert_eq!(changes(&mut plain, &rules)?, changes(&mut shuffled, &rules)?);
    }

    /// The company changes every day, and the settings on some days.
    #[test]
    fn directories_that_go_on_changing_stay_in_step(
        days in prop::collection::vec((company(), prop::option::of(rules(&EMAILS))), 1..4),
        users in prop::collection::vec(user(), 0..6),
    ) {
        let mut world = world(Vec::new(), users);
        let mut rules = Rules::default();
        for (employees, settings) in days {
            let company = World::new(Company::of(employees), 1);
            world.fakes.hibob.employees = company.hibob.employees;
            world.fakes.hibob.lists = company.hibob.lists;
            rules = settings.unwrap_or(rules);
            sync_beside_strangers(&mut world, &rules)?;
            world.now += 24 * 60 * 60;
        }
    }
}
