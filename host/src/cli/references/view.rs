//! What `references` prints.

use crate::cli::outcome;
use crate::cli::paint::{BOLD, DIM, GREEN, RED, YELLOW, clean};
use hibob_base::error::{Exit, HostError};
use hibob_jobs::references::{HeldClass, HeldPerson, Report, WitnessReport, name_of};
use hibob_jobs::run::ErrorRow;
use hibob_store::database::{
    DeliveryRow, DeliveryState, DepartureDetails, DepartureRow, ReferenceRow, ReferenceState, WhyNone,
};
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
    let not_due: Vec<String> = report.held.iter().filter_map(not_due).collect();
    if !not_due.is_empty() {
        outln!("{} {} references are not due yet; a later run issues them", DIM.on_stdout("- held"), not_due.len());
        outcome::held_lines(&not_due, all, std::io::stdout().is_terminal()).iter().for_each(|line| outln!("{line}"));
    }
    let numbers = [
        ("issued", report.issued),
        ("not due yet", report.not_due),
        ("superseded", report.superseded),
        ("revoked", report.revoked),
        ("delivered", report.delivered),
        ("told of a revocation", report.told),
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

/// The line about somebody whose reference is not due yet; none for others.
fn not_due(person: &HeldPerson) -> Option<String> {
    let why = match person.class {
        HeldClass::LastDay => "the last day is not over at the site",
        HeldClass::Transfer => "an employee who works here has the same names and work email",
        HeldClass::Setting => "a setting has it wait for a person",
        HeldClass::Title => "the job title is another one than while they worked here",
        HeldClass::GraceTime => "the grace time is not over (references.issue_after_hours)",
        HeldClass::Issuing | HeldClass::Revoking => return None,
    };
    let name = person.name.as_deref().map(|name| format!("  {}", clean(name))).unwrap_or_default();
    Some(format!("{}  {}{name}: {why}", clean(&person.employee_id), clean(&person.ended_on)))
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
pub(super) fn list_text(
    tenant: &str,
    rows: &[ReferenceRow],
    deliveries: &[DeliveryRow],
    open: &[(DepartureRow, DepartureDetails)],
) -> Result<String, HostError> {
    if rows.is_empty() && open.is_empty() {
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
    for (row, details) in open {
        let name = details.name.as_deref().map(|name| format!("  {}", clean(name))).unwrap_or_default();
        lines.push(format!("{}{name}", BOLD.on_stdout("no reference")));
        let (id, why) = (clean(&row.employee_id), why_none(row.why, details));
        lines.push(format!("    employee {id}, until {}; {why}", clean(&row.ended_on)));
    }
    Ok(lines.join("\n"))
}

fn why_none(why: WhyNone, details: &DepartureDetails) -> String {
    match why {
        WhyNone::LastDay => "the last day is not over at the site".to_owned(),
        WhyNone::GraceTime => "the grace time is not over; hibob references issue … --now does not wait".to_owned(),
        WhyNone::Guard => "held, because there were too many at once".to_owned(),
        WhyNone::NotPossible => "not possible with what HiBob has; the last run says why".to_owned(),
        WhyNone::Transfer => {
            "somebody who works here under another employee id has the same names and work email; the last run says more"
                .to_owned()
        }
        WhyNone::Title => "the job title is another one than while they worked here; the last run says more".to_owned(),
        WhyNone::Setting => "a setting has it wait for a person (references.hold_reasons, references.hold_types)".to_owned(),
        WhyNone::Waived => {
            let of = |text: &Option<String>| clean(text.as_deref().unwrap_or("unknown"));
            format!("waived by {}: {}", of(&details.by), of(&details.reason))
        }
    }
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
