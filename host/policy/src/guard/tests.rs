//! Tests of the guards.

use super::*;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::{NamedValue, Person, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The defaults of a tenant's settings, but for the numbers that an operator has set to 5.
const LIMITS: GuardLimits = GuardLimits {
    archive: Limit { min: Some(5), percent: 10 },
    rename: Limit { min: Some(5), percent: 10 },
    ..GuardLimits::DEFAULT
};

fn planned(counts: &[(&str, u64)], changes: Vec<Change>) -> Planned {
    let integer = |(name, number): &(&str, u64)| NamedValue {
        name: (*name).to_owned(),
        value: Value::Integer(i64::try_from(*number).unwrap()),
    };
    Planned {
        created_at: 0,
        counts: counts.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect(),
        findings: Vec::new(),
        active_accounts: Vec::new(),
        has_left: BTreeSet::new(),
        baseline: counts.iter().map(integer).collect(),
        changes,
    }
}

fn change(number: usize, kind: ChangeKind) -> Change {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let rename = FieldChange { field: "user-name".to_owned(), before: text("a@x"), after: text("b@x") };
    Change {
        id: number.to_string(),
        kind,
        employee_id: Some(number.to_string()),
        target_id: Some(number.to_string()),
        display_name: format!("Person {number}"),
        depends_on: Vec::new(),
        after: Vec::new(),
        fields: if kind == ChangeKind::Update { vec![rename] } else { Vec::new() },
        reason: String::new(),
    }
}

fn ledger(active: usize, archived: usize) -> GuardFacts {
    GuardFacts { sums: LedgerSums { active, archived }, ..GuardFacts::default() }
}

/// How many of `number` changes of a kind are held, if the ledger has these numbers of active and of lately
/// archived accounts.
fn held(kind: ChangeKind, number: usize, active: usize, archived: usize, release: Release) -> usize {
    let changes = (0..number).map(|number| change(number, kind)).collect();
    classes(&planned(&[], changes), &ledger(active, archived), &LIMITS, &release.into()).changes.len()
}

/// A change that gives the account `number` to a new employee, and names `former` as the employee before.
fn rehire(number: usize, kind: ChangeKind, former: Option<&str>) -> Change {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let employee = format!("new {number}");
    let before = former.and_then(text);
    let external_id = FieldChange { field: "external-id".to_owned(), before, after: text(&employee) };
    Change { employee_id: Some(employee), fields: vec![external_id], ..change(number, kind) }
}

fn owners(numbers: std::ops::Range<usize>) -> BTreeMap<String, String> {
    numbers.map(|number| (number.to_string(), format!("old {number}"))).collect()
}

#[test]
fn accounts_that_change_hands_are_counted_by_the_ledger() {
    let none = Release::default();
    for kind in [ChangeKind::Adopt, ChangeKind::Reactivate, ChangeKind::Update] {
        let held = |number: usize, active: usize, release: Release| {
            let changes: Vec<Change> =
                (0..number).map(|number| rehire(number, kind, Some(&format!("old {number}")))).collect();
            let plan = planned(&[], changes);
            assert_eq!(maybe_reassigned(&plan).len(), number);
            let ledger = GuardFacts { owners: owners(0..number), ..ledger(active, 0) };
            classes(&plan, &ledger, &LIMITS, &release.into()).changes.len()
        };
        assert_eq!(held(1, 0, none), 0, "one rehire of the only account");
        assert_eq!(held(2, 4, none), 2);
        assert_eq!(held(2, 6, none), 0);
        assert_eq!(held(3, 250, none), 0);
        assert_eq!(held(4, 250, none), 4);
        assert_eq!(held(10, 1_000, none), 0);
        assert_eq!(held(1_000, 1_000, none), 1_000);
        assert_eq!(held(4, 250, Release { reassigning: 4, ..none }), 0);
        assert_eq!(held(4, 250, Release { reassigning: 3, ..none }), 4);
    }
}

/// What the plan says of itself is not needed: the ledger, and the changes before, say whose an account is.
#[test]
fn accounts_that_change_hands_are_counted_whatever_the_plan_says() {
    let held = |changes: Vec<Change>, owners: &BTreeMap<String, String>| {
        let plan = planned(&[], changes);
        assert!(owners.keys().all(|account| maybe_reassigned(&plan).contains(account)));
        let ledger = GuardFacts { owners: owners.clone(), ..ledger(12, 0) };
        classes(&plan, &ledger, &LIMITS, &Released::default()).changes
    };
    let mut silent: Vec<Change> = (0..4).map(|number| rehire(number, ChangeKind::Adopt, None)).collect();
    assert_eq!(held(silent.clone(), &owners(0..4)).len(), 4, "the former id is not named");
    silent.iter_mut().for_each(|change| change.fields.clear());
    assert_eq!(held(silent.clone(), &owners(0..4)).len(), 4, "no external id is written");
    assert_eq!(held(silent, &BTreeMap::new()).len(), 0, "accounts of nobody are adopted");
    let named = (0..4).map(|number| rehire(number, ChangeKind::Reactivate, Some("somebody"))).collect();
    assert_eq!(held(named, &BTreeMap::new()).len(), 4, "archived accounts from before the sync");
    let chain = (0..4).flat_map(|number| {
        let first = Change { kind: ChangeKind::Adopt, ..change(number, ChangeKind::Adopt) };
        [first, rehire(number, ChangeKind::Update, None)]
    });
    assert_eq!(held(chain.collect(), &BTreeMap::new()).len(), 4, "adopted and given away by the same plan");
    let own = |number: usize| {
        let change = rehire(number, ChangeKind::Update, Some("edited"));
        (Change { employee_id: Some(format!("old {number}")), ..change }, number)
    };
    assert_eq!(held((0..4).map(|number| own(number).0).collect(), &owners(0..4)).len(), 0, "they are theirs");
}

#[test]
fn an_account_is_not_given_away_while_its_owner_stays() {
    let free = Release { reassigning: 9, ..Release::default() };
    for (kind, held) in
        [(ChangeKind::Create, 1), (ChangeKind::Update, 1), (ChangeKind::Reactivate, 1), (ChangeKind::Archive, 0)]
    {
        let owner = Change { employee_id: Some("old 1".to_owned()), fields: Vec::new(), ..change(7, kind) };
        let plan = planned(&[], vec![rehire(1, ChangeKind::Adopt, Some("old 1")), owner]);
        let ledger = GuardFacts { owners: owners(1..2), ..ledger(99, 0) };
        assert_eq!(classes(&plan, &ledger, &LIMITS, &free.into()).changes.len(), held, "{kind:?}");
    }
}

#[test]
fn archiving_and_renaming_are_limited_by_share_and_by_number() {
    let none = Release::default();
    for kind in [ChangeKind::Archive, ChangeKind::Update] {
        assert_eq!(held(kind, 5, 20, 0, none), 0);
        assert_eq!(held(kind, 6, 20, 0, none), 6);
        assert_eq!(held(kind, 20, 200, 0, none), 0);
        assert_eq!(held(kind, 21, 200, 0, none), 21);
    }
    assert_eq!(held(ChangeKind::Archive, 21, 200, 0, Release { archiving: 21, ..none }), 0);
    assert_eq!(held(ChangeKind::Archive, 21, 200, 0, Release { archiving: 20, ..none }), 21);
    assert_eq!(held(ChangeKind::Update, 21, 200, 0, Release { renaming: 21, ..none }), 0);
}

#[test]
fn a_slow_leak_is_noticed() {
    let none = Release::default();
    assert_eq!(held(ChangeKind::Archive, 2, 82, 18, none), 0);
    assert_eq!(held(ChangeKind::Archive, 3, 82, 18, none), 3);
    assert_eq!(held(ChangeKind::Archive, 3, 82, 18, Release { archiving: 3, ..none }), 0);
}

#[test]
fn a_source_that_cannot_be_trusted_stops_everything() {
    let stopped = |now: &[(&str, u64)], before: &[(&str, u64)]| {
        source(&planned(now, Vec::new()), &planned(before, Vec::new()).baseline, &[], &LIMITS).is_err()
    };
    assert!(!stopped(&[("employees", 0)], &[]));
    assert!(stopped(&[("employees", 0), ("vanished", 3)], &[]));
    assert!(!stopped(&[("employees", 80)], &[("employees", 100)]));
    assert!(stopped(&[("employees", 79)], &[("employees", 100)]));
    let title = |employees, number| [("employees", employees), ("field:work.title", number)];
    assert!(!stopped(&title(100, 69), &title(100, 98)));
    assert!(stopped(&title(100, 68), &title(100, 98)));
    assert!(!stopped(&title(5, 0), &title(5, 5)));
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.to_owned()))
}

