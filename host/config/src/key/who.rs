//! Who changes a setting once a tenant is there, and whose values are shown to whom.
//!
//! An admin of the tenant decides what is synced, how much of it passes at once, and for whom references are issued. Where
//! the host connects to, what it trusts, what of this machine it reads, how much of it a tenant uses, and in whose name it
//! signs, is the operator's. A key is the operator's unless this file says otherwise, so a new one is.

use super::{Keys, Rule, TABLES, Table, path};
use serde_json::{Map, Value};

/// Who changes a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The tenant's admins and the operator, also through the API.
    Admin,
    /// The operator alone, with a tenant's file or a whole configuration.
    Operator,
}

/// The tables with settings that a tenant's admins change.
const OF_ADMINS: [&str; 10] = [
    "references",
    "sync",
    "sync.sources",
    "sync.exclude",
    "sync.companies",
    "sync.site_time_zones",
    "sync.site_countries",
    "sync.approvals",
    "schedule",
    "safety",
];

/// Keys of those tables that are the operator's all the same: how much of the machine a tenant uses; that two people
/// decide, which binds the admins themselves.
const OF_OPERATOR: [&str; 2] = ["sync.parallel_changes", "safety.approval_by_another"];

/// A setting of the table: a key, or a whole table whose keys the company chooses.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The table that it is in, or that it is.
    pub table: &'static Table,
    /// Its path, as parts: `["sync", "details"]`.
    parts: (&'static str, &'static str),
    /// Which values it takes, or its keys do.
    pub rule: Rule,
    /// What it means, in English.
    pub comment: &'static str,
    /// Who changes it.
    pub who: Who,
}

impl Setting {
    /// The path, such as `sync.details`.
    pub fn path(&self) -> String {
        path(self.parts.0, self.parts.1)
    }

    /// Where it is in a configuration in JSON (RFC 6901).
    pub fn pointer(&self) -> String {
        format!("/{}", self.path().replace('.', "/"))
    }

    /// Its value in a configuration; none where it has none.
    pub fn value<'v>(&self, config: &'v Value) -> Option<&'v Value> {
        config.pointer(&self.pointer()).filter(|value| !value.is_null())
    }

    /// Gives it this value in a configuration, or takes its value away. A table that has become empty goes with it, and one
    /// that is missing is made.
    pub fn set(&self, config: &mut Value, value: Option<Value>) {
        let path = self.path();
        let parts: Vec<&str> = path.split('.').collect();
        put(config, &parts, value);
    }

    /// Whether its value says something about this machine: a file or a variable of it.
    pub fn is_of_this_machine(&self, value: &Value) -> bool {
        match self.rule {
            Rule::Secret => value.as_str() != Some("store"),
            Rule::File => true,
            _ => false,
        }
    }
}

fn put(config: &mut Value, parts: &[&str], value: Option<Value>) {
    let [name, rest @ ..] = parts else { return };
    if !config.is_object() {
        if value.is_none() {
            return;
        }
        *config = Value::Object(Map::new());
    }
    let Some(object) = config.as_object_mut() else { return };
    if rest.is_empty() {
        match value {
            Some(value) => drop(object.insert((*name).to_owned(), value)),
            None => drop(object.remove(*name)),
        }
        return;
    }
    let mut inner = object.remove(*name).unwrap_or_default();
    put(&mut inner, rest, value);
    let is_empty = inner.is_null() || inner.as_object().is_some_and(Map::is_empty);
    if !is_empty {
        object.insert((*name).to_owned(), inner);
    }
}

/// Every setting, in the order of the table: keys one by one; `[sync.sources]` by its words; tables with names of the
/// company's as a whole, and lists of tables too.
pub fn settings() -> Vec<Setting> {
    let mut found = Vec::new();
    for table in TABLES {
        let whole = |rule: Rule| Setting {
            table,
            parts: ("", table.path),
            rule,
            comment: table.comment,
            who: who(table.path, table.path, rule),
        };
        match table.keys {
            Keys::Named(keys) if table.is_list => found.extend(keys.first().map(|key| whole(key.rule))),
            Keys::Named(keys) => found.extend(keys.iter().map(|key| Setting {
                table,
                parts: (table.path, key.name),
                rule: key.rule,
                comment: key.comment,
                who: who(table.path, &path(table.path, key.name), key.rule),
            })),
            Keys::Words(words, free) => found.extend(words.iter().map(|word| Setting {
                table,
                parts: (table.path, *word),
                rule: free.rule,
                comment: "",
                who: who(table.path, &path(table.path, word), free.rule),
            })),
            Keys::Free(free) => found.push(whole(free.rule)),
        }
    }
    found
}

fn who(table: &str, path: &str, rule: Rule) -> Who {
    let is_of_admins = OF_ADMINS.contains(&table) && !OF_OPERATOR.contains(&path);
    if is_of_admins && !is_trust(rule) { Who::Admin } else { Who::Operator }
}

