//! `hibob`, for the tests.

use std::process::ExitCode;

fn main() -> ExitCode {
    hibob_host::cli::main()
}
