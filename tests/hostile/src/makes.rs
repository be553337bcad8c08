//! Hostile plans, which no honest plugin makes.

use crate::bindings::exports::hibob::connector::directory_sync as wit;
use crate::bindings::hibob::connector::types as wit_types;
use crate::bindings::hibob::connector::types::{Count, NamedValue, Value};
use std::cell::{Cell, RefCell};

/// The content of the plan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// So many changes of one kind, to the accounts from [`FIRST`] on. Updates set the title.
    Changes(wit::ChangeKind),
    /// So many changes that give an account to an invented employee.
    Reassigns,
    /// So many accounts for employees whom nobody has.
    Invents,
    /// So many changes of the user name, to an address that nobody has.
    Renames,
    /// So many changes of the title and the locale.
    TwoFields,
    /// So many changes of the approvers, to the account 102.
    Approvers,
    /// So many adoptions that set the title.
    AdoptsWithTitle,
    /// So many archivings that say what they write.
    Archives,
    /// All changes in one answer, whatever number the host requests.
    AllAtOnce,
    /// Two changes with the same id.
    SameIds,
    /// Changes that depend on each other (`depends-on`).
    Cycle,
    /// Changes that come after each other (`after`), which does not require the other to succeed.
    CycleOfAfter,
    /// A change that depends on one that does not exist.
    WaitsForNothing,
    /// A change whose reason has so many bytes.
    LongText,
    /// A change with so many fields without a name and a value.
    ManyFields,
    /// A change, a finding and an employee with escape sequences in every text.
    Escapes,
    /// A change that archives an account without naming the employee.
    OfNobody,
    /// Findings without an end.
    Findings,
    /// Employees without an end.
    Employees,
    /// So many changes that archive an account, which the summary does not count.
    LyingCounts,
    /// So many updates that set `active` to false.
    InactiveByUpdate,
    /// No change, and a baseline of so many bytes.
    LongBaseline,
    /// A loop without an end when the host requests changes.
    Loop,
}

/// The plan that the settings describe.
pub(crate) struct HostilePlan {
    kind: Kind,
    number: u64,
    next: Cell<u64>,
    observations: RefCell<Vec<String>>,
}

/// The id of the first account, in the stand-in and in the changes.
const FIRST: u64 = 100;

const ESCAPES: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\u{202e}gnp\u{9b}31m\u{7f}";

impl HostilePlan {
    pub(crate) fn new(words: &[String], observations: Vec<String>) -> Self {
        let kind = match words.first().map(String::as_str) {
            Some("updates") | None => Kind::Changes(wit::ChangeKind::Update),
            Some("archivings") => Kind::Changes(wit::ChangeKind::Archive),
            Some("reassigns") => Kind::Reassigns,
            Some("invents") => Kind::Invents,
            Some("renames") => Kind::Renames,
            Some("two-fields") => Kind::TwoFields,
            Some("approvers") => Kind::Approvers,
            Some("adopts-with-title") => Kind::AdoptsWithTitle,
            Some("archives") => Kind::Archives,
            Some("adoptions") => Kind::Changes(wit::ChangeKind::Adopt),
            Some("all-at-once") => Kind::AllAtOnce,
            Some("same-ids") => Kind::SameIds,
            Some("cycle") => Kind::Cycle,
            Some("cycle-of-after") => Kind::CycleOfAfter,
            Some("waits-for-nothing") => Kind::WaitsForNothing,
            Some("long-text") => Kind::LongText,
            Some("many-fields") => Kind::ManyFields,
            Some("escapes") => Kind::Escapes,
            Some("of-nobody") => Kind::OfNobody,
            Some("findings") => Kind::Findings,
            Some("employees") => Kind::Employees,
            Some("lying-counts") => Kind::LyingCounts,
            Some("inactive-by-update") => Kind::InactiveByUpdate,
            Some("long-baseline") => Kind::LongBaseline,
            Some("loop") => Kind::Loop,
            Some(_) => Kind::Findings,
        };
        let number = words.get(1).and_then(|word| word.parse().ok()).unwrap_or_default();
        let observations = if kind == Kind::Escapes { vec![ESCAPES.to_owned()] } else { observations };
        Self { kind, number, next: Cell::new(0), observations: RefCell::new(observations) }
    }

