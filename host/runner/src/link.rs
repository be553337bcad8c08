//! Links that a person makes and undoes by hand: `hibob link` and `hibob unlink`.

use hibob_base::clock::now_unix_seconds;
use hibob_base::error::HostError;
use hibob_base::progress::Progress;
use hibob_contract::directory_sync::{Change, ChangeKind};
use hibob_contract::types::Severity;
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_store::data_dir::DataDir;
use hibob_store::database::{Lease, LinkOrder};
use hibob_store::run_store::while_held;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Orders accounts to be adopted for employees, and has a plan made that shows how. Returns its changes that do so. The
/// next sync makes them, under the guards and the approval of any other plan. If one of the orders cannot be carried
/// out, none is kept.
///
/// # Errors
/// A run of the tenant goes on; the plan could not be made; or an order cannot be carried out: the error says why.
pub async fn link(
    data: &DataDir,
    tenant: &Tenant,
    plugin: &Plugin,
    orders: &[LinkOrder],
    progress: Arc<dyn Progress>,
) -> Result<Vec<Change>, HostError> {
    for order in orders {
        check_employee(tenant.id(), &order.employee_id)?;
        check_account(&order.account_id)?;
    }
    let distinct: BTreeSet<&str> = orders.iter().map(|order| order.employee_id.as_str()).collect();
    if distinct.len() < orders.len() {
        let message = "one employee is named twice";
        return Err(HostError::configuration(message, "name each employee once: an employee has one account"));
    }
    alone(data, tenant.id(), "linking accounts", async |_| {
        let database = tenant.database();
        let employees: Vec<String> = orders.iter().map(|order| order.employee_id.clone()).collect();
        database.order_links(orders, now()).await?;
        let judged = match crate::plan(plugin, tenant, progress).await {
            Ok(planned) => adoptions(orders, planned.changes, &planned.findings),
            Err(error) => Err(error),
        };
        if judged.is_err() {
            database.take_back_links(&employees).await?;
        }
        judged
    })
    .await
}

/// The changes that carry the orders out.
fn adoptions(
    orders: &[LinkOrder],
    changes: Vec<Change>,
    findings: &[hibob_contract::types::Finding],
) -> Result<Vec<Change>, HostError> {
    let is_of = |order: &LinkOrder, change: &Change| {
        matches!(change.kind, ChangeKind::Adopt | ChangeKind::Reactivate)
            && change.employee_id.as_ref() == Some(&order.employee_id)
            && change.target_id.as_ref() == Some(&order.account_id)
    };
    let mut wrong = Vec::new();
    for order in orders.iter().filter(|order| !changes.iter().any(|change| is_of(order, change))) {
        let of_employee = |finding: &&hibob_contract::types::Finding| {
            finding.severity == Severity::Error && finding.employee_id.as_ref() == Some(&order.employee_id)
        };
        let refused = findings.iter().filter(of_employee);
        let why = refused.max_by_key(|finding| finding.code == "LINK_REFUSED").map(|finding| finding.message.clone());
        let nothing = || {
            "the plan does not adopt the account: the employee has not started yet, or the plugin is one that cannot link"
                .to_owned()
        };
        let why = why.unwrap_or_else(nothing);
        wrong.push(format!("employee {}: {why}", order.employee_id));
    }
    if !wrong.is_empty() {
        let remedy = "nothing was linked; correct what is said, in TravelPerk or HiBob, and link again";
        return Err(HostError::configuration(wrong.join("; "), remedy));
    }
    Ok(changes.into_iter().filter(|change| orders.iter().any(|order| is_of(order, change))).collect())
}

/// What was given up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unlinked {
    /// The accounts that the sync had for the employee, by the target's ids. They stay as they are.
    pub accounts: Vec<String>,
    /// How many links were taken back that no sync had carried out yet.
    pub taken_back: u64,
}

/// Gives the accounts of an employee up: nothing is written to them, and they are not adopted again until a person links
/// them. A link that no sync has carried out yet is taken back.
///
/// # Errors
/// A run of the tenant goes on; the sync has no account of this employee; or the database failed.
pub async fn unlink(data: &DataDir, tenant: &str, employee_id: &str) -> Result<Unlinked, HostError> {
    check_employee(tenant, employee_id)?;
    alone(data, tenant, "unlinking an account", async |lease| {
        let database = data.tenant_database(tenant).await?;
        // A run that has lost its lease must not write any more.
        database.take_fence(lease.generation()).await?;
        let taken_back = database.take_back_links(&[employee_id.to_owned()]).await?;
        let accounts = database.unlink(employee_id, now()).await?;
        if accounts.is_empty() && taken_back == 0 {
            return Err(HostError::configuration(
                format!("tenant {tenant}: the sync has no account of employee {employee_id}"),
                format!("look for the employee's id: hibob employees {tenant}"),
            ));
        }
        Ok(Unlinked { accounts, taken_back })
    })
    .await
}

/// Does some work under the tenant's lease.
pub(crate) async fn alone<T>(
    data: &DataDir,
    tenant: &str,
    what: &str,
    work: impl AsyncFnOnce(&Lease) -> Result<T, HostError>,
) -> Result<T, HostError> {
    let lease = data.control().lease(tenant, what).await?;
    let done = while_held(&lease, work(&lease)).await;
    lease.release().await?;
    done
}

pub(crate) fn now() -> i64 {
    i64::try_from(now_unix_seconds()).unwrap_or(i64::MAX)
}

pub(crate) fn check_employee(tenant: &str, id: &str) -> Result<(), HostError> {
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = format!("{} is no id of an employee", id.escape_debug());
        return Err(HostError::configuration(message, format!("give HiBob's id, as in: hibob employees {tenant}")));
    }
    Ok(())
}

fn check_account(id: &str) -> Result<(), HostError> {
    if id.is_empty() || id.chars().any(|character| character.is_control() || character.is_whitespace()) {
        let message = format!("{} is no id of an account", id.escape_debug());
        return Err(HostError::configuration(message, "give TravelPerk's id, as errors and plans name it"));
    }
    Ok(())
}
