//! `employees`: lists all employees with their states.

use super::Global;
use super::paint::{DIM, GREEN, RED, YELLOW, clean};
use super::progress::Bar;
use super::sync::Ready;
use clap::{Args, ValueEnum};
use hibob_base::error::{Exit, HostError};
use hibob_contract::Roster;
use hibob_contract::directory_sync::{EmployeeState, RosterEntry};
use hibob_contract::types::{Finding, Severity};
use hibob_jobs::run::EXCLUDED;
use hibob_policy::on_hold;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Args)]
pub(super) struct EmployeesArgs {
    /// The tenant's id
    tenant: String,
    /// List only the employees in this state
    #[arg(long, value_enum)]
    state: Option<State>,
}

/// The states of employees, as they are written on the command line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum State {
    Synced,
    Pending,
    Waiting,
    OutOfSelection,
    Excluded,
    Archived,
    Left,
    Failed,
    Vanished,
}

impl From<EmployeeState> for State {
    fn from(state: EmployeeState) -> Self {
        match state {
            EmployeeState::Synced => Self::Synced,
            EmployeeState::Pending => Self::Pending,
            EmployeeState::Waiting => Self::Waiting,
            EmployeeState::OutOfSelection => Self::OutOfSelection,
            EmployeeState::Archived => Self::Archived,
            EmployeeState::Left => Self::Left,
            EmployeeState::Failed => Self::Failed,
            EmployeeState::Vanished => Self::Vanished,
        }
    }
}

/// Whether a finding says that somebody is left out of the sync, by a setting or by a person's hold.
fn leaves_out(finding: &Finding) -> bool {
    [EXCLUDED, on_hold::CODE].contains(&finding.code.as_str())
}

/// The ids of those who are left out of the sync. In the contract they are out of selection, with such a finding.
fn excluded(findings: &[Finding]) -> BTreeSet<String> {
    findings.iter().filter(|finding| leaves_out(finding)).filter_map(|finding| finding.employee_id.clone()).collect()
}

impl State {
    fn of(entry: &RosterEntry, excluded: &BTreeSet<String>) -> Self {
        if excluded.contains(&entry.employee_id) { Self::Excluded } else { entry.state.into() }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Synced => "synced",
            Self::Pending => "pending",
            Self::Waiting => "not started",
            Self::OutOfSelection => "out of selection",
            Self::Excluded => "excluded",
            Self::Archived => "archived",
            Self::Left => "left",
            Self::Failed => "failed",
            Self::Vanished => "vanished",
        }
    }
}

pub(super) async fn employees(global: &Global, args: &EmployeesArgs) -> Result<Exit, HostError> {
    let ready = Ready::new(global, &args.tenant, "employees").await?;
    let bar = Arc::new(Bar::new());
    let roster = hibob_runner::roster(&ready.plugin, &ready.tenant, bar.clone()).await;
    bar.clear();
    let mut roster = roster.map_err(|error| error.of_tenant(&args.tenant))?;
    let excluded = excluded(&roster.findings);
    roster.employees.retain(|entry| args.state.is_none_or(|state| State::of(entry, &excluded) == state));
    let failed = roster.employees.iter().any(|entry| entry.state == EmployeeState::Failed);
    if global.json {
        outln!("{}", json(&args.tenant, &roster, &excluded));
    } else {
        outln!("{}", text(&args.tenant, &roster, &excluded));
    }
    Ok(if failed { Exit::SomeFailed } else { Exit::Done })
}

/// The errors and warnings about each employee, and what excludes them.
fn reasons(findings: &[Finding]) -> BTreeMap<&str, Vec<&Finding>> {
    let mut reasons: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.severity != Severity::Notice || leaves_out(finding)) {
        if let Some(id) = finding.employee_id.as_deref() {
            reasons.entry(id).or_default().push(finding);
        }
    }
    reasons
}

fn text(tenant: &str, roster: &Roster, excluded: &BTreeSet<String>) -> String {
    let reasons = reasons(&roster.findings);
    let mut numbers: BTreeMap<State, usize> = BTreeMap::new();
    let mut lines = Vec::new();
    for entry in &roster.employees {
        let state = State::of(entry, excluded);
        *numbers.entry(state).or_default() += 1;
        let color = match state {
            State::Synced => GREEN,
            State::Pending | State::Vanished => YELLOW,
            State::Failed => RED,
            State::Waiting | State::OutOfSelection | State::Excluded | State::Archived | State::Left => DIM,
        };
        let account = entry.account_id.as_deref().map(|id| format!("account {}", clean(id))).unwrap_or_default();
        let line = format!(
            "{:<20} {:<32} {} {account}",
            clean(&entry.employee_id),
            clean(&entry.display_name),
            color.on_stdout(&format!("{:<16}", state.word())),
        );
        lines.push(line.trim_end().to_owned());
        for finding in reasons.get(entry.employee_id.as_str()).into_iter().flatten() {
            // The line above has the name already.
            let message = finding.message.strip_prefix(&format!("{}: ", entry.display_name));
            lines.push(format!("    {}: {}", clean(&finding.code), clean(message.unwrap_or(&finding.message))));
        }
    }
    let parts: Vec<String> = numbers.iter().map(|(state, number)| format!("{number} {}", state.word())).collect();
    lines.push(format!("{tenant}: {}", if parts.is_empty() { "nobody".to_owned() } else { parts.join(", ") }));
    lines.join("\n")
}

fn json(tenant: &str, roster: &Roster, excluded: &BTreeSet<String>) -> serde_json::Value {
    let reasons = reasons(&roster.findings);
    let rows: Vec<_> = roster
        .employees
        .iter()
        .map(|entry| {
            let why: Vec<_> = reasons
                .get(entry.employee_id.as_str())
                .into_iter()
                .flatten()
                .map(|finding| {
                    serde_json::json!({ "code": finding.code, "message": finding.message, "remedy": finding.remedy })
                })
                .collect();
            serde_json::json!({
                "employee_id": entry.employee_id,
                "display_name": entry.display_name,
                "state": State::of(entry, excluded).word().replace(' ', "_"),
                "account_id": entry.account_id,
                "why": why,
            })
        })
        .collect();
    serde_json::json!({ "tenant": tenant, "employees": rows })
}
