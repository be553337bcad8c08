//! The keys of persons as they are kept, and who was forgotten.

mod sweep;

pub use sweep::Swept;

use super::{Fence, TenantDatabase};
use crate::error::HostError;
use crate::person::Tag;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, Transaction};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use sweep::sweep;

/// Values in one question.
const ASKED_MAX: usize = 500;

/// A person's key as it is kept.
pub(crate) struct PersonRow {
    pub(crate) number: i64,
    /// Of the employee's id.
    pub(crate) tag: Tag,
    /// With the tenant's key.
    pub(crate) wrapped: Vec<u8>,
}

/// Somebody who was forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgottenRow {
    /// Of the employee's id.
    pub tag: Tag,
    /// How often.
    pub times: i64,
    /// The last time, in Unix seconds.
    pub at: i64,
    /// Whether they may come back.
    pub is_lifted: bool,
    /// Whether what stood under the id itself is gone as well.
    pub is_swept: bool,
}

impl TenantDatabase {
    /// The keys of the persons with these tags.
    pub(crate) async fn people_by_tag(&self, tags: &[Tag]) -> Result<Vec<PersonRow>, HostError> {
        let mut people = Vec::new();
        for tags in tags.chunks(ASKED_MAX) {
            let sql = format!("SELECT number, tag, wrapped FROM people WHERE tag IN ({})", places(tags.len()));
            let query =
                tags.iter().fold(sqlx::query(sqlx::AssertSqlSafe(sql)), |query, tag| query.bind(tag.0.to_vec()));
            for row in query.fetch_all(&self.pool).await? {
                people.push(person(&row)?);
            }
        }
        Ok(people)
    }

    /// The keys of these numbers, but for those that were destroyed.
    pub(crate) async fn people_by_number(&self, numbers: &[i64]) -> Result<Vec<PersonRow>, HostError> {
        let mut people = Vec::new();
        for numbers in numbers.chunks(ASKED_MAX) {
            let sql = format!("SELECT number, tag, wrapped FROM people WHERE number IN ({})", places(numbers.len()));
            let query = numbers.iter().fold(sqlx::query(sqlx::AssertSqlSafe(sql)), |query, number| query.bind(number));
            for row in query.fetch_all(&self.pool).await? {
                people.push(person(&row)?);
            }
        }
        Ok(people)
    }

    /// Keeps new keys, all of them or none. Returns their numbers.
    pub(crate) async fn add_people(&self, fence: Fence, keys: &[(Tag, Vec<u8>)]) -> Result<Vec<i64>, HostError> {
        let mut numbers = Vec::with_capacity(keys.len());
        if keys.is_empty() {
            return Ok(numbers);
        }
        let mut transaction = self.begin_fenced(fence).await?;
        for (tag, wrapped) in keys {
            let query = sqlx::query("INSERT INTO people (tag, wrapped) VALUES ($1, $2) RETURNING number");
            let row = query.bind(tag.0.as_slice()).bind(wrapped).fetch_one(&mut *transaction).await?;
            numbers.push(row.try_get(0)?);
        }
        transaction.commit().await?;
        Ok(numbers)
    }

    /// Whose accounts these are, as far as the ledger has them.
    pub(crate) async fn owners_of(&self, accounts: &[String]) -> Result<BTreeMap<String, String>, HostError> {
        let mut owners = BTreeMap::new();
        for accounts in accounts.chunks(ASKED_MAX) {
            let sql = format!(
                "SELECT account_id, employee_id FROM accounts WHERE account_id IN ({})",
                places(accounts.len())
            );
            let query = accounts.iter().fold(sqlx::query(sqlx::AssertSqlSafe(sql)), |query, id| query.bind(id));
            for row in query.fetch_all(&self.pool).await? {
                owners.insert(row.try_get(0)?, row.try_get(1)?);
            }
        }
        Ok(owners)
    }

