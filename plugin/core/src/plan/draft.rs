//! A change in compact form, and how it becomes a [`Change`].

use super::matching::temporary;
use super::{Plan, cost_center};
use crate::change::{Change, ChangeKind, FieldChange};
use crate::field::{ACTIVE, APPROVERS, FieldSet, MANAGER, TEXT_FIELDS, TextField};
use crate::lifecycle::AccountStatus;
use crate::mapping::{DesiredAccount, DesiredValueRef};
use crate::scim::{Account, Approver, Manager};
use crate::value::{PersonRef, Value};
use std::collections::BTreeSet;

/// What a change does to the account's line manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ManagerChange {
    /// It stays.
    Untouched,
    /// It is emptied.
    Clear,
    /// It becomes the employee at this position.
    To(u32),
}

/// Which of an employee's fields a change writes. If changes would wait for each other in a circle, one employee gets
/// two changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// All of them.
    Whole,
    /// All of them, but with a temporary user name, so that another account can get the present one.
    Aside,
    /// Only the line manager, as the second change of an employee in a circle of line managers.
    Manager,
    /// Only the final user name, as the second change after a temporary user name.
    UserName,
    /// Another account of somebody who is gone, beside the one that matching has found.
    Also,
}

impl Part {
    /// Whether this is the employee's first change.
    pub(super) fn is_first(self) -> bool {
        matches!(self, Self::Whole | Self::Aside | Self::Also)
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Whole | Self::Aside | Self::Also => "",
            Self::Manager => ":manager",
            Self::UserName => ":user-name",
        }
    }
}

/// One change: its kind, employee and account, and the changes that it waits for. Numbers are positions in the plan's
/// lists `people` and `accounts`.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) kind: ChangeKind,
    pub(super) person: u32,
    pub(super) account: Option<u32>,
    pub(super) manager: ManagerChange,
    /// The line manager who becomes the approver of trips; none if approvers are not written.
    pub(super) approver: Option<u32>,
    /// The line manager's account, if it exists already.
    pub(super) manager_account: Option<u32>,
    pub(super) part: Part,
    /// The line manager whose account this plan creates before this change.
    pub(super) after_manager: Option<u32>,
    /// The employee whose change must free the user name before this change.
    pub(super) after_rename_of: Option<u32>,
    /// The kind of the change that frees the user name. `order` fills it in.
    pub(super) rename_kind: Option<ChangeKind>,
    /// In an employee's second change, the kind of the first one, for which it waits.
    pub(super) first_write: Option<ChangeKind>,
    /// Contested text fields, which stay as they are.
    pub(super) contested: FieldSet,
}

impl Draft {
    fn id(kind: ChangeKind, person: &DesiredAccount, part: Part) -> String {
        format!("{}:{}{}", kind.name(), person.id, part.suffix())
    }

    /// The change in full. None only if a position is wrong, which would be a mistake in this module.
    pub(super) fn change(&self, plan: &Plan) -> Option<Change> {
        let person = plan.people.get(self.person as usize)?;
        let account = self.account.and_then(|position| plan.accounts.get(position as usize));
        let fields = self.fields(plan, person, account);
        let display_name = match self.kind {
            ChangeKind::Archive => account.map_or_else(|| person.display_name(), Account::display_name),
            _ => person.display_name(),
        };
        Some(Change {
            id: match (self.part, account) {
                (Part::Also, Some(account)) => format!("{}:{}", Self::id(self.kind, person, self.part), account.id),
                _ => Self::id(self.kind, person, self.part),
            },
            kind: self.kind,
            employee_id: Some(person.id.to_string()),
            target_id: account.map(|account| account.id.to_string()),
            display_name,
            depends_on: self.depends_on(plan, person),
            after: self.after(plan, &fields),
            reason: self.reason(plan, &fields, person, account),
            fields,
        })
    }

