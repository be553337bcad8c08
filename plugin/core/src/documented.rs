//! Tests that `docs/develop/plugin-settings.md`, by which others write plugins, agrees with the code.

use crate::field::{Detail, Field};
use crate::references::ReferenceSettings;
use crate::scim::attribute_path;
use crate::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = include_str!("../../../docs/develop/plugin-settings.md");

/// The rows of the table in one section of the page, by the name in their first column.
fn rows(section: &str) -> BTreeMap<&'static str, &'static str> {
    let (_, rest) = PAGE.split_once(&format!("\n## {section}\n")).unwrap();
    let text = rest.split("\n## ").next().unwrap();
    let row = |line: &'static str| Some((line.strip_prefix("| `")?.split('`').next()?, line));
    let rows: Vec<_> = text.lines().filter_map(row).collect();
    let count = rows.len();
    let by_name: BTreeMap<_, _> = rows.into_iter().collect();
    assert_eq!(by_name.len(), count, "a name comes twice in the section {section}");
    by_name
}

fn names(section: &str) -> BTreeSet<&'static str> {
    rows(section).into_keys().collect()
}

#[test]
fn every_setting_of_a_sync_is_documented_and_no_other() {
    assert_eq!(names("Settings of a sync"), Settings::names());
}

#[test]
fn every_setting_of_the_references_job_is_documented_and_no_other() {
    assert_eq!(names("Settings of the references job"), ReferenceSettings::NAMES.into());
}

#[test]
fn every_field_is_documented_as_the_table_has_it() {
    let rows = rows("Fields of a change");
    assert_eq!(rows.keys().copied().collect::<BTreeSet<_>>(), Field::all().map(Field::name).collect());
    for field in Field::all() {
        let columns: Vec<&str> = rows[field.name()].split(" | ").collect();
        let detail = match field.row().detail {
            Detail::Mandatory(_) => "always".to_owned(),
            Detail::Usual(name) => format!("`{name}`"),
            Detail::OnlyIfNamed(name) => format!("*`{name}`*"),
            Detail::Decided => columns[1].to_owned(), // in words
        };
        let sources: Vec<String> = field.row().sources.iter().map(|id| format!("`{id}`")).collect();
        let sources = if sources.is_empty() { "none".to_owned() } else { sources.join(", ") };
        let attribute = format!("`{}`", attribute_path(field));
        assert_eq!(columns[1..4], [detail, sources, attribute], "{}", field.name());
    }
}
