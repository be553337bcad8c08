//! `reconcile`: which accounts are active in the target without anybody who is employed in the source.

use super::Global;
use super::paint::clean;
use super::progress::Bar;
use super::sync::Ready;
use clap::Args;
use hibob_base::error::{Exit, HostError};
use hibob_contract::ActiveAccount;
use std::sync::Arc;

#[derive(Args)]
pub(super) struct ReconcileArgs {
    /// The tenant's id
    tenant: String,
}

pub(super) async fn reconcile(global: &Global, args: &ReconcileArgs) -> Result<Exit, HostError> {
    let ready = Ready::new(global, &args.tenant, "reconcile").await?;
    let bar = Arc::new(Bar::new());
    let planned = hibob_runner::plan(&ready.plugin, &ready.tenant, bar.clone()).await;
    bar.clear();
    let accounts = planned.map_err(|error| error.of_tenant(&args.tenant))?.active_accounts;
    if global.json {
        outln!("{}", serde_json::json!({ "tenant": args.tenant, "active_accounts": accounts }));
    } else {
        outln!("{}", text(&args.tenant, &accounts));
    }
    Ok(Exit::Done)
}

fn text(tenant: &str, accounts: &[ActiveAccount]) -> String {
    let line = |account: &ActiveAccount| {
        let managed = if account.managed { "managed" } else { "not managed" };
        let employee = account.employee_id.as_deref().map(|id| format!(" (employee {})", clean(id)));
        format!(
            "account {:<22} {:<36} {:<28} {managed:<12} {}{}",
            clean(&account.account_id),
            clean(&account.user_name),
            clean(&account.name),
            clean(&account.why),
            employee.unwrap_or_default(),
        )
    };
    let mut lines: Vec<String> = accounts.iter().map(line).collect();
    let managed = accounts.iter().filter(|account| account.managed).count();
    lines.push(match accounts.len() {
        0 => format!("{tenant}: every active account is of somebody who is employed in HiBob"),
        number => format!(
            "{tenant}: {number} active accounts of nobody who is employed in HiBob, {managed} of them managed by the sync"
        ),
    });
    lines.join("\n")
}
