//! Prints the outcome of a run, of a sync or of the references job.

use super::paint::{CYAN, GREEN, RED, YELLOW, clean};
use hibob_base::error::Exit;
use hibob_jobs::run::{ErrorRow, Stopped};
use serde::Serialize;

/// Prints the whole report as JSON.
pub(super) fn json(report: &impl Serialize) {
    match serde_json::to_string(report) {
        Ok(text) => outln!("{text}"),
        Err(error) => errln!("error: {error}"),
    }
}

/// Prints rows of errors or warnings, each with its remedy, after this mark.
pub(super) fn rows<'r>(mark: &str, rows: impl IntoIterator<Item = &'r ErrorRow>) {
    for row in rows {
        let who = row.employee_id.as_deref().map(|id| format!("employee {}: ", clean(id))).unwrap_or_default();
        outln!("{mark} {} {who}{}", clean(&row.code), clean(&row.message));
        outln!("    to mend  {}", clean(&row.remedy));
    }
}

/// Prints the warnings of a run: all of them, or at a terminal the first [`NAMED_MAX`] unless `all` of them are asked for.
pub(super) fn warnings(warnings: &[ErrorRow], all: bool, is_terminal: bool) {
    let most = if all || !is_terminal { warnings.len() } else { NAMED_MAX };
    rows(&YELLOW.on_stdout("! warning"), warnings.iter().take(most));
    if warnings.len() > most {
        outln!("    and {} more warnings: --all", warnings.len() - most);
    }
}

/// The exit code of a command that was told to be `strict`: warnings count as errors.
pub(super) fn strictly(strict: bool, exit: Exit, has_warnings: bool) -> Exit {
    if strict && exit == Exit::Done && has_warnings { Exit::SomeFailed } else { exit }
}

/// How many people whom a guard holds are named at a terminal, unless all are asked for.
const NAMED_MAX: usize = 20;

/// The lines that name whom a guard holds: everybody, or at a terminal the first [`NAMED_MAX`] unless `all` of them are
/// asked for.
pub(super) fn held_lines(people: &[String], all: bool, is_terminal: bool) -> Vec<String> {
    let most = if all || !is_terminal { people.len() } else { NAMED_MAX };
    let mut lines: Vec<String> = people.iter().take(most).map(|person| format!("    {person}")).collect();
    if people.len() > most {
        lines.push(format!("    and {} more: --all", people.len() - most));
    }
    lines
}

/// Whom a change is about, for people.
pub(super) fn person(employee_id: Option<&str>, name: &str) -> String {
    let id = employee_id.map(|id| format!(" (employee {})", clean(id))).unwrap_or_default();
    format!("{}{id}", clean(name))
}

/// Whom a held change is about, with the fields that are held, if the rest of the change is made.
pub(super) fn held(employee_id: Option<&str>, name: &str, fields: &[String]) -> String {
    let fields = if fields.is_empty() { String::new() } else { format!(": {}", clean(&fields.join(", "))) };
    format!("{}{fields}", person(employee_id, name))
}

/// Prints how the run ended, with the counts that are not 0 and the one that is `always` shown; of a run that was stopped
/// before it did anything, only that.
pub(super) fn summary(exit: Exit, stopped: Option<&Stopped>, always: &str, numbers: &[(&str, u64)]) {
    let what = counts(stopped.is_some(), always, numbers);
    let head = match exit {
        Exit::Done => GREEN.on_stdout("Done:"),
        // No run verifies a reference.
        Exit::StatusUnknown | Exit::SavedAnew => YELLOW.on_stdout("Done:"),
        Exit::SomeFailed => YELLOW.on_stdout("Done, with errors:"),
        Exit::Held if stopped.is_none() => YELLOW.on_stdout("Done, but for what is held:"),
        Exit::Waiting => YELLOW.on_stdout("Waiting for approval:"),
        Exit::Busy => YELLOW.on_stdout("Not begun:"),
        Exit::Interrupted => YELLOW.on_stdout("Interrupted:"),
        Exit::Usage | Exit::Held | Exit::Refused | Exit::Failed => RED.on_stdout("Stopped:"),
    };
    outln!("{head} {what}");
}

fn counts(is_stopped: bool, always: &str, numbers: &[(&str, u64)]) -> String {
    if is_stopped && numbers.iter().all(|(_, number)| *number == 0) {
        return "nothing was done".to_owned();
    }
    let told = numbers.iter().filter(|(name, number)| *number > 0 || *name == always);
    told.map(|(name, number)| format!("{number} {name}")).collect::<Vec<_>>().join(", ")
}

/// Prints what ended the run early, if anything did.
pub(super) fn stopped(stopped: Option<&Stopped>) {
    if let Some(stopped) = stopped {
        errln!("{}: {}", RED.on_stderr("error"), clean(&stopped.message));
        errln!("{}: {}", CYAN.on_stderr("help"), clean(&stopped.remedy));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_was_stopped_at_once_has_no_count() {
        assert_eq!(counts(true, "kept", &[("created", 0), ("kept", 0)]), "nothing was done");
        assert_eq!(counts(true, "kept", &[("created", 2), ("kept", 0)]), "2 created, 0 kept");
        assert_eq!(counts(false, "kept", &[("created", 0), ("kept", 0)]), "0 kept");
    }
}