    /// Ids of changes that must succeed first: the employee's first change, and the one that frees the user name.
    fn depends_on(&self, plan: &Plan, person: &DesiredAccount) -> Vec<String> {
        let holder = self.after_rename_of.and_then(|position| plan.people.get(position as usize));
        // A change to a temporary user name does not wait for the user name; the second change does.
        let holder = holder.filter(|_| self.part != Part::Aside).zip(self.rename_kind);
        sorted([
            self.first_write.map(|kind| Self::id(kind, person, Part::Whole)),
            holder.map(|(holder, kind)| Self::id(kind, holder, Part::Whole)),
        ])
    }

    /// Ids of changes that must have ended first: those that create the line manager's account and the cost center. If
    /// one of them failed, this change still writes its other fields.
    fn after(&self, plan: &Plan, fields: &[FieldChange]) -> Vec<String> {
        let assigned = fields.iter().find(|field| field.field == TextField::CostCenter.name());
        let cost_center = match assigned.map(|field| &field.after) {
            Some(Some(Value::Text(name))) => plan.cost_centers.get_key_value(name.as_str()),
            _ => None,
        };
        let manager = self.after_manager.and_then(|position| plan.people.get(position as usize));
        sorted([
            cost_center.map(|(name, archived)| cost_center::change_id(name, archived.as_deref())),
            manager.map(|manager| Self::id(ChangeKind::Create, manager, Part::Whole)),
        ])
    }

    fn fields(&self, plan: &Plan, person: &DesiredAccount, account: Option<&Account>) -> Vec<FieldChange> {
        let mut fields = Vec::new();
        match self.kind {
            ChangeKind::Archive => fields.push(active(Some(true), false)),
            ChangeKind::Create => fields.push(active(None, true)),
            ChangeKind::Reactivate => fields.push(active(Some(false), true)),
            ChangeKind::Adopt | ChangeKind::Update | ChangeKind::CreateCostCenter | ChangeKind::RestoreCostCenter => {}
        }
        if self.kind == ChangeKind::Archive {
            return fields;
        }
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let temporary_name = plan.swap_address.as_deref().map(|pattern| temporary(pattern, person)).unwrap_or_default();
        if self.part == Part::UserName {
            let (before, after) = (text(&temporary_name), text(person.user_name()));
            fields.push(FieldChange { field: TextField::UserName.name().to_owned(), before, after });
            return fields;
        }
        if self.part.is_first() {
            fields.extend(text_changes(person, account, self.contested).map(|(field, before, after)| {
                let is_temporary = field == TextField::UserName && self.part == Part::Aside;
                let after = if is_temporary { text(&temporary_name) } else { after.and_then(text) };
                FieldChange { field: field.name().to_owned(), before: before.and_then(text), after }
            }));
        }
        let before = account.and_then(|account| manager_value(plan, &account.manager));
        let boss = |position: u32| {
            let manager = plan.people.get(position as usize)?;
            let account = self.manager_account.and_then(|position| plan.accounts.get(position as usize));
            Some(Value::Person(PersonRef {
                employee_id: Some(manager.id.to_string()),
                account_id: account.map(|account| account.id.to_string()),
                display_name: manager.display_name(),
            }))
        };
        let after = match self.manager {
            ManagerChange::Untouched => None,
            ManagerChange::Clear => Some(None),
            ManagerChange::To(manager) => Some(boss(manager)),
        };
        if let Some(after) = after {
            fields.push(FieldChange { field: MANAGER.to_owned(), before, after });
        }
        if let Some(approver) = self.approver {
            let before = account.and_then(approvers_value);
            fields.push(FieldChange { field: APPROVERS.to_owned(), before, after: boss(approver) });
        }
        fields
    }

