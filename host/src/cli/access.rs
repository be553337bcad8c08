//! What a command does beside printing, and so what becomes of it when nobody reads what it prints.

use super::Command;
use super::history::HistoryArgs;
use super::jobs::{JobsArgs, JobsCommand};
use super::plans::{PlansArgs, PlansCommand};
use super::plugin::{PluginCommand, TrustArgs};
use super::references::{KeyCommand, ReferencesArgs, ReferencesCommand};
use super::secret::SecretCommand;
use super::tenant::TenantCommand;
use super::token::TokenCommand;

/// What a command does beside printing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Nothing. It ends at once, with 0, when standard output is closed.
    Reads,
    /// Nothing, and its exit code is its answer, which must not become a 0: it goes on to its end without output.
    Answers,
    /// It changes something. It goes on to its end without output, and ends with its usual code.
    Writes,
}

impl Access {
    /// The one table of the commands: what each of them does.
    pub(super) fn of(command: &Command) -> Self {
        match command {
            #[cfg(feature = "demo")]
            Command::Demo(_) | Command::Fakes(_) => Self::Writes,
            Command::Tenant(command) => match command {
                TenantCommand::List
                | TenantCommand::Show { .. }
                | TenantCommand::Schema
                | TenantCommand::Versions { .. } => Self::Reads,
                TenantCommand::Apply { .. }
                | TenantCommand::Init(_)
                | TenantCommand::Rollback { .. }
                | TenantCommand::Disable { .. }
                | TenantCommand::Forget { .. }
                | TenantCommand::NewTarget { .. }
                | TenantCommand::Enable { .. }
                | TenantCommand::Credentials { .. } => Self::Writes,
            },
            Command::Secret(command) => match command {
                SecretCommand::List { .. } => Self::Reads,
                SecretCommand::Set { .. } | SecretCommand::Remove { .. } | SecretCommand::Rotate => Self::Writes,
            },
            Command::Audit(_)
            | Command::Check { .. }
            | Command::Employees(_)
            | Command::Reconcile(_)
            | Command::Forgotten { .. } => Self::Reads,
            Command::Plan { out, .. } => Self::writes_to(out.is_some()),
            Command::Apply { .. } | Command::Sync { .. } => Self::Writes,
            Command::Plans(PlansArgs { command, .. }) => match command {
                None | Some(PlansCommand::Show { .. }) => Self::Reads,
                Some(PlansCommand::Approve { .. } | PlansCommand::Reject { .. }) => Self::Writes,
            },
            Command::History(HistoryArgs { xlsx, .. }) => Self::writes_to(xlsx.is_some()),
            Command::Backup(_) | Command::Restore(_) | Command::ForgetPerson(_) | Command::Restored => Self::Writes,
            Command::Serve(_) | Command::Console(_) => Self::Writes,
            Command::Jobs(JobsArgs { command, .. }) => match command {
                None => Self::Reads,
                Some(JobsCommand::Cancel { .. } | JobsCommand::Start(_)) => Self::Writes,
            },
            Command::Link(_) | Command::Unlink(_) => Self::Writes,
            Command::Hold(args) => Self::writes_to(args.changes()),
            Command::Runs(_) => Self::Writes,
            Command::Token(command) => match command {
                TokenCommand::List => Self::Reads,
                TokenCommand::New { .. } | TokenCommand::Revoke { .. } => Self::Writes,
            },
            Command::Plugin(command) => match command {
                PluginCommand::Inspect { .. } => Self::Reads,
                PluginCommand::Verify { .. } => Self::Answers,
                PluginCommand::Trust(TrustArgs { what, .. }) => Self::writes_to(what.is_some()),
                PluginCommand::Sign { .. } | PluginCommand::Key(_) => Self::Writes,
            },
            Command::References(ReferencesArgs { command, .. }) => match command {
                Some(ReferencesCommand::List { .. } | ReferencesCommand::Key(KeyCommand::List { .. })) => Self::Reads,
                None
                | Some(
                    ReferencesCommand::Issue { .. }
                    | ReferencesCommand::Revoke { .. }
                    | ReferencesCommand::Deliver { .. }
                    | ReferencesCommand::Waive { .. }
                    | ReferencesCommand::Export { .. }
                    | ReferencesCommand::Resume { .. }
                    | ReferencesCommand::Publish { .. }
                    | ReferencesCommand::Key(
                        KeyCommand::New { .. } | KeyCommand::Rotate { .. } | KeyCommand::Revoke { .. },
                    ),
                ) => Self::Writes,
            },
            Command::Verify(_) | Command::Doctor => Self::Answers,
            Command::Explain(_) | Command::Completions(_) => Self::Reads,
            Command::Man(_) => Self::Writes,
        }
    }

    /// For a command that writes only with a certain argument, such as the name of a file.
    fn writes_to(something: bool) -> Self {
        if something { Self::Writes } else { Self::Reads }
    }

    /// What a person can do whose standard output could not be written.
    pub(super) fn after_lost_output(self) -> &'static str {
        match self {
            Self::Reads | Self::Answers => "make room where standard output goes, and start the command again",
            Self::Writes => {
                "the command has done its work without output; make room where standard output goes, and look at what \
                 it did before you start it again: hibob history TENANT"
            }
        }
    }
}
