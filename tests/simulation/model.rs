//! Tests of the sync against a model: after random events in the company, random settings and random faults, TravelPerk
//! is as an independent and much simpler statement of the rules in docs/use/sync.md requires.

mod history;
mod record;
pub(crate) mod rules;
mod statement;
mod trouble;
pub(crate) mod values;

use hibob_connector_core::change::Outcome;
use hibob_connector_core::error::JobError;
use hibob_connector_core::link;
use hibob_connector_core::plan::Plan;
use hibob_fakes::travelperk::{OtherFilters, Phone, User};
use hibob_fakes::{Company, Employee, Service, World};
use hibob_policy::text_form::phone_compared;
use hibob_tests::deep;
use hibob_tests::native::NativeWorld;
use history::{Event, Tampered, event, hire};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use record::Before;
use rules::{IBERIA, Rules, SITES, rules};
use statement::{Accounts, Expected, Fields, after_sync};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use trouble::Trouble;

/// Noon of 2026-03-01, UTC.
const NOW: u64 = 1_772_366_400;
/// Addresses that the settings may name as admins.
const ADMINS: [&str; 6] =
    ["p1@x.example", "P2@x.example", "p4@x.example", "p6@x.example", "p7@x.example", "guest@x.example"];
/// In syncs that must reach the model's state, at least so many percent of the employees have an account whose fields
/// HiBob determines completely. Of the others the test only asserts that nothing happens to them. The actual value is
/// about 75.
const DETERMINED_PERCENT_MIN: usize = 67;
/// Random histories, where the tests run at length.
const CASES: usize = 500;

/// A company, its TravelPerk, and the events so far.
pub(crate) struct History {
    world: NativeWorld,
    rules: Rules,
    vanished: Vec<Employee>,
    hired: usize,
    addresses: usize,
    /// How often a field of an account was changed in TravelPerk by hand.
    tampered: BTreeMap<(String, Tampered), usize>,
    /// In how many syncs TravelPerk has accepted each field and has not kept it.
    dropped: BTreeMap<&'static str, usize>,
}

/// Points in which the real services' behaviour is not documented, and the number of accounts of others.
#[derive(Clone, Copy, Debug)]
struct Open {
    patch_answers_204: bool,
    other_filters: OtherFilters,
    null_twins: bool,
    nested_nulls: bool,
    archived_in_list: bool,
    strangers: usize,
}

fn open() -> impl Strategy<Value = Open> {
    let filters = select(&[OtherFilters::Supported, OtherFilters::Ignored, OtherFilters::Refused][..]);
    let often = || prop::bool::weighted(0.8);
    let strangers = prop_oneof![19 => Just(0_usize), 1 => Just(55)];
    (any::<bool>(), filters, any::<bool>(), often(), prop::bool::weighted(0.7), strangers).prop_map(
        |(patch_answers_204, other_filters, null_twins, nested_nulls, archived_in_list, strangers)| Open {
            patch_answers_204,
            other_filters,
            null_twins,
            nested_nulls,
            archived_in_list,
            strangers,
        },
    )
}

/// Accounts from before the first sync: of others, of the first employees, and one with an external id that is an
/// employee's.
fn users() -> impl Strategy<Value = Vec<User>> {
    let name = select(
        &["p1@x.example", "P3@X.example", "p5@x.example", "p6@x.example\u{200b}", "guest@x.example", "admin@x.example"]
            [..],
    );
    let external_id = prop::option::weighted(0.4, select(&["2128438000000000002", "2128438000000000004", "other"][..]));
    let user = (name, external_id, prop::bool::weighted(0.7), any::<bool>()).prop_map(|(name, id, active, whole)| {
        let mut user = User::new(name, "Ana", "Ruiz");
        (user.external_id, user.active) = (id.map(str::to_owned), active);
        if whole {
            user.title = Some("Guest".to_owned());
            user.phones = vec![Phone { value: "+34 600100200".to_owned(), kind: "work".to_owned() }];
            user.invoice_profiles = vec!["Berlin".to_owned(), "London".to_owned()];
        }
        user
    });
    prop::collection::vec(user, 0..4)
}

