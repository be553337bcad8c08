//! `cargo xtask check`: everything that needs no test run.

use crate::deny;
use crate::run::{cargo, run};
use anyhow::Result;

/// The packages that are empty unless they are compiled to wasm.
const GUESTS: [&str; 3] = ["hibob-connector", "hibob-connector-v0-1", "hibob-hostile"];

/// Formatting, lints, documentation and dependencies; warnings are errors.
///
/// # Errors
/// The first of them that fails.
pub(crate) fn check() -> Result<()> {
    println!("== formatting");
    run(cargo().args(["fmt", "--all", "--check"]))?;
    println!("== lints, native");
    run(cargo().args(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    println!("== lints, wasm");
    let packages = GUESTS.into_iter().flat_map(|guest| ["--package", guest]);
    let target = ["--target", "wasm32-wasip2", "--", "-D", "warnings"];
    run(cargo().args(["clippy", "--locked"]).args(packages).args(target))?;
    println!("== documentation");
    run(cargo().args(["doc", "--locked", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    println!("== dependencies");
    deny::deny()
}
