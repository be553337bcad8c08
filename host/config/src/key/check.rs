//! Checking a tenant's settings against the table of keys.

use super::rule::nearest;
use super::{Free, Keys, Need, Places, Rule, TABLES, Table, path};
use hibob_base::error::{HostError, WrongSetting};
use serde_json::{Map, Value};
use std::path::Path;

/// Finds every key of a configuration that is unknown, missing, or has a value that it does not take. `places` says in
/// which line of the file it is, if it comes from one.
pub fn wrong_settings(config: &Value) -> Vec<WrongSetting> {
    let mut found = Vec::new();
    match config {
        Value::Object(object) => of_table("", object, &mut found),
        _ => {
            found.push(wrong("", "the configuration is not a table", "send an object with the keys of a tenant's file"))
        }
    }
    found
}

/// The error for wrong settings, if there are any. Each gets its line in `file`.
///
/// # Errors
/// There is at least one.
pub fn refuse(mut wrong: Vec<WrongSetting>, file: Option<(&Path, &Places)>) -> Result<(), HostError> {
    if wrong.is_empty() {
        return Ok(());
    }
    if let Some((file, places)) = file {
        for setting in &mut wrong {
            let line = places.line(&setting.key);
            setting.place =
                Some(line.map_or_else(|| file.display().to_string(), |line| format!("{}:{line}", file.display())));
            setting.line = line;
        }
        wrong.sort_by_key(|setting| setting.line);
    }
    Err(HostError::Settings(wrong))
}

/// A setting that is wrong: `what` is a whole sentence that names it.
pub(crate) fn wrong(key: &str, what: impl Into<String>, remedy: impl Into<String>) -> WrongSetting {
    WrongSetting { key: key.to_owned(), place: None, line: None, message: what.into(), remedy: remedy.into() }
}

/// The table with this path, where the numbers of list entries are left out.
fn table_at(path: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.path == path)
}

/// A path without the numbers of list entries: `references.witnesses[1]` is described by `references.witnesses`.
fn bare(path: &str) -> String {
    path.split('.').map(|part| part.split_once('[').map_or(part, |(name, _)| name)).collect::<Vec<_>>().join(".")
}

/// The names of the tables right below a table.
fn children(parent: &str) -> impl Iterator<Item = (&'static str, &'static Table)> {
    let parent = parent.to_owned();
    TABLES.iter().filter(|table| !table.path.is_empty()).filter_map(move |table| {
        let (above, name) = table.path.rsplit_once('.').unwrap_or(("", table.path));
        (above == parent).then_some((name, table))
    })
}

fn of_table(at: &str, object: &Map<String, Value>, found: &mut Vec<WrongSetting>) {
    let own = bare(at);
    let Some(table) = table_at(&own) else { return };
    for (name, value) in object {
        let key = path(at, name);
        if let Some((_, child)) = children(&own).find(|(child, _)| child == name) {
            of_child(&key, child, value, found);
        } else if let Some(rule) = rule_of(table, name) {
            of_value(&key, rule, value, found);
        } else {
            found.push(unknown(table, at, name));
        }
    }
    let missing = |name: &str| !object.contains_key(name);
    if let Keys::Named(keys) = table.keys {
        for key in keys.iter().filter(|key| key.need == Need::Required && missing(key.name)) {
            let path = path(at, key.name);
            let remedy = format!("add it, for example {} = {}", key.name, key.example);
            found.push(wrong(&path, format!("{path} is missing"), remedy));
        }
    }
    for (name, child) in children(&own).filter(|(name, child)| child.need == Need::Required && missing(name)) {
        let remedy = format!("add the table [{}]; examples/tenant.toml has it", child.path);
        found.push(wrong(&path(at, name), format!("the table [{}] is missing", child.path), remedy));
    }
}

/// The rule of a key of this table; `None` if the table has no such key.
fn rule_of(table: &Table, name: &str) -> Option<Rule> {
    match table.keys {
        Keys::Named(keys) => keys.iter().find(|key| key.name == name).map(|key| key.rule),
        Keys::Words(words, Free { rule, .. }) => words.contains(&name).then_some(rule),
        Keys::Free(Free { rule, .. }) => Some(rule),
    }
}

fn of_child(key: &str, child: &Table, value: &Value, found: &mut Vec<WrongSetting>) {
    match value {
        Value::Object(object) if !child.is_list => of_table(key, object, found),
        Value::Array(entries) if child.is_list => {
            for (index, entry) in entries.iter().enumerate() {
                let key = format!("{key}[{index}]");
                match entry {
                    Value::Object(object) => of_table(&key, object, found),
                    _ => found.push(wrong(&key, format!("{key} is not a table"), format!("write [[{}]]", child.path))),
                }
            }
        }
        // A configuration that the host stores has `null` where a table is left out.
        Value::Null => {}
        _ => {
            let head = if child.is_list { format!("[[{}]]", child.path) } else { format!("[{}]", child.path) };
            found.push(wrong(key, format!("{key} is not a table"), format!("write {head}, and its keys below")));
        }
    }
}

fn of_value(key: &str, rule: Rule, value: &Value, found: &mut Vec<WrongSetting>) {
    // A key that is left out may be `null` in JSON.
    if value.is_null() {
        return;
    }
    if let Err(what) = rule.check(value) {
        found.push(wrong(key, format!("{key} {}", what.what), what.remedy));
    }
}

/// The error for a key that this table does not have: with the nearest one, or with the table that has it.
fn unknown(table: &Table, at: &str, name: &str) -> WrongSetting {
    let key = path(at, name);
    let own: Vec<&str> = match table.keys {
        Keys::Named(keys) => {
            keys.iter().map(|key| key.name).chain(children(table.path).map(|(name, _)| name)).collect()
        }
        Keys::Words(words, _) => words.to_vec(),
        Keys::Free(_) => Vec::new(),
    };
    let elsewhere = TABLES.iter().find(|other| rule_of_named(other, name) && other.path != table.path);
    let remedy = match (nearest(name, own.iter().copied()), elsewhere) {
        (Some(near), _) => format!("did you mean `{near}`? The keys there are {}", own.join(", ")),
        (None, Some(other)) if other.path.is_empty() => format!("`{name}` belongs to the top of the file"),
        (None, Some(other)) => format!("`{name}` belongs to [{}]", other.path),
        (None, None) => format!("remove it; the keys there are {}", own.join(", ")),
    };
    let shown: String = name.chars().take(60).collect();
    let message = if table.path.is_empty() {
        format!("there is no key `{}`", shown.escape_debug())
    } else {
        format!("[{}] has no key `{}`", table.path, shown.escape_debug())
    };
    wrong(&key, message, remedy)
}

fn rule_of_named(table: &Table, name: &str) -> bool {
    matches!(table.keys, Keys::Named(keys) if keys.iter().any(|key| key.name == name))
}
