//! The guards of classes of changes: holding those of which there are too many.
//!
//! 1. Each class is counted over the plan (`count.rs`), in accounts, and held if there are more than its limit
//!    (`limits.rs`).
//! 2. A single change is not too many, unless it archives the last active account and the operator has set no number,
//!    or the operator has set the limit to nothing at all.
//! 3. From two changes on, half of the accounts or more are too many to be archived, renamed, reactivated or cleared,
//!    also where a number that the operator has set would allow it. A share of half or more that the operator has set
//!    allows it.
//! 4. With a release, the people whom the last held run has held are released if they are not more than its number, and
//!    the others are counted anew. If that run has held nobody of the class, the number counts as the limit.
//! 5. A held class holds the change, or only the field that it counts.

use crate::guard::count::{Counted, Item, counted, reassigned};
use crate::guard::{Class, GuardFacts, GuardLimits, GuardRow, Held, Release};
use hibob_contract::Planned;
use std::collections::{BTreeMap, BTreeSet};

/// What the operator releases in one run, and for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Released {
    /// The numbers.
    pub release: Release,
    /// The employees whom the last held run has held, by class.
    pub people: BTreeMap<Class, BTreeSet<String>>,
}

impl From<Release> for Released {
    fn from(release: Release) -> Self {
        Self { release, people: BTreeMap::new() }
    }
}

/// Counts each class of changes, and holds those of which there are too many.
pub fn classes(planned: &Planned, ledger: &GuardFacts, limits: &GuardLimits, released: &Released) -> Held {
    let mut held = Held::default();
    // The plugin's number of managed accounts may only lower the limit: accounts can also be archived outside the sync.
    let told = planned.counts.get("managed").and_then(|&number| usize::try_from(number).ok());
    let n = told.map_or(ledger.sums.active, |told| told.min(ledger.sums.active));
    for counted in counted(planned, ledger, n) {
        hold(&mut held, &counted, ledger, limits, released);
    }
    if let Some(changes) = reassigned(planned, &ledger.owners).kept() {
        held.guards.retain(|row| row.class != Class::Reassigning);
        held.guards.push(GuardRow {
            class: Class::Reassigning,
            field: None,
            message: format!(
                "{} of {n} accounts would be given to another employee, and the plan also keeps a former employee active",
                changes.accounts
            ),
            remedy: "nothing can allow this; if HiBob has two records of one person who works here, remove one, and else report the plugin".to_owned(),
        });
        held.hold(Class::Reassigning, changes.changes);
    }
    held.settle(planned);
    held
}

/// Holds a class, or what of it is not released, if there is too much of it.
fn hold(held: &mut Held, counted: &Counted<'_>, ledger: &GuardFacts, limits: &GuardLimits, released: &Released) {
    let (class, n) = (counted.class, counted.of);
    let number = released.release.number(class);
    let (mut most, mut items) = (limits.most(class, n), counted.items.iter().collect::<Vec<&Item<'_>>>());
    let mut is_free = false;
    match released.people.get(&class).filter(|people| number > 0 && !people.is_empty()) {
        Some(people) => {
            let of_them = |item: &&Item<'_>| item.employee.is_some_and(|employee| people.contains(employee));
            let (theirs, others): (Vec<_>, Vec<_>) = items.iter().copied().partition(of_them);
            if counted.number(&theirs) <= number {
                items = others;
            }
        }
        None => {
            is_free = counted.number(&items) <= number;
            most = most.max(number);
        }
    }
    let number = counted.number(&items);
    if number == 0 || is_free {
        return;
    }
    let Some(why) = too_many(counted, &items, number, most, ledger, limits) else { return };
    let all = counted.number(&counted.items.iter().collect::<Vec<_>>());
    held.guards.push(GuardRow {
        class,
        field: counted.field.map(str::to_owned),
        message: why,
        remedy: format!("{}, run again with --{} {all}", class.check(), class.option()),
    });
    match counted.holds_fields {
        true => {
            let fields =
                items.iter().flat_map(|item| item.fields.iter().map(|field| (item.position, (*field).to_owned())));
            held.hold_fields(class, fields);
        }
        false => held.hold(class, items.iter().map(|item| item.position)),
    }
}

/// Why so many changes of a class are too many; none if they are not.
fn too_many(
    counted: &Counted<'_>,
    items: &[&Item<'_>],
    number: usize,
    most: usize,
    ledger: &GuardFacts,
    limits: &GuardLimits,
) -> Option<String> {
    let (class, n, limit) = (counted.class, counted.of, limits.of(counted.class));
    let least = limits.least(class, n);
    let what = match counted.field {
        Some(field) => format!("{number} of {n} accounts with a value of {field} would {}", class.would()),
        None if class == Class::Creating => format!("{number} accounts would {}, beside {n}", class.would()),
        None => format!("{number} of {n} accounts would {}", class.would()),
    };
    let is_single = number == 1 && (limit.min != Some(0) || limit.percent > 0);
    let is_set = limit.min.is_some_and(|min| min > 0) || limit.percent >= 100;
    // By either number: a plugin that counts no managed account does not let the last one of the ledger pass.
    let is_last = class == Class::Archiving && number == 1 && (n == 1 || ledger.sums.active == 1) && !is_set;
    if number > most && (!is_single || is_last) {
        return Some(format!("{what}, and the limit is {most} ({} %, at least {least})", limit.percent));
    }
    let half_counts = matches!(class, Class::Archiving | Class::Renaming | Class::Reactivating | Class::Clearing);
    if is_last || (half_counts && number >= 2 && number * 2 >= n && limit.percent < 50) {
        return Some(format!("{what}, which is half of them or more"));
    }
    if class != Class::Archiving {
        return None;
    }
    // Who was archived within these days, is active again by somebody else's hand, and is archived once more, counts
    // once.
    let again: BTreeSet<&str> =
        items.iter().map(|item| item.unit).filter(|account| ledger.is_archived_lately(account)).collect();
    let within = ledger.sums.archived + number - again.len().min(number);
    let before = ledger.sums.active + ledger.sums.archived;
    let most = limits.most_archived(before);
    (within > most).then(|| {
        format!(
            "{within} accounts would have been archived within {} days, and the limit is {most} ({} %, at least {})",
            limits.leak_days,
            limits.leak_percent,
            limits.least(Class::Archiving, before) + 1
        )
    })
}
