//! The table of keys is held to the types of a tenant's file, and each rule to values that it has to refuse.

use super::check::{refuse, wrong_settings};
use super::page::every_key;
use super::schema::schema;
use super::{Keys, Need, Places, Rule, TABLES, path};
use crate::applied_by::AppliedBy;
use crate::tenant::TenantConfig;
use hibob_base::error::WrongSetting;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Tables that cannot stand beside the others: a tenant has one channel and one way to log in, and the witness of the
/// documents has no real key.
const LEFT_OUT: [&str; 3] = ["[references.webhook]", "[references.smtp.oauth]", "[[references.witnesses]]"];

/// The file with every key, where the tables that are comments are there too, except for those left out.
fn whole_file() -> String {
    let mut is_left_out = false;
    let mut lines = Vec::new();
    for line in every_key().lines() {
        let bare = line.strip_prefix("# ").unwrap_or(line);
        if bare.starts_with('[') {
            is_left_out = LEFT_OUT.iter().any(|table| bare.starts_with(table));
        }
        // The file of certificates would have to exist.
        if !is_left_out && !bare.starts_with("ca_file") {
            lines.push(bare.to_owned());
        }
    }
    lines.join("\n")
}

fn value(text: &str) -> Value {
    Places::read(Path::new("acme.toml"), text).unwrap().0
}

/// Every key with its path and rule; free keys with that of their example.
fn keys() -> Vec<(String, Rule, &'static str)> {
    let of_table = |table: &super::Table| match table.keys {
        Keys::Named(keys) => {
            keys.iter().map(|key| (path(table.path, key.name), key.rule, key.example)).collect::<Vec<_>>()
        }
        Keys::Words(_, free) | Keys::Free(free) => {
            vec![(path(table.path, free.example.0), free.rule, free.example.1)]
        }
    };
    TABLES.iter().flat_map(of_table).collect()
}

#[test]
fn the_file_with_every_key_is_accepted() {
    TenantConfig::from_text(Path::new("acme.toml"), &every_key()).unwrap_or_else(|error| panic!("{error}"));
    TenantConfig::from_text(Path::new("acme.toml"), &whole_file()).unwrap_or_else(|error| panic!("{error}"));
}

/// Whatever the types write has a row, and a configuration that is written is accepted again.
#[test]
fn every_field_of_the_types_has_a_row() {
    let mut config = TenantConfig::from_text(Path::new("acme.toml"), &whole_file()).unwrap();
    let written = serde_json::to_value(&config).unwrap();
    assert_eq!(wrong_settings(&written), []);
    config.check().unwrap();
    let mut rows: BTreeSet<String> = keys().into_iter().map(|(key, ..)| key).collect();
    let is_written = |key: &String| !key.starts_with("references.w") && !key.starts_with("references.smtp.oauth.");
    rows.retain(|key| is_written(key) && key != "network.ca_file");
    // Fields that have their default are not all written.
    for (key, expected) in [
        ("sync.approvals.conditions", "[]"),
        ("sync.exclude.employees", "[]"),
        ("sync.exclude.email_domains", "[]"),
        ("sync.exclude.fields", "[]"),
        ("references.hold_reasons", "[]"),
        ("references.hold_types", "[]"),
        ("references.plugins", "[]"),
        ("network.allow_addresses", "[]"),
    ] {
        assert!(rows.remove(key), "{key} = {expected}");
    }
    let mut leaves = BTreeSet::new();
    collect("", &written, &mut leaves);
    assert_eq!(leaves, rows);
    config.references.as_mut().unwrap().plugins = vec!["sha256:1".to_owned()];
    assert!(
        config.check().unwrap_err().to_string().starts_with("references.plugins has an entry that is not a digest")
    );
}

fn collect(at: &str, value: &Value, leaves: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(name, value)| collect(&path(at, name), value, leaves)),
        Value::Null => {}
        _ => drop(leaves.insert(at.to_owned())),
    }
}

