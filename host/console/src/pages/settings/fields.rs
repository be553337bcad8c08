//! The form's fields: one for each setting of the table of keys, by the kind of its values.

use crate::ask::WrongSetting;
use crate::form::Form;
use crate::texts::{Texts, fill};
use crate::words::value;
use hibob_config::key::schema::schema;
use hibob_config::key::who::{Setting, Who, settings};
use hibob_config::key::{Keys, Rule};
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// How many empty rows a table with names of the company's has for more of them.
const EMPTY_ROWS: usize = 3;

/// The values that hold where a setting is left out.
static SCHEMA: LazyLock<Value> = LazyLock::new(schema);

/// The settings of one table.
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) table: &'static str,
    pub(crate) comment: &'static str,
    pub(crate) fields: Vec<Field>,
    /// Whether it is shown opened: something in it is wrong, or it is what most people look for.
    pub(crate) is_open: bool,
}

pub(crate) struct Field {
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) comment: &'static str,
    /// The value that holds where it is left out.
    pub(crate) default: Option<String>,
    pub(crate) control: Control,
    pub(crate) wrong: Option<WrongSetting>,
}

impl Field {
    /// Whether it has several controls.
    pub(crate) fn is_group(&self) -> bool {
        matches!(self.control, Control::Several { .. } | Control::Pairs(_))
    }

    /// Whether it is a list, with an entry on each line.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self.control, Control::Lines(_))
    }
}

/// How a value is entered.
pub(crate) enum Control {
    /// One of these, the first of which is the default.
    Choice(Vec<Choice>),
    /// Any number of these; or the default.
    Several { is_given: bool, words: Vec<Choice> },
    /// A whole number.
    Number { text: String, range: String },
    /// A line of text.
    Line(String),
    /// A list, one on each line.
    Lines(String),
    /// Names of the company's, with a value each.
    Pairs(Vec<(String, String)>),
}

pub(crate) struct Choice {
    pub(crate) value: &'static str,
    pub(crate) word: String,
    pub(crate) is_chosen: bool,
}

/// A setting that is shown and not changed.
pub(crate) struct Shown {
    pub(crate) path: String,
    pub(crate) value: String,
}

/// The settings that an admin changes, table by table, filled with these values. Those of references are there where the
/// operator has set up that the tenant issues any.
pub(crate) fn groups(t: &Texts, config: &Value, wrong: &[WrongSetting], has_references: bool) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (number, setting) in settings().into_iter().enumerate().filter(|(_, setting)| setting.who == Who::Admin) {
        if setting.table.path == "references" && !has_references {
            continue;
        }
        let field = field(t, number, &setting, config, wrong);
        let is_open = field.wrong.is_some();
        match groups.last_mut().filter(|group| group.table == setting.table.path) {
            Some(group) => {
                group.is_open |= is_open;
                group.fields.push(field);
            }
            None => groups.push(Group {
                id: format!("table-{number}"),
                table: setting.table.path,
                comment: setting.table.comment,
                fields: vec![field],
                is_open: is_open || setting.table.path == "sync",
            }),
        }
    }
    groups
}

/// The fields of some settings, filled with these values.
pub(crate) fn fields_of(t: &Texts, paths: &[&str], config: &Value, wrong: &[WrongSetting]) -> Vec<Field> {
    let own = settings().into_iter().enumerate().filter(|(_, setting)| paths.contains(&setting.path().as_str()));
    own.map(|(number, setting)| field(t, number, &setting, config, wrong)).collect()
}

fn field(t: &Texts, number: usize, setting: &Setting, config: &Value, wrong: &[WrongSetting]) -> Field {
    let path = setting.path();
    // An entry of a list, or a name of the company's, is inside.
    let is_inside = |key: &str| key == path || key.strip_prefix(&path).is_some_and(|rest| rest.starts_with(['.', '[']));
    Field {
        id: format!("setting-{number}"),
        comment: setting.comment,
        default: default(t, setting),
        control: control(t, setting, setting.value(config)),
        wrong: wrong.iter().find(|wrong| is_inside(&wrong.key)).cloned(),
        path,
    }
}

/// The settings of the operator that have a value.
pub(crate) fn of_operator(t: &Texts, config: &Value) -> Vec<Shown> {
    let all = settings().into_iter().filter(|setting| setting.who == Who::Operator);
    let shown = all.filter_map(|setting| {
        let value = value(t, setting.value(config)?)?;
        Some(Shown { path: setting.path(), value })
    });
    shown.collect()
}

