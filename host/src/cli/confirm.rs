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
    if !can_ask(global.json) {
        return Err(HostError::configuration(what, remedy));
    }
    if ask(what) { Ok(()) } else { Err(HostError::configuration("nothing was done", remedy)) }
}

/// Whether there is a person to ask: input and standard error are a terminal, and the output is not for a machine.
pub(super) fn can_ask(json: bool) -> bool {
    !json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks at the terminal, and waits for the answer. Anything but `yes` is a no.
pub(super) fn ask(what: &str) -> bool {
    err!("{} {}; type yes to go on: ", YELLOW.on_stderr("confirm"), clean(what));
    let mut answer = String::new();
    let is_read = std::io::stdin().lock().read_line(&mut answer).is_ok();
    is_read && is_confirmed(&answer)
}

fn is_confirmed(answer: &str) -> bool {
    answer.trim().eq_ignore_ascii_case("yes")
}
