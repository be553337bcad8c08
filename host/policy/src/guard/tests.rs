//! Tests of the guards.

use super::*;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::{NamedValue, Value};
use std::collections::BTreeMap;

/// The defaults of a tenant's settings.
const LIMITS: GuardLimits = GuardLimits {
    archive_limit_min: 5,
    archive_limit_percent: 10,
    rename_limit_min: 5,
    rename_limit_percent: 10,
    source_shrink_percent: 20,
    coverage_drop_points: 30,
    leak_percent: 20,
    leak_days: 30,
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

/// How many of `number` changes of a kind are held, if the ledger has these numbers of active and of lately
/// archived accounts.
fn held(kind: ChangeKind, number: usize, active: usize, archived: usize, release: Release) -> usize {
    let changes = (0..number).map(|number| change(number, kind)).collect();
    let ledger = LedgerSums { active, archived };
    classes(&planned(&[], changes), ledger, &BTreeMap::new(), &LIMITS, release).changes.len()
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
            let ledger = LedgerSums { active, archived: 0 };
            classes(&plan, ledger, &owners(0..number), &LIMITS, release).changes.len()
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
        classes(&plan, LedgerSums { active: 12, archived: 0 }, owners, &LIMITS, Release::default()).changes
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
        let ledger = LedgerSums { active: 99, archived: 0 };
        assert_eq!(classes(&plan, ledger, &owners(1..2), &LIMITS, free).changes.len(), held, "{kind:?}");
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
        source(&planned(now, Vec::new()), &planned(before, Vec::new()).baseline, &LIMITS).is_err()
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
