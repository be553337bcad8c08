//! The persons' keys, encrypted, and the erasures, in a tenant's database.

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

/// The most values in one statement.
pub(super) const ASKED_MAX: usize = 500;

/// The keyed hash of an id: HMAC-SHA256 (RFC 2104) under the tenant's key. Without that key nobody can tell whose id it
/// is.
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

/// A person's key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// The key's number.
    pub number: i64,
    /// The keyed hash of the employee's id.
    pub tag: KeyedHash,
    /// The key, encrypted with the tenant's key.
    pub wrapped: Vec<u8>,
}

/// The erasures of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasureRow {
    /// The keyed hash of the employee's id.
    pub tag: KeyedHash,
    /// How often the person was erased.
    pub times: i64,
    /// When the person was erased last, in Unix seconds.
    pub at: i64,
    /// Whether the person may come back.
    pub is_lifted: bool,
    /// Whether the rows under the id itself are removed as well, and not only the key.
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
    ///
    /// # Errors
    /// The database failed.
    pub async fn accounts_of(&self, employee_id: &str) -> Result<Vec<String>, HostError> {
        let asked = query("SELECT account_id FROM accounts WHERE employee_id = $1").bind(employee_id);
        Ok(asked.fetch_all(&self.store).await?.into_iter().map(|(id,)| id).collect())
    }

    /// The erasures of everybody who was erased, including the people who may come back.
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

    /// The keyed hashes of the accounts of erased people who may not come back.
    ///
    /// # Errors
    /// The database failed.
    pub async fn erased_accounts(&self) -> Result<Vec<KeyedHash>, HostError> {
        let asked = query(
            "SELECT forgotten_accounts.tag FROM forgotten_accounts
             JOIN forgotten ON forgotten.tag = forgotten_accounts.person WHERE is_lifted = 0",
        );
        asked.fetch_all(&self.store).await?.into_iter().map(|(bytes,)| tag(bytes)).collect()
    }

    /// Destroys a person's key and records the erasure. No other key is needed for that.
    ///
    /// # Errors
    /// The database failed, or is being read while its write-ahead log is to be emptied.
    pub async fn destroy_key(&self, row: &ErasureRow) -> Result<(), HostError> {
        let mut transaction = self.begin_exclusive().await?;
        destroy(&mut transaction, row).await?;
        transaction.commit().await?;
        self.overwrite().await
    }

    /// Erases a person: destroys the key and removes the rows under the id itself, all of it or nothing. `accounts` are
    /// the keyed hashes of the person's accounts.
    ///
    /// # Errors
    /// The database failed, or is being read while its write-ahead log is to be emptied.
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

    /// Records that no rows are left under the ids of these people.
    ///
    /// # Errors
    /// The database failed.
    pub async fn mark_complete(&self, tags: &[KeyedHash]) -> Result<(), HostError> {
        for tag in tags {
            let update = query("UPDATE forgotten SET is_swept = 1 WHERE tag = $1").bind(tag.0.as_slice());
            update.execute(&self.store).await?;
        }
        Ok(())
    }

    /// Destroys everybody's keys and removes all erasures.
    ///
    /// # Errors
    /// The database failed, or is being read while its write-ahead log is to be emptied.
    pub async fn erase_everybody(&self) -> Result<(), HostError> {
        let mut transaction = self.begin_exclusive().await?;
        for table in ["DELETE FROM people", "DELETE FROM forgotten_accounts", "DELETE FROM forgotten"] {
            query(table).execute(&mut transaction).await?;
        }
        transaction.commit().await?;
        self.overwrite().await
    }

    /// Lets an erased person come back; false if the person is not kept out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn lift(&self, tag: KeyedHash) -> Result<bool, HostError> {
        let update = query("UPDATE forgotten SET is_lifted = 1 WHERE tag = $1 AND is_lifted = 0");
        Ok(update.bind(tag.0.as_slice()).execute(&self.store).await? == 1)
    }

    /// Every employee's id in a column, and the last part of every key of the plugin's entries.
    ///
    /// # Errors
    /// The database failed.
    pub async fn plaintext_ids(&self) -> Result<Vec<String>, HostError> {
        let columns = query(
            "SELECT employee_id FROM accounts UNION SELECT employee_id FROM reference_people
             UNION SELECT employee_id FROM issued_references UNION SELECT employee_id FROM ordered_links
             UNION SELECT employee_id FROM unlinked_accounts UNION SELECT employee_id FROM open_cases
             UNION SELECT employee_id FROM reference_departures UNION SELECT employee_id FROM holds
             UNION SELECT employee_id FROM run_updates WHERE employee_id <> ''",
        );
        let columns = columns.fetch_all(&self.store).await?.into_iter().map(|(id,)| id);
        let keys: Vec<(Key<String>,)> = query("SELECT key FROM entries").fetch_all(&self.store).await?;
        let last = |(Key(key),): (Key<String>,)| key.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(columns.chain(keys.into_iter().map(last)).collect())
    }

    /// The reports of all runs, by the runs' numbers.
    ///
    /// # Errors
    /// The database failed.
    pub async fn reports(&self) -> Result<Vec<(i64, String)>, HostError> {
        Ok(query("SELECT id, report FROM runs ORDER BY id").fetch_all(&self.store).await?)
    }

    /// The digests of all stored plans.
    ///
    /// # Errors
    /// The database failed.
    pub async fn plan_digests(&self) -> Result<Vec<String>, HostError> {
        let digests = query("SELECT digest FROM plans ORDER BY digest").fetch_all(&self.store).await?;
        Ok(digests.into_iter().map(|(digest,)| digest).collect())
    }

    /// The stored form of a plan, by its digest.
    ///
    /// # Errors
    /// The database failed.
    pub async fn plan_content(&self, digest: &str) -> Result<Option<Vec<u8>>, HostError> {
        let asked = query("SELECT content FROM plans WHERE digest = $1").bind(digest);
        Ok(asked.fetch_optional(&self.store).await?.map(|(content,)| content))
    }

    /// Empties SQLite's write-ahead log, where removed rows would stay for a while; in the database itself
    /// `secure_delete` has overwritten them. PostgreSQL keeps removed rows until it vacuums.
    async fn overwrite(&self) -> Result<(), HostError> {
        let Engine::Sqlite(pool) = self.store.db() else { return Ok(()) };
        let (busy, ..): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(pool).await.map_err(DatabaseError)?;
        let is_busy = busy != 0;
        if is_busy {
            let what = "the tenant's database is being read, so its write-ahead log still has the removed data; run the command again";
            return Err(HostError::Storage(what.to_owned()));
        }
        Ok(())
    }
}

/// What JSON of earlier versions, which is not encrypted, has about one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LegacyPlaintext {
    /// The runs' numbers, and their reports without the person.
    pub reports: Vec<(i64, String)>,
    /// The digests of the plans that name the person.
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
pub(super) fn places(number: usize) -> String {
    (1..=number).fold(String::new(), |mut text, place| {
        let _ = write!(text, "{}${place}", if place == 1 { "" } else { ", " });
        text
    })
}
