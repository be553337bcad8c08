//! What is made from the description of the command line: completions for shells, and manual pages.

use super::{Global, command};
use clap::Args;
use clap_complete::Shell;
use hibob_base::error::{Exit, HostError};
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

#[derive(Args)]
pub(super) struct ManArgs {
    /// The folder to write the pages to; it is made if it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Prints the script with which a shell completes the program's commands.
pub(super) fn completions(global: &Global, args: &CompletionsArgs) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "hibob", &mut script);
    let script = String::from_utf8_lossy(&script);
    if global.json {
        outln!("{}", serde_json::json!({ "shell": args.shell.to_string(), "script": script }));
    } else {
        out!("{script}");
    }
    Exit::Done
}

/// Writes a manual page for the program and for each command.
pub(super) fn man(global: &Global, args: &ManArgs) -> Result<Exit, HostError> {
    let written = std::fs::create_dir_all(&args.out)
        .and_then(|()| clap_mangen::generate_to(command(), &args.out))
        .and_then(|()| Ok(std::fs::read_dir(&args.out)?.count()));
    let pages = written.map_err(|error| {
        let remedy = "name a folder that can be written, with --out DIR";
        HostError::configuration(format!("cannot write to {}: {error}", args.out.display()), remedy)
    })?;
    if global.json {
        outln!("{}", serde_json::json!({ "folder": args.out, "pages": pages }));
    } else {
        outln!("{pages} pages are in {}; read one with: man {}/hibob.1", args.out.display(), args.out.display());
    }
    Ok(Exit::Done)
}
