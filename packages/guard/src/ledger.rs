//! Whose account it is, as the package's own ledger has it.

use hibob_contract::directory_sync::{Change, ChangeKind};
use hibob_contract::types::{NamedValue, Value};
use hibob_policy::LedgerFacts;
use hibob_policy::guard::LedgerSums;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// The ledger as the package stores it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LedgerForm {
    /// Account id to its entry.
    pub(crate) accounts: BTreeMap<String, Account>,
    /// The baseline of the last accepted run.
    pub(crate) baseline: Map<String, Json>,
    /// Numbers of the source in earlier accepted runs.
    pub(crate) states: Vec<State>,
    /// Fields that adopted accounts keep, by account.
    pub(crate) kept: BTreeMap<String, BTreeSet<String>>,
    /// Whether a run has applied its plan to its end.
    pub(crate) first_sync_over: bool,
}

/// An account of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    pub(crate) employee_id: String,
    /// When the sync archived it, in Unix seconds; none if it is active.
    #[serde(default)]
    pub(crate) archived_at: Option<i64>,
    /// Whether a person has given it up.
    #[serde(default)]
    pub(crate) unlinked: bool,
}

/// Numbers of the source in one accepted run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// When that plan was made, in Unix seconds.
    pub(crate) at: i64,
    pub(crate) numbers: Map<String, Json>,
}

/// The ledger, and each employee's account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    accounts: BTreeMap<String, Account>,
    by_employee: BTreeMap<String, String>,
}

impl Ledger {
    pub(crate) fn new(accounts: BTreeMap<String, Account>) -> Self {
        let mut ledger = Self { accounts: BTreeMap::new(), by_employee: BTreeMap::new() };
        for (id, account) in accounts {
            ledger.put(id, account);
        }
        ledger
    }

    pub(crate) fn put(&mut self, id: String, account: Account) {
        if !account.unlinked {
            self.by_employee.insert(account.employee_id.clone(), id.clone());
        }
        self.accounts.insert(id, account);
    }

    fn managed(&self) -> impl Iterator<Item = (&String, &Account)> {
        self.accounts.iter().filter(|(_, account)| !account.unlinked)
    }

    /// The sums that the guards count against; archivings count from `since` on.
    pub(crate) fn sums(&self, since: i64) -> LedgerSums {
        LedgerSums {
            active: self.managed().filter(|(_, account)| account.archived_at.is_none()).count(),
            archived: self.managed().filter(|(_, account)| account.archived_at.is_some_and(|at| at >= since)).count(),
        }
    }

    /// How many of these accounts the ledger has as active.
    pub(crate) fn active_among<'a>(&self, ids: impl Iterator<Item = &'a String>) -> usize {
        ids.filter(|id| self.owner(id).is_some_and(|account| account.archived_at.is_none())).count()
    }

    fn owner(&self, id: &str) -> Option<&Account> {
        self.accounts.get(id).filter(|account| !account.unlinked)
    }

    pub(crate) fn owners(&self, ids: &[String]) -> BTreeMap<String, String> {
        ids.iter().filter_map(|id| Some((id.clone(), self.owner(id)?.employee_id.clone()))).collect()
    }

    pub(crate) fn archived(&self, ids: &[String]) -> BTreeMap<String, i64> {
        ids.iter().filter_map(|id| Some((id.clone(), self.owner(id)?.archived_at?))).collect()
    }

    /// What the write scope of a change is checked against; as `host/egress/src/ledger_facts.rs` has it.
    pub(crate) fn facts(&self, change: &Change) -> LedgerFacts {
        let Some(employee) = &change.employee_id else { return LedgerFacts::default() };
        let account_id = match (&change.target_id, change.kind) {
            (Some(_), _) | (None, ChangeKind::Create) => None,
            (None, _) => self.by_employee.get(employee).cloned(),
        };
        let named = change.target_id.as_ref().or(account_id.as_ref());
        let owner = named.and_then(|id| self.owner(id)).map(|account| account.employee_id.clone());
        let is_unlinked = named.and_then(|id| self.accounts.get(id)).is_some_and(|account| account.unlinked);
        let mut people = BTreeMap::new();
        for field in &change.fields {
            if let Some(Value::Person(person)) = &field.after
                && let (None, Some(manager)) = (&person.account_id, &person.employee_id)
                && let Some(account) = self.by_employee.get(manager)
            {
                people.insert(manager.clone(), account.clone());
            }
        }
        LedgerFacts { account_id, owner, is_unlinked, people }
    }

    /// What is added to the plugin's baseline (`docs/develop/plugin-settings.md`).
    pub(crate) fn host_facts(&self) -> Vec<NamedValue> {
        let line = |(id, account): (&String, &Account)| {
            let since = account.archived_at.map_or_else(|| "-".to_owned(), |at| at.to_string());
            format!("{}\t{id}\t{since}", account.employee_id)
        };
        let accounts = self.managed().map(line).collect::<Vec<_>>().join("\n");
        let unlinked = self.accounts.iter().filter(|(_, account)| account.unlinked);
        let unlinked = unlinked.map(|(id, account)| (id.clone(), account.employee_id.clone())).collect();
        vec![
            NamedValue { name: "host:accounts".to_owned(), value: Value::Text(accounts) },
            NamedValue { name: "host:unlinked".to_owned(), value: Value::Pairs(unlinked) },
        ]
    }
}