impl History {
    fn new(rules: Rules, users: Vec<User>, open: Open) -> Self {
        let mut fakes = World::new(Company::default(), 1);
        for (name, pool) in values::POOLS {
            if let Some(list) = name.strip_prefix("work.").filter(|list| ["title", "department", "site"].contains(list))
            {
                let mut people = Vec::new();
                for value in pool {
                    let mut person = Employee::new("1", "", "", "");
                    values::say(&mut person, name, Some(Some(value)));
                    people.push(person);
                }
                let mut items = Company::of(people).lists.remove(list).unwrap();
                items.iter_mut().for_each(|item| item.archived = item.name == values::ARCHIVED_TITLE);
                fakes.hibob.lists.insert(list.to_owned(), items);
            }
        }
        (fakes.hibob.switches.null_twins, fakes.hibob.switches.nested_nulls) = (open.null_twins, open.nested_nulls);
        let travelperk = &mut fakes.travelperk;
        travelperk.invoice_profiles = SITES.into_iter().chain([IBERIA]).map(str::to_owned).collect();
        travelperk.switches.patch_answers_204 = open.patch_answers_204;
        travelperk.switches.other_filters = open.other_filters;
        travelperk.switches.archived_in_list = open.archived_in_list;
        for number in 0..open.strangers {
            travelperk.insert_user(User::new(&format!("{number}@y.example"), "A", "Stranger"));
        }
        for mut user in users {
            // The sync cannot find an archived account that is not listed and has no link.
            user.active |= !open.archived_in_list;
            if !open.archived_in_list {
                // Nor can it find one by its user name that is not in the listing and has another spelling.
                user.user_name = values::plain(&user.user_name);
            }
            if travelperk.user_by_name(&user.user_name).is_none() {
                travelperk.insert_user(user);
            }
        }
        let world = NativeWorld::new(fakes, NOW);
        let mut history = Self {
            world,
            rules: Rules::default(),
            vanished: Vec::new(),
            hired: 0,
            addresses: 0,
            tampered: BTreeMap::new(),
            dropped: BTreeMap::new(),
        };
        history.set(rules);
        history
    }

    fn set(&mut self, rules: Rules) {
        // Whether an admin's account is archived can be seen only in the listing.
        let enabled_by = rules.enabled_by.filter(|_| !self.hides());
        self.rules = Rules { enabled_by, ..rules };
    }

    /// The accounts in the model's form. Those that are not in `before` are new.
    fn accounts(&self, before: Option<&Accounts>) -> Accounts {
        let travelperk = &self.world.fakes.travelperk;
        let key = |user: &User| match &user.external_id {
            Some(id) if before.is_some_and(|before| !before.contains_key(&user.id.to_string())) => format!("new {id}"),
            _ => user.id.to_string(),
        };
        let fields = |user: &User| {
            let phone = user.phones.iter().find(|phone| phone.kind == "work").map(|phone| phone.value.clone());
            let profiles = Some(user.invoice_profiles.join("|"));
            let manager = user.manager.and_then(|id| travelperk.users.get(id)).map(key);
            let fields = [
                ("active", Some(if user.active { "yes" } else { "no" }.to_owned())),
                ("user-name", Some(user.user_name.clone())),
                ("external-id", user.external_id.clone()),
                ("given-name", Some(user.given_name.clone())),
                ("family-name", Some(user.family_name.clone())),
                ("title", user.title.clone()),
                ("phone", phone),
                ("language", user.preferred_language.clone()),
                ("locale", user.locale.clone()),
                ("gender", user.gender.clone()),
                ("date-of-birth", user.date_of_birth.clone()),
                ("country", user.country.clone()),
                ("cost-center", user.cost_center.clone()),
                ("company", profiles),
                ("travel-policy", user.travel_policy.clone()),
                ("emergency-name", user.emergency_name.clone()),
                ("emergency-phone", user.emergency_phone.clone()),
                ("manager", manager),
            ];
            fields.into_iter().filter_map(|(name, text)| Some((name, text.filter(|text| !text.is_empty())?))).collect()
        };
        travelperk.users.iter().map(|user| (key(user), fields(user))).collect::<BTreeMap<String, Fields>>()
    }

    /// Whether archived accounts are left out of the listing.
    fn hides(&self) -> bool {
        !self.world.fakes.travelperk.switches.archived_in_list
    }