    fn changes(&self) -> u64 {
        match self.kind {
            Kind::SameIds | Kind::Cycle | Kind::CycleOfAfter => 2,
            Kind::WaitsForNothing | Kind::OfNobody | Kind::LongText | Kind::ManyFields | Kind::Escapes => 1,
            Kind::Findings | Kind::Employees | Kind::LongBaseline => 0,
            _ => self.number,
        }
    }

    fn change(&self, position: u64) -> wit::Change {
        let id = (FIRST + position).to_string();
        let base = update(&id, vec![field("title", "Hostile")]);
        match self.kind {
            Kind::Changes(wit::ChangeKind::Update) => base,
            Kind::Changes(kind) => wit::Change { kind, fields: Vec::new(), ..base },
            Kind::Reassigns => {
                let invented = format!("invented-{id}");
                let external_id =
                    wit::FieldChange { before: Some(Value::Text(id.clone())), ..field("external-id", &invented) };
                wit::Change {
                    kind: wit::ChangeKind::Adopt,
                    employee_id: Some(invented),
                    fields: vec![external_id],
                    ..base
                }
            }
            Kind::Invents => {
                let invented = format!("invented-{id}");
                let user_name = field("user-name", &format!("{id}@evil.example"));
                let fields = vec![field("external-id", &invented), user_name];
                let kind = wit::ChangeKind::Create;
                wit::Change { kind, employee_id: Some(invented), target_id: None, fields, ..base }
            }
            Kind::Renames => wit::Change { fields: vec![field("user-name", &format!("{id}@evil.example"))], ..base },
            Kind::TwoFields => {
                wit::Change { fields: vec![field("title", "Hostile"), field("locale", "de-DE")], ..base }
            }
            Kind::Approvers => {
                let boss = wit_types::Person {
                    employee_id: None,
                    account_id: Some((FIRST + 2).to_string()),
                    display_name: String::new(),
                };
                let after = Some(Value::Person(boss));
                let approvers = wit::FieldChange { field: "approvers".to_owned(), before: None, after };
                wit::Change { fields: vec![approvers], ..base }
            }
            Kind::AdoptsWithTitle => wit::Change { kind: wit::ChangeKind::Adopt, ..base },
            Kind::LyingCounts | Kind::Archives => {
                wit::Change { kind: wit::ChangeKind::Archive, fields: vec![flag("active", false)], ..base }
            }
            Kind::OfNobody => {
                let fields = vec![flag("active", false)];
                wit::Change { kind: wit::ChangeKind::Archive, employee_id: None, fields, ..base }
            }
            Kind::InactiveByUpdate => wit::Change { fields: vec![flag("active", false)], ..base },
            Kind::SameIds => wit::Change { id: "same".to_owned(), ..base },
            Kind::Cycle => wit::Change { depends_on: vec![(FIRST + 1 - position).to_string()], ..base },
            Kind::CycleOfAfter => wit::Change { after: vec![(FIRST + 1 - position).to_string()], ..base },
            Kind::WaitsForNothing => wit::Change { depends_on: vec!["nothing".to_owned()], ..base },
            Kind::LongText => wit::Change { reason: "x".repeat(self.length()), ..base },
            Kind::ManyFields => wit::Change { fields: vec![empty(); self.length()], ..base },
            Kind::Escapes => wit::Change {
                id: ESCAPES.to_owned(),
                employee_id: Some(ESCAPES.to_owned()),
                target_id: Some(ESCAPES.to_owned()),
                display_name: ESCAPES.to_owned(),
                reason: ESCAPES.to_owned(),
                fields: vec![wit::FieldChange {
                    field: ESCAPES.to_owned(),
                    before: Some(Value::Texts(vec![ESCAPES.to_owned()])),
                    after: Some(Value::Pairs(vec![(ESCAPES.to_owned(), ESCAPES.to_owned())])),
                }],
                ..base
            },
            Kind::AllAtOnce | Kind::Findings | Kind::Employees | Kind::LongBaseline | Kind::Loop => base,
        }
    }