fn field(field: &str, before: Option<Value>, after: Option<Value>) -> FieldChange {
    FieldChange { field: field.to_owned(), before, after }
}

fn person(number: usize) -> Option<Value> {
    Some(Value::Person(Person {
        employee_id: Some(format!("boss {number}")),
        account_id: Some(format!("of boss {number}")),
        display_name: String::new(),
    }))
}

/// A change of a class, of the account with this number.
fn of_class(class: Class, number: usize) -> Change {
    let update = |fields: Vec<FieldChange>| Change { fields, ..change(number, ChangeKind::Update) };
    match class {
        Class::Archiving => change(number, ChangeKind::Archive),
        Class::Renaming => change(number, ChangeKind::Update),
        Class::Creating => Change { target_id: None, ..change(number, ChangeKind::Create) },
        Class::Reactivating => change(number, ChangeKind::Reactivate),
        Class::Names => {
            update(vec![field("family-name", text("A"), text("B")), field("given-name", text("A"), text("B"))])
        }
        Class::Clearing => update(vec![field("title", text("Lead"), None)]),
        Class::Managers => update(vec![field("manager", person(number), person(number + 1))]),
        Class::CostCenters => update(vec![field("cost-center", text("Sales"), text("Care"))]),
        Class::Reassigning => rehire(number, ChangeKind::Update, Some(&format!("old {number}"))),
    }
}

