//! The project's own commands, run as `cargo xtask COMMAND`. The program is `main.rs`; as a library it is for the tests.
#![expect(clippy::print_stdout, reason = "a command tells what it does")]

mod changes;
mod check;
mod deny;
mod fuzz;
mod release;
mod run;
mod zones;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask check             formatting, lints (native and wasm), documentation, deny: all that needs no test
cargo xtask deny              licences, sources, duplicates and advisories of the dependencies, by deny.toml
cargo xtask zones             whether newer time zone data exists than those in the program and the plugin
cargo xtask changes           applies each patch of docs/develop/changes to a copy of the tree and compiles it
cargo xtask fuzz [OPTIONS] [TARGET...]
                              runs libFuzzer on the targets in fuzz/, or on those that are named
    --seconds N               for how long each (default 30)
    --seed N                  from the repository's corpus alone, with this seed
    --jobs N                  how many beside each other (default: the number of processors)
cargo xtask release [OPTIONS] builds the program and makes the archive of a release, and SHA256SUMS of all that is in the folder
cargo xtask deb [OPTIONS]     the same with a Debian package, which names DEBEMAIL as who answers for it
    --target TARGET           for which target of Rust (default: this machine's)
    --program FILE            takes this program and builds none
    --out DIR                 the folder (default: release-files in the target directory)
    --key FILE                signs SHA256SUMS with this secret key of minisign; HIBOB_RELEASE_KEY_PASSWORD is its password
cargo xtask release --sign DIR --key FILE
                              writes SHA256SUMS of a folder anew and signs it
cargo xtask release --verify DIR --public FILE
                              checks the signature, the sums, and that nothing else is in the folder";

/// Carries out a command, given by its words without `cargo xtask`.
///
/// # Errors
/// There is no such command, or what it does has failed.
pub fn command(arguments: &[&str]) -> Result<()> {
    match arguments {
        ["check"] => check::check(),
        ["deny"] => deny::deny(),
        ["changes"] => changes::changes(),
        ["zones"] => zones::zones(),
        ["fuzz", options @ ..] => fuzz::fuzz(&fuzz::Options::parse(options)?),
        ["release", options @ ..] => release::release(&release::Request::parse(options)?),
        ["deb", options @ ..] => release::deb(&release::Options::parse(options)?),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => bail!("there is no such command; there are:\n{HELP}"),
    }
}
