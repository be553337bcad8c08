//! Tests of the structure of the workspace: crates depend on each other in one direction, as ARCHITECTURE.md shows, and
//! folders make no circles.

use hibob_test_depth::sources;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Most lines of Rust in the sources of one crate, so that one person can know it.
const CRATE_LINES_MAX: usize = 16_000;
/// Most lines in one test binary. Its modules depend on few others, so that nobody has to know it as a whole; and a
/// second one that links wasmtime would cost each `cargo test` a link.
const TEST_LINES_MAX: usize = 24_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A package of the workspace.
struct Package {
    folder: PathBuf,
    /// The packages of the workspace that it always depends on.
    needs: BTreeSet<String>,
    /// Those that it depends on only with a feature.
    needs_with_a_feature: BTreeSet<String>,
    /// Whether its library has a test binary.
    is_tested: bool,
}

fn packages() -> BTreeMap<String, Package> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = metadata["packages"].as_array().unwrap();
    let names: BTreeSet<&str> = all.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let package = |package: &Value| {
        let (mut needs, mut needs_with_a_feature) = (BTreeSet::new(), BTreeSet::new());
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = dependency["name"].as_str().unwrap();
            if dependency["kind"] == "dev" || !names.contains(name) {
                continue;
            }
            let optional = dependency["optional"].as_bool().unwrap();
            let set = if optional { &mut needs_with_a_feature } else { &mut needs };
            set.insert(name.to_owned());
        }
        let library = package["targets"].as_array().unwrap().iter().find(|target| target["kind"][0] == "lib");
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        Package {
            folder: manifest.parent().unwrap().strip_prefix(root()).unwrap().to_owned(),
            needs,
            needs_with_a_feature,
            is_tested: library.is_some_and(|library| library["test"] == true),
        }
    };
    all.iter().map(|value| (value["name"].as_str().unwrap().to_owned(), package(value))).collect()
}

fn is_of_the_tests(package: &Package) -> bool {
    package.folder.starts_with("tests")
}

/// The picture in ARCHITECTURE.md has exactly the crates and dependencies that there are.
#[test]
fn the_picture_of_the_crates_is_true() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let picture = text.split("```crates\n").nth(1).unwrap().split("```").next().unwrap();
    let drawn: BTreeMap<String, BTreeSet<String>> = picture
        .lines()
        .map(|line| {
            let (name, needs) = line.split_once(" ->").unwrap();
            let needs = needs.split(',').map(str::trim).filter(|need| !need.is_empty()).map(str::to_owned).collect();
            (name.to_owned(), needs)
        })
        .collect();
    let shown = |name: &str, package: &Package| name == "hibob-fakes" || !is_of_the_tests(package);
    let there: BTreeMap<String, BTreeSet<String>> = packages()
        .into_iter()
        .filter(|(name, package)| shown(name, package))
        .map(|(name, package)| (name, &package.needs | &package.needs_with_a_feature))
        .collect();
    assert_eq!(drawn, there);
    // Each line names only crates from lines above it, so there is no circle.
    let mut before = BTreeSet::new();
    for line in picture.lines() {
        let name = line.split(" ->").next().unwrap();
        let late: Vec<_> = drawn[name].difference(&before).collect();
        assert!(late.is_empty(), "{name} is above {late:?}, which it uses");
        before.insert(name.to_owned());
    }
}

/// No shipped crate depends on a crate of the tests, except the program with its feature `demo`.
#[test]
fn nothing_that_is_shipped_needs_the_tests() {
    let packages = packages();
    for (name, package) in &packages {
        if is_of_the_tests(package) {
            continue;
        }
        let need = package.needs.iter().find(|need| is_of_the_tests(&packages[*need]));
        assert_eq!(need, None, "{name} depends on it");
        for need in package.needs_with_a_feature.iter().filter(|need| is_of_the_tests(&packages[*need])) {
            assert_eq!((name.as_str(), need.as_str()), ("hibob-host", "hibob-fakes"));
        }
    }
}

