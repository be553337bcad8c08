//! Confirming what cannot be taken back: at a terminal by an answer, elsewhere by `--yes`.

use super::Global;
use super::paint::{YELLOW, clean};
use hibob_base::error::HostError;
use std::io::{BufRead, IsTerminal};

/// Asks a person to confirm, unless `--yes` was given. `what` says what would be done, and `command` how to do it
/// without being asked.
///
/// # Errors
/// Nobody can be asked, since this is no terminal or `--json` was given; or the person did not confirm.
pub(super) fn confirm(global: &Global, yes: bool, what: &str, command: &str) -> Result<(), HostError> {
    if yes {
        return Ok(());
    }
    let remedy = format!("if that is what is wanted: {command} --yes");
    if global.json || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(HostError::configuration(what, remedy));
    }
    err!("{} {}; type yes to go on: ", YELLOW.on_stderr("confirm"), clean(what));
    let mut answer = String::new();
    let is_read = std::io::stdin().lock().read_line(&mut answer).is_ok();
    if is_read && is_confirmed(&answer) { Ok(()) } else { Err(HostError::configuration("nothing was done", remedy)) }
}

fn is_confirmed(answer: &str) -> bool {
    answer.trim().eq_ignore_ascii_case("yes")
}
