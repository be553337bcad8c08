//! `link` and `unlink`: whose account an account is, where a person knows better than the ids.

use super::Global;
use super::paint::clean;
use super::plan_view;
use super::progress::Bar;
use super::sync::Ready;
use clap::Args;
use hibob_base::error::{Exit, HostError};
use hibob_base::files::read_at_most;
use hibob_contract::directory_sync::Change;
use hibob_store::database::LinkOrder;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Most employees that one file may name.
const LINES_MAX: usize = 10_000;

/// The largest file of `--leavers`, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

#[derive(Args)]
pub(super) struct LinkArgs {
    /// The tenant's id
    tenant: String,
    /// HiBob's id of the employee
    #[arg(required_unless_present = "leavers", requires = "account")]
    employee: Option<String>,
    /// TravelPerk's id of the account
    account: Option<String>,
    /// Link everybody in this file instead: in each line the employee's id and the account's, separated by a comma, a
    /// semicolon or a blank
    #[arg(long, value_name = "FILE", conflicts_with_all = ["employee", "account"])]
    leavers: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct UnlinkArgs {
    /// The tenant's id
    tenant: String,
    /// HiBob's id of the employee
    employee: String,
}

impl LinkArgs {
    pub(super) fn tenant(&self) -> &str {
        &self.tenant
    }
}

impl UnlinkArgs {
    pub(super) fn tenant(&self) -> &str {
        &self.tenant
    }
}

pub(super) async fn link(global: &Global, args: &LinkArgs) -> Result<Exit, HostError> {
    let orders = match (&args.leavers, &args.employee, &args.account) {
        (Some(file), _, _) => read(file)?,
        (None, Some(employee), Some(account)) => vec![order(employee, account)],
        (None, ..) => Vec::new(),
    };
    let ready = Ready::new(global, &args.tenant, "plan").await?;
    let bar = Arc::new(Bar::new());
    let linked = hibob_runner::link(&ready.data, &ready.tenant, &ready.plugin, &orders, bar.clone()).await;
    bar.clear();
    let changes = linked.map_err(|error| error.of_tenant(&args.tenant))?;
    if global.json {
        let changes: Vec<_> = changes.iter().map(json).collect();
        outln!("{}", serde_json::json!({ "tenant": args.tenant, "linked": changes }));
    } else {
        changes.iter().for_each(|change| plan_view::change_text(change).iter().for_each(|line| outln!("{line}")));
        let (number, accounts) = (changes.len(), if changes.len() == 1 { "account" } else { "accounts" });
        outln!("\nthe next sync adopts {number} {accounts}: hibob sync {}", args.tenant);
        outln!("a leaver's account is archived by the sync after that; take a link back with hibob unlink");
    }
    Ok(Exit::Done)
}

pub(super) async fn unlink(global: &Global, args: &UnlinkArgs) -> Result<Exit, HostError> {
    let data = global.data().await?;
    data.config(&args.tenant).await?;
    let done = hibob_runner::unlink(&data, &args.tenant, &args.employee).await?;
    if global.json {
        let unlinked = serde_json::json!({ "accounts": done.accounts, "taken_back": done.taken_back });
        outln!("{}", serde_json::json!({ "tenant": args.tenant, "unlinked": unlinked }));
        return Ok(Exit::Done);
    }
    if done.taken_back > 0 {
        outln!("the link that no sync had carried out yet is taken back");
    }
    for account in &done.accounts {
        outln!("account {} is given up; it stays as it is in TravelPerk", clean(account));
    }
    if !done.accounts.is_empty() {
        outln!("to have it synced again: hibob link {} {} ACCOUNT", args.tenant, clean(&args.employee));
    }
    Ok(Exit::Done)
}

fn order(employee: &str, account: &str) -> LinkOrder {
    LinkOrder { employee_id: employee.trim().to_owned(), account_id: account.trim().to_owned() }
}

fn json(change: &Change) -> serde_json::Value {
    let external_id = change.fields.iter().find(|field| field.field == "external-id");
    let text = |value: Option<&hibob_contract::types::Value>| match value {
        Some(hibob_contract::types::Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    serde_json::json!({
        "employee_id": change.employee_id,
        "account_id": change.target_id,
        "kind": change.kind.word(),
        "external_id_before": external_id.and_then(|field| text(field.before.as_ref())),
        "external_id_after": external_id.and_then(|field| text(field.after.as_ref())),
    })
}

/// The orders in a file. Empty lines, and those that begin with `#`, say nothing.
fn read(file: &Path) -> Result<Vec<LinkOrder>, HostError> {
    let shown = file.display();
    let cannot = |why: String| {
        HostError::configuration(
            format!("{shown} cannot be read: {why}"),
            "give a text file with the ids of employees and accounts",
        )
    };
    let bytes = read_at_most(file, FILE_BYTES_MAX).map_err(|error| cannot(error.to_string()))?;
    let bytes = bytes.ok_or_else(|| cannot(format!("it has more than {FILE_BYTES_MAX} bytes")))?;
    let text = String::from_utf8(bytes).map_err(|_| cannot("it is not UTF-8".to_owned()))?;
    parse(&text).map_err(cannot)
}

fn parse(text: &str) -> Result<Vec<LinkOrder>, String> {
    let mut orders = Vec::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let parts: Vec<&str> =
            line.split(|c: char| c == ',' || c == ';' || c.is_whitespace()).filter(|part| !part.is_empty()).collect();
        match parts[..] {
            [employee, account] => orders.push(order(employee, account)),
            _ => return Err(format!("line {} does not have two ids, an employee's and an account's", number + 1)),
        }
        if orders.len() > LINES_MAX {
            return Err(format!("it names more than {LINES_MAX} employees"));
        }
    }
    if orders.is_empty() { Err("it names nobody".to_owned()) } else { Ok(orders) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_leavers_has_two_ids_in_each_line() {
        let read = parse("\u{feff}# who left\n1,29\n\n 2 ; 30\n3\t31\n");
        assert_eq!(read, Ok(vec![order("1", "29"), order("2", "30"), order("3", "31")]));
        for wrong in ["", "# nobody\n", "1\n", "1,2,3\n"] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(parse("1,29\nemployee account id\n").unwrap_err().contains("line 2"));
    }
}
