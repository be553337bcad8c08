//! The confirmation of a tenant's first sync: a question at a terminal, or `--yes`.

use super::confirm::{ask, can_ask};
use super::paint::{YELLOW, clean};
use super::{Global, audit, outcome};
use clap::Args;
use hibob_base::error::HostError;
use hibob_config::tenant::Approval;
use hibob_contract::Planned;
use hibob_contract::directory_sync::Change;
use hibob_jobs::interrupt::Interrupt;
use hibob_jobs::run::ports::RunPorts;
use hibob_jobs::run::{Yes, unless_interrupted};
use hibob_runner::Run;

/// What a person says yes to, without being asked.
#[derive(Args, Clone, Copy, Default)]
pub(super) struct FirstArgs {
    /// Confirm the tenant's first sync without being asked; a later sync needs no confirmation
    #[arg(long)]
    yes: bool,
    /// Make accounts active again that were inactive in TravelPerk when the tenant was first synced
    #[arg(long)]
    reactivate: bool,
}

impl FirstArgs {
    /// The options as they were given, for the record of the command.
    pub(super) fn text(self) -> String {
        audit::releases(&[], &[("yes", self.yes), ("reactivate", self.reactivate)])
    }
}

/// Has a person confirm what this plan needs a yes for, and notes the answers with the run. Without a terminal only the
/// options count; what has no yes is held.
///
/// # Errors
/// The run was interrupted or has lost its lease, or the database failed.
pub(super) async fn confirm(
    global: &Global,
    run: &mut Run<'_>,
    planned: &Planned,
    args: FirstArgs,
    interrupt: &Interrupt,
) -> Result<(), HostError> {
    let mut yes = Yes { first: args.yes, reactivations: args.reactivate };
    // Where every plan waits for approval, that is the yes; and reactivations are above the limits until somebody has
    // looked at them.
    let approval = run.ports().config().safety.approval;
    let is_asked = approval != Approval::Always && can_ask(global.json);
    let unconfirmed = if yes.first { None } else { run.to_confirm(planned).await? };
    if is_asked && let Some(first) = &unconfirmed {
        let what = format!("{}: {}", run.ports().config().id, first.text());
        yes.first = answer(run, interrupt, what).await?;
    }
    let is_confirmed = yes.first || unconfirmed.is_none();
    if is_asked && approval == Approval::Never && is_confirmed && !yes.reactivations {
        let inactive = run.reactivations_to_confirm(planned).await?;
        if !inactive.is_empty() {
            errln!("{}", YELLOW.on_stderr("inactive in TravelPerk, and working here by HiBob:"));
            let person = |change: &Change| outcome::person(change.employee_id.as_deref(), &change.display_name);
            inactive.iter().for_each(|change| errln!("    {}", clean(&person(change))));
            let what = format!("make these {} accounts active again", inactive.len());
            yes.reactivations = answer(run, interrupt, what).await?;
        }
    }
    run.say_yes(yes);
    Ok(())
}

/// Asks, while the lease is renewed. Nobody waits for an answer once the run was interrupted.
async fn answer(run: &Run<'_>, interrupt: &Interrupt, what: String) -> Result<bool, HostError> {
    let (say, said) = tokio::sync::oneshot::channel();
    // A thread of its own, because the program can end while it waits for a line.
    std::thread::spawn(move || say.send(ask(&what)));
    let said = async { Ok(said.await.unwrap_or(false)) };
    unless_interrupted(interrupt, run.locked(said)).await
}
