//! The outbox: the deliveries of references with their states.

use crate::database::references::{signed, small, unreadable, unsigned};
use crate::database::statement::query;
use crate::database::{Fence, TenantDatabase};
use hibob_base::error::HostError;

/// The state of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It will be tried, for the first time or again.
    Waiting,
    /// The recipient's server has accepted it.
    Delivered,
    /// It was refused and is not tried again.
    Refused,
    /// The reference was revoked or superseded, or the person erased, before it was delivered.
    Withdrawn,
}

impl DeliveryState {
    /// The word in the database and in JSON.
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

/// What is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// The reference.
    Reference,
    /// That a reference which was delivered is revoked.
    Revocation,
}

impl Message {
    fn table(self) -> &'static str {
        match self {
            Self::Reference => "reference_deliveries",
            Self::Revocation => "reference_notices",
        }
    }
}

/// A delivery that is to be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueDelivery {
    /// What is delivered.
    pub message: Message,
    /// The reference's place in the log.
    pub log_index: u64,
    /// The reference's id.
    pub reference: String,
    /// The employee's id in HiBob.
    pub employee_id: String,
    /// The selector of the key that signed the reference.
    pub selector: String,
    /// The `Message-ID`, which is the same in each attempt.
    pub message_id: String,
    /// How many attempts there were.
    pub attempts: u32,
    /// When the first attempt was, in Unix seconds; before it, when the reference was issued.
    pub since: i64,
    /// When the reference was issued, in Unix seconds.
    pub issued_at: i64,
}

/// The result of an attempt to deliver.
#[derive(Clone, Copy, Debug)]
pub struct AttemptRecord<'a> {
    /// The delivery's state after the attempt.
    pub state: DeliveryState,
    /// The server's reply, without addresses.
    pub said: &'a str,
    /// When the next attempt is, in Unix seconds, if the delivery waits.
    pub next_at: i64,
    /// Whether the attempt is counted. It is not if the channel itself could not be used.
    pub is_counted: bool,
}

/// A delivery as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// The reference's place in the log.
    pub log_index: u64,
    /// The delivery's state.
    pub state: DeliveryState,
    /// How many attempts there were.
    pub attempts: u32,
    /// When the next attempt is, in Unix seconds, if the delivery waits.
    pub next_at: i64,
    /// The server's last reply, without addresses.
    pub said: String,
    /// When the delivery was changed last, in Unix seconds.
    pub changed_at: i64,
}

impl TenantDatabase {
    /// The deliveries that wait and are due, in the order of the log. A delivery whose time is further away than the
    /// longest pause (`longest`, in seconds) is due as well, because the clock was set back since.
    ///
    /// # Errors
    /// The database failed.
    pub async fn due_deliveries(&self, now: i64, longest: i64) -> Result<Vec<DueDelivery>, HostError> {
        let mut due = Vec::new();
        for message in [Message::Reference, Message::Revocation] {
            let rows = query(format!(
                "SELECT deliveries.log_index, employee_id, selector, message_id, attempts, since, issued_at, issued.id
                 FROM {} deliveries
                 JOIN issued_references issued ON issued.log_index = deliveries.log_index
                 WHERE deliveries.state = 'waiting' AND (next_at <= $1 OR next_at > $2) ORDER BY deliveries.log_index",
                message.table()
            ));
            let rows = rows.bind(now).bind(now.saturating_add(longest)).fetch_all(&self.store).await?;
            for (log_index, employee_id, selector, message_id, attempts, since, issued_at, reference) in rows {
                due.push(DueDelivery {
                    message,
                    log_index: unsigned(log_index),
                    reference,
                    employee_id,
                    selector,
                    message_id,
                    attempts: small(attempts, "attempts")?,
                    since,
                    issued_at,
                });
            }
        }
        Ok(due)
    }

