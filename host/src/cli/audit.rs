//! `audit`: who did what, by commands on this machine and through the API; and the record of the commands.
//!
//! A command that changes something has a row in the API log before it begins, and its outcome afterwards. Commands
//! that only read have none, nor has `serve`, whose jobs are in the history.

use super::Global;
use super::paint::clean;
use chrono::DateTime;
use clap::Args;
use hibob_base::error::{Exit, HostError};
use hibob_store::api_log;
use hibob_store::api_log::{ApiLogEntry, ApiLogOutcome, ApiLogRow, COMMAND_LINE};
use hibob_store::plan_file;
use std::path::PathBuf;

/// How many rows are listed by default.
const LISTED: u32 = 50;

/// The longest id of a tenant, in characters.
const TENANT_CHARS_MAX: usize = 63;

/// The longest object of a command, in characters: all options that release something, with their numbers.
const OBJECT_CHARS_MAX: usize = 480;

#[derive(Args)]
pub(super) struct AuditArgs {
    /// List only what was about this tenant
    #[arg(long, value_name = "T")]
    tenant: Option<String>,
    /// How many rows to list
    #[arg(long, value_name = "N", default_value_t = LISTED)]
    limit: u32,
}

/// What the API log says of a command that changes something: never a secret, nor anything of a person but the one who
/// asks for it.
#[derive(Debug, Default)]
pub(super) struct Change {
    action: &'static str,
    tenant: Option<String>,
    object: Option<String>,
    asked_by: Option<String>,
    /// A saved plan, which says for which tenant it is.
    plan: Option<PathBuf>,
}

impl Change {
    /// A command of this name, such as `tenant-disable`.
    pub(super) fn new(action: &'static str) -> Self {
        Self { action, ..Self::default() }
    }

    /// For this tenant. What cannot be a tenant's id is not recorded: it may have been meant for standard input.
    pub(super) fn of(self, tenant: &str) -> Self {
        let is_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = tenant.len() <= TENANT_CHARS_MAX && tenant.bytes().all(is_id);
        Self { tenant: fits.then(|| tenant.to_owned()), ..self }
    }

    /// For the tenant of this saved plan.
    pub(super) fn of_plan(self, file: &std::path::Path) -> Self {
        Self { plan: Some(file.to_owned()), ..self }
    }

    /// With this job, secret's name, key, or these options. An empty text says nothing, and one that has the form of none
    /// of these is not recorded.
    pub(super) fn with(self, object: impl Into<String>) -> Self {
        let object = object.into();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b" -.:".contains(&byte);
        let is_known = !object.is_empty() && object.len() <= OBJECT_CHARS_MAX && object.bytes().all(fits);
        Self { object: is_known.then_some(object), ..self }
    }

    /// In the name of this person.
    pub(super) fn by(self, person: Option<&str>) -> Self {
        Self { asked_by: person.map(str::to_owned), ..self }
    }
}

/// The options that release something, as they were given, for [`Change::with`].
pub(super) fn releases(numbers: &[(&str, usize)], flags: &[(&str, bool)]) -> String {
    let numbers = numbers.iter().filter(|(_, number)| *number > 0).map(|(name, number)| format!("--{name} {number}"));
    let flags = flags.iter().filter(|(_, is_given)| *is_given).map(|(name, _)| format!("--{name}"));
    numbers.chain(flags).collect::<Vec<_>>().join(" ")
}

/// Runs a command, and records it if it changes something.
///
/// # Errors
/// The command ended with one, or it could not be recorded and was not run.
pub(super) async fn recorded(
    global: &Global,
    change: Option<Change>,
    command: impl Future<Output = Result<Exit, HostError>>,
) -> Result<Exit, HostError> {
    let Some(change) = change else { return command.await };
    // If the data cannot be opened, the command says so in its own way.
    let Ok(data) = global.data().await else { return command.await };
    let of_plan =
        change.plan.and_then(|file| plan_file::read(&data, &file).ok()).map(|saved| saved.tenant().to_owned());
    let tenant = change.tenant.or(of_plan);
    let entry = ApiLogEntry::of_command(change.action, tenant, change.object, change.asked_by);
    let row = api_log::begin(data.control(), &entry).await?;
    let ended = command.await;
    let (outcome, code) = match &ended {
        Ok(exit) => (outcome(*exit), (*exit != Exit::Done).then(|| exit.label())),
        Err(error) => (outcome(error.exit()), Some(error.code())),
    };
    api_log::ended(data.control(), row, &entry, outcome, code).await;
    ended
}

/// The outcome in the API log of a command that ends with this code.
fn outcome(exit: Exit) -> ApiLogOutcome {
    match exit {
        Exit::StatusUnknown | Exit::SavedAnew => ApiLogOutcome::Done,
        Exit::Done | Exit::SomeFailed | Exit::Waiting => ApiLogOutcome::Done,
        Exit::Usage | Exit::Held | Exit::Busy | Exit::Interrupted => ApiLogOutcome::Refused,
        Exit::Refused | Exit::Failed => ApiLogOutcome::Failed,
    }
}

/// Lists the API log, the newest row first.
pub(super) async fn audit(global: &Global, args: &AuditArgs) -> Result<Exit, HostError> {
    let data = global.data().await?;
    // The tenant may have been removed: what was done about it is still there.
    let rows = data.control().api_log_of(args.tenant.as_deref(), args.limit).await?;
    if global.json {
        outln!("{}", serde_json::json!({ "audit": rows }));
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        outln!("nothing is recorded yet; commands that only read are not");
    }
    for row in &rows {
        outln!("{}", clean(&line(row)));
    }
    Ok(Exit::Done)
}

fn line(row: &ApiLogRow) -> String {
    let at = DateTime::from_timestamp(row.at, 0).unwrap_or_default().format("%Y-%m-%d %H:%M:%S UTC");
    let code = row.code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
    let what = [row.tenant.as_deref(), row.object.as_deref()].into_iter().flatten();
    let what: Vec<&str> = [row.action.as_str()].into_iter().chain(what).collect();
    format!("{at}  {:<7}{code}  {}  {}", row.outcome, what.join(" "), who(row))
}

/// Who acted: the system's user of a command and for whom, or the token of a request.
fn who(row: &ApiLogRow) -> String {
    let Some(user) = &row.os_user else {
        return match row.role.as_deref() {
            Some(role) => format!("by token {} ({role})", row.actor),
            None if row.actor == COMMAND_LINE => "by a command".to_owned(),
            None => format!("by {}", row.actor),
        };
    };
    let asked = row.asked_by.as_deref().map(|person| format!(" for {person}")).unwrap_or_default();
    format!("by {user}{asked}")
}
