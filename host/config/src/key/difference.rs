//! What differs between two configurations of a tenant.

use super::path;
use serde_json::Value;

/// A setting that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    /// The path of the key, such as `sync.details`.
    pub key: String,
    /// The value before, as TOML has it; `None` if it was not set.
    pub before: Option<String>,
    /// The value after; `None` if it is not set any more.
    pub after: Option<String>,
}

/// The settings in which two configurations (JSON) differ, by the order of their keys.
pub fn difference(before: &Value, after: &Value) -> Vec<SettingChange> {
    let mut found = Vec::new();
    compare("", before, after, &mut found);
    found
}

fn compare(at: &str, before: &Value, after: &Value, found: &mut Vec<SettingChange>) {
    let nothing = serde_json::Map::new();
    match (before, after) {
        (before, after) if before == after => {}
        (Value::Object(_), _) | (_, Value::Object(_)) => {
            let (before, after) = (before.as_object().unwrap_or(&nothing), after.as_object().unwrap_or(&nothing));
            let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let of = |side: &serde_json::Map<String, Value>| side.get(name).cloned().unwrap_or_default();
                compare(&path(at, name), &of(before), &of(after), found);
            }
        }
        _ => found.push(SettingChange { key: at.to_owned(), before: text(before), after: text(after) }),
    }
}

/// JSON and TOML write texts, numbers, flags and lists of them in the same way.
fn text(value: &Value) -> Option<String> {
    (!value.is_null()).then(|| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_setting_that_differs_is_named_with_both_values() {
        let before =
            json!({ "id": "acme", "sync": { "sites": ["London"], "time_zone": "UTC" }, "references": { "name": "A" } });
        let after = json!({ "id": "acme", "sync": { "sites": ["London", "Madrid"], "time_zone": "UTC" }, "enabled_by": "a@b.c" });
        let lines: Vec<String> = difference(&before, &after)
            .into_iter()
            .map(|change| format!("{}: {:?} {:?}", change.key, change.before, change.after))
            .collect();
        assert_eq!(
            lines,
            [
                "enabled_by: None Some(\"\\\"a@b.c\\\"\")",
                "references.name: Some(\"\\\"A\\\"\") None",
                "sync.sites: Some(\"[\\\"London\\\"]\") Some(\"[\\\"London\\\",\\\"Madrid\\\"]\")",
            ]
        );
        assert_eq!(difference(&after, &after), []);
    }
}
