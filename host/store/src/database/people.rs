//! The keys of persons as they are kept, and who was forgotten.

mod erase;

pub use erase::ErasedRows;

use crate::database::DatabaseError;
use crate::database::engine::{Engine, Transaction};
use crate::database::statement::query;
use crate::database::text::Key;
use crate::database::{Fence, TenantDatabase};
use erase::erase_rows;
use hibob_base::digest::hex;
use hibob_base::error::HostError;
use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;

/// Values in one question.
const ASKED_MAX: usize = 500;

/// The keyed hash of an id: HMAC-SHA256 (RFC 2104) under the tenant's key. Without that key nobody can tell whose id it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyedHash(pub [u8; 32]);

impl fmt::Display for KeyedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A person's key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// The key's number.
    pub number: i64,
    /// Of the employee's id.
    pub tag: KeyedHash,
    /// The key, wrapped with the tenant's.
    pub wrapped: Vec<u8>,
}

/// Somebody who was forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasureRow {
    /// Of the employee's id.
    pub tag: KeyedHash,
    /// How often.
    pub times: i64,
    /// The last time, in Unix seconds.
    pub at: i64,
    /// Whether they may come back.
    pub is_lifted: bool,
    /// Whether what stood under the id itself is gone as well.
    pub is_complete: bool,
}