    fn length(&self) -> usize {
        usize::try_from(self.number).unwrap_or_default()
    }
}

fn update(id: &str, fields: Vec<wit::FieldChange>) -> wit::Change {
    wit::Change {
        id: id.to_owned(),
        kind: wit::ChangeKind::Update,
        employee_id: Some(id.to_owned()),
        target_id: Some(id.to_owned()),
        display_name: format!("Person {id}"),
        depends_on: Vec::new(),
        after: Vec::new(),
        fields,
        reason: "because".to_owned(),
    }
}

fn field(name: &str, after: &str) -> wit::FieldChange {
    wit::FieldChange { field: name.to_owned(), before: None, after: Some(Value::Text(after.to_owned())) }
}

fn empty() -> wit::FieldChange {
    wit::FieldChange { field: String::new(), before: None, after: None }
}

fn flag(name: &str, after: bool) -> wit::FieldChange {
    wit::FieldChange { field: name.to_owned(), before: Some(Value::Flag(!after)), after: Some(Value::Flag(after)) }
}

fn with_escapes(text: String) -> wit::Finding {
    let remedy = text.clone();
    wit::Finding {
        employee_id: Some(text.clone()),
        field: Some(text.clone()),
        code: text.clone(),
        remedy,
        ..crate::finding(text)
    }
}

fn count(name: &str, number: u64) -> Count {
    Count { name: name.to_owned(), number }
}

impl wit::GuestSyncPlan for HostilePlan {
    fn summary(&self) -> wit::PlanSummary {
        match self.kind {
            Kind::LyingCounts => wit::PlanSummary {
                counts: vec![
                    count("archive", 0),
                    count("managed", u64::MAX),
                    count("employees", u64::MAX),
                    count("keep", u64::MAX),
                ],
                baseline: vec![NamedValue { name: "employees".to_owned(), value: Value::Integer(i64::MIN) }],
            },
            Kind::Escapes => wit::PlanSummary { counts: vec![count(ESCAPES, 1)], baseline: Vec::new() },
            Kind::LongBaseline => {
                let value = Value::Text("x".repeat(self.length()));
                let baseline = vec![NamedValue { name: "long".to_owned(), value }];
                wit::PlanSummary { counts: vec![count("employees", 1)], baseline }
            }
            _ => wit::PlanSummary { counts: vec![count("employees", 1)], baseline: Vec::new() },
        }
    }

    fn next(&self, max: u32) -> Vec<wit::Change> {
        if self.kind == Kind::Loop {
            crate::busy::endless_loop();
        }
        let start = self.next.get();
        let most = if self.kind == Kind::AllAtOnce { u64::MAX } else { u64::from(max) };
        let end = self.changes().min(start.saturating_add(most));
        self.next.set(end);
        (start..end).map(|position| self.change(position)).collect()
    }

    fn next_findings(&self, max: u32) -> Vec<wit::Finding> {
        match self.kind {
            Kind::Findings => (0..max).map(|_| crate::finding("x".repeat(1_000))).collect(),
            Kind::Escapes => self.observations.take().into_iter().map(with_escapes).collect(),
            _ => self.observations.take().into_iter().map(crate::finding).collect(),
        }
    }

    fn next_employees(&self, max: u32) -> Vec<wit::RosterEntry> {
        let entry = |number: u32| wit::RosterEntry {
            employee_id: number.to_string(),
            display_name: "x".repeat(1_000),
            state: wit::EmployeeState::Synced,
            account_id: None,
        };
        if self.kind == Kind::Employees { (0..max).map(entry).collect() } else { Vec::new() }
    }
}