/// The numbers that may be 0, with what 0 means there. Anything else that a run needs would not work with none of it.
const MAY_BE_ZERO: &[(&str, &str)] = &[
    ("references.issue_after_hours", "a reference is issued as soon as the last day is over"),
    ("sync.create_days_before_start", "an account is created on the first day"),
    ("sync.rehire_gap_days", "without birth dates, only a person says that somebody came back later"),
    ("sync.plan_age_hours_max", "no saved plan is applied"),
    ("schedule.spread_minutes", "a run starts on the minute"),
    ("safety.archive_limit_min", "the share alone counts"),
    ("safety.archive_limit_percent", "the number alone counts"),
    ("safety.rename_limit_min", "the share alone counts"),
    ("safety.rename_limit_percent", "the number alone counts"),
    ("safety.create_limit_min", "the share alone counts"),
    ("safety.create_limit_percent", "the number alone counts"),
    ("safety.reactivate_limit_min", "the share alone counts"),
    ("safety.reactivate_limit_percent", "the number alone counts"),
    ("safety.names_limit_min", "the share alone counts"),
    ("safety.names_limit_percent", "the number alone counts"),
    ("safety.clear_limit_min", "the share alone counts"),
    ("safety.clear_limit_percent", "the number alone counts"),
    ("safety.manager_limit_min", "the share alone counts"),
    ("safety.manager_limit_percent", "the number alone counts"),
    ("safety.cost_center_limit_min", "the share alone counts"),
    ("safety.cost_center_limit_percent", "the number alone counts"),
    ("safety.reassign_limit_min", "the share alone counts"),
    ("safety.reassign_limit_percent", "the number alone counts"),
    ("safety.reference_limit_min", "the share alone counts"),
    ("safety.reference_limit_percent", "the number alone counts"),
    ("safety.reference_leak_percent", "the number for one run alone counts"),
    ("safety.source_shrink_percent", "one employee fewer is held"),
    ("safety.leak_percent", "the number for one run alone counts"),
    ("limits.slot_wait_seconds_max", "a call does not wait for its turn"),
    ("limits.log_lines_max", "the plugin's lines are not logged"),
    ("limits.retry_pause_milliseconds", "a read is repeated at once"),
    ("limits.rate_limit_wait_seconds", "a request is repeated at once"),
    ("limits.rate_limit_wait_seconds_max", "no request waits for a rate limit"),
];

#[test]
fn a_number_may_be_zero_only_where_that_means_something() {
    let zero: Vec<String> = keys()
        .into_iter()
        .filter(|(_, rule, _)| matches!(rule, Rule::Number { min: 0, .. }))
        .map(|(key, ..)| key)
        .collect();
    let known: Vec<&str> = MAY_BE_ZERO.iter().map(|(key, _)| *key).collect();
    assert_eq!(zero, known, "give the key a minimum of 1, or say here what 0 means");
    for (key, rule, _) in keys() {
        let Rule::Number { min, max, .. } = rule else { continue };
        assert!(min < max && rule.check(&json!(min)).is_ok() && rule.check(&json!(max)).is_ok(), "{key}");
        assert_eq!(rule.check(&json!(0)).is_ok(), min == 0, "{key}");
    }
}

/// Values that a rule has to refuse, with a word of the remedy if a word is near.
fn refused_values(rule: Rule) -> Vec<(Value, Option<String>)> {
    let mut values = vec![(json!({ "a": "table" }), None), (json!([1]), None)];
    match rule {
        Rule::Flag => values.extend([(json!("yes"), None), (json!(1), None)]),
        Rule::Number { min, max, .. } => {
            values.extend([(json!(max + 1), None), (json!("5"), None), (json!(-1), None), (json!(1.5), None)]);
            values.extend(min.checked_sub(1).map(|below| (json!(below), None)));
        }
        Rule::Word(words) => {
            let near = format!("{}x", words[0]);
            values.extend([(json!(near), Some(format!("did you mean `{}`?", words[0]))), (json!("explode"), None)]);
        }
        Rule::Words(words) => {
            let near = format!("{}x", words[0]);
            values.push((json!([near]), Some(format!("did you mean `{}`?", words[0]))));
            values.extend([(json!([words[0], words[0]]), None), (json!(words[0]), None)]);
        }
        Rule::Texts { may_be_empty } => {
            values.extend([(json!([""]), None), (json!("London"), None), (json!(["a\nb"]), None)]);
            if !may_be_empty {
                values.push((json!([]), None));
            }
        }
        Rule::Zone => values.extend([
            (json!("Mars/Base"), None),
            (json!("madrid"), Some("did you mean `Europe/Madrid`?".to_owned())),
            (json!("Europe/Madird"), Some("did you mean `Europe/Madrid`?".to_owned())),
        ]),
        Rule::FieldIds => {
            values.extend([(json!(["title"]), None), (json!(["work..x"]), None), (json!("work.title"), None)])
        }
        Rule::Networks => values.push((json!(["10.0.0.0/33"]), None)),
        Rule::Digests => values.push((json!(["sha256:12"]), None)),
        rule => {
            values.extend([(json!(""), None), (json!(5), None), (json!("two\nlines"), None)]);
            values.extend(match rule {
                Rule::TenantId => vec![(json!("ACME"), None)],
                Rule::Email => vec![(json!("ana"), None), (json!("ana@acme"), None), (json!("a b@acme.example"), None)],
                Rule::BaseUrl | Rule::DeliveryUrl | Rule::WitnessUrl => vec![(json!("api.hibob.com"), None)],
                Rule::ServiceUser => vec![(json!("SERVICE:token"), None)],
                Rule::Secret => vec![(json!("0123456789abcdef"), None)],
                Rule::SwapAddress => vec![(json!("swap@acme.example"), None)],
                Rule::Cron => vec![(json!("daily"), None), (json!("*/5 * * * *"), None)],
                Rule::Country => vec![(json!("Spain"), None), (json!("es"), None)],
                Rule::Domain => vec![(json!("https://acme.example"), None)],
                Rule::MailServer => vec![(json!("smtp.acme.example:587"), None)],
                Rule::Sender => vec![(json!("HR"), None)],
                Rule::WitnessKey => vec![(json!("w1"), None)],
                _ => Vec::new(),
            });
        }
    }
    values
}

