//! A tenant's file with every key, as docs/use/configuration.md shows it.

use super::{Keys, Need, TABLES, Table};

/// In which column the explanations begin.
const COMMENT_COLUMN: usize = 46;

/// Every table and key with an example and its explanation. Keys and tables that are rarely used are comments.
pub fn every_key() -> String {
    TABLES.iter().map(lines).map(|lines| lines.join("\n")).collect::<Vec<_>>().join("\n\n") + "\n"
}

fn lines(table: &Table) -> Vec<String> {
    let is_comment = table.need == Need::Rare;
    let mut lines = Vec::new();
    if !table.path.is_empty() {
        let head = if table.is_list { format!("[[{}]]", table.path) } else { format!("[{}]", table.path) };
        lines.push(line(is_comment, &head, table.comment));
    }
    match table.keys {
        Keys::Named(keys) => {
            for key in keys {
                let text = format!("{} = {}", key.name, key.example);
                lines.push(line(is_comment || key.need == Need::Rare, &text, key.comment));
            }
        }
        Keys::Words(_, free) | Keys::Free(free) => {
            let (key, value) = free.example;
            lines.push(line(is_comment, &format!("{key} = {value}"), ""));
        }
    }
    lines
}

fn line(is_comment: bool, text: &str, comment: &str) -> String {
    let text = if is_comment { format!("# {text}") } else { text.to_owned() };
    if comment.is_empty() { text } else { format!("{text:<COMMENT_COLUMN$}# {comment}") }
}
