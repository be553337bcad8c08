//! The deliveries: what waits, what went out, what was refused.

use super::{signed, unreadable, unsigned};
use crate::database::TenantDatabase;
use crate::error::HostError;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is tried again.
    Waiting,
    /// The other side has it.
    Delivered,
    /// It is not tried again.
    Refused,
    /// The reference was taken back before it went out.
    Withdrawn,
}

impl DeliveryState {
    /// As it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn read(word: &str) -> Result<Self, HostError> {
        [Self::Waiting, Self::Delivered, Self::Refused, Self::Withdrawn]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| unreadable("delivery"))
    }
}

/// A delivery that is to be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueDelivery {
    /// Of which reference.
    pub log_index: u64,
    /// Whose.
    pub employee_id: String,
    /// The key that signed it.
    pub selector: String,
    /// The `Message-ID`.
    pub message_id: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when it is tried, in Unix seconds.
    pub since: i64,
    /// When the reference was issued, in Unix seconds.
    pub issued_at: i64,
}

/// A delivery as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Of which reference.
    pub log_index: u64,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried again, in Unix seconds, if it is.
    pub next_at: i64,
    /// What the other side said the last time, without addresses.
    pub said: String,
    /// When it came to this, in Unix seconds.
    pub changed_at: i64,
}

impl TenantDatabase {
    /// The deliveries that wait and whose time has come, in the order of the log. One whose time is further away than any
    /// pause (`longest`, in seconds) has come as well: the clock was set back since.
    ///
    /// # Errors
    /// The database failed.
    pub async fn due_deliveries(&self, now: i64, longest: i64) -> Result<Vec<DueDelivery>, HostError> {
        let rows = sqlx::query(
            "SELECT deliveries.log_index, employee_id, selector, message_id, attempts, since, issued_at
             FROM reference_deliveries deliveries
             JOIN issued_references issued ON issued.log_index = deliveries.log_index
             WHERE deliveries.state = 'waiting' AND (next_at <= $1 OR next_at > $2) ORDER BY deliveries.log_index",
        );
        let read = |row: &SqliteRow| {
            Ok(DueDelivery {
                log_index: unsigned(row.try_get(0)?),
                employee_id: row.try_get(1)?,
                selector: row.try_get(2)?,
                message_id: row.try_get(3)?,
                attempts: row.try_get(4)?,
                since: row.try_get(5)?,
                issued_at: row.try_get(6)?,
            })
        };
        rows.bind(now).bind(now.saturating_add(longest)).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Records what came of an attempt. Nothing changes for one that was withdrawn meanwhile.
    ///
    /// # Errors
    /// The database failed.
    pub async fn record_attempt(
        &self,
        log_index: u64,
        state: DeliveryState,
        said: &str,
        next_at: i64,
        now: i64,
    ) -> Result<(), HostError> {
        sqlx::query(
            "UPDATE reference_deliveries
             SET state = $1, attempts = attempts + 1, said = $2, next_at = $3, changed_at = $4
             WHERE log_index = $5 AND state = 'waiting'",
        )
        .bind(state.word())
        .bind(said)
        .bind(next_at)
        .bind(now)
        .bind(signed(log_index))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// All deliveries in the order of the log.
    ///
    /// # Errors
    /// The database failed.
    pub async fn deliveries(&self) -> Result<Vec<DeliveryRow>, HostError> {
        let rows = sqlx::query(
            "SELECT log_index, state, attempts, next_at, said, changed_at FROM reference_deliveries ORDER BY log_index",
        );
        let read = |row: &SqliteRow| {
            let state: String = row.try_get(1)?;
            Ok(DeliveryRow {
                log_index: unsigned(row.try_get(0)?),
                state: DeliveryState::read(&state)?,
                attempts: row.try_get(2)?,
                next_at: row.try_get(3)?,
                said: row.try_get(4)?,
                changed_at: row.try_get(5)?,
            })
        };
        rows.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Lets a delivery that was refused be tried again; false if there is none of that reference.
    ///
    /// # Errors
    /// The database failed.
    pub async fn retry_delivery(&self, reference: &str, now: i64) -> Result<bool, HostError> {
        let done = sqlx::query(
            "UPDATE reference_deliveries SET state = 'waiting', since = $1, next_at = $1, changed_at = $1
             WHERE state IN ('refused', 'waiting')
               AND log_index IN (SELECT log_index FROM issued_references WHERE id = $2 AND state = 'valid')",
        );
        Ok(done.bind(now).bind(reference).execute(&self.pool).await?.rows_affected() == 1)
    }

    /// How many deliveries wait.
    ///
    /// # Errors
    /// The database failed.
    pub async fn waiting_deliveries(&self) -> Result<u64, HostError> {
        let query = "SELECT count(*) FROM reference_deliveries WHERE state = 'waiting'";
        Ok(unsigned(sqlx::query(query).fetch_one(&self.pool).await?.try_get(0)?))
    }
}
