//! What people decide about single accounts (`hibob link`, `hibob unlink`), and since when a warning is there.

use crate::database::engine::{Engine, Transaction};
use crate::database::statement::{Statement, query};
use crate::database::{Fence, LedgerEntry, TenantDatabase};
use hibob_base::error::HostError;
use hibob_contract::types::{NamedValue, Value};
use hibob_policy::on_hold::OnHold;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// A line of the ledger with what a plan needs to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    /// HiBob's id of the employee.
    pub employee_id: String,
    /// The target's id of the account.
    pub account_id: String,
    /// Since when it is archived, in Unix seconds; none if it is active.
    pub archived_at: Option<i64>,
}

/// An order to adopt an account for an employee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkOrder {
    /// HiBob's id of the employee.
    pub employee_id: String,
    /// The target's id of the account.
    pub account_id: String,
}

/// The host's facts about accounts in the form in which a plan gets them, beside its baseline: values whose names begin
/// with `host:`. A value that would be empty is left out.
pub fn host_facts(
    ledger: &[LedgerLine],
    orders: Vec<LinkOrder>,
    unlinked: Vec<(String, String)>,
    on_hold: &OnHold,
) -> Vec<NamedValue> {
    let mut text = String::new();
    let is_plain = |id: &str| !id.chars().any(char::is_control);
    for line in ledger.iter().filter(|line| is_plain(&line.employee_id) && is_plain(&line.account_id)) {
        let archived = line.archived_at.map_or_else(|| "-".to_owned(), |at| at.max(0).to_string());
        let _ = writeln!(text, "{}\t{}\t{archived}", line.employee_id, line.account_id);
    }
    let orders: Vec<_> = orders.into_iter().map(|order| (order.employee_id, order.account_id)).collect();
    let on_hold: Vec<_> = on_hold.days().map(|(employee, day)| (employee.to_owned(), day.to_owned())).collect();
    let facts = [
        ("host:accounts", (!text.is_empty()).then_some(Value::Text(text))),
        ("host:links", (!orders.is_empty()).then_some(Value::Pairs(orders))),
        ("host:unlinked", (!unlinked.is_empty()).then_some(Value::Pairs(unlinked))),
        ("host:on-hold", (!on_hold.is_empty()).then_some(Value::Pairs(on_hold))),
    ];
    let named = |(name, value): (&str, Option<Value>)| Some(NamedValue { name: name.to_owned(), value: value? });
    facts.into_iter().filter_map(named).collect()
}

impl TenantDatabase {
    /// The host's facts about accounts, which a plan gets beside its baseline: [`host_facts`].
    ///
    /// # Errors
    /// The database failed.
    pub async fn host_facts(&self, on_hold: &OnHold) -> Result<Vec<NamedValue>, HostError> {
        let ledger = query(
            "SELECT accounts.employee_id, accounts.account_id, accounts.active, last.archived_at
             FROM accounts LEFT JOIN
                 (SELECT account_id, max(archived_at) AS archived_at FROM archivings GROUP BY account_id) AS last
                 ON last.account_id = accounts.account_id
             ORDER BY length(accounts.employee_id), accounts.employee_id, accounts.account_id",
        );
        let line = |(employee_id, account_id, active, archived_at): (String, String, i64, Option<i64>)| LedgerLine {
            employee_id,
            account_id,
            archived_at: (active == 0).then(|| archived_at.unwrap_or_default()),
        };
        let ledger: Vec<LedgerLine> = ledger.fetch_all(&self.store).await?.into_iter().map(line).collect();
        let unlinked = query(
            "SELECT account_id, employee_id FROM unlinked_accounts
             WHERE account_id NOT IN (SELECT account_id FROM ordered_links) ORDER BY account_id",
        );
        Ok(host_facts(&ledger, self.link_orders().await?, unlinked.fetch_all(&self.store).await?, on_hold))
    }

    /// The orders to adopt accounts that are not carried out yet.
    ///
    /// # Errors
    /// The database failed.
    pub async fn link_orders(&self) -> Result<Vec<LinkOrder>, HostError> {
        let orders = query("SELECT employee_id, account_id FROM ordered_links ORDER BY employee_id");
        let orders = orders.fetch_all(&self.store).await?.into_iter();
        Ok(orders.map(|(employee_id, account_id)| LinkOrder { employee_id, account_id }).collect())
    }

