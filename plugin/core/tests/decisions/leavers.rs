//! What becomes of leavers' accounts, decided natively.

use hibob_connector_core::finding::Severity;
use hibob_connector_core::host_facts::HostFacts;
use hibob_connector_core::link::{Link, Links};
use hibob_connector_core::plan::{EmployeeState, OTHERS_MAX, Plan, Planner};
use hibob_connector_core::scim::Account;
use hibob_connector_core::settings::Settings;
use hibob_connector_core::value::{NamedValue, Value};
use serde_json::json;

/// 2026-03-01.
const NOW: u64 = 1_772_323_200;
const DAY: u64 = 24 * 60 * 60;

fn named(name: &str, value: Value) -> NamedValue {
    NamedValue { name: name.to_owned(), value }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn settings() -> Settings {
    let values = [
        named("hibob-url", text("https://hibob.example/v1")),
        named("scim-url", text("https://travelperk.example/scim")),
        named("details", Value::Texts(Vec::new())),
        named("admins", Value::Texts(vec!["admin@x.example".to_owned()])),
    ];
    Settings::read(&values).unwrap()
}

/// An employee as HiBob sends them.
fn record(id: &str, status: &str, email: &str) -> String {
    let value = |text: &str| json!({ "value": text });
    json!({
        "/root/id": value(id), "/internal/lifecycleStatus": value(status), "/root/email": value(email),
        "/root/firstName": value("Ana"), "/root/surname": value("Ruiz"), "/work/startDate": value("2020-01-01"),
    })
    .to_string()
}

/// With the setting `leavers-before`, those who left before the first sync are adopted by the first sync, and by no other.
#[test]
fn the_first_sync_may_adopt_the_accounts_of_those_who_left_before() {
    let night = || {
        let mut night = Night::of(&[
            ("1", "terminated", "1@x.example"),
            ("2", "terminated", "shared@x.example"),
            ("3", "terminated", "shared@x.example"),
            ("4", "terminated", "admin@x.example"),
            ("5", "terminated", "5@x.example"),
        ]);
        night.settings.leavers_before = hibob_connector_core::settings::LeaversBefore::Link;
        night
            .account("10", "", "1@x.example", true)
            .account("20", "", "shared@x.example", true)
            .account("40", "", "admin@x.example", true)
            .account("50", "other", "5@x.example", true)
    };
    let plan = night().plan();
    assert_eq!(changes(&plan), [("adopt", "10".to_owned())]);
    let fields: Vec<_> = plan.changes(0).flat_map(|change| change.fields).map(|field| field.field).collect();
    assert_eq!(fields, ["external-id"]);
    // The others are told, as always.
    let told: Vec<_> = codes(&plan).into_iter().map(|(employee, code)| format!("{employee} {code}")).collect();
    assert!(told.contains(&"3 LEAVER_HAS_ACTIVE_ACCOUNT".to_owned()), "{told:?}");
    assert!(told.contains(&"5 LEAVER_HAS_ACTIVE_ACCOUNT".to_owned()), "{told:?}");
    assert!(told.contains(&"4 ADMIN_NOT_ARCHIVED".to_owned()), "{told:?}");
    // Not once a run was accepted.
    let mut second = night();
    second.facts.push(named("employees", Value::Integer(5)));
    assert_eq!(changes(&second.plan()), []);
}

/// A plan that is still being made.
struct Night {
    settings: Settings,
    people: Vec<(&'static str, &'static str, &'static str)>,
    accounts: Vec<serde_json::Value>,
    links: Vec<(&'static str, &'static str)>,
    facts: Vec<NamedValue>,
}

impl Night {
    /// These employees: id, lifecycle status and work email.
    fn of(people: &[(&'static str, &'static str, &'static str)]) -> Self {
        Self {
            settings: settings(),
            people: people.to_vec(),
            accounts: Vec::new(),
            links: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// An account: id, external id, user name, and whether it is active.
    fn account(mut self, id: &str, external_id: &str, user_name: &str, active: bool) -> Self {
        let name = json!({ "givenName": "Ana", "familyName": "Ruiz" });
        self.accounts.push(
            json!({ "id": id, "externalId": external_id, "userName": user_name, "active": active, "name": name }),
        );
        self
    }

    fn link(mut self, employee: &'static str, account: &'static str) -> Self {
        self.links.push((employee, account));
        self
    }

    fn ledger(mut self, lines: &str) -> Self {
        self.facts.push(named("host:accounts", text(lines)));
        self
    }

    fn pairs(mut self, name: &str, a: &str, b: &str) -> Self {
        self.facts.push(named(name, Value::Pairs(vec![(a.to_owned(), b.to_owned())])));
        self
    }

    fn planner(&self) -> Planner<'_> {
        let links = self.links.iter().map(|(employee, account)| ((*employee).into(), Link::new(account)));
        let mut planner = Planner::new(&self.settings, NOW, Links::of(links.collect()));
        planner.host_facts(HostFacts::of(&self.facts));
        for (id, status, email) in &self.people {
            planner.employee(record(id, status, email).as_bytes());
        }
        planner
            .accounts(self.accounts.iter().map(|account| serde_json::from_value::<Account>(account.clone()).unwrap()));
        planner
    }

    fn plan(&self) -> Plan {
        let mut planner = self.planner();
        planner.unlisted();
        planner.finish()
    }
}

/// The changes of a plan: kind and account.
fn changes(plan: &Plan) -> Vec<(&'static str, String)> {
    plan.changes(0).map(|change| (change.kind.name(), change.target_id.unwrap_or_default())).collect()
}

/// The codes of the findings that are not notices, each with the employee.
fn codes(plan: &Plan) -> Vec<(String, &'static str)> {
    let told = plan.findings().iter().filter(|finding| finding.severity != Severity::Notice);
    told.map(|finding| (finding.employee_id.clone().unwrap_or_default(), finding.code)).collect()
}

fn state(plan: &Plan, employee: &str) -> EmployeeState {
    plan.roster(0).find(|entry| entry.employee_id == employee).unwrap().state
}

const ARCHIVED: &str = "archive";

#[test]
fn a_leavers_linked_account_is_archived_unless_it_carries_a_known_employees_id() {
    let night = |external_id: &str| {
        Night::of(&[("1", "terminated", "1@x.example"), ("2", "employed", "2@x.example")])
            .account("10", external_id, "1@x.example", true)
            .account("20", "2", "2@x.example", true)
            .link("1", "10")
            .link("2", "20")
            .link("3", "30")
    };
    for nobodys in ["1", "", "hr-system-77"] {
        let plan = night(nobodys).plan();
        assert_eq!(changes(&plan), [(ARCHIVED, "10".to_owned())], "{nobodys:?}");
        assert_eq!((codes(&plan), plan.count("gone")), (vec![], 0));
    }
    // Employee 3 is known by a link only: HiBob does not send them in this night.
    for (anothers, is_told) in [("2", true), ("3", false)] {
        let plan = night(anothers).plan();
        assert_eq!(changes(&plan), [], "{anothers}");
        let told = codes(&plan).contains(&("1".to_owned(), "LEAVER_HAS_ACTIVE_ACCOUNT"));
        assert_eq!(told, is_told, "{:?}", codes(&plan));
    }
    // Two accounts carry the id of employee 2, who is linked to one of them.
    assert!(codes(&night("2").plan()).contains(&("2".to_owned(), "AMBIGUOUS_EXTERNAL_ID")));
}

#[test]
fn an_account_that_has_passed_to_somebody_else_is_not_archived_for_its_former_owner() {
    // Employee 1 came back as 2 and has the account since; HiBob does not send 2 in this night, and another system has
    // emptied the external id.
    let night = || {
        Night::of(&[("1", "terminated", "1@x.example"), ("9", "employed", "9@x.example")])
            .account("10", "", "1@x.example", true)
            .account("90", "9", "9@x.example", true)
            .link("1", "10")
            .link("2", "10")
            .link("9", "90")
    };
    assert_eq!(changes(&night().plan()), []);
    assert_eq!(changes(&night().ledger("2\t10\t-\n9\t90\t-\n").plan()), []);
    assert_eq!(changes(&night().ledger("1\t10\t-\n9\t90\t-\n").plan()), [(ARCHIVED, "10".to_owned())]);
}

/// Employee 1 came back as 2, who has the account since. The termination of 1 is taken back, so that there are two records of
/// one person, and another system empties the external id. Then 2 leaves.
#[test]
fn an_account_that_was_passed_on_belongs_to_whom_it_was_passed_to() {
    let night = |second: &'static str| {
        Night::of(&[("1", "employed", "1@x.example"), ("2", second, "2@x.example")])
            .account("10", "", "2@x.example", true)
            .link("1", "10")
            .link("2", "10")
            .ledger("2\t10\t-\n")
    };
    let first = |plan: &Plan| changes(plan).into_iter().find(|(kind, _)| *kind == "create");
    let goes_on = night("employed").plan();
    assert!(changes(&goes_on).contains(&("update", "10".to_owned())), "{:?}", changes(&goes_on));
    assert!(first(&goes_on).is_some());
    let leaves = night("terminated").plan();
    assert!(changes(&leaves).contains(&(ARCHIVED, "10".to_owned())), "{:?}", changes(&leaves));
    assert!(first(&leaves).is_some());
}

#[test]
fn an_account_that_only_the_ledger_has_for_a_leaver_is_archived_if_its_external_id_is_nobodys() {
    let night = |external_id: &str| {
        Night::of(&[("1", "terminated", "1@x.example"), ("2", "employed", "2@x.example")])
            .account("10", "1", "1@x.example", false)
            .account("11", external_id, "old@x.example", true)
            .account("20", "2", "2@x.example", true)
            .link("1", "10")
            .link("2", "20")
            .ledger("1\t10\t5\n1\t11\t-\n2\t20\t-\n")
    };
    for nobodys in ["", "hr-system-77"] {
        assert_eq!(changes(&night(nobodys).plan()), [(ARCHIVED, "11".to_owned())], "{nobodys:?}");
    }
    let plan = night("1").plan();
    assert_eq!((changes(&plan), state(&plan, "1")), (vec![], EmployeeState::Failed));
    assert!(codes(&plan).contains(&("1".to_owned(), "LEAVER_HAS_ACTIVE_ACCOUNT")));
    assert_eq!(changes(&night("2").plan()), []);
}

#[test]
fn a_leavers_active_account_that_nobody_has_linked_is_an_error_and_not_without_an_account() {
    let plan = Night::of(&[("1", "terminated", "1@x.example"), ("2", "employed", "2@x.example")])
        .account("10", "", "1@X.example", true)
        .account("20", "2", "2@x.example", true)
        .link("2", "20")
        .plan();
    assert_eq!(codes(&plan), [("1".to_owned(), "LEAVER_HAS_ACTIVE_ACCOUNT")]);
    assert_eq!((plan.count("gone"), plan.count("failed"), state(&plan, "1")), (0, 1, EmployeeState::Failed));
    // It is somebody's who works here: no word of it. Nor of one that is archived, or was given up.
    let same = [("1", "terminated", "1@x.example"), ("2", "employed", "1@x.example")];
    let plan = Night::of(&same).account("20", "2", "1@x.example", true).link("2", "20").plan();
    assert_eq!((codes(&plan), plan.count("gone")), (vec![], 1));
    let gone = || Night::of(&[("1", "terminated", "1@x.example")]);
    let plan = gone().account("10", "", "1@x.example", false).plan();
    assert_eq!((codes(&plan), plan.count("gone")), (vec![], 1));
    let plan = gone().account("10", "", "1@x.example", true).pairs("host:unlinked", "10", "1").plan();
    assert_eq!(codes(&plan), [("1".to_owned(), "ACCOUNT_UNLINKED")]);
    // An admin's account is a warning, which the host makes an error of in time.
    let plan = Night::of(&[("1", "terminated", "admin@x.example")]).account("10", "", "admin@x.example", true).plan();
    assert_eq!(codes(&plan), [("1".to_owned(), "ADMIN_NOT_ARCHIVED")]);
}

#[test]
fn an_order_adopts_the_account_of_a_leaver_and_the_next_plan_archives_it() {
    let people = [("1", "terminated", "1@x.example"), ("2", "employed", "2@x.example")];
    let night = |external_id: &str, user_name: &str| {
        Night::of(&people)
            .account("10", external_id, user_name, true)
            .account("20", "2", "2@x.example", true)
            .link("2", "20")
            .ledger("2\t20\t-\n")
            .pairs("host:links", "1", "10")
    };
    let plan = night("", "other@x.example").plan();
    let [change] = &plan.changes(0).collect::<Vec<_>>()[..] else { panic!("{:?}", changes(&plan)) };
    assert_eq!((change.kind.name(), change.target_id.as_deref()), ("adopt", Some("10")));
    let fields: Vec<_> =
        change.fields.iter().map(|field| (field.field.as_str(), &field.before, &field.after)).collect();
    assert_eq!(fields, [("external-id", &None, &Some(text("1")))]);
    // Once it is linked, it is archived as any other.
    let linked = Night::of(&people).account("10", "1", "other@x.example", true).link("1", "10").plan();
    assert_eq!(changes(&linked)[0], (ARCHIVED, "10".to_owned()));
    // Not an account with the id of somebody else who has not left, of an admin, or with another employee's work email.
    for (external_id, user_name) in
        [("2", "a@x.example"), ("77", "a@x.example"), ("", "admin@x.example"), ("", "2@x.example")]
    {
        let plan = night(external_id, user_name).plan();
        assert_eq!(changes(&plan), [], "{external_id} {user_name}");
        assert!(codes(&plan).contains(&("1".to_owned(), "LINK_REFUSED")), "{:?}", codes(&plan));
    }
}

#[test]
fn an_order_gives_a_leavers_account_to_whom_it_names_if_the_ledger_has_it_for_that_leaver() {
    let people = [("1", "terminated", "old@x.example"), ("2", "employed", "new@x.example")];
    let night = |ledger: &str| {
        Night::of(&people).account("10", "1", "old@x.example", false).ledger(ledger).pairs("host:links", "2", "10")
    };
    let plan = night("1\t10\t5\n").plan();
    let changed: Vec<_> = plan.changes(0).collect();
    assert_eq!((changes(&plan)[0].clone(), changed.len()), (("reactivate", "10".to_owned()), 1));
    assert!(changed[0].fields.iter().any(|field| field.field == "external-id" && field.before == Some(text("1"))));
    // Its ledger has the account for nobody: the sync has never managed it.
    let plan = night("9\t90\t-\n").plan();
    assert!(codes(&plan).contains(&("2".to_owned(), "LINK_REFUSED")));
}

/// Whatever HiBob says about somebody on hold, and also where it does not send them any more.
#[test]
fn the_account_of_somebody_on_hold_is_left_as_it_is() {
    let hold = |night: Night| night.pairs("host:on-hold", "1", "2026-03-31");
    for status in ["employed", "terminated"] {
        let people = [("1", status, "new@x.example"), ("2", "employed", "2@x.example")];
        let with = Night::of(&people).account("10", "1", "1@x.example", true).link("1", "10");
        let without = Night::of(&people);
        let made = |plan: &Plan| changes(plan).into_iter().filter(|(_, account)| account == "10").count();
        assert_eq!(made(&with.plan()), 1, "{status}");
        let plan = hold(with).plan();
        assert_eq!((made(&plan), codes(&plan)), (0, vec![]), "{status}");
        let said = plan.findings().iter().find(|finding| finding.code == "ON_HOLD").unwrap();
        assert!(said.severity == Severity::Notice && said.message.contains("2026-03-31"), "{said:?}");
        assert_eq!(changes(&hold(without).plan()).len(), 1, "only the other one gets an account: {status}");
    }
    let mut vanished = Night::of(&[("2", "employed", "2@x.example")]);
    vanished = vanished.account("10", "1", "1@x.example", true).link("1", "10");
    assert_eq!(codes(&vanished.plan()), [("1".to_owned(), "EMPLOYEE_VANISHED")]);
    assert_eq!(codes(&hold(vanished).plan()), []);
}

#[test]
fn an_account_that_was_given_up_is_left_alone_and_no_second_one_is_made() {
    let night = |status| {
        Night::of(&[("1", status, "1@x.example")]).account("10", "1", "1@x.example", true).link("1", "10").pairs(
            "host:unlinked",
            "10",
            "1",
        )
    };
    for status in ["employed", "terminated"] {
        let plan = night(status).plan();
        assert_eq!((changes(&plan), codes(&plan)), (vec![], vec![("1".to_owned(), "ACCOUNT_UNLINKED")]), "{status}");
    }
    // Until somebody links it again; the host then does not name it any more.
    let linked = Night::of(&[("1", "terminated", "1@x.example")]).account("10", "1", "1@x.example", true).pairs(
        "host:links",
        "1",
        "10",
    );
    assert_eq!(changes(&linked.plan()), [("adopt", "10".to_owned())]);
}

#[test]
fn what_a_listing_hides_is_looked_up_and_archived_accounts_do_not_count_as_missing() {
    let left: Vec<_> = ["1", "2", "3"].map(|id| (id, "terminated", "x@x.example")).to_vec();
    let lately = NOW - 29 * DAY;
    let night = Night::of(&left).ledger(&format!("1\t10\t-\n2\t20\t{lately}\n3\t30\t7\n4\t40\t-\n"));
    let unlisted = night.planner().unlisted();
    assert_eq!((unlisted.ids, unlisted.missing), (vec!["10".to_owned(), "20".to_owned(), "30".to_owned()], 1));
    // Of many others, 200 in turn: in as many days as it takes, each is looked up.
    let people: Vec<_> =
        (0..450).map(|id: u32| &*format!("{}", 1_000 + id).leak()).map(|id| (id, "terminated", "")).collect();
    let lines: String = people.iter().map(|(id, ..)| format!("{id}\ta{id}\t7\n")).collect();
    let mut seen = std::collections::BTreeSet::new();
    for day in 0..9 {
        let night = Night::of(&people).ledger(&lines);
        let mut planner = Planner::new(&night.settings, NOW + day * DAY, Links::default());
        planner.host_facts(HostFacts::of(&night.facts));
        for (id, ..) in &people {
            planner.employee(record(id, "terminated", "").as_bytes());
        }
        let unlisted = planner.unlisted();
        assert_eq!((unlisted.ids.len(), unlisted.missing), (OTHERS_MAX, 0));
        seen.extend(unlisted.ids);
    }
    assert_eq!(seen.len(), people.len());
}
