//! Parses Markdown, as far as the documents use it.

use super::super::tidy::root;
use std::path::{Path, PathBuf};

/// A document and its path.
pub(super) struct Document {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// All documents of the tree.
pub(super) fn documents() -> Vec<Document> {
    let mut found = Vec::new();
    collect(&root(), &mut found);
    assert!(found.len() > 20, "{found:?}");
    found.iter().map(|path| Document::read(path)).collect()
}

pub(super) fn is_markdown(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", "node_modules"].contains(&name.as_str()) && !name.starts_with('.') {
                collect(&path, found);
            }
        } else if is_markdown(&path) {
            found.push(path);
        }
    }
}

impl Document {
    pub(super) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { path: path.to_owned(), text }
    }

    /// The path to which a link of this document leads. An empty link leads to the document itself.
    pub(super) fn beside(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.path.clone() } else { self.path.parent().unwrap().join(path) }
    }

    /// The code spans outside of code blocks.
    pub(super) fn spans(&self) -> Vec<&str> {
        lines(&self.text).filter(|(is_block, _)| !is_block).flat_map(|(_, line)| spans(line)).collect()
    }

    /// The links to files of the tree.
    pub(super) fn links(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (_, line) in lines(&self.text).filter(|(is_block, _)| !is_block) {
            let prose: Vec<&str> = line.split('`').step_by(2).collect();
            let prose = prose.concat();
            let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            let is_outside = |link: &&str| ["http://", "https://", "mailto:"].iter().any(|word| link.starts_with(word));
            found.extend(targets.filter(|link| !is_outside(link)).map(str::to_owned));
        }
        found
    }

    /// The anchors of the headings.
    pub(super) fn headings(&self) -> Vec<String> {
        let headings = lines(&self.text).filter(|(is_block, line)| !is_block && line.starts_with('#'));
        headings.map(|(_, line)| slug(line.trim_start_matches('#').trim())).collect()
    }
}

/// The lines, each with whether it is in a code block. The fences themselves are left out.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let mut is_block = false;
    text.lines().filter_map(move |line| {
        if line.trim_start().starts_with("```") {
            is_block = !is_block;
            return None;
        }
        Some((is_block, line))
    })
}

/// The code spans of a line.
pub(super) fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The anchor of a heading on GitHub.
fn slug(heading: &str) -> String {
    let letter = |c: char| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || "-_".contains(c) => Some(c),
        _ => None,
    };
    heading.to_lowercase().chars().filter_map(letter).collect()
}
