//! What a night has changed in the target, as changes, and the limits of nights in which nothing goes out but terminations.

use super::DAY;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::{Person, Value};
use hibob_fakes::travelperk::User;
use std::collections::BTreeMap;

/// The archivings of nights in which nothing else went out, which have limits of their own: in a night at most one or 1 % of
/// the active accounts, and within 30 days at most one or 3 % of those that were active before.
#[derive(Default)]
pub(super) struct Terminations(BTreeMap<String, i64>);

impl Terminations {
    /// Keeps those for whose accounts `stays` is true.
    pub(super) fn retain(&mut self, stays: impl Fn(&String) -> bool) {
        self.0.retain(|account, _| stays(account));
    }

    /// Notes such a night's changes; returns what is above the limits.
    pub(super) fn count(&mut self, changes: &[Change], active: usize, now: i64) -> Vec<String> {
        let others = changes.iter().filter(|change| change.kind != ChangeKind::Archive).count();
        let gone: Vec<String> = changes.iter().filter_map(|change| change.target_id.clone()).collect();
        let since = now - 30 * DAY;
        let before = self.0.values().filter(|at| **at >= since).count();
        let most = (active / 100).max(1);
        let most_lately = ((active + before) * 3 / 100).max(1);
        let mut found = Vec::new();
        if others > 0 || gone.len() > most || gone.len() + before > most_lately {
            found.push(format!(
                "{} terminations, {others} other changes: of {active} may go {most}, and {most_lately} within 30 days, \
                 where {before} have gone",
                gone.len()
            ));
        }
        self.0.extend(gone.into_iter().map(|account| (account, now)));
        found
    }
}

/// What a night has changed of one account, as a change; none if nothing.
pub(super) fn difference(was: Option<&User>, now: &User, ledger: &BTreeMap<String, (String, bool)>) -> Option<Change> {
    let account = now.id.to_string();
    let owner = ledger.get(&account).map(|(owner, _)| owner.clone()).or_else(|| now.external_id.clone());
    let text = |text: Option<&String>| text.cloned().map(Value::Text);
    let boss = |boss: Option<u64>| {
        boss.map(|id| {
            Value::Person(Person { employee_id: None, account_id: Some(id.to_string()), display_name: String::new() })
        })
    };
    let mut fields = Vec::new();
    let mut put = |field: &str, before: Option<Value>, after: Option<Value>| {
        if before != after {
            fields.push(FieldChange { field: field.to_owned(), before, after });
        }
    };
    if let Some(was) = was {
        put("user-name", text(Some(&was.user_name)), text(Some(&now.user_name)));
        put("given-name", text(Some(&was.given_name)), text(Some(&now.given_name)));
        put("family-name", text(Some(&was.family_name)), text(Some(&now.family_name)));
        put("title", text(was.title.as_ref()), text(now.title.as_ref()));
        put("cost-center", text(was.cost_center.as_ref()), text(now.cost_center.as_ref()));
        put("external-id", text(was.external_id.as_ref()), text(now.external_id.as_ref()));
        put("manager", boss(was.manager), boss(now.manager));
        put("active", Some(Value::Flag(was.active)), Some(Value::Flag(now.active)));
    }
    let kind = match was {
        None => ChangeKind::Create,
        Some(was) if was.active && !now.active => ChangeKind::Archive,
        Some(was) if !was.active && now.active => ChangeKind::Reactivate,
        Some(_) if fields.is_empty() => return None,
        Some(_) => ChangeKind::Update,
    };
    Some(Change {
        id: account.clone(),
        kind,
        employee_id: owner,
        target_id: was.is_some().then_some(account),
        display_name: String::new(),
        depends_on: Vec::new(),
        after: Vec::new(),
        fields,
        reason: String::new(),
    })
}
