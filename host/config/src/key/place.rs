//! A tenant's file as a tree of values, with the line of each.

use hibob_base::error::HostError;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where the keys of a text stand: the line of each path, such as `sync.details`. The first line is 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    lines: BTreeMap<String, usize>,
}

impl Places {
    /// The line of a path; if the text does not have it, that of the nearest table around it that the text has.
    pub fn line(&self, path: &str) -> Option<usize> {
        let mut path = path;
        loop {
            if let Some(line) = self.lines.get(path) {
                return Some(*line);
            }
            (path, _) = path.rsplit_once('.')?;
        }
    }

    /// Reads a tenant's file. `file` is its name in errors.
    ///
    /// # Errors
    /// The text is not TOML; the error names the line.
    pub(crate) fn read(file: &Path, text: &str) -> Result<(Value, Self), HostError> {
        let document = DeTable::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_at(text, span.start));
            let remedy = "correct that line; hibob tenant schema prints every key";
            HostError::configuration(format!("{}:{line}: {}", file.display(), error.message()), remedy)
        })?;
        let mut places = Self::default();
        let value = places.table("", document.get_ref(), text);
        Ok((value, places))
    }

    fn table(&mut self, path: &str, table: &DeTable<'_>, text: &str) -> Value {
        let mut object = Map::new();
        for (name, value) in table {
            let path = super::path(path, name.get_ref());
            self.lines.insert(path.clone(), line_at(text, name.span().start));
            object.insert(name.get_ref().to_string(), self.value(&path, value, text));
        }
        Value::Object(object)
    }

    fn value(&mut self, path: &str, value: &Spanned<DeValue<'_>>, text: &str) -> Value {
        match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Integer(number) => {
                let digits = number.as_str();
                i64::from_str_radix(digits, number.radix())
                    .map_or_else(|_| Value::String(digits.to_owned()), Value::from)
            }
            DeValue::Float(number) => {
                number.as_str().parse::<f64>().map_or_else(|_| Value::String(number.as_str().to_owned()), Value::from)
            }
            DeValue::Boolean(flag) => Value::Bool(*flag),
            DeValue::Datetime(time) => Value::String(time.to_string()),
            DeValue::Array(entries) => {
                let entries = entries.iter().enumerate().map(|(index, entry)| {
                    let path = format!("{path}[{index}]");
                    self.lines.insert(path.clone(), line_at(text, entry.span().start));
                    self.value(&path, entry, text)
                });
                Value::Array(entries.collect())
            }
            DeValue::Table(table) => self.table(path, table, text),
        }
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or_default().matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_line_also_in_dotted_keys_inline_tables_and_lists_of_tables() {
        let text = "id = \"a\"\n[sync]\nsources.title = [\"work.x\",\n  \"work.y\"]\napprovals = { method = \"B\" }\n\
                    [[references.witnesses]]\nkey = \"1\"\n[[references.witnesses]]\nkey = \"2\"\n";
        let (value, places) = Places::read(Path::new("acme.toml"), text).unwrap();
        let lines = ["id", "sync", "sync.sources.title", "sync.sources.title[1]", "sync.approvals.method"];
        assert_eq!(lines.map(|path| places.line(path).unwrap()), [1, 2, 3, 4, 5]);
        assert_eq!(places.line("references.witnesses[1].key"), Some(9));
        assert_eq!(places.line("sync.no-such-key"), Some(2));
        assert_eq!(places.line("no-such-key"), None);
        assert_eq!(value["references"]["witnesses"][1]["key"], "2");
        assert_eq!(value["sync"]["sources"]["title"][1], "work.y");
    }

    #[test]
    fn a_text_that_is_not_toml_is_refused_with_its_line() {
        let error = Places::read(Path::new("acme.toml"), "id = \"a\"\nx =\n").unwrap_err().to_string();
        assert!(error.starts_with("acme.toml:2: "), "{error}");
    }
}