    /// Orders accounts to be adopted, all of them or none. An earlier order of the same employee is replaced.
    ///
    /// # Errors
    /// Two orders, or an order and one that stands, are about the same account; or the database failed.
    pub async fn order_links(&self, orders: &[LinkOrder], now: i64) -> Result<(), HostError> {
        let mut transaction = self.store.begin().await?;
        for order in orders {
            query("DELETE FROM ordered_links WHERE employee_id = $1")
                .bind(&order.employee_id)
                .execute(&mut transaction)
                .await?;
            let others = query("SELECT employee_id FROM ordered_links WHERE account_id = $1").bind(&order.account_id);
            if let Some((other,)) = others.fetch_optional::<(String,)>(&mut transaction).await? {
                let message = format!("account {} is linked to employee {other} already", order.account_id);
                return Err(HostError::configuration(message, "take that back first: hibob unlink TENANT EMPLOYEE"));
            }
            query("INSERT INTO ordered_links (employee_id, account_id, ordered_at) VALUES ($1, $2, $3)")
                .bind(&order.employee_id)
                .bind(&order.account_id)
                .bind(now)
                .execute(&mut transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Takes orders back that are not carried out yet. Returns how many there were.
    ///
    /// # Errors
    /// The database failed.
    pub async fn take_back_links(&self, employees: &[String]) -> Result<u64, HostError> {
        let mut transaction = self.store.begin().await?;
        let mut taken_back = 0;
        for employee in employees {
            let delete = query("DELETE FROM ordered_links WHERE employee_id = $1").bind(employee);
            taken_back += delete.execute(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(taken_back)
    }

    /// Gives the accounts of an employee up: they leave the ledger, and are not adopted again until somebody links them.
    /// Returns their ids.
    ///
    /// # Errors
    /// The database failed.
    pub async fn unlink(&self, employee_id: &str, now: i64) -> Result<Vec<String>, HostError> {
        let accounts = self.accounts_of(employee_id).await?;
        let mut transaction = self.store.begin().await?;
        let of_tenant = transaction.of_tenant();
        query("DELETE FROM ordered_links WHERE employee_id = $1").bind(employee_id).execute(&mut transaction).await?;
        for account in &accounts {
            query("DELETE FROM accounts WHERE account_id = $1").bind(account).execute(&mut transaction).await?;
            query(format!(
                "INSERT INTO unlinked_accounts (account_id, employee_id, unlinked_at) VALUES ($1, $2, $3)
                 ON CONFLICT ({of_tenant}account_id)
                 DO UPDATE SET employee_id = excluded.employee_id, unlinked_at = excluded.unlinked_at"
            ))
            .bind(account)
            .bind(employee_id)
            .bind(now)
            .execute(&mut transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(accounts)
    }

    /// Whether a person has given this account up, and nobody has linked it since.
    ///
    /// # Errors
    /// The database failed.
    pub async fn is_unlinked(&self, account_id: &str) -> Result<bool, HostError> {
        let found = query(
            "SELECT count(*) FROM unlinked_accounts
             WHERE account_id = $1 AND account_id NOT IN (SELECT account_id FROM ordered_links)",
        );
        let (found,): (i64,) = found.bind(account_id).fetch_one(&self.store).await?;
        Ok(found > 0)
    }

    /// Notes which cases are open now, each an employee and the code of a warning, and returns since when (Unix
    /// seconds). Those that are not among them any more are over.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed.
    pub async fn note_cases(
        &self,
        fence: Fence,
        open: &BTreeSet<(String, String)>,
        unseen: &[&str],
        now: i64,
    ) -> Result<BTreeMap<(String, String), i64>, HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let known = query("SELECT employee_id, code, since FROM open_cases");
        let known: Vec<(String, String, i64)> = known.fetch_all(&mut transaction).await?;
        let mut since: BTreeMap<(String, String), i64> =
            known.into_iter().map(|(employee, code, since)| ((employee, code), since)).collect();
        let is_over = |case: &&(String, String)| !open.contains(*case) && !unseen.contains(&case.1.as_str());
        let over: Vec<_> = since.keys().filter(is_over).cloned().collect();
        for (employee, code) in over {
            let delete = query("DELETE FROM open_cases WHERE employee_id = $1 AND code = $2");
            delete.bind(&employee).bind(&code).execute(&mut transaction).await?;
            since.remove(&(employee, code));
        }
        for case in open {
            if since.contains_key(case) {
                continue;
            }
            let insert = query("INSERT INTO open_cases (employee_id, code, since) VALUES ($1, $2, $3)");
            insert.bind(&case.0).bind(&case.1).bind(now).execute(&mut transaction).await?;
            since.insert(case.clone(), now);
        }
        transaction.commit().await?;
        Ok(since)
    }
}

/// The statements that take note of an account that has come into the ledger: an order for it is carried out, and it is not
/// given up any more. PostgreSQL gets one, since each is a question to a server.
pub(super) fn in_ledger<'r>(on: &Transaction, entry: &'r LedgerEntry) -> Vec<Statement<'r>> {
    let ordered = "DELETE FROM ordered_links WHERE account_id = $1 AND employee_id = $2";
    let unlinked = "DELETE FROM unlinked_accounts WHERE account_id = $1";
    let bound = |statement: Statement<'r>| statement.bind(&entry.account_id).bind(&entry.employee_id);
    match on {
        Engine::Sqlite(_) => vec![bound(query(ordered)), query(unlinked).bind(&entry.account_id)],
        Engine::Postgres(_) => vec![bound(query(format!("WITH carried_out AS ({ordered}) {unlinked}")))],
    }
}

/// Removes what is stored about an employee.
pub(super) async fn erase(on: &mut Transaction, employee_id: &str) -> Result<(), HostError> {
    for table in ["ordered_links", "unlinked_accounts", "open_cases", "holds"] {
        query(format!("DELETE FROM {table} WHERE employee_id = $1")).bind(employee_id).execute(&mut *on).await?;
    }
    Ok(())
}
