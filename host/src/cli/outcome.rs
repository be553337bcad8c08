//! Prints the outcome of a run, of a sync or of the references job.

use super::paint::{CYAN, GREEN, RED, YELLOW, clean};
use hibob_base::error::Exit;
use hibob_jobs::run::{ErrorRow, Stopped};
use serde::Serialize;

/// Prints the whole report as JSON.
pub(super) fn json(report: &impl Serialize) {
    match serde_json::to_string(report) {
        Ok(text) => println!("{text}"),
        Err(error) => eprintln!("error: {error}"),
    }
}

/// Prints rows of errors or warnings, each with its remedy, after this mark.
pub(super) fn rows<'r>(mark: &str, rows: impl IntoIterator<Item = &'r ErrorRow>) {
    for row in rows {
        let who = row.employee_id.as_deref().map(|id| format!("employee {}: ", clean(id))).unwrap_or_default();
        println!("{mark} {} {who}{}", clean(&row.code), clean(&row.message));
        println!("    to mend  {}", clean(&row.remedy));
    }
}

/// Prints how the run ended, with the counts that are not 0 and the one that is `always` shown.
pub(super) fn summary(exit: Exit, stopped: Option<&Stopped>, always: &str, numbers: &[(&str, u64)]) {
    let told = numbers.iter().filter(|(name, number)| *number > 0 || *name == always);
    let parts: Vec<String> = told.map(|(name, number)| format!("{number} {name}")).collect();
    let head = match exit {
        Exit::Done => GREEN.on_stdout("Done:"),
        Exit::SomeFailed => YELLOW.on_stdout("Done, with errors:"),
        Exit::Held if stopped.is_none() => YELLOW.on_stdout("Done, but for what is held:"),
        Exit::Waiting => YELLOW.on_stdout("Waiting for approval:"),
        Exit::Interrupted => YELLOW.on_stdout("Interrupted:"),
        Exit::Usage | Exit::Held | Exit::Refused | Exit::Failed => RED.on_stdout("Stopped:"),
    };
    println!("{head} {}", parts.join(", "));
}

/// Prints what ended the run early, if anything did.
pub(super) fn stopped(stopped: Option<&Stopped>) {
    if let Some(stopped) = stopped {
        eprintln!("{}: {}", RED.on_stderr("error"), clean(&stopped.message));
        eprintln!("{}: {}", CYAN.on_stderr("help"), clean(&stopped.remedy));
    }
}
