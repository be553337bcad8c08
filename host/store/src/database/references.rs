//! What the references job of a tenant stores: the people's standing, the references, and the heads of the log.

mod deliveries;
mod departures;
mod keys;
mod titles;

pub use deliveries::{AttemptRecord, DeliveryRow, DeliveryState, DueDelivery, Message};
pub use departures::{DepartureDetails, DepartureRow, WhyNone};
pub use keys::KeyRow;
pub use titles::TitleDigests;

use crate::database::engine::Transaction;
use crate::database::statement::query;
use crate::database::{Fence, TenantDatabase};
use hibob_base::error::HostError;
use hibob_contract::offboarding_references::{Departure, Issued, Known, Seen, Standing};
use sqlx::FromRow;

/// The state of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceState {
    /// It is valid.
    Valid,
    /// A newer reference replaces it.
    Superseded,
    /// It was declared that it should not have been given.
    Revoked,
}

impl ReferenceState {
    /// The word in the database and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Superseded => "superseded",
            Self::Revoked => "revoked",
        }
    }

    fn read(word: &str) -> Result<Self, HostError> {
        [Self::Valid, Self::Superseded, Self::Revoked]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| unreadable("state"))
    }
}

/// A reference to be recorded.
#[derive(Clone, Debug)]
pub struct NewReference {
    /// The credential's UUID.
    pub id: String,
    /// The departure that the reference is about.
    pub departure: Departure,
    /// The signed credential, encrypted under the person's key.
    pub document: Vec<u8>,
    /// The SHA-256 of the signed credential, which is the entry in the log.
    pub digest: [u8; 32],
    /// The selector of the key that signed it.
    pub selector: String,
    /// The number of its pair of status lists.
    pub status_list: u32,
    /// Its position in these lists.
    pub status_index: u32,
    /// The digest of the plugin that returned its claims.
    pub plugin_digest: String,
    /// A hash over the answers of HiBob with which its claims were confirmed.
    pub answers_digest: [u8; 32],
    /// When it was issued, in Unix seconds.
    pub issued_at: i64,
    /// The `Message-ID` with which it is delivered.
    pub message_id: String,
}

/// A reference as it is recorded.
#[derive(Clone, Debug)]
pub struct ReferenceRow {
    /// Its place in the log, counted from 0.
    pub log_index: u64,
    /// The credential's UUID.
    pub id: String,
    /// The departure that the reference is about.
    pub departure: Departure,
    /// The signed credential: encrypted as it is stored, or decrypted by `privacy`.
    pub document: Vec<u8>,
    /// The selector of the key that signed it.
    pub selector: String,
    /// The number of its pair of status lists.
    pub status_list: u32,
    /// Its position in these lists.
    pub status_index: u32,
    /// The digest of the plugin that returned its claims.
    pub plugin_digest: String,
    /// When it was issued, in Unix seconds.
    pub issued_at: i64,
    /// The reference's state.
    pub state: ReferenceState,
    /// Why it is revoked or superseded; empty if it is valid.
    pub state_reason: String,
}

impl ReferenceRow {
    const COLUMNS: &str = "log_index, id, employee_id, ended_on, basis, document, selector, status_list, status_index, plugin_digest, issued_at, state, state_reason";

    fn read(row: ReferenceColumns) -> Result<Self, HostError> {
        Ok(Self {
            log_index: unsigned(row.log_index),
            id: row.id,
            departure: Departure { employee_id: row.employee_id, ended_on: row.ended_on, basis: row.basis },
            document: row.document,
            selector: row.selector,
            status_list: small(row.status_list, "status_list")?,
            status_index: small(row.status_index, "status_index")?,
            plugin_digest: row.plugin_digest,
            issued_at: row.issued_at,
            state: ReferenceState::read(&row.state)?,
            state_reason: row.state_reason,
        })
    }
}

/// [`ReferenceRow::COLUMNS`].
#[derive(FromRow)]
struct ReferenceColumns {
    log_index: i64,
    id: String,
    employee_id: String,
    ended_on: String,
    basis: String,
    document: Vec<u8>,
    selector: String,
    status_list: i64,
    status_index: i64,
    plugin_digest: String,
    issued_at: i64,
    state: String,
    state_reason: String,
}