    /// The accounts that the ledger has for an employee.
    pub(crate) async fn accounts_of(&self, employee_id: &str) -> Result<Vec<String>, HostError> {
        let query = sqlx::query("SELECT account_id FROM accounts WHERE employee_id = $1");
        let rows = query.bind(employee_id).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Everybody who was forgotten, those who may come back among them.
    ///
    /// # Errors
    /// The database failed.
    pub async fn forgotten(&self) -> Result<Vec<ForgottenRow>, HostError> {
        let query = sqlx::query("SELECT tag, times, at, is_lifted, is_swept FROM forgotten ORDER BY at, tag");
        let read = |row: &SqliteRow| {
            Ok(ForgottenRow {
                tag: tag(row, 0)?,
                times: row.try_get(1)?,
                at: row.try_get(2)?,
                is_lifted: row.try_get::<i64, _>(3)? == 1,
                is_swept: row.try_get::<i64, _>(4)? == 1,
            })
        };
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// The tags of the accounts of those who were forgotten and may not come back.
    pub(crate) async fn forgotten_accounts(&self) -> Result<Vec<Tag>, HostError> {
        let query = sqlx::query(
            "SELECT forgotten_accounts.tag FROM forgotten_accounts
             JOIN forgotten ON forgotten.tag = forgotten_accounts.person WHERE is_lifted = 0",
        );
        query.fetch_all(&self.pool).await?.iter().map(|row| tag(row, 0)).collect()
    }

    /// Destroys a person's key, and notes that they were forgotten. It needs no other key.
    pub(crate) async fn destroy_key(&self, row: &ForgottenRow) -> Result<(), HostError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        destroy(&mut transaction, row).await?;
        transaction.commit().await?;
        self.overwrite().await
    }

    /// Forgets a person: their key, and all that stands under the id itself. All of it or nothing.
    pub(crate) async fn forget_person(
        &self,
        row: &ForgottenRow,
        employee_id: &str,
        accounts: &[Tag],
        plain: &Plain,
    ) -> Result<Swept, HostError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        destroy(&mut transaction, row).await?;
        for account in accounts {
            sqlx::query("INSERT INTO forgotten_accounts (tag, person) VALUES ($1, $2) ON CONFLICT (tag) DO NOTHING")
                .bind(account.0.as_slice())
                .bind(row.tag.0.as_slice())
                .execute(&mut *transaction)
                .await?;
        }
        let mut swept = sweep(&mut transaction, employee_id, row.at).await?;
        for (run, report) in &plain.reports {
            let query = sqlx::query("UPDATE runs SET report = $1 WHERE id = $2").bind(report).bind(run);
            swept.reports += query.execute(&mut *transaction).await?.rows_affected();
        }
        for digest in &plain.plans {
            sqlx::query("DELETE FROM journals WHERE plan = $1").bind(digest).execute(&mut *transaction).await?;
            let query = sqlx::query("DELETE FROM plans WHERE digest = $1").bind(digest);
            swept.plans += query.execute(&mut *transaction).await?.rows_affected();
        }
        transaction.commit().await?;
        self.overwrite().await?;
        Ok(swept)
    }

    /// Notes that nothing more is there under the id itself of these.
    pub(crate) async fn set_swept(&self, tags: &[Tag]) -> Result<(), HostError> {
        for tag in tags {
            let query = sqlx::query("UPDATE forgotten SET is_swept = 1 WHERE tag = $1").bind(tag.0.as_slice());
            query.execute(&self.pool).await?;
        }
        Ok(())
    }

    /// Removes everybody's keys, and who was forgotten.
    pub(crate) async fn forget_everybody(&self) -> Result<(), HostError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for table in ["DELETE FROM people", "DELETE FROM forgotten_accounts", "DELETE FROM forgotten"] {
            sqlx::query(table).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        self.overwrite().await
    }

    /// Lets somebody come back; false if they are not kept out.
    pub(crate) async fn lift(&self, tag: Tag) -> Result<bool, HostError> {
        let query = sqlx::query("UPDATE forgotten SET is_lifted = 1 WHERE tag = $1 AND is_lifted = 0");
        Ok(query.bind(tag.0.as_slice()).execute(&self.pool).await?.rows_affected() == 1)
    }

