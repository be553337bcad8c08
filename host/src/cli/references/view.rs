//! What `references` prints.

use crate::cli::outcome;
use crate::cli::paint::{BOLD, DIM, GREEN, RED, YELLOW, clean};
use hibob_base::error::{Exit, HostError};
use hibob_jobs::references::{Report, WitnessReport, name_of};
use hibob_jobs::run::ErrorRow;
use hibob_store::database::{DeliveryRow, DeliveryState, ReferenceRow, ReferenceState};
use std::collections::BTreeMap;
use std::io::IsTerminal;

/// Prints what a run did, and returns how it ended. `all`: names everybody whom a guard holds, also at a terminal.
pub(super) fn report(report: &Report, json: bool, all: bool) -> Exit {
    if json {
        outcome::json(report);
        return report.exit();
    }
    rows(&report.warnings, &report.errors);
    for guard in &report.guards {
        outln!("{} {}", YELLOW.on_stdout("! held"), clean(&guard.message));
        let people = report.held.iter().filter(|person| person.class == guard.class).map(|person| {
            let name = person.name.as_deref().map(|name| format!("  {}", clean(name))).unwrap_or_default();
            format!("{}  {}{name}", clean(&person.employee_id), clean(&person.ended_on))
        });
        let people: Vec<String> = people.collect();
        outcome::held_lines(&people, all, std::io::stdout().is_terminal()).iter().for_each(|line| outln!("{line}"));
        outln!("    to go on {}", clean(&guard.remedy));
    }
    let numbers = [
        ("issued", report.issued),
        ("superseded", report.superseded),
        ("revoked", report.revoked),
        ("delivered", report.delivered),
        ("waiting", report.waiting),
        ("refused", report.refused),
    ];
    outcome::summary(report.exit(), report.error.as_ref(), "issued", &numbers);
    if report.is_baseline {
        let note = "this was the first run, which issues nothing: for somebody who had left before, use hibob references issue";
        outln!("{}", DIM.on_stdout(note));
    }
    outcome::stopped(report.error.as_ref());
    report.exit()
}

/// Prints which witnesses confirmed the log, and which did not.
pub(super) fn witnesses(report: &WitnessReport) {
    for witness in &report.witnesses {
        let at = time(witness.confirmed_at, "%Y-%m-%d %H:%M UTC");
        outln!("the witness {} confirmed the log at {at}", clean(&witness.name));
    }
    rows(&report.warnings, &report.errors);
}

fn rows(warnings: &[ErrorRow], errors: &[ErrorRow]) {
    outcome::rows(&YELLOW.on_stdout("! warning"), warnings);
    outcome::rows(&RED.on_stdout("! error"), errors);
}

/// The references as a table.
pub(super) fn list_text(tenant: &str, rows: &[ReferenceRow], deliveries: &[DeliveryRow]) -> Result<String, HostError> {
    if rows.is_empty() {
        return Ok(format!("tenant {tenant} has issued no references yet: hibob references {tenant}"));
    }
    let deliveries: BTreeMap<u64, &DeliveryRow> = deliveries.iter().map(|row| (row.log_index, row)).collect();
    let mut lines = Vec::new();
    for row in rows {
        let date = time(row.issued_at, "%Y-%m-%d");
        lines.push(format!("{}  {date}  {}", BOLD.on_stdout(&row.id), clean(&name_of(row)?)));
        let id = &row.departure.employee_id;
        let delivery = deliveries.get(&row.log_index).map(|row| delivery(row)).unwrap_or_default();
        lines.push(format!(
            "    employee {}, until {}; {}; {delivery}",
            clean(id),
            clean(&row.departure.ended_on),
            state(row)
        ));
    }
    Ok(lines.join("\n"))
}

fn state(row: &ReferenceRow) -> String {
    let word = row.state.word();
    match row.state {
        ReferenceState::Valid => GREEN.on_stdout(word),
        ReferenceState::Superseded | ReferenceState::Revoked => {
            format!("{} ({})", YELLOW.on_stdout(word), clean(&row.state_reason))
        }
    }
}

fn delivery(row: &DeliveryRow) -> String {
    let said = if row.said.is_empty() { String::new() } else { format!(": {}", clean(&row.said)) };
    match row.state {
        DeliveryState::Delivered => format!("delivered {}", time(row.changed_at, "%Y-%m-%d %H:%M UTC")),
        DeliveryState::Waiting if row.attempts == 0 => "not delivered yet".to_owned(),
        DeliveryState::Waiting => {
            format!("tried {} times, again from {}{said}", row.attempts, time(row.next_at, "%Y-%m-%d %H:%M UTC"))
        }
        DeliveryState::Refused | DeliveryState::Withdrawn => format!("{}{said}", row.state.word()),
    }
}

fn time(unix_seconds: i64, format: &str) -> String {
    chrono::DateTime::from_timestamp(unix_seconds, 0).unwrap_or_default().format(format).to_string()
}
