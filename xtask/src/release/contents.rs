//! What is in an archive beside the program: documents, licences, the unit, completions and man pages.

use super::notices;
use super::program::Program;
use crate::run::{output, root};
use anyhow::{Context as _, Result, ensure};
use std::path::PathBuf;
use std::process::Command;

/// Files and folders of the tree that go into an archive under their own paths, so that links between documents lead
/// somewhere.
const OF_THE_TREE: [&str; 8] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "docs",
    "examples/tenant.toml",
    "host/service/hibob.service",
];

/// The shells that `hibob completions` knows, each with the name that its file has.
const SHELLS: [(&str, &str); 4] =
    [("bash", "hibob.bash"), ("zsh", "_hibob"), ("fish", "hibob.fish"), ("powershell", "_hibob.ps1")];

/// One file of an archive.
pub(super) struct Entry {
    /// Its path in the archive's folder.
    pub(super) path: String,
    /// What is in it.
    pub(super) bytes: Vec<u8>,
    /// Whether it can be started.
    pub(super) is_program: bool,
}

impl Entry {
    fn text(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into(), is_program: false }
    }
}

/// The files of an archive, the program first.
///
/// # Errors
/// A file cannot be read, or the program cannot write its completions and man pages.
pub(super) fn contents(program: &Program) -> Result<Vec<Entry>> {
    let name = if program.target.contains("windows") { "hibob.exe" } else { "hibob" };
    let mut entries = vec![Entry { path: name.to_owned(), bytes: program.bytes()?, is_program: true }];
    let list = output(Command::new("git").current_dir(root()).args(["ls-files", "-z", "--"]).args(OF_THE_TREE))?;
    let paths: Vec<&str> = list.split('\0').filter(|path| !path.is_empty() && !path.ends_with(".patch")).collect();
    for part in OF_THE_TREE {
        ensure!(paths.iter().any(|path| path.starts_with(part)), "git has no {part} in this tree");
    }
    for path in paths {
        let bytes = std::fs::read(root().join(path)).with_context(|| format!("cannot read {path}"))?;
        // Where who installs it by hand looks for it.
        let path = path.strip_prefix("host/service/").unwrap_or(path);
        entries.push(Entry::text(path, bytes));
    }
    entries.push(Entry::text("THIRD-PARTY.txt", notices::text(&program.target)?));
    entries.extend(completions(program)?);
    entries.extend(manual(program)?);
    Ok(entries)
}

/// What the program says for the completion of its commands in each shell; nothing if it does not know how.
fn completions(program: &Program) -> Result<Vec<Entry>> {
    if !program.has("completions")? {
        println!("no completions: {} does not write them here", program.file.display());
        return Ok(Vec::new());
    }
    let of = |(shell, file): (&str, &str)| {
        let text = program.output(&["completions", shell])?.unwrap_or_default();
        ensure!(!text.is_empty(), "hibob completions {shell} is empty");
        Ok(Entry::text(format!("completions/{file}"), text))
    };
    SHELLS.into_iter().map(of).collect()
}

/// The man pages that the program writes; none if it does not know how.
fn manual(program: &Program) -> Result<Vec<Entry>> {
    if !program.has("man")? {
        println!("no man pages: {} does not write them here", program.file.display());
        return Ok(Vec::new());
    }
    let folder = tempfile::tempdir().context("cannot make a folder for the man pages")?;
    program.output(&["man", "--out", &folder.path().display().to_string()])?;
    let mut pages: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder.path()).context("cannot read the man pages")? {
        pages.push(entry?.path());
    }
    ensure!(!pages.is_empty(), "hibob man has written no page");
    let page = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
        Ok(Entry::text(format!("man/{name}"), bytes))
    };
    pages.iter().map(page).collect()
}

#[cfg(test)]
mod tests {
    use super::super::program::version;
    use super::*;
    use std::path::Path;

    /// A script in place of `hibob`.
    fn program(folder: &Path, script: &str) -> Result<Program> {
        let path = folder.join("hibob");
        std::fs::write(&path, script).unwrap();
        Program::started_by(Some(vec!["sh".to_owned()]), &path, "x86_64-unknown-linux-gnu".to_owned())
    }

    /// A program that answers as `hibob` does, with these lines in its help.
    fn answering(folder: &Path, help: &str) -> Program {
        let script = format!(
            "case \"$1\" in --version) echo hibob {};; --help) printf '{help}';; \
             completions) echo \"complete $2\";; man) echo a page > \"$3/hibob.1\";; esac\n",
            version().unwrap()
        );
        program(folder, &script).unwrap()
    }

    fn paths(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.path.as_str()).collect()
    }

    #[test]
    fn completions_and_manual_pages_are_those_of_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let program = answering(folder.path(), "Commands:\\n  completions  a\\n  man  b\\n");
        let made = completions(&program).unwrap();
        assert_eq!(
            paths(&made),
            ["completions/hibob.bash", "completions/_hibob", "completions/hibob.fish", "completions/_hibob.ps1"]
        );
        assert_eq!(made[1].bytes, b"complete zsh\n");
        assert_eq!(paths(&manual(&program).unwrap()), ["man/hibob.1"]);
    }

    #[test]
    fn a_program_without_these_commands_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let program = answering(folder.path(), "Commands:\\n  sync  writes no man pages\\n");
        assert!(completions(&program).unwrap().is_empty() && manual(&program).unwrap().is_empty());
    }

    #[test]
    fn a_program_of_another_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let why = program(folder.path(), "echo hibob 0.0.0\n").err().unwrap();
        assert!(format!("{why:#}").contains("0.0.0"), "{why:#}");
    }
}