    /// A sync, in which every change must succeed unless there is trouble. Returns the employees whose changes did not.
    fn sync(&mut self, trouble: &Trouble) -> Result<BTreeSet<String>, TestCaseError> {
        let settings = self.rules.settings();
        let plan = match self.world.plan(&settings) {
            // The admin has left, which the model checks too. The host applies nothing but terminations.
            Ok(plan) if has_its_admin_left(&plan) => return Ok(BTreeSet::new()),
            Ok(plan) => plan,
            Err(JobError::Unavailable(_)) if !trouble.is_none() => return Ok(BTreeSet::new()),
            Err(error) => return Err(TestCaseError::fail(format!("{error:?}"))),
        };
        let planned = self.accounts(None);
        if let Some((account, field)) = trouble.stale {
            self.tamper(account, field);
        }
        let tampered = self.accounts(None);
        let outcomes = self.world.apply(&settings, &plan);
        // Fields that were changed by hand since the plan are not overwritten.
        let after = self.accounts(None);
        for (account, fields) in &tampered {
            for field in ["title", "given-name", "active"] {
                let (old, new) = (planned[account].get(field), fields.get(field));
                prop_assert!(old == new || after[account].get(field) == new, "{field} of {account}: {after:#?}");
            }
        }
        let well = |outcome: &Option<Outcome>| matches!(outcome, Some(Outcome::Done { not_taken, .. }) if not_taken.is_empty());
        let not_well: Vec<_> = outcomes.iter().filter(|(_, outcome)| !well(outcome)).collect();
        prop_assert!(not_well.is_empty() || !trouble.is_none() || self.hides(), "{not_well:#?}");
        Ok(not_well
            .iter()
            .filter(|(_, outcome)| outcome.as_ref().is_some_and(is_refusal))
            .filter_map(|(change, _)| change.employee_id.clone())
            .collect())
    }

    /// The accounts now, and what the model expects of a sync.
    fn expect(&mut self) -> (Accounts, Expected) {
        let before = self.accounts(None);
        let links = link::all(&mut self.world).unwrap();
        let memory = links.iter().map(|(id, link)| (id.to_string(), link.account.to_string())).collect();
        let hibob = &self.world.fakes.hibob;
        let model = Before {
            accounts: &before,
            memory: &memory,
            directory: &hibob.employees,
            rules: &self.rules,
            now: self.world.now as i64,
            nulls_sent: hibob.switches.null_twins || hibob.switches.nested_nulls,
        };
        let expected = after_sync(&model);
        (before, expected)
    }

    /// A sync with trouble. It must do a part of what the model expects, and nothing else.
    fn sync_in_trouble(&mut self, trouble: &Trouble) -> Result<(), TestCaseError> {
        let (before, expected) = self.expect();
        self.trouble(trouble);
        self.world.fakes.clear_log();
        self.sync(trouble)?;
        self.trouble(&Trouble::default());
        self.writes_are_not_repeated()?;
        let none = Fields::new();
        for (account, fields) in self.accounts(Some(&before)).iter().filter(|_| trouble.stale.is_none()) {
            let (old, new) = (before.get(account), expected.accounts.get(account));
            prop_assert!(old.is_some() || new.is_some(), "account {account} should not be: {fields:?}");
            let (old, new) = (old.unwrap_or(&none), new.unwrap_or(&none));
            for field in fields.keys().chain(old.keys()).chain(new.keys()) {
                // Telephone numbers are written in a form of their own.
                let form = |text: &String| if field.ends_with("phone") { phone_compared(text) } else { text.clone() };
                let [old, new, now] = [old, new, fields].map(|fields| fields.get(field).map(form));
                prop_assert!(now == old || now == new, "{field} of account {account}: {now:?}, not {old:?} or {new:?}");
            }
        }
        Ok(())
    }

    /// A write with an unknown outcome is repeated only after a read. One that was answered with 429 was not carried
    /// out.
    fn writes_are_not_repeated(&self) -> Result<(), TestCaseError> {
        let mut written = BTreeSet::new();
        for request in self.world.fakes.log().iter().filter(|request| request.service == Service::TravelPerk) {
            if !request.is_write() {
                written.clear();
            } else if request.status != 429 {
                let first = written.insert((&request.method, &request.path, &request.body));
                prop_assert!(first, "{} {} is repeated without a look", request.method, request.path);
            }
        }
        Ok(())
    }