    /// Records the result of an attempt. False if the delivery was withdrawn meanwhile.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed.
    pub async fn record_attempt(
        &self,
        fence: Fence,
        (message, log_index): (Message, u64),
        attempt: &AttemptRecord<'_>,
        now: i64,
    ) -> Result<bool, HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let done = query(format!(
            "UPDATE {}
             SET state = $1, since = CASE WHEN attempts = 0 THEN $4 ELSE since END, attempts = attempts + $6, said = $2,
                 next_at = $3, changed_at = $4
             WHERE log_index = $5 AND state = 'waiting'",
            message.table()
        ));
        let done = done.bind(attempt.state.word()).bind(attempt.said).bind(attempt.next_at).bind(now);
        let done = done.bind(signed(log_index)).bind(i64::from(attempt.is_counted)).execute(&mut transaction).await?;
        transaction.commit().await?;
        Ok(done == 1)
    }

    /// All deliveries in the order of the log.
    ///
    /// # Errors
    /// The database failed.
    pub async fn deliveries(&self) -> Result<Vec<DeliveryRow>, HostError> {
        let rows = query(
            "SELECT log_index, state, attempts, next_at, said, changed_at FROM reference_deliveries ORDER BY log_index",
        );
        let read = |(log_index, state, attempts, next_at, said, changed_at): (i64, String, i64, i64, String, i64)| {
            let (log_index, state) = (unsigned(log_index), DeliveryState::read(&state)?);
            Ok(DeliveryRow { log_index, state, attempts: small(attempts, "attempts")?, next_at, said, changed_at })
        };
        rows.fetch_all(&self.store).await?.into_iter().map(read).collect()
    }

    /// Lets a delivery that was refused or waits be tried again at once. False if the reference is not valid or has no
    /// such delivery.
    ///
    /// # Errors
    /// The database failed.
    pub async fn retry_delivery(&self, reference: &str, now: i64) -> Result<bool, HostError> {
        let done = query(
            "UPDATE reference_deliveries SET state = 'waiting', attempts = 0, since = $1, next_at = $1, changed_at = $1
             WHERE state IN ('refused', 'waiting')
               AND log_index IN (SELECT log_index FROM issued_references WHERE id = $2 AND state = 'valid')",
        );
        // A revocation of the reference comes before it or after it.
        let mut transaction = self.begin_exclusive().await?;
        let done = done.bind(now).bind(reference).execute(&mut transaction).await? == 1;
        transaction.commit().await?;
        Ok(done)
    }

    /// Lets a reference that was delivered be delivered once more, with this `Message-ID`: with the one of before, a
    /// mailbox would take it for the same message. One that was refused or waits is tried again at once, with its own.
    /// False if the reference is not valid.
    ///
    /// # Errors
    /// The database failed.
    pub async fn deliver_again(&self, reference: &str, message_id: &str, now: i64) -> Result<bool, HostError> {
        let mut transaction = self.begin_exclusive().await?;
        let done = query(
            "UPDATE reference_deliveries
             SET message_id = CASE WHEN state = 'delivered' THEN $3 ELSE message_id END, state = 'waiting', attempts = 0,
                 since = $1, next_at = $1, said = '', changed_at = $1
             WHERE log_index IN (SELECT log_index FROM issued_references WHERE id = $2 AND state = 'valid')",
        );
        let done = done.bind(now).bind(reference).bind(message_id).execute(&mut transaction).await? == 1;
        transaction.commit().await?;
        Ok(done)
    }

    /// The deliveries of valid references that were given up: the employee's id, the reference's id, and what was said.
    ///
    /// # Errors
    /// The database failed.
    pub async fn refused_deliveries(&self) -> Result<Vec<(String, String, String)>, HostError> {
        let rows = query(
            "SELECT employee_id, issued.id, said FROM reference_deliveries deliveries
             JOIN issued_references issued ON issued.log_index = deliveries.log_index
             WHERE deliveries.state = 'refused' AND issued.state = 'valid' ORDER BY deliveries.log_index",
        );
        Ok(rows.fetch_all(&self.store).await?)
    }

    /// How many deliveries wait.
    ///
    /// # Errors
    /// The database failed.
    pub async fn waiting_deliveries(&self) -> Result<u64, HostError> {
        let waiting = query("SELECT count(*) FROM reference_deliveries WHERE state = 'waiting'");
        let (waiting,) = waiting.fetch_one(&self.store).await?;
        Ok(unsigned(waiting))
    }
}