/// The most changes of a class that pass where `n` accounts are active and `archived` were archived lately.
fn most(class: Class, n: usize, archived: usize, limits: &GuardLimits, released: &Released, is_first: bool) -> usize {
    let passes = |number: usize| {
        let plan = planned(&[], (0..number).map(|number| of_class(class, number)).collect());
        let ledger = GuardFacts { is_first, ..ledger(n, archived) };
        classes(&plan, &ledger, limits, released).is_empty()
    };
    // The numbers that pass are those up to a limit.
    let (mut low, mut high) = (0_usize, 4_000_usize);
    while low < high {
        let middle = (low + high).div_ceil(2);
        if passes(middle) { low = middle } else { high = middle - 1 }
    }
    low
}

/// The table of docs/use/sync.md, at 3, 8, 30, 300 and 3,000 active managed accounts.
#[test]
fn the_limits_are_those_of_the_table() {
    const SIZES: [usize; 5] = [3, 8, 30, 300, 3_000];
    for (class, limits) in [
        (Class::Archiving, [1, 2, 5, 30, 300]),
        (Class::Renaming, [1, 2, 5, 30, 300]),
        (Class::Creating, [10, 10, 10, 30, 300]),
        (Class::Reactivating, [1, 2, 5, 15, 150]),
        (Class::Names, [1, 2, 5, 15, 150]),
        (Class::Clearing, [1, 2, 3, 30, 300]),
        (Class::Managers, [10, 10, 10, 60, 600]),
        (Class::CostCenters, [10, 10, 10, 60, 600]),
        (Class::Reassigning, [1, 2, 3, 3, 30]),
    ] {
        let found = SIZES.map(|n| most(class, n, 0, &GuardLimits::DEFAULT, &Released::default(), false));
        assert_eq!(found, limits, "{class:?}");
    }
    // Within thirty days: as many as the second row of the table has, those of the days before included. One more is
    // archived each night.
    for (n, within) in SIZES.into_iter().zip([2, 3, 6, 60, 600]) {
        let is_held = |archived: usize| {
            let plan = planned(&[], vec![of_class(Class::Archiving, 0)]);
            !classes(&plan, &ledger(n - archived, archived), &GuardLimits::DEFAULT, &Released::default()).is_empty()
        };
        assert_eq!((is_held(within - 1), is_held(within)), (false, true), "{n}");
    }
    for (employed, (run, within)) in SIZES.into_iter().zip([(1, 2), (2, 4), (3, 6), (6, 18), (60, 180)]) {
        let limits = ReferenceLimits::DEFAULT;
        assert_eq!((limits.most(employed), limits.most_within(employed)), (run, within));
    }
}

#[test]
fn a_number_that_the_operator_set_counts_as_set_but_half_is_held() {
    let five = GuardLimits { archive: Limit { min: Some(5), percent: 10 }, ..GuardLimits::DEFAULT };
    let archived = |n, limits: &GuardLimits| most(Class::Archiving, n, 0, limits, &Released::default(), false);
    assert_eq!([3, 5, 8, 11, 12].map(|n| archived(n, &five)), [1, 2, 3, 5, 5]);
    let all = GuardLimits { archive: Limit { min: None, percent: 100 }, leak_percent: 100, ..GuardLimits::DEFAULT };
    assert_eq!(archived(5, &all), 5, "a share that the operator set to half or more");
    let none = GuardLimits { archive: Limit { min: Some(0), percent: 0 }, ..GuardLimits::DEFAULT };
    assert_eq!(archived(300, &none), 0);
}

