//! `cargo xtask changes`: the patches in `docs/develop/changes` show how a change of a certain kind is made; each has to
//! apply to today's tree and to compile.

use crate::run::{cargo, output, root, run, target_dir};
use anyhow::{Context as _, Result, ensure};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the patches are.
const FOLDER: &str = "docs/develop/changes";

/// A line in a patch's introduction, before the first `diff`: how many files that exist already it changes, documents
/// aside.
const PROMISE: &str = "Existing-files: ";

/// Applies each patch to a copy of the tree and compiles it.
///
/// # Errors
/// A patch does not apply, does not promise how many existing files it changes, changes another number, or does not
/// compile.
pub(crate) fn changes() -> Result<()> {
    let patches = patches()?;
    if patches.is_empty() {
        println!("there are no patches in {FOLDER}");
        return Ok(());
    }
    // The copy is always at the same place, so that cargo knows its packages again.
    let target_dir = target_dir()?;
    let copy = target_dir.join("changes/tree");
    for patch in patches {
        let name = patch.file_name().unwrap_or_default().to_string_lossy().into_owned();
        println!("== {name}");
        restore(&copy)?;
        let files = existing_files(&patch, &copy)?;
        let text = std::fs::read_to_string(&patch).with_context(|| format!("cannot read {}", patch.display()))?;
        let promised = promised_files(&text).with_context(|| format!("what {name} promises"))?;
        println!("existing files that it changes: {}", files.len());
        ensure!(
            files.len() == promised,
            "{name} promises to change {promised} existing files, and changes {}: {files:#?}",
            files.len()
        );
        run(git(&copy).arg("apply").arg(&patch)).with_context(|| format!("{name} does not apply any more"))?;
        compile(&copy, &target_dir).with_context(|| format!("the tree with {name} does not compile"))?;
    }
    Ok(())
}

fn patches() -> Result<Vec<PathBuf>> {
    let Ok(entries) = std::fs::read_dir(root().join(FOLDER)) else { return Ok(Vec::new()) };
    let mut patches: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    patches.retain(|path| path.extension().is_some_and(|extension| extension == "patch"));
    patches.sort();
    Ok(patches)
}

/// Git in the copy, which is no repository, even where it lies in one.
fn git(copy: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(copy).env("GIT_CEILING_DIRECTORIES", copy.parent().unwrap_or(copy));
    git
}

/// Makes the copy what the tree is now, uncommitted changes included. Files that are the same are left alone: cargo goes
/// by their times.
fn restore(copy: &Path) -> Result<()> {
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = output(Command::new("git").current_dir(root()).args(list))?;
    let listed: BTreeSet<&str> = listed.split('\0').filter(|path| root().join(path).is_file()).collect();
    for path in &listed {
        let (from, to) = (root().join(path), copy.join(path));
        let bytes = std::fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
        if std::fs::read(&to).ok().as_ref() != Some(&bytes) {
            let folder = to.parent().unwrap_or(copy);
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            std::fs::copy(&from, &to).with_context(|| format!("cannot write {}", to.display()))?;
        }
    }
    remove_others(copy, copy, &listed)
}

/// Removes the files that an earlier patch has made.
fn remove_others(copy: &Path, folder: &Path, listed: &BTreeSet<&str>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(copy, &path, listed)?;
        } else if !path.strip_prefix(copy).ok().and_then(Path::to_str).is_some_and(|path| listed.contains(path)) {
            std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// How many existing files a patch promises to change.
///
/// # Errors
/// Its introduction has no such line, or the line has no number.
fn promised_files(patch: &str) -> Result<usize> {
    let mut introduction = patch.lines().take_while(|line| !line.starts_with("diff "));
    let number = introduction.find_map(|line| line.strip_prefix(PROMISE));
    let number = number.with_context(|| format!("there is no line \"{PROMISE}N\" before the first diff"))?;
    number.trim().parse().with_context(|| format!("{number} is not a number of files"))
}

/// The files that a patch changes and does not make, documents aside.
fn existing_files(patch: &Path, copy: &Path) -> Result<Vec<String>> {
    let numbers = output(git(copy).args(["apply", "--numstat"]).arg(patch))?;
    let paths = numbers.lines().filter_map(|line| line.rsplit('\t').next());
    let is_document = |path: &str| path.starts_with("docs/") || path.ends_with(".md");
    Ok(paths.filter(|path| !is_document(path) && copy.join(path).exists()).map(str::to_owned).collect())
}

/// Compiles the copy as far as types go, with the dependencies of the tree itself. The components that the program
/// embeds are not built for that: a file stands for them, and the plugin is compiled for wasm by itself.
fn compile(copy: &Path, target_dir: &Path) -> Result<()> {
    let stand_in = copy.with_file_name("component.wasm");
    std::fs::write(&stand_in, b"\0asm").with_context(|| format!("cannot write {}", stand_in.display()))?;
    let check = |arguments: &[&str]| {
        let mut check = cargo();
        check.current_dir(copy).args(["check", "--locked"]).args(arguments);
        check.env("CARGO_TARGET_DIR", target_dir).env("HIBOB_GUEST_STAND_IN", &stand_in);
        run(&mut check)
    };
    check(&["--workspace", "--all-targets"])?;
    check(&["--package", "hibob-connector", "--target", "wasm32-wasip2"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_has_to_promise_a_number_of_files() {
        assert_eq!(promised_files("A change.\n\nExisting-files: 3\n\ndiff --git a/x b/x\n").unwrap(), 3);
        for patch in
            ["A change.\n\ndiff --git a/x b/x\n", "Existing-files: few\n", "diff --git a/x b/x\nExisting-files: 3\n"]
        {
            assert!(promised_files(patch).is_err(), "{patch}");
        }
    }
}