/// Whether a value of this kind says where the host connects to, what it reads or trusts, or in whose name it acts.
fn is_trust(rule: Rule) -> bool {
    match rule {
        Rule::TenantId
        | Rule::Email
        | Rule::BaseUrl
        | Rule::ServiceUser
        | Rule::Secret
        | Rule::Networks
        | Rule::File
        | Rule::Proxy
        | Rule::Domain
        | Rule::IssuerName
        | Rule::Digests
        | Rule::MailServer
        | Rule::Sender
        | Rule::DeliveryUrl
        | Rule::WitnessUrl
        | Rule::WitnessKey
        // For a moment accounts have this address as their login.
        | Rule::SwapAddress => true,
        Rule::Text
        | Rule::Texts { .. }
        | Rule::Word(_)
        | Rule::Words(_)
        | Rule::Number { .. }
        | Rule::Flag
        | Rule::FieldIds
        | Rule::FieldValues
        | Rule::Zone
        | Rule::Country
        | Rule::Cron => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Every key is either in this list, or the operator's. The list is the second statement on purpose: who adds a key
    /// decides here whether an admin changes it.
    const ADMINS: &str = "references.statuses references.address references.second_address references.person_name \
        references.garden_leave references.issue_after_hours references.hold_reasons references.hold_types sync.details \
        sync.missing_detail sync.default_language sync.sites sync.other_sites sync.out_of_selection \
        sync.create_days_before_start sync.garden_leave sync.rehire_gap_days sync.compare_birth_date sync.vanished \
        sync.waiting sync.leavers_before sync.time_zone sync.phone_country sync.stops_with_its_admin sync.clear_adopted \
        sync.plan_age_hours_max sync.sources.given-name sync.sources.family-name sync.sources.title sync.sources.phone \
        sync.sources.language sync.sources.locale sync.sources.gender sync.sources.date-of-birth sync.sources.country \
        sync.sources.cost-center sync.sources.company sync.sources.travel-policy sync.sources.emergency-name \
        sync.sources.emergency-phone sync.exclude.employees sync.exclude.email_domains sync.exclude.fields sync.companies \
        sync.site_time_zones sync.site_countries sync.approvals.method sync.approvals.replaces_existing \
        sync.approvals.conditions schedule.sync schedule.references schedule.spread_minutes safety.archive_limit_min \
        safety.archive_limit_percent safety.rename_limit_min safety.rename_limit_percent safety.create_limit_min \
        safety.create_limit_percent safety.reactivate_limit_min safety.reactivate_limit_percent safety.names_limit_min \
        safety.names_limit_percent safety.clear_limit_min safety.clear_limit_percent safety.manager_limit_min \
        safety.manager_limit_percent safety.cost_center_limit_min safety.cost_center_limit_percent \
        safety.reassign_limit_min safety.reassign_limit_percent safety.reference_limit_min safety.reference_limit_percent \
        safety.reference_leak_percent safety.source_shrink_percent safety.coverage_drop_points safety.leak_percent \
        safety.leak_days safety.admins safety.approval safety.approval_days safety.approval_leavers safety.allow_first \
        safety.warning_days";

    #[test]
    fn an_admin_changes_these_and_no_other() {
        let all = settings();
        let admins: Vec<String> = all.iter().filter(|setting| setting.who == Who::Admin).map(Setting::path).collect();
        assert_eq!(admins, ADMINS.split_whitespace().collect::<Vec<_>>());
        for setting in &all {
            let path = setting.path();
            let of_operator =
                ["hibob", "travelperk", "network", "limits", "retention", "references.smtp", "references.w"];
            if of_operator.iter().any(|table| path.starts_with(table)) || path.contains("url") {
                assert_eq!(setting.who, Who::Operator, "{path}");
            }
        }
    }

    /// No key of a tenant's file is left out, so that a form that is made of the settings has them all.
    #[test]
    fn every_key_is_a_setting_or_inside_one() {
        let all: Vec<String> = settings().iter().map(Setting::path).collect();
        for table in TABLES {
            let inside = |path: String| all.iter().any(|own| *own == path || path.starts_with(&format!("{own}.")));
            match table.keys {
                Keys::Named(keys) => {
                    keys.iter().for_each(|key| assert!(inside(path(table.path, key.name)), "{}", key.name))
                }
                Keys::Words(words, _) => words.iter().for_each(|word| assert!(inside(path(table.path, word)))),
                Keys::Free(_) => assert!(inside(table.path.to_owned())),
            }
        }
        let mut once = all.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), all.len());
    }

    #[test]
    fn a_value_is_put_where_its_table_is_and_an_empty_table_goes() {
        let all = settings();
        let of = |path: &str| all.iter().find(|setting| setting.path() == path).copied().unwrap();
        let mut config = json!({ "id": "acme", "sync": { "sites": ["London"] } });
        of("sync.approvals.method").set(&mut config, Some(json!("B")));
        of("sync.companies").set(&mut config, Some(json!({ "St. Gallen": "ACME AG" })));
        assert_eq!(config["sync"]["approvals"], json!({ "method": "B" }));
        assert_eq!(of("sync.companies").value(&config), Some(&json!({ "St. Gallen": "ACME AG" })));
        of("sync.approvals.method").set(&mut config, None);
        of("sync.companies").set(&mut config, None);
        of("references.statuses").set(&mut config, None);
        assert_eq!(config, json!({ "id": "acme", "sync": { "sites": ["London"] } }));
        of("sync.sites").set(&mut config, None);
        assert_eq!(config, json!({ "id": "acme" }));
    }
}