/// The value that holds where a setting is left out, if it is always the same.
fn default(t: &Texts, setting: &Setting) -> Option<String> {
    let pointer = setting.path().split('.').map(|part| format!("/properties/{part}")).collect::<String>();
    let default = SCHEMA.pointer(&format!("{pointer}/default"))?;
    Some(fill(t.settings_default_is, &[&value(t, default).unwrap_or_else(|| t.empty.to_owned())]))
}

/// How values of a setting are entered.
#[derive(Clone, Copy)]
enum Kind {
    Flag,
    Word(&'static [&'static str]),
    Words(&'static [&'static str]),
    Number(u64, u64, &'static str),
    Line,
    Lines,
    Pairs,
}

fn kind(setting: &Setting) -> Kind {
    if matches!(setting.table.keys, Keys::Free(_)) {
        return Kind::Pairs;
    }
    match setting.rule {
        Rule::Flag => Kind::Flag,
        Rule::Word(words) => Kind::Word(words),
        Rule::Words(words) => Kind::Words(words),
        Rule::Number { min, max, unit } => Kind::Number(min, max, unit),
        Rule::Texts { .. } | Rule::FieldIds | Rule::FieldValues | Rule::Networks | Rule::Digests => Kind::Lines,
        _ => Kind::Line,
    }
}

fn control(t: &Texts, setting: &Setting, now: Option<&Value>) -> Control {
    let text = || now.map(plain).unwrap_or_default();
    match kind(setting) {
        Kind::Flag => {
            let words = [("", t.settings_by_default), ("true", t.yes), ("false", t.no)];
            Control::Choice(choices(words.map(|(value, word)| (value, word.to_owned())), &text()))
        }
        Kind::Word(words) => {
            let words = words.iter().map(|word| (*word, (*word).to_owned()));
            Control::Choice(choices(std::iter::once(("", t.settings_by_default.to_owned())).chain(words), &text()))
        }
        Kind::Words(words) => {
            let chosen: Vec<&str> =
                now.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
            let word = |word: &&'static str| Choice {
                value: word,
                word: (*word).to_owned(),
                is_chosen: chosen.contains(word),
            };
            Control::Several { is_given: now.is_some(), words: words.iter().map(word).collect() }
        }
        Kind::Number(min, max, unit) => Control::Number { text: text(), range: format!("{min}–{max} {unit}") },
        Kind::Line => Control::Line(text()),
        Kind::Lines => {
            let lines: Vec<String> = match now {
                Some(Value::Array(entries)) => entries.iter().map(plain).collect(),
                other => other.map(plain).into_iter().collect(),
            };
            Control::Lines(lines.join("\n"))
        }
        Kind::Pairs => {
            let own = now.and_then(Value::as_object).into_iter().flatten();
            let own = own.map(|(name, value)| (name.clone(), plain(value)));
            Control::Pairs(own.chain(vec![(String::new(), String::new()); EMPTY_ROWS]).collect())
        }
    }
}

