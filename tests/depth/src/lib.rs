//! How often the tests repeat what they do at random. A crate of its own, so that the tests of every other crate can ask.

/// Where this variable is set, to something else than `0`, such tests run at length: minutes, for every commit that is to
/// stay. Where it is not, they take seconds, for whoever has just changed a line. `.ci/run` sets it.
pub const DEEP_VARIABLE: &str = "HIBOB_DEEP";

/// How often something is repeated: `short`, or `long` where [`DEEP_VARIABLE`] is set.
pub fn deep(short: usize, long: usize) -> usize {
    let is_deep = std::env::var(DEEP_VARIABLE).is_ok_and(|value| !["", "0"].contains(&value.as_str()));
    if is_deep { long } else { short }
}

/// The sources below a folder (Rust, WIT, SQL), without what was built, for tests that read the tree itself.
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
