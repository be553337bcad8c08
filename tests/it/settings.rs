//! Tests that the host, which checks a tenant's settings when they are stored, and the plugin, which checks them when
//! it runs, do not differ: what the host accepts, the plugin accepts.

use hibob_config::applied_by::AppliedBy;
use hibob_config::key::{Keys, Rule, TABLES};
use hibob_config::tenant::TenantConfig;
use hibob_connector_core::phone::Country;
use hibob_connector_core::settings::{Settings, details};
use hibob_connector_core::value::{NamedValue, Value};
use hibob_contract::types;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

/// What the plugin says to the settings of a configuration: the names of those that it refuses.
fn refused_by_plugin(config: &TenantConfig) -> Vec<String> {
    let values: Vec<NamedValue> = config.plugin_settings().unwrap().into_iter().map(plugin_value).collect();
    let findings = Settings::read(&values).err().unwrap_or_default();
    findings.into_iter().map(|finding| format!("{}: {}", finding.field.unwrap_or_default(), finding.message)).collect()
}

fn plugin_value(setting: types::NamedValue) -> NamedValue {
    let value = match setting.value {
        types::Value::Text(text) => Value::Text(text),
        types::Value::Flag(flag) => Value::Flag(flag),
        types::Value::Integer(number) => Value::Integer(number),
        types::Value::Texts(texts) => Value::Texts(texts),
        types::Value::Pairs(pairs) => Value::Pairs(pairs),
        types::Value::Person(_) => panic!("a setting is no person"),
    };
    NamedValue { name: setting.name, value }
}

fn rule(table: &str, key: &str) -> Rule {
    let table = TABLES.iter().find(|row| row.path == table).unwrap();
    match table.keys {
        Keys::Named(keys) => keys.iter().find(|row| row.name == key).unwrap().rule,
        Keys::Words(_, free) | Keys::Free(free) => free.rule,
    }
}

/// The words that a key takes.
fn words(table: &str, key: &str) -> BTreeSet<&'static str> {
    match rule(table, key) {
        Rule::Word(words) | Rule::Words(words) => words.iter().copied().collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_host_knows_the_plugins_details_languages_and_fields() {
    let names: BTreeSet<&str> = details().into_iter().filter_map(|detail| detail.name()).collect();
    assert_eq!(words("sync", "details"), names);
    let languages: BTreeSet<&str> = hibob_connector_core::field::LANGUAGES.into_iter().collect();
    assert_eq!(words("sync", "default_language"), languages);
}

/// For each key of a sync, right and wrong values: whatever the host accepts, the plugin accepts too.
#[test]
fn what_the_host_accepts_the_plugin_accepts() {
    let texts = [
        "",
        " ",
        "en",
        "EN",
        "klingon",
        "A",
        "D",
        "pro",
        "Pro",
        "gold",
        "fail",
        "skip",
        "explode",
        "leave",
        "archive",
        "keep",
        "UTC",
        "Europe/Madrid",
        "europe/madrid",
        "Mars/Base",
        "swap-{id}@acme.example",
        "swap@acme.example",
        "{id}@x",
        "ana@acme.example",
        "application/json",
        "text/plain",
        "https://x.example/v1/",
        "https://x.example?y",
        "x.example",
    ];
    let lists = [
        json!([]),
        json!(["title"]),
        json!(["titel"]),
        json!(["title", "manager", "company"]),
        json!(["London"]),
        json!([" "]),
        json!(["work.custom.x"]),
        json!(["work"]),
        json!(["/work/x"]),
        json!(["a..b"]),
        json!(["a b.c"]),
        json!([""]),
    ];
    let others = [json!(true), json!(0), json!(365), json!(366), json!(1_000_000)];
    let values: Vec<serde_json::Value> = texts.iter().map(|text| json!(text)).chain(lists).chain(others).collect();
    let base = "id = \"acme\"\n[hibob]\nurl = \"https://api.hibob.com/v1\"\nservice_user = \"S\"\ntoken = \"store\"\n\
                [travelperk]\nscim_url = \"https://app.perk.com/scim\"\nkey = \"store\"\nplan = \"pro\"\n\
                [sync]\ndetails = [\"title\", \"language\", \"company\", \"manager\", \"phone\"]\n\
                [sync.approvals]\nmethod = \"A\"\nreplaces_existing = true\n";
    let base = serde_json::to_value(TenantConfig::from_text(Path::new("acme.toml"), base).unwrap()).unwrap();
    let (mut accepted, mut refused) = (0, 0);
    for table in TABLES
        .iter()
        .filter(|table| table.path.starts_with("sync") || ["travelperk", "safety", ""].contains(&table.path))
    {
        let names: Vec<&str> = match table.keys {
            Keys::Named(keys) => keys.iter().map(|key| key.name).collect(),
            Keys::Words(words, _) => words.to_vec(),
            Keys::Free(_) => vec!["Madrid"],
        };
        for name in names {
            for value in &values {
                let mut json = base.clone();
                let mut at = &mut json;
                for part in table.path.split('.').filter(|part| !part.is_empty()) {
                    at = at.as_object_mut().unwrap().entry(part).or_insert_with(|| json!({}));
                }
                at[name] = value.clone();
                let Ok(config) = TenantConfig::from_json(json, AppliedBy::Operator) else {
                    refused += 1;
                    continue;
                };
                accepted += 1;
                let wrong = refused_by_plugin(&config);
                assert!(wrong.is_empty(), "[{}] {name} = {value} passes the host: {wrong:?}", table.path);
            }
        }
    }
    assert!(accepted > 100 && refused > 1_000, "{accepted} accepted, {refused} refused");
}

/// The host's list of countries and the plugin's numbering plans are of the same countries.
#[test]
fn the_host_takes_the_countries_that_the_plugin_has() {
    let letters = || b'A'..=b'Z';
    for name in letters().flat_map(|a| letters().map(move |b| String::from_utf8(vec![a, b]).unwrap())) {
        let json = json!({
            "id": "acme",
            "hibob": { "url": "https://api.hibob.com/v1", "service_user": "S", "token": "store" },
            "travelperk": { "scim_url": "https://app.perk.com/scim", "key": "store" },
            "sync": { "phone_country": name },
        });
        let is_taken = TenantConfig::from_json(json, AppliedBy::Operator).is_ok();
        assert_eq!(is_taken, Country::named(&name).is_some(), "{name}");
    }
}
