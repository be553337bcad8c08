//! The JSON Schema (draft 2020-12) of a tenant's file, for editors and forms.

use super::{Free, Keys, Need, Rule, TABLES};
use crate::tenant::TenantConfig;
use serde_json::{Map, Value, json};

/// The schema. `default` has the value that holds where a key is left out, if it is always the same.
pub fn schema() -> Value {
    let defaults = defaults();
    let mut schema = of_table("", &defaults);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        schema.insert("title".to_owned(), json!("A tenant of hibob"));
    }
    schema
}

/// The configuration in which every table has only its required keys, so that the others have their defaults.
fn defaults() -> Value {
    let mut text = String::new();
    // A tenant delivers by one channel; the defaults of the other one are in a configuration of its own.
    for table in TABLES.iter().filter(|table| !table.is_list) {
        if !table.path.is_empty() {
            text.push_str(&format!("[{}]\n", table.path));
        }
        if let Keys::Named(keys) = table.keys {
            for key in keys.iter().filter(|key| key.need == Need::Required) {
                text.push_str(&format!("{} = {}\n", key.name, key.example));
            }
        }
    }
    let config = toml::from_str::<TenantConfig>(&text);
    config.ok().and_then(|config| serde_json::to_value(config).ok()).unwrap_or_default()
}

fn of_table(path: &str, defaults: &Value) -> Value {
    let Some(table) = TABLES.iter().find(|table| table.path == path) else { return json!({}) };
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut more = json!(false);
    match table.keys {
        Keys::Named(keys) => {
            for key in keys {
                let mut schema = of_rule(key.rule);
                let pointer = format!("/{}", super::path(path, key.name).replace('.', "/"));
                let default = defaults.pointer(&pointer).filter(|_| key.need != Need::Required);
                describe(&mut schema, key.comment, default);
                properties.insert(key.name.to_owned(), schema);
                if key.need == Need::Required {
                    required.push(key.name);
                }
            }
        }
        Keys::Words(words, Free { rule, .. }) => {
            properties.extend(words.iter().map(|word| ((*word).to_owned(), of_rule(rule))));
        }
        Keys::Free(Free { rule, .. }) => more = of_rule(rule),
    }
    for child in TABLES.iter().filter(|table| !table.path.is_empty()) {
        let (above, name) = child.path.rsplit_once('.').unwrap_or(("", child.path));
        if above != path {
            continue;
        }
        let schema = of_table(child.path, defaults);
        let schema = if child.is_list { json!({ "type": "array", "items": schema }) } else { schema };
        properties.insert(name.to_owned(), schema);
        if child.need == Need::Required {
            required.push(name);
        }
    }
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": more });
    if let (false, Some(schema)) = (required.is_empty(), schema.as_object_mut()) {
        schema.insert("required".to_owned(), json!(required));
    }
    describe(&mut schema, table.comment, None);
    schema
}

fn describe(schema: &mut Value, comment: &str, default: Option<&Value>) {
    let Some(schema) = schema.as_object_mut() else { return };
    if !comment.is_empty() {
        schema.insert("description".to_owned(), json!(comment));
    }
    if let Some(default) = default.filter(|default| !default.is_null()) {
        schema.insert("default".to_owned(), default.clone());
    }
}

fn of_rule(rule: Rule) -> Value {
    let texts = |items: Value| json!({ "type": "array", "items": items });
    match rule {
        Rule::Flag => json!({ "type": "boolean" }),
        Rule::Number { min, max, unit } => json!({ "type": "integer", "minimum": min, "maximum": max, "x-unit": unit }),
        Rule::Word(words) => json!({ "type": "string", "enum": words }),
        Rule::Words(words) => json!({ "type": "array", "items": { "enum": words }, "uniqueItems": true }),
        Rule::Texts { may_be_empty } => {
            let mut schema = texts(json!({ "type": "string", "minLength": 1 }));
            if let (false, Some(schema)) = (may_be_empty, schema.as_object_mut()) {
                schema.insert("minItems".to_owned(), json!(1));
            }
            schema
        }
        Rule::FieldIds => texts(json!({ "type": "string", "pattern": "^[^./ ]+(\\.[^./ ]+)+$" })),
        Rule::FieldValues => texts(json!({ "type": "string", "pattern": "^[^=]+\\.[^=]+=.*\\S" })),
        Rule::Networks => texts(json!({ "type": "string" })),
        Rule::Digests => texts(json!({ "type": "string", "pattern": "^sha256:[0-9a-f]{64}$" })),
        Rule::TenantId => json!({ "type": "string", "pattern": "^[a-z0-9-]{1,63}$" }),
        Rule::Secret => json!({ "type": "string", "pattern": "^(store|env:.+|file:.+)$" }),
        Rule::Email => json!({ "type": "string", "format": "email" }),
        Rule::BaseUrl | Rule::WitnessUrl | Rule::DeliveryUrl => json!({ "type": "string", "format": "uri" }),
        Rule::SwapAddress => json!({ "type": "string", "pattern": "\\{id\\}" }),
        Rule::Country => json!({ "type": "string", "pattern": "^[A-Z]{2}$" }),
        Rule::Domain | Rule::MailServer => json!({ "type": "string", "format": "hostname" }),
        Rule::Text
        | Rule::ServiceUser
        | Rule::Zone
        | Rule::Cron
        | Rule::File
        | Rule::Proxy
        | Rule::IssuerName
        | Rule::Sender
        | Rule::WitnessKey => json!({ "type": "string", "minLength": 1 }),
    }
}