/// The columns that are read of a person: id, standing, and of the valid reference the last day, the basis and when it
/// was issued.
type KnownColumns = (String, String, Option<String>, Option<String>, Option<i64>);

/// A signed head of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// How many entries the log has.
    pub size: u64,
    /// The root hash over the entries.
    pub root: [u8; 32],
    /// The signature lines of the witnesses.
    pub cosignatures: String,
}

impl TenantDatabase {
    /// Everybody whom the job has recorded, with standing and valid reference, in the order of the employee ids.
    ///
    /// # Errors
    /// The database failed.
    pub async fn reference_people(&self) -> Result<Vec<Known>, HostError> {
        // The latest reference of the person, if it is valid: one of an earlier employment does not take its place. A
        // reference that replaces others counts as issued when the first of them was.
        let rows = query(
            "SELECT people.employee_id, people.standing, issued.ended_on, issued.basis,
                    (SELECT min(issued_at) FROM issued_references chain
                     WHERE chain.employee_id = people.employee_id AND chain.log_index <= issued.log_index
                       AND chain.log_index > coalesce(
                            (SELECT max(log_index) FROM issued_references
                             WHERE employee_id = people.employee_id AND log_index < issued.log_index
                               AND state <> 'superseded'), -1))
             FROM reference_people people
             LEFT JOIN issued_references issued ON issued.state = 'valid' AND issued.log_index =
                (SELECT max(log_index) FROM issued_references
                 WHERE employee_id = people.employee_id AND state <> 'superseded')
             ORDER BY people.employee_id",
        );
        let read = |(employee_id, word, ended_on, basis, issued_at): KnownColumns| {
            let standing = standing(&word)?;
            let (Some(ended_on), Some(basis), Some(issued_at)) = (ended_on, basis, issued_at) else {
                return Ok(Known { employee_id, standing, issued: None });
            };
            let departure = Departure { employee_id: employee_id.clone(), ended_on, basis };
            let issued = Some(Issued { departure, issued_at_unix_seconds: unsigned(issued_at) });
            Ok(Known { employee_id, standing, issued })
        };
        rows.fetch_all(&self.store).await?.into_iter().map(read).collect()
    }

    /// Why references are paused, if they are.
    ///
    /// # Errors
    /// The database failed.
    pub async fn reference_pause(&self) -> Result<Option<String>, HostError> {
        let why = query("SELECT why FROM reference_pause").fetch_optional(&self.store).await?;
        Ok(why.map(|(why,)| why))
    }