/// Crates that depend on the sandbox have no test binary, since each would link wasmtime.
#[test]
fn crates_above_the_sandbox_have_no_test_binary() {
    let packages = packages();
    let mut above: BTreeSet<&str> = BTreeSet::from(["hibob-sandbox"]);
    loop {
        let number = above.len();
        for (name, package) in packages.iter().filter(|(_, package)| !is_of_the_tests(package)) {
            if package.needs.iter().any(|need| above.contains(need.as_str())) {
                above.insert(name);
            }
        }
        if above.len() == number {
            break;
        }
    }
    assert!(above.contains("hibob-host"));
    for name in above.iter().filter(|name| **name != "hibob-sandbox") {
        assert!(!packages[*name].is_tested, "{name} has unit tests, whose binary links wasmtime");
    }
}

#[test]
fn crates_are_small() {
    for (name, package) in packages() {
        let folder = root().join(&package.folder);
        let mut files = Vec::new();
        for part in ["src", "it", "simulation", "tree", "benches"].map(|part| folder.join(part)) {
            if part.is_dir() {
                files.clear();
                sources(&part, &mut files);
                let rust = files.iter().filter(|file| file.extension().is_some_and(|end| end == "rs"));
                let lines: usize = rust.map(|file| std::fs::read_to_string(file).unwrap().lines().count()).sum();
                let lines_max = if part.ends_with("src") { CRATE_LINES_MAX } else { TEST_LINES_MAX };
                assert!(lines <= lines_max, "{name}: {} has {lines} lines", part.display());
            }
        }
    }
}

/// The folder of a module, given by its path; none for the crate's own file and for modules without a folder.
fn room(path: &[&str], folders: &BTreeSet<String>) -> Option<String> {
    path.first().filter(|first| folders.contains(**first)).map(|first| (*first).to_owned())
}

/// The paths in a file's `use crate::` declarations.
fn used(text: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for declaration in text.split("use crate::").skip(1) {
        let Some(tree) = declaration.split(';').next() else { continue };
        let tree: String = tree.chars().filter(|c| !c.is_whitespace()).collect();
        // `a::b::{c,d}` is in `a`; `{a::b,c::d}` names several.
        let heads: Vec<&str> = match tree.strip_prefix('{') {
            Some(list) => list.split([',', '{', '}']).collect(),
            None => vec![tree.as_str()],
        };
        for head in heads.into_iter().filter(|head| !head.is_empty()) {
            paths.push(head.split("::").map(str::to_owned).collect());
        }
    }
    paths
}

/// No two folders of a crate use each other, directly or through others. What `#[cfg(test)]` modules use does not
/// count.
#[test]
fn folders_of_a_crate_make_no_circle() {
    let mut seen = 0;
    for (name, package) in packages() {
        if is_of_the_tests(&package) {
            continue;
        }
        let source = root().join(&package.folder).join("src");
        let mut files = Vec::new();
        sources(&source, &mut files);
        let relative = |file: &PathBuf| {
            let path = file.strip_prefix(&source).unwrap().with_extension("");
            path.iter().map(|part| part.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        let folders: BTreeSet<String> =
            files.iter().map(relative).filter(|path| path.len() > 1).map(|path| path[0].clone()).collect();
        let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "rs")) {
            let path = relative(file);
            if path.iter().any(|part| part.ends_with("tests")) {
                continue;
            }
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            let Some(from) = room(&names, &folders) else { continue };
            let text = std::fs::read_to_string(file).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for used in used(text) {
                let names: Vec<&str> = used.iter().map(String::as_str).collect();
                if let Some(to) = room(&names, &folders).filter(|to| *to != from) {
                    arrows.entry(from.clone()).or_default().insert(to);
                    seen += 1;
                }
            }
        }
        for start in arrows.keys() {
            let mut reached: BTreeSet<&String> = arrows[start].iter().collect();
            loop {
                let next: BTreeSet<&String> = reached.iter().filter_map(|room| arrows.get(*room)).flatten().collect();
                let number = reached.len();
                reached.extend(next);
                if reached.len() == number {
                    break;
                }
            }
            assert!(!reached.contains(start), "{name}: {start} is part of a circle: {arrows:?}");
        }
    }
    assert!(seen > 50, "only {seen} arrows between folders were found");
}