fn choices(words: impl IntoIterator<Item = (&'static str, String)>, now: &str) -> Vec<Choice> {
    words.into_iter().map(|(value, word)| Choice { is_chosen: value == now, value, word }).collect()
}

/// A text without quotes, and anything else as JSON has it.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The settings that a form has sent, as JSON. What is left empty has its default.
pub(crate) fn read(form: &Form) -> Value {
    let mut sent = Value::Object(Map::new());
    for setting in settings().into_iter().filter(|setting| setting.who == Who::Admin) {
        let value = entered(form, &setting);
        setting.set(&mut sent, value);
    }
    sent
}

/// What a form has sent of some settings, over what is stored of all others.
pub(crate) fn read_over(form: &Form, stored: &Value, paths: &[&str]) -> Value {
    let mut sent = Value::Object(Map::new());
    for setting in settings().into_iter().filter(|setting| setting.who == Who::Admin) {
        let is_in_form = paths.contains(&setting.path().as_str());
        let value = if is_in_form { entered(form, &setting) } else { setting.value(stored).cloned() };
        setting.set(&mut sent, value);
    }
    sent
}

fn entered(form: &Form, setting: &Setting) -> Option<Value> {
    let path = setting.path();
    let line = form.get(&path);
    let as_text = || (!line.is_empty()).then(|| Value::from(line));
    match kind(setting) {
        Kind::Flag => match line {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => as_text(),
        },
        // What is no number is refused with words by the rule of its key.
        Kind::Number(..) => line.parse::<u64>().ok().map(Value::from).or_else(as_text),
        Kind::Word(_) | Kind::Line => as_text(),
        Kind::Words(_) => {
            let is_given = form.get(&format!("{path}:given")) == "yes";
            is_given.then(|| form.all(&path).into_iter().map(Value::from).collect::<Vec<Value>>().into())
        }
        Kind::Lines => {
            let lines: Vec<Value> =
                line.lines().map(str::trim).filter(|line| !line.is_empty()).map(Value::from).collect();
            (!lines.is_empty()).then(|| lines.into())
        }
        Kind::Pairs => {
            let names = form.all(&format!("{path}:name")).into_iter().map(str::trim);
            let values = form.all(&format!("{path}:value")).into_iter().map(str::trim);
            let pairs = names.zip(values).filter(|(name, _)| !name.is_empty());
            let pairs: Map<String, Value> = pairs.map(|(name, value)| (name.to_owned(), value.into())).collect();
            (!pairs.is_empty()).then(|| pairs.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;
    use serde_json::json;

    /// Whatever the settings are, a form that is sent as it was shown says the same, and for each setting of an admin the
    /// form has a field.
    #[test]
    fn a_form_that_is_sent_as_it_is_says_what_is_stored() {
        let config = json!({
            "id": "acme",
            "references": { "statuses": ["terminated"], "issue_after_hours": 24 },
            "sync": {
                "details": ["title", "manager"], "sites": ["London", "St. Gallen"], "time_zone": "Europe/Madrid",
                "compare_birth_date": false, "stops_with_its_admin": true, "create_days_before_start": 3,
                "sources": { "language": ["work.custom.field_1"] }, "companies": { "A = B": "ACME, \"GmbH\"" },
                "approvals": { "method": "B", "replaces_existing": true },
            },
            "safety": { "approval": "always", "admins": ["ana@acme.example"] },
        });
        let groups = groups(Language::English.texts(), &config, &[], true);
        let mut sent = Vec::new();
        let mut add = |name: &str, value: &str| sent.push((name.to_owned(), value.to_owned()));
        let mut number = 0;
        for field in groups.iter().flat_map(|group| &group.fields) {
            number += 1;
            match &field.control {
                Control::Choice(choices) => {
                    let chosen = choices.iter().filter(|choice| choice.is_chosen).collect::<Vec<_>>();
                    assert_eq!(chosen.len(), 1, "{}", field.path);
                    add(&field.path, chosen[0].value);
                }
                Control::Several { is_given, words } => {
                    add(&format!("{}:given", field.path), if *is_given { "yes" } else { "no" });
                    words.iter().filter(|word| word.is_chosen).for_each(|word| add(&field.path, word.value));
                }
                Control::Number { text, .. } | Control::Line(text) | Control::Lines(text) => add(&field.path, text),
                Control::Pairs(pairs) => {
                    for (name, value) in pairs {
                        add(&format!("{}:name", field.path), name);
                        add(&format!("{}:value", field.path), value);
                    }
                }
            }
        }
        assert_eq!(number, settings().iter().filter(|setting| setting.who == Who::Admin).count());
        let mut expected = config.clone();
        expected.as_object_mut().unwrap().remove("id");
        assert_eq!(read(&Form::of(sent)), expected);
    }

    #[test]
    fn what_is_no_value_is_kept_to_be_refused_in_words() {
        let form = |name: &str, text: &str| read(&Form::of(vec![(name.to_owned(), text.to_owned())]));
        assert_eq!(form("safety.approval_days", "seven"), json!({ "safety": { "approval_days": "seven" } }));
        assert_eq!(form("sync.clear_adopted", "maybe"), json!({ "sync": { "clear_adopted": "maybe" } }));
        assert_eq!(form("sync.sites", " London \r\n\r\nMadrid"), json!({ "sync": { "sites": ["London", "Madrid"] } }));
        assert_eq!(form("hibob.url", "https://attacker.example"), json!({}), "what is the operator's is not read");
    }
}