/// Each key refuses what it does not take, and says which key it is and, where a word is near, which was meant. A key
/// that is new is in this test by itself.
#[test]
fn each_key_refuses_what_it_does_not_take() {
    for (key, rule, _) in keys() {
        for (value, words) in refused_values(rule) {
            let wrong = rule.check(&value).expect_err(&format!("{key} takes {value}"));
            assert!(!wrong.what.is_empty() && !wrong.remedy.is_empty(), "{key}: {wrong:?}");
            if let Some(words) = words {
                assert!(wrong.remedy.contains(&words), "{key} = {value}: {}", wrong.remedy);
            }
        }
    }
}

#[test]
fn all_wrong_settings_are_named_at_once_with_line_and_nearest_word() {
    let text = "id = \"acme\"\n[hibob]\nurl = \"https://api.hibob.com/v1\"\nservice_usr = \"S\"\ntoken = \"store\"\n\
                [travelperk]\nscim_url = \"https://app.perk.com/scim\"\nkey = \"0123456789\"\ntime_zone = \"UTC\"\n[sync]\n\
                default_language = \"klingon\"\ndetails = [\n  \"title\",\n  \"titel\",\n]\nmissing_detail = \"explode\"\n\
                time_zone = \"Mars/Base\"\n[synk]\n";
    let error = TenantConfig::from_text(Path::new("acme.toml"), text).unwrap_err();
    let hibob_base::error::HostError::Settings(wrong) = error else { panic!("{error}") };
    let lines: Vec<String> = wrong.iter().map(|setting| format!("{setting} | {}", setting.remedy)).collect();
    let expected = [
        "acme.toml:2: hibob.service_user is missing | add it, for example service_user = \"SERVICE-1234\"",
        "acme.toml:4: [hibob] has no key `service_usr` | did you mean `service_user`?",
        "acme.toml:8: travelperk.key does not say where the secret comes from | ",
        "acme.toml:9: [travelperk] has no key `time_zone` | ",
        "acme.toml:11: sync.default_language is `klingon` | choose from de, en, es, fr",
        "acme.toml:12: sync.details has `titel` | did you mean `title`?",
        "acme.toml:16: sync.missing_detail is `explode` | choose from fail, skip",
        "acme.toml:17: sync.time_zone is `Mars/Base`, which is not a time zone | ",
        "acme.toml:18: there is no key `synk` | did you mean `sync`?",
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}\nis not\n{expected}");
    }
    assert!(!lines.iter().any(|line| line.contains("0123456789")), "a secret is repeated");
}