    /// Every employee's id that stands in a column or in a key of the plugin's entries.
    pub(crate) async fn plain_ids(&self) -> Result<Vec<String>, HostError> {
        let rows = sqlx::query(
            "SELECT employee_id FROM accounts UNION SELECT employee_id FROM reference_people
             UNION SELECT employee_id FROM issued_references
             UNION SELECT employee_id FROM run_updates WHERE employee_id <> '' UNION SELECT key FROM entries",
        );
        let id = |row: &SqliteRow| {
            let text: String = row.try_get(0)?;
            Ok(text.rsplit('/').next().unwrap_or_default().to_owned())
        };
        rows.fetch_all(&self.pool).await?.iter().map(id).collect()
    }

    /// The reports of all runs.
    pub(crate) async fn reports(&self) -> Result<Vec<(i64, String)>, HostError> {
        Ok(sqlx::query_as("SELECT id, report FROM runs ORDER BY id").fetch_all(&self.pool).await?)
    }

    /// The digests of all plans.
    pub(crate) async fn plan_digests(&self) -> Result<Vec<String>, HostError> {
        Ok(sqlx::query_scalar("SELECT digest FROM plans ORDER BY digest").fetch_all(&self.pool).await?)
    }

    /// A plan as it is kept, by its digest.
    ///
    /// # Errors
    /// The database failed.
    pub async fn plan_content(&self, digest: &str) -> Result<Option<Vec<u8>>, HostError> {
        let query = sqlx::query_scalar("SELECT content FROM plans WHERE digest = $1").bind(digest);
        Ok(query.fetch_optional(&self.pool).await?)
    }

    /// Empties the write-ahead log, where what was removed would stay for a while; `secure_delete` has overwritten it in the
    /// database itself.
    async fn overwrite(&self) -> Result<(), HostError> {
        let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&self.pool).await?;
        let is_busy = row.try_get::<i64, _>(0)? != 0;
        if is_busy {
            let what =
                "the tenant's database is being read, and its write-ahead log still has what was removed; ask again";
            return Err(HostError::Storage(what.to_owned()));
        }
        Ok(())
    }
}

/// What of somebody stands in JSON that an earlier version had written, without a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plain {
    /// Runs, and their reports without the person.
    pub(crate) reports: Vec<(i64, String)>,
    /// Plans that tell of them, by digest.
    pub(crate) plans: Vec<String>,
}

async fn destroy(transaction: &mut Transaction<'_, Sqlite>, row: &ForgottenRow) -> Result<(), HostError> {
    let query = sqlx::query("DELETE FROM people WHERE tag = $1").bind(row.tag.0.as_slice());
    query.execute(&mut **transaction).await?;
    sqlx::query(
        "INSERT INTO forgotten (tag, times, at, is_lifted, is_swept) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tag) DO UPDATE SET times = excluded.times, at = excluded.at, is_lifted = excluded.is_lifted,
                                         is_swept = excluded.is_swept",
    )
    .bind(row.tag.0.as_slice())
    .bind(row.times)
    .bind(row.at)
    .bind(i64::from(row.is_lifted))
    .bind(i64::from(row.is_swept))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

fn person(row: &SqliteRow) -> Result<PersonRow, HostError> {
    Ok(PersonRow { number: row.try_get(0)?, tag: tag(row, 1)?, wrapped: row.try_get(2)? })
}

fn tag(row: &SqliteRow, column: usize) -> Result<Tag, HostError> {
    let bytes: Vec<u8> = row.try_get(column)?;
    let wrong = |_| HostError::Storage("a keyed hash of a person has another length".to_owned());
    Ok(Tag(bytes.try_into().map_err(wrong)?))
}

/// `$1, $2, …`
fn places(number: usize) -> String {
    (1..=number).fold(String::new(), |mut text, place| {
        let _ = write!(text, "{}${place}", if place == 1 { "" } else { ", " });
        text
    })
}
