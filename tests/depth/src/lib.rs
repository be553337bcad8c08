//! How often tests with random input repeat it, and which source files the tree has. It is a separate crate without
//! dependencies, so that the tests of every other crate can use it.
#![expect(clippy::unwrap_used, reason = "test support")]

/// If this variable is set to anything but `0`, such tests run at length and take minutes, for commits that are to stay.
/// Otherwise they take seconds, for quick feedback on a change. `.ci/run` sets it.
pub const DEEP_VARIABLE: &str = "HIBOB_DEEP";

/// How often something is repeated: `short`, or `long` if [`DEEP_VARIABLE`] is set.
pub fn deep(short: usize, long: usize) -> usize {
    let is_deep = std::env::var(DEEP_VARIABLE).is_ok_and(|value| !["", "0"].contains(&value.as_str()));
    if is_deep { long } else { short }
}

/// The source files (Rust, WIT, SQL) below a folder, without build results, for tests that read the tree itself.
///
/// # Panics
/// A folder cannot be read.
pub fn sources(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
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