#[test]
fn settings_that_do_not_fit_together_or_do_nothing_are_refused() {
    let base = "id = \"acme\"\n[hibob]\nurl = \"https://api.hibob.com/v1\"\nservice_user = \"S\"\ntoken = \"store\"\n\
                [travelperk]\nscim_url = \"https://app.perk.com/scim\"\nkey = \"store\"\n";
    for (more, expected) in [
        (
            "[sync]\ndetails = [\"title\"]\nsources.phone = [\"work.x\"]\n",
            "acme.toml:11: sync.sources.phone does nothing",
        ),
        ("[sync]\nsources.emergency-name = [\"work.x\"]\n", "acme.toml:10: sync.sources.emergency-name does nothing"),
        ("[sync.companies]\nMadrid = \"ACME\"\n", "acme.toml:9: sync.companies does nothing"),
        ("[sync]\ndetails = []\ndefault_language = \"en\"\n", "acme.toml:11: sync.default_language does nothing"),
        ("[sync]\nout_of_selection = \"archive\"\n", "acme.toml:10: sync.out_of_selection does nothing"),
        (
            "plan = \"pro\"\n[sync.approvals]\nmethod = \"A\"\n",
            "acme.toml:10: sync.approvals.replaces_existing is not true",
        ),
        (
            "[sync.approvals]\nmethod = \"A\"\nreplaces_existing = true\n",
            "acme.toml:10: sync.approvals.method is set, and automatic",
        ),
        (
            "plan = \"pro\"\n[sync]\ndetails = [\"title\"]\n[sync.approvals]\nmethod = \"A\"\nreplaces_existing = true\n",
            "acme.toml:13: sync.approvals.method is set, and `manager`",
        ),
        ("[schedule]\nreferences = \"0 6 * * *\"\n", "acme.toml:10: schedule.references is set"),
        ("[network]\nca_file = \"no-such-file.pem\"\n", "acme.toml:10: network.ca_file is "),
    ] {
        let error = TenantConfig::from_text(Path::new("acme.toml"), &format!("{base}{more}")).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}\nis not\n{expected}");
    }
}

#[test]
fn json_is_checked_as_a_file_is_and_null_is_left_out() {
    let mut json = value(&whole_file());
    json["travelperk"]["rest_url"] = Value::Null;
    assert_eq!(TenantConfig::from_json(json.clone(), AppliedBy::Operator).unwrap().travelperk.unwrap().rest_url, None);
    json["sync"]["details"] = json!(["titel"]);
    json["more"] = json!(1);
    let hibob_base::error::HostError::Settings(wrong) = TenantConfig::from_json(json, AppliedBy::Operator).unwrap_err()
    else {
        panic!()
    };
    let keys: Vec<&str> = wrong.iter().map(|WrongSetting { key, .. }| key.as_str()).collect();
    assert_eq!(keys, ["more", "sync.details"]);
    assert!(refuse(wrong_settings(&json!([])), None).is_err());
}

/// The schema has each key, with the default that the types have.
#[test]
fn the_schema_has_every_key_with_its_default() {
    let schema = schema();
    for (key, ..) in keys() {
        let pointer: String = key.split('.').map(|part| format!("/properties/{part}")).collect();
        let pointer = pointer.replace("/properties/witnesses/", "/properties/witnesses/items/");
        let is_free = ["sync.companies.", "sync.site_time_zones.", "sync.site_countries."]
            .iter()
            .any(|table| key.starts_with(table));
        assert!(is_free || schema.pointer(&pointer).is_some(), "{key}");
    }
    let at = |pointer: &str| schema.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")).clone();
    assert_eq!(at("/properties/hibob/properties/calls_per_minute/default"), 45);
    assert_eq!(at("/properties/safety/properties/approval/default"), "never");
    assert_eq!(at("/properties/references/properties/smtp/properties/timeout_seconds/default"), 60);
    assert_eq!(at("/required"), json!(["id", "hibob"]));
    // An example that says "default" is the default.
    for table in TABLES {
        let Keys::Named(keys) = table.keys else { continue };
        for key in keys.iter().filter(|key| key.need != Need::Required) {
            let says_so =
                key.comment == "default" || key.comment.starts_with("default;") || key.comment.starts_with("default.");
            let pointer: String =
                path(table.path, key.name).split('.').map(|part| format!("/properties/{part}")).collect();
            let default = schema.pointer(&format!("{pointer}/default"));
            let example = value(&format!("x = {}", key.example))["x"].clone();
            if says_so || table.comment == "these are the defaults" {
                let is_computed = [
                    "port",
                    "missing_detail",
                    "out_of_selection",
                    "garden_leave",
                    "leavers_before",
                    "vanished",
                    "waiting",
                    "employees",
                    "email_domains",
                    "fields",
                    "hold_reasons",
                    "hold_types",
                    "plugins",
                    "allow_addresses",
                ];
                let is_there = default.map_or_else(
                    || {
                        is_computed.contains(&key.name)
                            || key.name == "spread_minutes"
                            || key.name.ends_with("_limit_min")
                    },
                    |default| *default == example,
                );
                assert!(is_there, "{}: {example} is not {default:?}", path(table.path, key.name));
            }
        }
    }
}
