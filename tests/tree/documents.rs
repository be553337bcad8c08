//! Tests of the documents: every command, link, test and key that they name exists.

mod commands;
mod markdown;

use super::tidy::root;
use commands::Program;
use hibob_base::messages::{self, Message};
use hibob_config::tenant::TenantConfig;
use hibob_test_depth::sources;
use markdown::{Document, documents};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Most lines of the README, so that a newcomer reads it in less than ten minutes.
const README_LINES_MAX: usize = 250;

/// Beginnings of paths that exist only on one machine.
const MACHINE_PATHS: [&str; 5] = ["/home/", "/root/", "/tmp/", "/work/", "/Users/"];

fn document(path: &str) -> Document {
    Document::read(&root().join(path))
}

#[test]
fn the_readme_is_short_and_has_the_two_commands_to_try() {
    let readme = document("README.md").text;
    let lines = readme.lines().count();
    assert!(lines <= README_LINES_MAX, "README.md has {lines} lines, and at most {README_LINES_MAX} are read");
    for command in ["cargo run -- demo", "cargo test"] {
        assert!(readme.contains(command), "README.md lacks {command}");
    }
}

/// The program accepts every `hibob` command that a document shows, with its sub-commands and options.
#[test]
fn documents_show_commands_that_exist() {
    let mut program = Program::default();
    let (mut seen, mut wrong) = (0, Vec::new());
    for document in documents() {
        for command in commands::shown(&document.text) {
            seen += 1;
            let why = program.complaint(&commands::words(&command));
            wrong.extend(why.map(|why| format!("{}: hibob {command}: {why}", document.path.display())));
        }
    }
    assert!(wrong.is_empty(), "commands that do not exist:\n{}", wrong.join("\n"));
    assert!(seen >= 100, "the documents show only {seen} commands");
}

/// Every test that a document names as `module::test` exists. A test's name has at least three words.
#[test]
fn documents_name_tests_that_exist() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    let files: Vec<(BTreeSet<String>, String)> =
        files.iter().map(|path| (parts(path), std::fs::read_to_string(path).unwrap())).collect();
    let (mut seen, mut wrong) = (0, Vec::new());
    for document in documents() {
        for span in document.spans() {
            let Some((modules, test)) = span.rsplit_once("::") else { continue };
            if !is_name(modules) || !is_name(test) || test.matches('_').count() < 2 {
                continue;
            }
            seen += 1;
            let modules: Vec<&str> = modules.split("::").filter(|module| *module != "tests").collect();
            let function = format!("fn {test}(");
            let is_there = files
                .iter()
                .any(|(parts, text)| modules.iter().all(|module| parts.contains(*module)) && text.contains(&function));
            if !is_there {
                wrong.push(format!("{}: {span}", document.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "tests that do not exist:\n{}", wrong.join("\n"));
    assert!(seen >= 25, "the documents name only {seen} tests");
}

/// The folders and the name of a source file, each of which may be a module.
fn parts(path: &Path) -> BTreeSet<String> {
    path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect()
}

fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_:".contains(&byte))
}

/// Every relative link leads to a file, and to a heading of that file if it names one.
#[test]
fn links_in_documents_lead_somewhere() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for document in documents() {
        for link in document.links() {
            seen += 1;
            let (path, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = document.beside(path);
            let is_there = target.exists()
                && (heading.is_empty() || Document::read(&target).headings().iter().any(|slug| slug == heading));
            if !is_there {
                wrong.push(format!("{}: {link}", document.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
    assert!(seen >= 100, "the documents have only {seen} links");
}

/// Every document below `docs` can be reached by links from the README.
#[test]
fn documents_can_be_reached_from_the_readme() {
    let canonical = |path: PathBuf| path.canonicalize().unwrap();
    let mut reached = BTreeSet::new();
    let mut next = vec![canonical(root().join("README.md"))];
    while let Some(path) = next.pop() {
        if !reached.insert(path.clone()) {
            continue;
        }
        let document = Document::read(&path);
        let targets = document.links().into_iter().map(|link| document.beside(link.split('#').next().unwrap()));
        next.extend(targets.filter(|path| path.is_file() && markdown::is_markdown(path)).map(canonical));
    }
    let docs = canonical(root().join("docs"));
    let all = documents().into_iter().map(|document| canonical(document.path));
    let lost: Vec<PathBuf> = all.filter(|path| path.starts_with(&docs) && !reached.contains(path)).collect();
    assert!(lost.is_empty(), "no link leads to {lost:?}");
}

#[test]
fn documents_name_no_path_of_one_machine() {
    for document in documents() {
        for path in MACHINE_PATHS {
            assert!(!document.text.contains(path), "{} names {path}", document.path.display());
        }
    }
}

/// The example of a tenant's file is accepted, and has eight lines.
#[test]
fn the_smallest_file_of_a_tenant_is_accepted() {
    let file = root().join("examples/tenant.toml");
    TenantConfig::read(&file).unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 8);
}

/// The page of messages is made from their catalogue. With `HIBOB_WRITE_DOCUMENTS` set, it is written anew.
#[test]
fn the_documents_have_every_message() {
    let path = root().join("docs/use/messages.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let at = text.find("| code |").unwrap();
    let row = |message: Message| {
        let Message { code, meaning } = message;
        format!(
            "| `{code}` | {} | {} | {} | {} |\n",
            meaning.kind.name(),
            meaning.side.name(),
            meaning.what,
            meaning.next
        )
    };
    let table: String = messages::all().map(row).collect();
    let made = format!("| code | it is | whose side | what happened | what to do |\n|---|---|---|---|---|\n{table}");
    if std::env::var_os("HIBOB_WRITE_DOCUMENTS").is_some() {
        std::fs::write(&path, format!("{}{made}", &text[..at])).unwrap();
    } else {
        assert_eq!(&text[at..], made, "write it anew: HIBOB_WRITE_DOCUMENTS=1 cargo test --test tree every_message");
    }
}

/// The file with every key in the documents is made from the table of keys. With `HIBOB_WRITE_DOCUMENTS` set, it is
/// written anew.
#[test]
fn the_documents_have_every_key_of_a_tenants_file() {
    let path = root().join("docs/use/configuration.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("```toml\n").unwrap();
    let (block, after) = rest.split_once("```").unwrap();
    let made = hibob_config::key::page::every_key();
    if std::env::var_os("HIBOB_WRITE_DOCUMENTS").is_some() {
        std::fs::write(&path, format!("{before}```toml\n{made}```{after}")).unwrap();
    } else {
        assert_eq!(block, made, "write it anew: HIBOB_WRITE_DOCUMENTS=1 cargo test --test tree every_key");
    }
}
