//! Tests of the documents: links and files that they name exist, and tables that must be complete are.

use hibob_test_depth::sources;
use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::path::{Path, PathBuf};

/// Most lines of ARCHITECTURE.md, which should be short enough to be read in one go.
const ARCHITECTURE_LINES_MAX: usize = 240;

/// Endings of the file names that are checked. Names with other endings, such as those in a data directory, are not
/// files of this tree.
const ENDINGS: [&str; 3] = [".rs", ".wit", ".sql"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn markdown(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            markdown(&path, found);
        } else if path.extension().is_some_and(|end| end == "md") {
            found.push(path);
        }
    }
}

fn documents() -> Vec<PathBuf> {
    let mut found = vec![root().join("ARCHITECTURE.md")];
    markdown(&root().join("docs"), &mut found);
    found
}

/// The text without blocks of code.
fn prose(text: &str) -> String {
    text.split("\n```").step_by(2).collect()
}

/// The anchor of a heading on GitHub.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
    heading.to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut seen = 0;
    for path in documents() {
        let text = prose(&read_to_string(&path).unwrap());
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: there is no {link}", path.display());
            if !fragment.is_empty() {
                let text = prose(&read_to_string(&target).unwrap());
                assert!(anchors(&text).contains(fragment), "{}: there is no heading {link}", path.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 60, "only {seen} links were found");
}

/// Whether a name in backquotes is that of a source file.
fn is_file(name: &str) -> bool {
    ENDINGS.iter().any(|end| name.ends_with(end)) && name.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c))
}

/// The source files of the tree, by their paths without `src`.
struct SourceFiles(Vec<(String, PathBuf)>);

impl SourceFiles {
    fn new() -> Self {
        let mut files = Vec::new();
        sources(&root(), &mut files);
        let without_src = |path: PathBuf| {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace("/src/", "/");
            (format!("/{name}"), path)
        };
        Self(files.into_iter().map(without_src).collect())
    }

    /// The files that a document can mean by this name.
    fn named(&self, name: &str) -> Vec<&Path> {
        let end = format!("/{}", name.replace("/src/", "/"));
        self.0.iter().filter(|(file, _)| file.ends_with(&end)).map(|(_, path)| path.as_path()).collect()
    }
}

