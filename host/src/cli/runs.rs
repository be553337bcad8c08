//! `runs`: goes on with a run that was interrupted, or leaves the rest of its plan undone.

use super::Global;
use super::audit::Change;
use super::interrupt::signals;
use super::progress::Bar;
use super::sync::{Ready, print_report};
use clap::Subcommand;
use hibob_base::error::{Exit, HostError};
use hibob_base::job::WayOn;
use hibob_jobs::run::{Report, unless_interrupted};
use hibob_runner::Start;
use std::sync::Arc;

#[derive(Subcommand)]
pub(super) enum RunsCommand {
    /// Apply the rest of the plan of a run that was interrupted, as far as a new plan makes it too
    #[command(after_help = "Example: hibob runs resume acme")]
    Resume {
        /// The tenant's id
        tenant: String,
    },
    /// Leave the rest of the plan of an interrupted run undone; looks up only what was in flight
    #[command(after_help = "Example: hibob runs abandon acme")]
    Abandon {
        /// The tenant's id
        tenant: String,
    },
}

impl RunsCommand {
    /// What is recorded of the command.
    pub(super) fn change(&self) -> Change {
        match self {
            Self::Resume { tenant } => Change::new("runs-resume").of(tenant),
            Self::Abandon { tenant } => Change::new("runs-abandon").of(tenant),
        }
    }
}

pub(super) async fn run(global: &Global, command: RunsCommand) -> Result<Exit, HostError> {
    let (tenant, way) = match command {
        RunsCommand::Resume { tenant } => (tenant, WayOn::Resume),
        RunsCommand::Abandon { tenant } => (tenant, WayOn::Abandon),
    };
    let interrupt = signals(global.json)?;
    let gone_on = async {
        let ready = unless_interrupted(&interrupt, Ready::new(global, &tenant, "sync")).await?;
        let bar = Arc::new(Bar::new());
        let start = Start { interrupt: interrupt.clone(), ..Start::default() };
        let report = hibob_runner::go_on(&ready.data, &ready.tenant, &ready.plugin, bar.clone(), start, way).await;
        bar.clear();
        report
    };
    let report = gone_on.await.unwrap_or_else(|error| Report::stopped(&tenant, error));
    let exit = print_report(&report, global.json, None, false);
    // That the rest is abandoned is what was asked for.
    let is_abandoned = way == WayOn::Abandon && report.run.is_some() && exit == Exit::Interrupted;
    Ok(if is_abandoned { Exit::Done } else { exit })
}
