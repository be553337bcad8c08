//! A plan and a roster as the host holds them in memory after the plugin has handed them over.

use crate::directory_sync::{Change, RosterEntry};
use crate::types::{Finding, NamedValue, Value};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The beginning of the names of values that a plan reports to the host beside its baseline.
const REPORT: &str = "report:";

/// The value with the accounts of [`ActiveAccount`].
const ACTIVE_ACCOUNTS: &str = "report:active-accounts";

/// An account that is active in the target and is of nobody who is employed in the source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveAccount {
    /// The target's id of the account.
    pub account_id: String,
    /// The source's id of the employee, if the account is, or was, somebody's.
    pub employee_id: Option<String>,
    /// Whether the account is under the sync's care.
    pub managed: bool,
    /// Why nobody employed has it, as the rest of a sentence.
    pub why: String,
    /// The account's user name.
    pub user_name: String,
    /// A name to show.
    pub name: String,
}

impl ActiveAccount {
    /// Reads the lines of a plugin's text. A line that cannot be read is left out.
    fn read(text: &str) -> Vec<Self> {
        let line = |line: &str| {
            let mut fields = line.split('\t').map(str::to_owned);
            let mut next = || fields.next();
            let (account_id, employee_id, managed) = (next()?, next()?, next()?);
            let (why, user_name, name) = (next()?, next()?, next()?);
            let employee_id = Some(employee_id).filter(|id| id != "-");
            Some(Self { account_id, employee_id, managed: managed == "managed", why, user_name, name })
        };
        text.lines().filter_map(line).collect()
    }
}

/// A plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Planned {
    /// When the plan was made, in Unix seconds.
    pub created_at: u64,
    /// The plan's numbers by name; `wit/directory-sync.wit` has the names.
    pub counts: BTreeMap<String, u64>,
    /// What a person should read.
    pub findings: Vec<Finding>,
    /// The baseline that later plans get once a run of this plan has been accepted.
    pub baseline: Vec<NamedValue>,
    /// The changes, in an order in which they can be applied.
    pub changes: Vec<Change>,
    /// The accounts that are active without anybody who is employed. They are no part of a stored plan.
    #[serde(skip)]
    pub active_accounts: Vec<ActiveAccount>,
    /// The employees of whom the host has itself seen, in the source's answers to this very plan, that they have left.
    /// They are no part of a stored plan, since they are true only while it is made.
    #[serde(skip)]
    pub has_left: BTreeSet<String>,
}

/// All employees with the states of their accounts.
#[derive(Clone, Debug)]
pub struct Roster {
    /// The employees in the order of their ids, with those who vanished at the end.
    pub employees: Vec<RosterEntry>,
    /// What a person should read, for example why an account was left alone.
    pub findings: Vec<Finding>,
}

impl Planned {
    /// Takes what the plugin reports to the host out of the baseline, which is kept for the next plan.
    pub fn take_reports(&mut self) {
        let reports = self.baseline.extract_if(.., |value| value.name.starts_with(REPORT));
        for value in reports.filter(|value| value.name == ACTIVE_ACCOUNTS) {
            if let Value::Text(text) = value.value {
                self.active_accounts = ActiveAccount::read(&text);
            }
        }
    }

    /// The number with this name, or 0 if the plan has none.
    pub fn count(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or_default()
    }
}