/// Documents name a file by the end of its path without `src`: `egress/send.rs`. Those for developers name enough of it
/// that one file is meant.
#[test]
fn files_that_are_named_exist() {
    let files = SourceFiles::new();
    let mut seen = 0;
    for path in documents() {
        let is_for_developers = path.starts_with(root().join("docs/develop")) || path == root().join("ARCHITECTURE.md");
        let text = prose(&read_to_string(&path).unwrap());
        for name in text.split('`').skip(1).step_by(2).filter(|name| is_file(name)) {
            let found = files.named(name);
            assert!(!found.is_empty(), "{}: there is no file {name}", path.display());
            let is_clear = !is_for_developers || found.len() == 1;
            assert!(is_clear, "{}: name a folder too, {name} is one of {found:#?}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} files are named");
}

/// Words with which an item of a source file is declared.
const DECLARATIONS: [&str; 9] =
    ["fn ", "struct ", "enum ", "trait ", "type ", "const ", "static ", "mod ", "macro_rules! "];

/// Whether a text declares an item; of a path such as `Running::begin`, its last part.
fn declares(text: &str, item: &str) -> bool {
    let name = item.rsplit("::").next().unwrap();
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    DECLARATIONS.iter().any(|word| text.split(&format!("{word}{name}")).skip(1).any(ends))
}

/// Documents name items after their file: `jobs/run.rs` (`Running::begin`), or `cli/sync.rs` (function `sync`).
#[test]
fn items_that_are_named_after_a_file_are_in_it() {
    let is_item = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_:".contains(c));
    let files = SourceFiles::new();
    let mut seen = 0;
    for path in documents() {
        let text = prose(&read_to_string(&path).unwrap());
        // Every second part is in backquotes.
        let parts: Vec<&str> = text.split('`').map(str::trim).collect();
        for at in (1..parts.len()).step_by(2).filter(|at| parts[*at].ends_with(".rs") && is_file(parts[*at])) {
            let in_parentheses = parts[at - 1].ends_with('(');
            let mut before: &[&str] = if in_parentheses { &[",", ", function"] } else { &["(", "(function"] };
            for pair in parts[at + 1..].chunks_exact(2).take_while(|pair| is_item(pair[1])) {
                if !before.contains(&pair[0]) {
                    break;
                }
                let (file, item) = (parts[at], pair[1]);
                let is_there = |path: &&Path| declares(&read_to_string(path).unwrap(), item);
                assert!(files.named(file).iter().any(is_there), "{}: {file} has no {item}", path.display());
                before = &[",", "and", "or"];
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "only {seen} items are named");
}

/// The page that explains how to change what names each patch, with the number of existing files that it promises.
#[test]
fn patches_of_changes_are_named_with_the_files_that_they_change() {
    let page = read_to_string(root().join("docs/develop/how-to-change.md")).unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(root().join("docs/develop/changes")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let patch = read_to_string(&path).unwrap();
        let introduction = patch.split("\ndiff --git ").next().unwrap();
        let number = introduction.lines().find_map(|line| line.strip_prefix("Existing-files: "));
        let number = number.unwrap_or_else(|| panic!("{name} has no line \"Existing-files: N\" before its first diff"));
        let told = format!("`docs/develop/changes/{name}` ({number} existing files");
        assert!(page.contains(&told), "docs/develop/how-to-change.md does not say {told}");
        seen += 1;
    }
    assert!(seen >= 3, "only {seen} patches were found");
}

#[test]
fn the_invariants_are_numbered_and_the_page_is_short() {
    let text = read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(text.lines().count() <= ARCHITECTURE_LINES_MAX, "{} lines", text.lines().count());
    let invariants = text.split("\n## Invariants").nth(1).unwrap();
    let number = |line: &str| line.split_once(". **")?.0.parse::<usize>().ok();
    let numbers: Vec<usize> = invariants.lines().filter_map(number).collect();
    assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
    assert!(numbers.len() >= 37);
}

/// Names of the tests in a file.
fn tests(text: &str) -> impl Iterator<Item = &str> {
    let functions = ["#[test]", "#[tokio::test"].into_iter().flat_map(|attribute| text.split(attribute).skip(1));
    functions.filter_map(|rest| rest.split_once("fn ")?.1.split('(').next())
}

/// Every attack in the table has a test, and every test of an attack is in the table.
#[test]
fn the_attacks_are_those_that_are_tested() {
    let table = read_to_string(root().join("docs/security/attacks.md")).unwrap();
    let quoted = table.lines().filter(|line| line.starts_with("| ")).flat_map(|row| row.split('`').skip(1).step_by(2));
    let named: BTreeSet<(String, String)> =
        quoted.filter_map(|name| name.split_once("::")).map(|(module, test)| (module.into(), test.into())).collect();
    let mut files = Vec::new();
    sources(&root().join("tests/it/hostile"), &mut files);
    let attacks = files.len();
    for folder in ["host", "tests/it", "tests/tree"] {
        sources(&root().join(folder), &mut files);
    }
    let mut there = BTreeSet::new();
    for (number, path) in files.iter().enumerate() {
        let module = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = read_to_string(path).unwrap();
        for test in tests(&text) {
            let name = (module.clone(), test.to_owned());
            assert!(number >= attacks || named.contains(&name), "{module}::{test} is not in docs/security/attacks.md");
            there.insert(name);
        }
    }
    let missing: Vec<_> = named.difference(&there).collect();
    assert!(missing.is_empty(), "there are no tests {missing:?}");
    assert!(named.len() > 50);
}

/// A row of the table of invariants: its number, its words, and its tests as module and name.
type Row<'t> = (usize, &'t str, Vec<(&'t str, &'t str)>);

/// A row of docs/security/invariants.md: the number, the invariant's own words, and the tests that hold it.
fn row(line: &str) -> Option<Row<'_>> {
    let mut cells = line.strip_prefix("| ")?.split(" | ");
    let (number, words, tests) = (cells.next()?.parse().ok()?, cells.next()?, cells.next()?);
    let tests = tests.split('`').skip(1).step_by(2).filter_map(|name| name.split_once("::"));
    Some((number, words, tests.collect()))
}

/// Every invariant has a row with its own words and with tests that exist.
#[test]
fn every_invariant_has_tests_that_hold_it() {
    let architecture = read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let invariants = architecture.split("\n## Invariants").nth(1).unwrap();
    let text = read_to_string(root().join("docs/security/invariants.md")).unwrap();
    let rows: Vec<_> = text.lines().filter_map(row).collect();
    let numbers: Vec<usize> = rows.iter().map(|(number, ..)| *number).collect();
    let number = |line: &str| line.split_once(". **")?.0.parse::<usize>().ok();
    assert_eq!(numbers, invariants.lines().filter_map(number).collect::<Vec<_>>());
    let mut files = Vec::new();
    sources(&root(), &mut files);
    let files: Vec<(PathBuf, String)> =
        files.into_iter().map(|path| (path.with_extension(""), read_to_string(&path).unwrap())).collect();
    for (number, words, tests) in rows {
        assert!(invariants.contains(&format!("\n{number}. **{words}")), "{number} does not begin with: {words}");
        assert!(!tests.is_empty(), "no test holds the invariant {number}");
        for (module, test) in tests {
            let function = format!("fn {test}(");
            let is_in = |path: &PathBuf| path.iter().any(|part| part == module);
            let is_there = files.iter().any(|(path, text)| is_in(path) && text.contains(&function));
            assert!(is_there, "invariant {number}: there is no test {module}::{test}");
        }
    }
}