#[test]
fn a_single_change_is_not_too_many_unless_it_archives_the_last_account() {
    for class in Class::ALL.iter().copied() {
        for n in [1, 2, 3] {
            let held = !classes(
                &planned(&[], vec![of_class(class, 0)]),
                &ledger(n, 0),
                &GuardLimits::DEFAULT,
                &Released::default(),
            )
            .is_empty();
            assert_eq!(held, class == Class::Archiving && n == 1, "{class:?} of {n}");
        }
    }
}

#[test]
fn the_last_account_of_the_ledger_is_held_whatever_number_the_plugin_counts() {
    for told in [0, 1, 2] {
        let planned = planned(&[("managed", told)], vec![of_class(Class::Archiving, 0)]);
        let held = classes(&planned, &ledger(1, 0), &GuardLimits::DEFAULT, &Released::default());
        assert!(!held.is_empty(), "{told} are told");
    }
}

#[test]
fn before_the_first_applied_run_creations_and_adoptions_pass_and_reactivations_do_not() {
    let first = |class| most(class, 0, 0, &GuardLimits::DEFAULT, &Released::default(), true);
    assert_eq!((first(Class::Creating), first(Class::Reactivating)), (4_000, 1));
    let adopted: Vec<Change> = (0..40)
        .flat_map(|number| {
            let names = Change { kind: ChangeKind::Adopt, ..of_class(Class::Names, number) };
            [names, Change { id: format!("second {number}"), ..of_class(Class::Managers, number) }]
        })
        .collect();
    let ledger = GuardFacts { is_first: true, ..ledger(0, 0) };
    assert!(classes(&planned(&[], adopted), &ledger, &GuardLimits::DEFAULT, &Released::default()).is_empty());
}

/// A held field is dropped, and the rest of the change is made.
#[test]
fn a_held_field_is_dropped_from_its_change() {
    let mut changes: Vec<Change> = (0..6).map(|number| of_class(Class::Renaming, number)).collect();
    changes[0].fields.push(field("title", None, text("Lead")));
    // The address of the first one is freed for a new account, and for a third person's rename.
    let needs = |id: &str, class| Change { id: id.to_owned(), depends_on: vec!["0".to_owned()], ..of_class(class, 9) };
    let new = Change { fields: vec![field("user-name", None, text("0@x"))], ..needs("new", Class::Creating) };
    let mut moves = needs("moves", Class::Renaming);
    moves.fields.push(field("title", None, text("Head")));
    changes.extend([new, moves]);
    let plan = planned(&[], changes);
    let held = classes(&plan, &ledger(30, 0), &GuardLimits::DEFAULT, &Released::default());
    assert_eq!(held.guards.len(), 1);
    assert_eq!(held.changes.keys().copied().collect::<Vec<_>>(), [1, 2, 3, 4, 5], "nothing else is left of them");
    let made = held.without_held_fields(&plan);
    let names = |position: usize| made[position].fields.iter().map(|field| field.field.as_str()).collect::<Vec<_>>();
    assert_eq!((names(0), names(7)), (vec!["title"], vec!["title"]));
    assert!(made[7].depends_on.is_empty() && !made[6].depends_on.is_empty());
    assert_eq!(held.lacks_user_name(&plan), BTreeMap::from([(6, 0)]));
    assert_eq!(held.of_class(Class::Renaming).len(), 7);
    assert_eq!(held.of_class(Class::Renaming)[&1], ["user-name"]);
}

#[test]
fn clearing_is_counted_for_each_field_and_by_its_values() {
    let cleared = |name: &str, number: usize| Change {
        fields: vec![field(name, text("x"), None)],
        ..change(number, ChangeKind::Update)
    };
    let changes: Vec<Change> =
        (0..5).map(|number| cleared("phone", number)).chain((5..7).map(|number| cleared("title", number))).collect();
    let mut plan = planned(&[], changes);
    let held = |plan: &Planned| {
        let held = classes(plan, &ledger(300, 0), &GuardLimits::DEFAULT, &Released::default());
        held.guards.into_iter().filter_map(|row| row.field).collect::<Vec<_>>()
    };
    assert_eq!(held(&plan), [""; 0]);
    let values = |name: &str, number| NamedValue { name: format!("values:{name}"), value: Value::Integer(number) };
    plan.baseline.push(values("phone", 40));
    assert_eq!(held(&plan), ["phone"], "10 % of 40");
    plan.baseline.push(values("title", 2));
    assert_eq!(held(&plan), ["phone", "title"]);
    plan.changes.iter_mut().for_each(|change| change.fields[0].after = text(""));
    assert_eq!(held(&plan), ["phone", "title"], "an empty text is none");
}

