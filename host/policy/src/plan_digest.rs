//! The digest of a plan: by it two hosts, or two runs, are known to have planned the same. `docs/embed/plan-digest.md` has
//! its exact form.

use hibob_contract::directory_sync::{Change, FieldChange};
use hibob_contract::types::Value;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

/// The SHA-256 of the plan's changes in their order, in lower-case hexadecimal digits.
///
/// Names to show and reasons are left out; values of fields are not, so that the digest may not be kept in the open.
pub fn plan_digest(changes: &[Change]) -> String {
    let mut digest = Sha256::new();
    digest.update("[");
    for (position, change) in changes.iter().enumerate() {
        if position > 0 {
            digest.update(",");
        }
        digest.update(canonical(change).to_string());
    }
    digest.update("]");
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A change without names. Its keys are ASCII and its numbers whole, so that `serde_json`, whose objects are sorted, writes
/// the form of RFC 8785.
fn canonical(change: &Change) -> Json {
    json!({
        "id": change.id,
        "kind": change.kind.word(),
        "employee_id": change.employee_id,
        "target_id": change.target_id,
        "depends_on": change.depends_on,
        "after": change.after,
        "fields": change.fields.iter().map(field).collect::<Vec<_>>(),
    })
}

fn field(field: &FieldChange) -> Json {
    json!({ "field": field.field, "before": value(field.before.as_ref()), "after": value(field.after.as_ref()) })
}

fn value(value: Option<&Value>) -> Json {
    match value {
        None => Json::Null,
        Some(Value::Text(text)) => json!(text),
        Some(Value::Flag(flag)) => json!(flag),
        Some(Value::Integer(integer)) => json!(integer),
        Some(Value::Texts(texts)) => json!(texts),
        Some(Value::Pairs(pairs)) => pairs.iter().map(|(key, value)| (key.clone(), json!(value))).collect(),
        Some(Value::Person(person)) => {
            json!({ "employee_id": person.employee_id, "account_id": person.account_id })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_contract::directory_sync::ChangeKind;
    use hibob_contract::types::Person;

    fn change(name: &str, reason: &str, title: &str) -> Change {
        let manager = Person { employee_id: Some("2".to_owned()), account_id: None, display_name: name.to_owned() };
        let field = |field: &str, after| FieldChange { field: field.to_owned(), before: None, after: Some(after) };
        Change {
            id: "update:1".to_owned(),
            kind: ChangeKind::Update,
            employee_id: Some("1".to_owned()),
            target_id: Some("29".to_owned()),
            display_name: name.to_owned(),
            depends_on: Vec::new(),
            after: vec!["create:2".to_owned()],
            fields: vec![field("title", Value::Text(title.to_owned())), field("manager", Value::Person(manager))],
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn names_and_reasons_do_not_count_and_everything_else_does() {
        let text = r#"{"after":["create:2"],"depends_on":[],"employee_id":"1","fields":[{"after":"Lé\"ad\n","before":null,"field":"title"},{"after":{"account_id":null,"employee_id":"2"},"before":null,"field":"manager"}],"id":"update:1","kind":"update","target_id":"29"}"#;
        let ana = change("Ana", "because", "Lé\"ad\n");
        assert_eq!(canonical(&ana).to_string(), text);
        let expected: String = Sha256::digest(format!("[{text}]")).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(plan_digest(std::slice::from_ref(&ana)), expected);
        assert_eq!(plan_digest(&[change("Ben", "else", "Lé\"ad\n")]), expected);
        assert_ne!(plan_digest(&[change("Ana", "because", "Lead")]), expected);
        assert_ne!(plan_digest(&[ana.clone(), ana]), expected);
    }
}
