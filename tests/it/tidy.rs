//! The tree itself: files stay small, and the core stays pure.

use std::path::{Path, PathBuf};

/// Lines after which a file has a second noun in it.
const LINES_MAX: usize = 600;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

pub(crate) fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, found);
        } else if [".rs", ".wit", ".sql"].iter().any(|end| name.ends_with(end)) {
            found.push(path);
        }
    }
}

#[test]
fn files_are_small_and_named_after_what_is_in_them() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    assert!(files.len() > 50);
    for path in files {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(!["utils", "util", "helpers", "common", "misc"].contains(&stem.as_str()), "{}", path.display());
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines", path.display());
    }
}

/// The core gets no way to the outside, not even by a dependency.
#[test]
fn the_core_stays_pure() {
    let manifest = std::fs::read_to_string(root().join("plugin/core/Cargo.toml")).unwrap();
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split("[dev-dependencies]").next().unwrap();
    let names: Vec<&str> =
        dependencies.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    assert_eq!(names, ["chrono", "chrono-tz", "serde", "serde_json", "simdutf8", "smol_str", "thiserror"]);
    let mut files = Vec::new();
    sources(&root().join("plugin/core/src"), &mut files);
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        for word in ["std::fs", "std::net", "std::env", "std::thread", "Utc::now", "Instant", "SystemTime"] {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}