#[test]
fn managers_who_leave_or_move_explain_themselves() {
    let reports = |number: usize| Change {
        fields: vec![field("manager", person(1), person(2))],
        ..change(number, ChangeKind::Update)
    };
    let held = |boss: Option<Change>, archived: &[&str]| {
        let plan = planned(&[], (0..11).map(reports).chain(boss).collect());
        let archived = archived.iter().map(|account| ((*account).to_owned(), 0)).collect();
        !classes(&plan, &GuardFacts { archived, ..ledger(40, 0) }, &GuardLimits::DEFAULT, &Released::default())
            .is_empty()
    };
    let boss = |kind, fields| Change {
        employee_id: Some("boss 1".to_owned()),
        target_id: Some("of boss 1".to_owned()),
        fields,
        ..change(99, kind)
    };
    assert!(held(None, &[]));
    assert!(!held(Some(boss(ChangeKind::Archive, Vec::new())), &[]));
    assert!(!held(None, &["of boss 1"]), "archived by an earlier run");
    assert!(!held(Some(boss(ChangeKind::Update, vec![field("cost-center", text("A"), text("B"))])), &[]));
    assert!(held(Some(boss(ChangeKind::Update, vec![field("title", text("A"), text("B"))])), &[]));
}

#[test]
fn a_whole_cost_center_that_moves_to_one_counts_once() {
    let held = |people: i64, to: &dyn Fn(usize) -> &'static str| {
        let moves = |number| Change {
            fields: vec![field("cost-center", text("Sales"), text(to(number)))],
            ..change(number, ChangeKind::Update)
        };
        let mut plan = planned(&[], (0..25).map(moves).collect());
        plan.baseline.push(NamedValue { name: "cost-center:Sales".to_owned(), value: Value::Integer(people) });
        !classes(&plan, &ledger(100, 0), &GuardLimits::DEFAULT, &Released::default()).is_empty()
    };
    assert!(!held(25, &|_| "Care"));
    assert!(held(26, &|_| "Care"), "somebody stays");
    assert!(held(25, &|number| if number == 0 { "Legal" } else { "Care" }), "not all to the same one");
}

/// The number of people of a cost center is that of active accounts, so one that is reactivated is not one of them.
#[test]
fn who_is_reactivated_does_not_stand_in_for_somebody_who_stays() {
    let held = |reactivated: usize, people: i64| {
        let moves = |number| Change {
            fields: vec![field("cost-center", text("Sales"), text("Care"))],
            ..change(number, if number < reactivated { ChangeKind::Reactivate } else { ChangeKind::Update })
        };
        let mut plan = planned(&[], (0..25).map(moves).collect());
        plan.baseline.push(NamedValue { name: "cost-center:Sales".to_owned(), value: Value::Integer(people) });
        !classes(&plan, &ledger(100, 0), &GuardLimits::DEFAULT, &Released::default()).is_empty()
    };
    assert!(!held(1, 24), "all who were active");
    assert!(held(1, 25), "one of those who were active stays");
}

/// A release is for the people whom the last run has held. Others are counted anew.
#[test]
fn a_release_is_for_those_who_were_held() {
    let plan = |number: usize| planned(&[], (0..number).map(|number| of_class(Class::Archiving, number)).collect());
    let held = |number: usize, released: usize| {
        let people = BTreeMap::from([(Class::Archiving, (0..7).map(|number| number.to_string()).collect())]);
        let released = Released { release: Release { archiving: released, ..Release::default() }, people };
        classes(&plan(number), &ledger(30, 0), &GuardLimits::DEFAULT, &released).changes.len()
    };
    assert_eq!(held(7, 7), 0);
    assert_eq!(held(7, 6), 7, "a release of fewer than there are does not release a part of them");
    assert_eq!(held(8, 7), 0, "one more is within the limit");
    assert_eq!(held(13, 13), 6, "six more are not");
}

/// Many small steps add up, and two fewer are not too few to notice where there were two.
#[test]
fn a_source_is_held_against_its_largest_state() {
    let state = |employees: u64| planned(&[("employees", employees)], Vec::new());
    let stopped = |now, before, largest: &[u64]| {
        let largest: Vec<_> = largest.iter().map(|number| state(*number).baseline).collect();
        source(&state(now), &state(before).baseline, &largest, &GuardLimits::DEFAULT).is_err()
    };
    assert!(!stopped(81, 100, &[100]));
    assert!(stopped(66, 81, &[100, 81]));
    assert!(!stopped(66, 81, &[81]));
    for (now, before, is_stopped) in [(1, 3, false), (0, 2, true), (1, 2, false), (2, 5, true), (3, 5, false)] {
        assert_eq!(stopped(now, before, &[]), is_stopped, "{now} of {before}");
    }
}