    /// A sync without trouble. Afterwards TravelPerk is as the model expects, and a new plan is empty.
    fn sync_and_look(&mut self, tally: &Tally) -> Result<(), TestCaseError> {
        let (before, expected) = self.expect();
        tally.employees.set(tally.employees.get() + self.world.fakes.hibob.employees.len());
        // The first exemption: an address that an archived account has which is not listed. TravelPerk refuses it, so
        // the changes that wait for it are not made either. No employee whom the model gives an account may be among
        // them.
        let refused = self.sync(&Trouble::default())?;
        prop_assert!(refused.is_disjoint(&expected.determined), "{refused:?}");
        if !refused.is_empty() {
            return Ok(());
        }
        tally.determined.set(tally.determined.get() + expected.determined.len());
        let (mut expected, mut found) = (expected.accounts, self.accounts(Some(&before)));
        // The second exemption: a field that is changed back after each write, or not kept, is contested after the second
        // write.
        let dropped = |field: &str| self.dropped.get(field).copied().unwrap_or_default();
        for ((account, field), times) in &self.tampered {
            let field = match field {
                Tampered::Title => "title",
                Tampered::GivenName => "given-name",
                Tampered::Manager | Tampered::Active | Tampered::Gone => continue, // never exempt
            };
            for accounts in [&mut expected, &mut found].into_iter().filter(|_| times + dropped(field) > 1) {
                accounts.get_mut(account).and_then(|fields| fields.remove(field));
            }
        }
        for (field, _) in self.dropped.iter().filter(|(_, times)| **times > 1) {
            for fields in expected.values_mut().chain(found.values_mut()) {
                fields.remove(*field);
            }
        }
        // Telephone numbers are written in a form of their own.
        for fields in expected.values_mut().chain(found.values_mut()) {
            for field in ["phone", "emergency-phone"] {
                fields.get_mut(field).into_iter().for_each(|phone| *phone = phone_compared(phone));
            }
        }
        prop_assert_eq!(found, expected);
        let plan = self.world.plan(&self.rules.settings());
        let left: Vec<_> =
            plan.iter().filter(|plan| !has_its_admin_left(plan)).flat_map(|plan| plan.changes(0)).collect();
        prop_assert!(left.is_empty() || self.hides(), "{left:#?}");
        Ok(())
    }
}

/// Whether the admin who enabled the sync has left, so that the host applies nothing of the plan but terminations.
fn has_its_admin_left(plan: &Plan) -> bool {
    plan.findings().iter().any(|finding| finding.code == "ENABLED_BY_INACTIVE")
}

/// Counts how many of the generated accounts the model determines.
#[derive(Default)]
struct Tally {
    employees: Cell<usize>,
    determined: Cell<usize>,
}

/// Settings, accounts, switches, and the first employees.
type Start = (Rules, Vec<User>, Open, Vec<Event>);

#[test]
fn whatever_happens_travelperk_is_as_the_model_says() {
    let tally = Tally::default();
    let start = (rules(&ADMINS), users(), open(), prop::collection::vec(hire(Just(0)), 2..6));
    let events = prop::collection::vec(event(), 1..32);
    let run = |(start, events): (Start, Vec<Event>)| {
        let (rules, users, open, hires) = start;
        let mut history = History::new(rules, users, open);
        for event in hires.iter().chain(&events).chain([&Event::Sync(Trouble::default())]) {
            match event {
                Event::Settings(rules) => history.set((**rules).clone()),
                Event::Tamper { field: Tampered::Active, .. } if history.hides() => {}
                Event::Sync(trouble) => {
                    if !trouble.is_none() && !history.hides() {
                        history.sync_in_trouble(trouble)?;
                    }
                    history.sync_and_look(&tally)?;
                }
                other => history.happen(other),
            }
        }
        Ok(())
    };
    let cases = deep(60, CASES);
    let config =
        ProptestConfig { cases: u32::try_from(cases).unwrap(), failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new(config);
    if let Err(error) = runner.run(&(start, events), run) {
        panic!("{error}");
    }
    let percent = tally.determined.get() * 100 / tally.employees.get();
    // A few cases say little about a share.
    assert!(cases < CASES || percent >= DETERMINED_PERCENT_MIN, "only {percent} % of the employees are determined");
}

/// Whether a change was refused for a reason of its own. A missing line manager's account is no such reason.
fn is_refusal(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Done { .. } => false,
        Outcome::Failed(failure) => failure.code != "MANAGER_NOT_MADE",
        Outcome::Drifted(_) | Outcome::Refused(_) => true,
    }
}

/// Found by the model: an account was removed in TravelPerk, and a new one cannot be created because a hidden account
/// has the address. Those who report to this employee must not get the removed account as their line manager.
#[test]
fn nobody_is_given_an_account_that_is_gone_as_a_manager() {
    let open = Open {
        patch_answers_204: false,
        other_filters: OtherFilters::Supported,
        null_twins: false,
        nested_nulls: false,
        archived_in_list: false,
        strangers: 0,
    };
    let (mut history, tally) = (History::new(Rules::default(), Vec::new(), open), Tally::default());
    for _ in 0..4 {
        history.happen(&Event::Hire { days: 0, facts: [0; 14] });
    }
    history.sync_and_look(&tally).unwrap();
    history.happen(&Event::Terminate { who: 2, days: 0, garden_leave: false });
    history.happen(&Event::Tamper { account: 0, field: Tampered::Gone });
    history.happen(&Event::TakeEmail { who: 0, from: 2, then: history::Then::New });
    history.sync_and_look(&tally).unwrap();
    history.sync_and_look(&tally).unwrap();
}