impl TenantDatabase {
    /// The keys of the persons with these keyed hashes. Who has no key is left out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn people_by_tag(&self, tags: &[KeyedHash]) -> Result<Vec<PersonRow>, HostError> {
        let mut people = Vec::new();
        for tags in tags.chunks(ASKED_MAX) {
            let asked = query(format!("SELECT id, tag, wrapped FROM people WHERE tag IN ({})", places(tags.len())));
            let asked = tags.iter().fold(asked, |asked, tag| asked.bind(tag.0.as_slice()));
            let rows = asked.fetch_all(&self.store).await?;
            people.extend(rows.into_iter().map(person).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(people)
    }

    /// The keys with these numbers. Destroyed keys are left out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn people_by_number(&self, numbers: &[i64]) -> Result<Vec<PersonRow>, HostError> {
        let mut people = Vec::new();
        for numbers in numbers.chunks(ASKED_MAX) {
            let asked = query(format!("SELECT id, tag, wrapped FROM people WHERE id IN ({})", places(numbers.len())));
            let asked = numbers.iter().fold(asked, |asked, number| asked.bind(*number));
            let rows = asked.fetch_all(&self.store).await?;
            people.extend(rows.into_iter().map(person).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(people)
    }

    /// Stores new keys, all of them or none. Returns their numbers, which are never used again.
    ///
    /// # Errors
    /// The run has lost its lease, somebody has a key already, or the database failed; nothing was written.
    pub async fn add_people(&self, fence: Fence, keys: &[(KeyedHash, Vec<u8>)]) -> Result<Vec<i64>, HostError> {
        let mut numbers = Vec::with_capacity(keys.len());
        if keys.is_empty() {
            return Ok(numbers);
        }
        let mut transaction = self.begin_fenced(fence).await?;
        for (tag, wrapped) in keys {
            let insert = query("INSERT INTO people (tag, wrapped) VALUES ($1, $2) RETURNING id");
            let (number,) = insert.bind(tag.0.as_slice()).bind(wrapped).fetch_one(&mut transaction).await?;
            numbers.push(number);
        }
        transaction.commit().await?;
        Ok(numbers)
    }

    /// The employees of these accounts, by account, where the ledger has them.
    ///
    /// # Errors
    /// The database failed.
    pub async fn owners_of(&self, accounts: &[String]) -> Result<BTreeMap<String, String>, HostError> {
        let mut owners = BTreeMap::new();
        for accounts in accounts.chunks(ASKED_MAX) {
            let places = places(accounts.len());
            let asked = query(format!("SELECT account_id, employee_id FROM accounts WHERE account_id IN ({places})"));
            let asked = accounts.iter().fold(asked, |asked, id| asked.bind(id));
            owners.extend(asked.fetch_all::<(String, String)>(&self.store).await?);
        }
        Ok(owners)
    }

    /// The accounts that the ledger has for an employee.
    pub async fn accounts_of(&self, employee_id: &str) -> Result<Vec<String>, HostError> {
        let asked = query("SELECT account_id FROM accounts WHERE employee_id = $1").bind(employee_id);
        Ok(asked.fetch_all(&self.store).await?.into_iter().map(|(id,)| id).collect())
    }

    /// Everybody who was forgotten, those who may come back among them.
    ///
    /// # Errors
    /// The database failed.
    pub async fn erasures(&self) -> Result<Vec<ErasureRow>, HostError> {
        let asked = query("SELECT tag, times, at, is_lifted, is_swept FROM forgotten ORDER BY at, tag");
        let read = |(bytes, times, at, lifted, swept): (Vec<u8>, i64, i64, i64, i64)| {
            Ok(ErasureRow { tag: tag(bytes)?, times, at, is_lifted: lifted == 1, is_complete: swept == 1 })
        };
        asked.fetch_all(&self.store).await?.into_iter().map(read).collect()
    }

    /// The tags of the accounts of those who were forgotten and may not come back.
    pub async fn erased_accounts(&self) -> Result<Vec<KeyedHash>, HostError> {
        let asked = query(
            "SELECT forgotten_accounts.tag FROM forgotten_accounts
             JOIN forgotten ON forgotten.tag = forgotten_accounts.person WHERE is_lifted = 0",
        );
        asked.fetch_all(&self.store).await?.into_iter().map(|(bytes,)| tag(bytes)).collect()
    }

    /// Destroys a person's key, and notes that they were forgotten. It needs no other key.
    pub async fn destroy_key(&self, row: &ErasureRow) -> Result<(), HostError> {
        let mut transaction = self.begin_exclusive().await?;
        destroy(&mut transaction, row).await?;
        transaction.commit().await?;
        self.overwrite().await
    }

    /// Forgets a person: their key, and all that stands under the id itself. All of it or nothing.
    pub async fn erase_person(
        &self,
        row: &ErasureRow,
        employee_id: &str,
        accounts: &[KeyedHash],
        plaintext: &LegacyPlaintext,
    ) -> Result<ErasedRows, HostError> {
        let mut transaction = self.begin_exclusive().await?;
        destroy(&mut transaction, row).await?;
        for account in accounts {
            query("INSERT INTO forgotten_accounts (tag, person) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(account.0.as_slice())
                .bind(row.tag.0.as_slice())
                .execute(&mut transaction)
                .await?;
        }
        let mut erased = erase_rows(&mut transaction, employee_id, row.at).await?;
        for (run, report) in &plaintext.reports {
            let update = query("UPDATE runs SET report = $1 WHERE id = $2").bind(report).bind(*run);
            erased.reports += update.execute(&mut transaction).await?;
        }
        for digest in &plaintext.plans {
            for row in ["DELETE FROM journals WHERE plan = $1", "DELETE FROM approvals WHERE plan = $1"] {
                query(row).bind(digest).execute(&mut transaction).await?;
            }
            let delete = query("DELETE FROM plans WHERE digest = $1").bind(digest);
            erased.plans += delete.execute(&mut transaction).await?;
        }
        transaction.commit().await?;
        self.overwrite().await?;
        Ok(erased)
    }

    /// Notes that nothing more is there under the id itself of these.
    pub async fn mark_complete(&self, tags: &[KeyedHash]) -> Result<(), HostError> {
        for tag in tags {
            let update = query("UPDATE forgotten SET is_swept = 1 WHERE tag = $1").bind(tag.0.as_slice());
            update.execute(&self.store).await?;
        }
        Ok(())
    }

    /// Removes everybody's keys, and who was forgotten.
    pub async fn erase_everybody(&self) -> Result<(), HostError> {
        let mut transaction = self.begin_exclusive().await?;
        for table in ["DELETE FROM people", "DELETE FROM forgotten_accounts", "DELETE FROM forgotten"] {
            query(table).execute(&mut transaction).await?;
        }
        transaction.commit().await?;
        self.overwrite().await
    }

    /// Lets somebody come back; false if they are not kept out.
    pub async fn lift(&self, tag: KeyedHash) -> Result<bool, HostError> {
        let update = query("UPDATE forgotten SET is_lifted = 1 WHERE tag = $1 AND is_lifted = 0");
        Ok(update.bind(tag.0.as_slice()).execute(&self.store).await? == 1)
    }

    /// Every employee's id that stands in a column or in a key of the plugin's entries.
    pub async fn plaintext_ids(&self) -> Result<Vec<String>, HostError> {
        let columns = query(
            "SELECT employee_id FROM accounts UNION SELECT employee_id FROM reference_people
             UNION SELECT employee_id FROM issued_references
             UNION SELECT employee_id FROM run_updates WHERE employee_id <> ''",
        );
        let columns = columns.fetch_all(&self.store).await?.into_iter().map(|(id,)| id);
        let keys: Vec<(Key<String>,)> = query("SELECT key FROM entries").fetch_all(&self.store).await?;
        let last = |(Key(key),): (Key<String>,)| key.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(columns.chain(keys.into_iter().map(last)).collect())
    }

    /// The reports of all runs.
    pub async fn reports(&self) -> Result<Vec<(i64, String)>, HostError> {
        Ok(query("SELECT id, report FROM runs ORDER BY id").fetch_all(&self.store).await?)
    }

    /// The digests of all plans.
    pub async fn plan_digests(&self) -> Result<Vec<String>, HostError> {
        let digests = query("SELECT digest FROM plans ORDER BY digest").fetch_all(&self.store).await?;
        Ok(digests.into_iter().map(|(digest,)| digest).collect())
    }

    /// A plan as it is kept, by its digest.
    ///
    /// # Errors
    /// The database failed.
    pub async fn plan_content(&self, digest: &str) -> Result<Option<Vec<u8>>, HostError> {
        let asked = query("SELECT content FROM plans WHERE digest = $1").bind(digest);
        Ok(asked.fetch_optional(&self.store).await?.map(|(content,)| content))
    }

    /// Empties the write-ahead log, where what was removed would stay for a while; `secure_delete` has overwritten it in the
    /// database itself. A server keeps removed rows until it vacuums.
    async fn overwrite(&self) -> Result<(), HostError> {
        let Engine::Sqlite(pool) = self.store.db() else { return Ok(()) };
        let (busy, ..): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(pool).await.map_err(DatabaseError)?;
        let is_busy = busy != 0;
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
pub struct LegacyPlaintext {
    /// Runs, and their reports without the person.
    pub reports: Vec<(i64, String)>,
    /// Plans that tell of them, by digest.
    pub plans: Vec<String>,
}

async fn destroy(transaction: &mut Transaction, row: &ErasureRow) -> Result<(), HostError> {
    query("DELETE FROM people WHERE tag = $1").bind(row.tag.0.as_slice()).execute(&mut *transaction).await?;
    query(format!(
        "INSERT INTO forgotten (tag, times, at, is_lifted, is_swept) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT ({}tag) DO UPDATE SET times = excluded.times, at = excluded.at, is_lifted = excluded.is_lifted,
                                           is_swept = excluded.is_swept",
        transaction.of_tenant()
    ))
    .bind(row.tag.0.as_slice())
    .bind(row.times)
    .bind(row.at)
    .bind(i64::from(row.is_lifted))
    .bind(i64::from(row.is_complete))
    .execute(transaction)
    .await?;
    Ok(())
}

fn person((number, bytes, wrapped): (i64, Vec<u8>, Vec<u8>)) -> Result<PersonRow, HostError> {
    Ok(PersonRow { number, tag: tag(bytes)?, wrapped })
}

fn tag(bytes: Vec<u8>) -> Result<KeyedHash, HostError> {
    let wrong = |_| HostError::Storage("a keyed hash of a person has another length".to_owned());
    Ok(KeyedHash(bytes.try_into().map_err(wrong)?))
}

/// `$1, $2, …`
fn places(number: usize) -> String {
    (1..=number).fold(String::new(), |mut text, place| {
        let _ = write!(text, "{}${place}", if place == 1 { "" } else { ", " });
        text
    })
}
