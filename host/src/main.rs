//! `hibob`: the host on the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    hibob_host::cli::main()
}
