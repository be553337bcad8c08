//! Asking before something is done that cannot be taken back, or that loses something.

use super::paint::{YELLOW, clean};
use hibob_base::error::HostError;
use std::io::IsTerminal;

/// Asks whether to go on; `yes` answers it. Without a terminal nobody can be asked, so that it is refused.
///
/// # Errors
/// The answer is not yes, or nobody can be asked. Nothing was done then.
pub(super) fn confirm(what: &[String], yes: bool, json: bool) -> Result<(), HostError> {
    if yes || what.is_empty() {
        return Ok(());
    }
    let refused = |message: String| Err(HostError::configuration(message, "confirm it with --yes; nothing was done"));
    if json || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return refused(what.join("; "));
    }
    for what in what {
        errln!("{}: {}", YELLOW.on_stderr("note"), clean(what));
    }
    err!("go on? [y/N] ");
    let mut answer = String::new();
    let _ = std::io::stdin().read_line(&mut answer);
    if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
        Ok(())
    } else {
        refused("not confirmed".to_owned())
    }
}
