//! The project's own commands, run as `cargo xtask COMMAND`.
#![expect(clippy::print_stdout, reason = "a command tells what it does")]

mod changes;
mod check;
mod deny;
mod fuzz;
mod run;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask check             formatting, lints (native and wasm), documentation, deny: all that needs no test
cargo xtask deny              licences, sources, duplicates and advisories of the dependencies, by deny.toml
cargo xtask changes           applies each patch of docs/develop/changes to a copy of the tree and compiles it
cargo xtask fuzz [OPTIONS] [TARGET...]
                              runs libFuzzer on the targets in fuzz/, or on those that are named
    --seconds N               for how long each (default 30)
    --jobs N                  how many beside each other (default: the number of processors)";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["check"] => check::check(),
        ["deny"] => deny::deny(),
        ["changes"] => changes::changes(),
        ["fuzz", options @ ..] => fuzz::fuzz(&fuzz::Options::parse(options)?),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => bail!("there is no such command; there are:\n{HELP}"),
    }
}
