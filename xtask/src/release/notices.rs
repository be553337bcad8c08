//! The licences and notices of the crates that are in the program, which go with each copy of it.

use crate::run::{cargo, output, root};
use anyhow::{Context as _, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Beginnings of the names of files with a licence or a notice, in lower case.
const NAMES: [&str; 6] = ["licence", "license", "copying", "copyright", "notice", "unlicense"];

/// The plugin, which the program embeds, and its target.
const PLUGIN: (&str, &str) = ("hibob-connector", "wasm32-wasip2");

/// The text of the MIT licence, for crates that name it and have no file with it.
const MIT: &str = include_str!("mit.txt");

/// The text with the licences of all crates that a program for `target` consists of. Each licence is there once, under
/// the names of the crates that have it.
///
/// # Errors
/// Cargo does not know the crates, or has not kept the source of one; or a file cannot be read.
pub(super) fn text(target: &str) -> Result<String> {
    let mut crates = needed("hibob-host", target)?;
    crates.extend(needed(PLUGIN.0, PLUGIN.1)?);
    let sources = sources()?;
    let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut without = String::new();
    for Crate { name, version, licence } in crates {
        let folder =
            sources.iter().map(|folder| folder.join(format!("{name}-{version}"))).find(|folder| folder.is_dir());
        let folder = folder.with_context(|| format!("cargo has not kept the source of {name} {version}"))?;
        let texts = texts(&folder)?;
        if texts.is_empty() {
            without += &format!("{name} {version} ({licence}){}\n", authors(&folder)?);
        }
        for text in texts {
            owners.entry(text).or_default().insert(format!("{name} {version} ({licence})"));
        }
    }
    let fonts = root().join("host/reference-format/fonts/OFL.txt");
    let fonts = std::fs::read_to_string(&fonts).with_context(|| format!("cannot read {}", fonts.display()))?;
    owners.entry(fonts).or_default().insert("the fonts of references as PDF (OFL-1.1)".to_owned());
    let rule = "=".repeat(80);
    let mut document = "The program hibob contains the following crates and fonts, beside the Rust standard library \
         (MIT OR Apache-2.0).\nA licence is here once, under the names of those who have it. The program's own is in the \
         file LICENSE.\n"
        .to_owned();
    for (text, names) in &owners {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        document += &format!("\n{rule}\n{}\n{rule}\n{}\n", names.join("\n"), text.trim_end());
    }
    document +=
        &format!("\n{rule}\nCrates that name their licence and come without a file of it:\n{without}{rule}\n{MIT}");
    Ok(document)
}

/// A crate of others.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Crate {
    name: String,
    version: String,
    /// The SPDX expression in its manifest.
    licence: String,
}

/// The crates that are compiled into a package, without those of this workspace.
fn needed(package: &str, target: &str) -> Result<BTreeSet<Crate>> {
    let tree = |more: &[&str]| {
        let mut tree = cargo();
        tree.args(["tree", "--locked", "--package", package, "--target", target, "--edges", "normal"]);
        output(tree.args(["--prefix", "none", "--format", "{p}|{l}"]).args(more))
    };
    // What was built is there; nothing is asked for then.
    let tree = tree(&["--offline"]).or_else(|_| tree(&[]))?;
    let crates: BTreeSet<Crate> = tree.lines().filter_map(parse).collect();
    ensure!(!crates.is_empty(), "{package} uses no crate");
    Ok(crates)
}

/// A line of `cargo tree`, such as `serde_derive v1.0.229 (proc-macro)|MIT OR Apache-2.0 (*)`; none for a package of this
/// workspace, of which it has the folder.
fn parse(line: &str) -> Option<Crate> {
    let (package, licence) = line.trim_end_matches(" (*)").split_once('|')?;
    let package = package.trim_end_matches(" (proc-macro)");
    let (name, version) = package.split_once(" v")?;
    let is_ours = version.contains(' ');
    (!is_ours).then(|| Crate { name: name.to_owned(), version: version.to_owned(), licence: licence.to_owned() })
}

/// The folders in which cargo keeps the sources of crates.
fn sources() -> Result<Vec<PathBuf>> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let folder = home.context("there is no CARGO_HOME, and no home")?.join("registry/src");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

/// The licences and notices in a crate's folder.
fn texts(folder: &Path) -> Result<BTreeSet<String>> {
    let mut texts = BTreeSet::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_file() && NAMES.iter().any(|beginning| name.starts_with(beginning)) && !name.ends_with(".rs") {
            let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            texts.insert(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"));
        }
    }
    Ok(texts)
}

/// Whom a crate's manifest names, after a comma; empty if it names nobody.
fn authors(folder: &Path) -> Result<String> {
    let manifest = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let manifest: toml::Table = text.parse().with_context(|| format!("{} is no manifest", manifest.display()))?;
    let authors = manifest.get("package").and_then(|package| package.get("authors")?.as_array());
    let names: Vec<&str> = authors.into_iter().flatten().filter_map(toml::Value::as_str).collect();
    Ok(if names.is_empty() { String::new() } else { format!(", by {}", names.join(", ")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_cargo_tree_name_the_crates_of_others() {
        let line = |text| parse(text).map(|found| format!("{}/{}/{}", found.name, found.version, found.licence));
        assert_eq!(line("serde v1.0.229|MIT OR Apache-2.0").unwrap(), "serde/1.0.229/MIT OR Apache-2.0");
        assert_eq!(line("serde_derive v1.0.229 (proc-macro)|MIT (*)").unwrap(), "serde_derive/1.0.229/MIT");
        assert_eq!(line("wasi v0.13.3+wasi-0.2.2|MIT").unwrap(), "wasi/0.13.3+wasi-0.2.2/MIT");
        assert_eq!(line("hibob-base v0.1.0 (/a/host/base)|Apache-2.0"), None);
        assert_eq!(line(""), None);
    }
}