    /// Pauses references for this reason, if the issuer has a key; none ends the pause.
    ///
    /// # Errors
    /// The database failed.
    pub async fn pause_references(&self, why: Option<&str>) -> Result<(), HostError> {
        let mut transaction = self.begin_exclusive().await?;
        query("DELETE FROM reference_pause").execute(&mut transaction).await?;
        if let Some(why) = why {
            let insert =
                "INSERT INTO reference_pause (id, why) SELECT 1, $1 WHERE EXISTS (SELECT 1 FROM reference_keys)";
            query(insert).bind(why).execute(&mut transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Records the standing of people.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was written.
    pub async fn record_standings(&self, fence: Fence, seen: &[Seen]) -> Result<(), HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        for seen in seen {
            put_standing(&mut transaction, &seen.employee_id, seen.standing).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Records a reference as the next entry of the log, its delivery, and that the person has left: all of it or
    /// nothing. If `supersedes` gives a reason, the person's latest valid reference is superseded. Returns the place in
    /// the log; none if the departure has a valid reference already.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was written.
    pub async fn record_reference(
        &self,
        fence: Fence,
        new: &NewReference,
        supersedes: Option<&str>,
    ) -> Result<Option<u64>, HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        if let Some(reason) = supersedes {
            supersede_latest(&mut transaction, &new.departure.employee_id, reason, new.issued_at).await?;
        }
        put_standing(&mut transaction, &new.departure.employee_id, Standing::Left).await?;
        departures::remove(&mut transaction, &new.departure.employee_id).await?;
        let known =
            query("SELECT 1 FROM issued_references WHERE employee_id = $1 AND ended_on = $2 AND state = 'valid'");
        let known = known.bind(&new.departure.employee_id).bind(&new.departure.ended_on);
        if known.finds(&mut transaction).await? {
            // Nothing is superseded by a reference that was there before.
            if supersedes.is_none() {
                transaction.commit().await?;
            }
            return Ok(None);
        }
        let next = "SELECT coalesce(max(log_index) + 1, 0) FROM issued_references";
        let (log_index,): (i64,) = query(next).fetch_one(&mut transaction).await?;
        query(
            "INSERT INTO issued_references
                (log_index, id, employee_id, ended_on, basis, document, digest, selector, status_list, status_index,
                 plugin_digest, answers_digest, issued_at, state, state_reason, state_since)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'valid', '', $13)",
        )
        .bind(log_index)
        .bind(&new.id)
        .bind(&new.departure.employee_id)
        .bind(&new.departure.ended_on)
        .bind(&new.departure.basis)
        .bind(&new.document)
        .bind(new.digest.as_slice())
        .bind(&new.selector)
        .bind(i64::from(new.status_list))
        .bind(i64::from(new.status_index))
        .bind(&new.plugin_digest)
        .bind(new.answers_digest.as_slice())
        .bind(new.issued_at)
        .execute(&mut transaction)
        .await?;
        query(
            "INSERT INTO reference_deliveries (log_index, message_id, state, since, attempts, next_at, said, changed_at)
             VALUES ($1, $2, 'waiting', $3, 0, $3, '', $3)",
        )
        .bind(log_index)
        .bind(&new.message_id)
        .bind(new.issued_at)
        .execute(&mut transaction)
        .await?;
        transaction.commit().await?;
        Ok(Some(unsigned(log_index)))
    }

    /// Revokes the valid references of one departure, because the person is employed after all. Returns how many.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was written.
    pub async fn cancel_departure(
        &self,
        fence: Fence,
        departure: &Departure,
        reason: &str,
        now: i64,
    ) -> Result<u64, HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        put_standing(&mut transaction, &departure.employee_id, Standing::Employed).await?;
        let rows = query(
            "SELECT log_index FROM issued_references WHERE employee_id = $1 AND ended_on = $2 AND state = 'valid'",
        );
        let rows = rows.bind(&departure.employee_id).bind(&departure.ended_on);
        let rows: Vec<(i64,)> = rows.fetch_all(&mut transaction).await?;
        for (log_index,) in &rows {
            end(&mut transaction, *log_index, ReferenceState::Revoked, reason, now).await?;
        }
        transaction.commit().await?;
        Ok(rows.len() as u64)
    }

    /// Revokes one reference. None if there is no such reference, false if it was revoked before.
    ///
    /// # Errors
    /// The database failed; nothing was written.
    pub async fn revoke_reference(&self, id: &str, reason: &str, now: i64) -> Result<Option<bool>, HostError> {
        // It excludes other writes from its start: a run may write between the two statements.
        let mut transaction = self.begin_exclusive().await?;
        let row = query("SELECT log_index, state FROM issued_references WHERE id = $1").bind(id);
        let Some((log_index, state)) = row.fetch_optional(&mut transaction).await? else { return Ok(None) };
        let (log_index, state): (i64, String) = (log_index, state);
        if ReferenceState::read(&state)? == ReferenceState::Revoked {
            return Ok(Some(false));
        }
        end(&mut transaction, log_index, ReferenceState::Revoked, reason, now).await?;
        transaction.commit().await?;
        Ok(Some(true))
    }

    /// All references in the order of the log.
    ///
    /// # Errors
    /// The database failed.
    pub async fn references(&self) -> Result<Vec<ReferenceRow>, HostError> {
        let sql = format!("SELECT {} FROM issued_references ORDER BY log_index", ReferenceRow::COLUMNS);
        query(sql).fetch_all(&self.store).await?.into_iter().map(ReferenceRow::read).collect()
    }

    /// One reference by its place in the log.
    ///
    /// # Errors
    /// The database failed, or there is none.
    pub async fn reference(&self, log_index: u64) -> Result<ReferenceRow, HostError> {
        let sql = format!("SELECT {} FROM issued_references WHERE log_index = $1", ReferenceRow::COLUMNS);
        ReferenceRow::read(query(sql).bind(signed(log_index)).fetch_one(&self.store).await?)
    }

    /// The reference that this one replaces, if that one was delivered: the one before it of the same person, if it is
    /// superseded.
    ///
    /// # Errors
    /// The database failed.
    pub async fn replaced_by(&self, row: &ReferenceRow) -> Result<Option<ReferenceRow>, HostError> {
        let sql = format!(
            "SELECT {} FROM issued_references
             WHERE employee_id = $1 AND log_index < $2 ORDER BY log_index DESC LIMIT 1",
            ReferenceRow::COLUMNS
        );
        let before = query(sql).bind(&row.departure.employee_id).bind(signed(row.log_index));
        let before = before.fetch_optional(&self.store).await?.map(ReferenceRow::read).transpose()?;
        let Some(before) = before.filter(|before| before.state == ReferenceState::Superseded) else { return Ok(None) };
        let delivered = query("SELECT 1 FROM reference_deliveries WHERE log_index = $1 AND state = 'delivered'");
        let was_delivered = delivered.bind(signed(before.log_index)).finds(&self.store).await?;
        Ok(was_delivered.then_some(before))
    }

    /// The entries of the log, in its order.
    ///
    /// # Errors
    /// The database failed, or an entry is missing or too short.
    pub async fn log_entries(&self) -> Result<Vec<[u8; 32]>, HostError> {
        let rows = query("SELECT log_index, digest FROM issued_references ORDER BY log_index");
        let rows = rows.fetch_all(&self.store).await?;
        let entry = |(expected, (index, digest)): (i64, (i64, Vec<u8>))| {
            if index == expected { fixed(digest, "digest") } else { Err(unreadable("log_index")) }
        };
        (0..).zip(rows).map(entry).collect()
    }

    /// The positions of the status lists that are taken: the list's number, the position, and the reference's state.
    ///
    /// # Errors
    /// The database failed.
    pub async fn status_positions(&self) -> Result<Vec<(u32, u32, ReferenceState)>, HostError> {
        let rows = query("SELECT status_list, status_index, state FROM issued_references");
        let read = |(list, index, state): (i64, i64, String)| {
            Ok((small(list, "status_list")?, small(index, "status_index")?, ReferenceState::read(&state)?))
        };
        rows.fetch_all(&self.store).await?.into_iter().map(read).collect()
    }

    /// The signed heads of the log, from the smallest to the one that was signed last.
    ///
    /// # Errors
    /// The database failed.
    pub async fn log_heads(&self) -> Result<Vec<LogHead>, HostError> {
        let rows = query("SELECT size, root, cosignatures FROM reference_log_head ORDER BY size");
        let read = |(size, root, cosignatures): (i64, Vec<u8>, String)| {
            Ok(LogHead { size: unsigned(size), root: fixed(root, "root")?, cosignatures })
        };
        rows.fetch_all(&self.store).await?.into_iter().map(read).collect()
    }

    /// Records a head that is about to be signed. The witnesses' signatures of a head that is recorded already stay.
    ///
    /// # Errors
    /// The database has a head of a larger log, or another head of this size; or the database failed.
    pub async fn put_log_head(&self, size: u64, root: &[u8; 32]) -> Result<(), HostError> {
        let mut transaction = self.begin_exclusive().await?;
        let done = query(format!(
            "INSERT INTO reference_log_head (size, root, cosignatures)
             SELECT $1, $2, '' WHERE NOT EXISTS (SELECT 1 FROM reference_log_head WHERE size > $1)
             ON CONFLICT ({}size) DO UPDATE SET root = excluded.root WHERE reference_log_head.root = excluded.root",
            transaction.of_tenant()
        ));
        if done.bind(signed(size)).bind(root.as_slice()).execute(&mut transaction).await? == 1 {
            return Ok(transaction.commit().await?);
        }
        Err(HostError::Storage("another head of the log was signed meanwhile".to_owned()))
    }

    /// Adds signature lines of witnesses to a recorded head.
    ///
    /// # Errors
    /// The database failed.
    pub async fn add_cosignatures(&self, size: u64, lines: &str) -> Result<(), HostError> {
        let update = query("UPDATE reference_log_head SET cosignatures = cosignatures || $1 WHERE size = $2");
        update.bind(lines).bind(signed(size)).execute(&self.store).await?;
        Ok(())
    }
}

async fn put_standing(transaction: &mut Transaction, employee_id: &str, standing: Standing) -> Result<(), HostError> {
    let word = match standing {
        Standing::Employed => "employed",
        Standing::Left => "left",
    };
    query(format!(
        "INSERT INTO reference_people (employee_id, standing) VALUES ($1, $2)
         ON CONFLICT ({}employee_id) DO UPDATE SET standing = excluded.standing",
        transaction.of_tenant()
    ))
    .bind(employee_id)
    .bind(word)
    .execute(&mut *transaction)
    .await?;
    Ok(())
}

/// Supersedes the latest valid reference of a person.
async fn supersede_latest(
    transaction: &mut Transaction,
    employee_id: &str,
    reason: &str,
    now: i64,
) -> Result<(), HostError> {
    let latest = "SELECT max(log_index) FROM issued_references WHERE employee_id = $1 AND state = 'valid'";
    let (latest,): (Option<i64>,) = query(latest).bind(employee_id).fetch_one(&mut *transaction).await?;
    match latest {
        Some(log_index) => end(transaction, log_index, ReferenceState::Superseded, reason, now).await,
        None => Ok(()),
    }
}

/// Ends the validity of a reference, and withdraws its delivery if it is still waiting. If it was delivered and is
/// revoked now, its person is to be told.
async fn end(
    transaction: &mut Transaction,
    log_index: i64,
    state: ReferenceState,
    reason: &str,
    now: i64,
) -> Result<(), HostError> {
    query("UPDATE issued_references SET state = $1, state_reason = $2, state_since = $3 WHERE log_index = $4")
        .bind(state.word())
        .bind(reason)
        .bind(now)
        .bind(log_index)
        .execute(&mut *transaction)
        .await?;
    query(
        "UPDATE reference_deliveries SET state = 'withdrawn', changed_at = $1 WHERE log_index = $2 AND state = 'waiting'",
    )
    .bind(now)
    .bind(log_index)
    .execute(&mut *transaction)
    .await?;
    if state == ReferenceState::Revoked {
        let is_told = transaction.of_tenant();
        query(format!(
            "INSERT INTO reference_notices (log_index, message_id, state, since, attempts, next_at, said, changed_at)
             SELECT log_index, replace(message_id, '@', '.revoked@'), 'waiting', $1, 0, $1, '', $1
             FROM reference_deliveries WHERE log_index = $2 AND state = 'delivered'
             ON CONFLICT ({is_told}log_index) DO NOTHING"
        ))
        .bind(now)
        .bind(log_index)
        .execute(&mut *transaction)
        .await?;
    }
    Ok(())
}

fn standing(word: &str) -> Result<Standing, HostError> {
    match word {
        "employed" => Ok(Standing::Employed),
        "left" => Ok(Standing::Left),
        _ => Err(unreadable("standing")),
    }
}

fn fixed(bytes: Vec<u8>, column: &str) -> Result<[u8; 32], HostError> {
    bytes.try_into().map_err(|_| unreadable(column))
}

fn unreadable(column: &str) -> HostError {
    HostError::Storage(format!("the record of references has a {column} that cannot be read"))
}

fn small(number: i64, column: &str) -> Result<u32, HostError> {
    u32::try_from(number).map_err(|_| unreadable(column))
}

/// A number that the database stores as a signed one and that is never negative.
fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