    fn reason(
        &self,
        plan: &Plan,
        fields: &[FieldChange],
        person: &DesiredAccount,
        account: Option<&Account>,
    ) -> String {
        let names = || {
            fields
                .iter()
                .map(|field| field.field.as_str())
                .filter(|name| *name != ACTIVE)
                .collect::<Vec<_>>()
                .join(", ")
        };
        match self.kind {
            ChangeKind::Create => "employed, and has no account".to_owned(),
            ChangeKind::Adopt if account.is_some_and(|account| plan.facts.is_ordered(&person.id, &account.id)) => {
                "a person has linked the account to this employee".to_owned()
            }
            ChangeKind::Adopt if matches!(person.status, AccountStatus::Gone(_)) => {
                "has left, and the account with this work email is taken over to be archived by the next sync"
                    .to_owned()
            }
            ChangeKind::Adopt => match account.and_then(|account| account.text(TextField::ExternalId)) {
                None => "an account with this work email has no external id and is taken over".to_owned(),
                Some(id) if *id == *person.id => {
                    "the account carries this employee's id and is taken under the sync's care".to_owned()
                }
                Some(_) => "came back under a new employee id, and the account is theirs".to_owned(),
            },
            ChangeKind::Update if self.part == Part::Manager => {
                "the line managers form a circle, so this one is set after all accounts exist".to_owned()
            }
            ChangeKind::Update if self.part == Part::UserName => {
                "work emails are exchanged, so this one is set after the other account has another one".to_owned()
            }
            ChangeKind::Update => format!("differs from HiBob: {}", names()),
            // There are no drafts of these kinds: drafts are about employees' accounts.
            ChangeKind::CreateCostCenter | ChangeKind::RestoreCostCenter => String::new(),
            ChangeKind::Reactivate => "employed again, and the account is archived".to_owned(),
            ChangeKind::Archive => match person.status {
                AccountStatus::Gone(because) => because.sentence().to_owned(),
                AccountStatus::Waiting(start) => {
                    format!(
                        "starts on {start} only, by 14 accepted runs in a row, and by setting that ends the account"
                    )
                }
                _ => "should have no account any more".to_owned(),
            },
        }
    }
}

/// The ids, sorted, each once.
fn sorted(ids: [Option<String>; 2]) -> Vec<String> {
    ids.into_iter().flatten().collect::<BTreeSet<_>>().into_iter().collect()
}

fn active(before: Option<bool>, after: bool) -> FieldChange {
    FieldChange { field: ACTIVE.to_owned(), before: before.map(Value::Flag), after: Some(Value::Flag(after)) }
}

/// The text fields to write, apart from those in `without`: field, present value and new value.
pub(super) fn text_changes<'p>(
    person: &'p DesiredAccount,
    account: Option<&'p Account>,
    without: FieldSet,
) -> impl Iterator<Item = (TextField, Option<&'p str>, Option<&'p str>)> {
    TEXT_FIELDS.into_iter().filter(move |&field| !without.contains(field)).filter_map(move |field| {
        let now = account.and_then(|account| account.text(field));
        match (account, person.desired(field)) {
            (None, DesiredValueRef::Clear) => None,
            (Some(account), DesiredValueRef::Clear) if !account.may_clear(field) => None,
            (_, want) => want.over(field, now).map(|after| (field, now, after)),
        }
    })
}

/// The present approvers of an account, as a value of a change.
pub(crate) fn approvers_value(account: &Account) -> Option<Value> {
    let text = |approver: &Approver| match &*approver.condition {
        "" => format!("account {}", approver.account),
        condition => format!("account {} for {condition}", approver.account),
    };
    let texts: Vec<String> = account.approvers.iter().map(text).collect();
    (!texts.is_empty()).then_some(Value::Texts(texts))
}

/// The present line manager of an account, as a value of a change, with a name to show.
fn manager_value(plan: &Plan, manager: &Manager) -> Option<Value> {
    let (account_id, display_name) = match manager {
        Manager::Nobody => return None,
        Manager::Named(name) => (None, name.to_string()),
        Manager::Account(id) => {
            let position = plan.accounts.binary_search_by(|account| super::id_order(&account.id, id)).ok();
            let account = position.and_then(|position| plan.accounts.get(position));
            (Some(id.to_string()), account.map_or_else(|| format!("account {id}"), Account::display_name))
        }
    };
    Some(Value::Person(PersonRef { employee_id: None, account_id, display_name }))
}
