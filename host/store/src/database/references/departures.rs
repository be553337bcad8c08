//! The departures that a run has seen and that have no reference yet, or get none.

use crate::database::engine::Transaction;
use crate::database::references::{put_standing, unreadable};
use crate::database::statement::query;
use crate::database::{Fence, TenantDatabase};
use hibob_base::error::HostError;
use hibob_contract::offboarding_references::Standing;
use std::collections::BTreeSet;

/// Why a departure has no reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyNone {
    /// The last day is not over at the person's site.
    LastDay,
    /// The grace time (`references.issue_after_hours`) is not over.
    GraceTime,
    /// The guard holds it together with others.
    Guard,
    /// HiBob lacks something that a reference needs, or the plugin failed to read it.
    NotPossible,
    /// Somebody who works here under another employee id has the same names and work email.
    Transfer,
    /// A setting (`references.hold_reasons`, `references.hold_types`) has it wait for a person.
    Setting,
    /// The job title is another one than while the person worked here.
    Title,
    /// A person has decided that there is none.
    Waived,
}

impl WhyNone {
    /// Every reason.
    const ALL: [Self; 8] = [
        Self::LastDay,
        Self::GraceTime,
        Self::Guard,
        Self::NotPossible,
        Self::Transfer,
        Self::Setting,
        Self::Title,
        Self::Waived,
    ];

    /// The word in the database and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::LastDay => "last-day",
            Self::GraceTime => "grace-time",
            Self::Guard => "guard",
            Self::NotPossible => "not-possible",
            Self::Transfer => "transfer",
            Self::Setting => "setting",
            Self::Title => "title",
            Self::Waived => "waived",
        }
    }

    fn read(word: &str) -> Result<Self, HostError> {
        Self::ALL.into_iter().find(|why| why.word() == word).ok_or_else(|| unreadable("reason of a departure"))
    }
}

/// A departure without a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepartureRow {
    /// The employee's id in HiBob.
    pub employee_id: String,
    /// The last day as the latest run has read it: YYYY-MM-DD.
    pub ended_on: String,
    /// When the first run saw it, in Unix seconds.
    pub seen_at: i64,
    /// Why it has no reference.
    pub why: WhyNone,
    /// [`DepartureDetails`] as JSON, encrypted under the person's key.
    pub details: Vec<u8>,
}

/// What is kept of a departure without a reference, encrypted under the person's key.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DepartureDetails {
    /// The name as HiBob had it; none where HiBob has none, or the person was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The work email of the person who waived the reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why it was waived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl TenantDatabase {
    /// The departures that have no reference, in the order of the employee ids.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open_departures(&self) -> Result<Vec<DepartureRow>, HostError> {
        let rows =
            query("SELECT employee_id, ended_on, seen_at, why, details FROM reference_departures ORDER BY employee_id");
        let read = |(employee_id, ended_on, seen_at, why, details): (String, String, i64, String, Vec<u8>)| {
            Ok(DepartureRow { employee_id, ended_on, seen_at, why: WhyNone::read(&why)?, details })
        };
        rows.fetch_all(&self.store).await?.into_iter().map(read).collect()
    }

    /// Records why departures have no reference. When they were seen first stays as it was recorded.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was written.
    pub async fn put_open_departures(&self, fence: Fence, rows: &[DepartureRow]) -> Result<(), HostError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin_fenced(fence).await?;
        for row in rows {
            put(&mut transaction, row).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Removes the departures that wait for a reference and were not among those that HiBob has now: they were taken
    /// back. What a person has waived stays.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was written.
    pub async fn keep_open_departures(&self, fence: Fence, present: &BTreeSet<&str>) -> Result<(), HostError> {
        let open = self.open_departures().await?;
        let gone = open.iter().filter(|row| row.why != WhyNone::Waived);
        let gone: Vec<&str> =
            gone.map(|row| row.employee_id.as_str()).filter(|employee| !present.contains(employee)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin_fenced(fence).await?;
        for employee in gone {
            remove(&mut transaction, employee).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Records that a person has decided that a departure gets no reference, and that the employee has left. False if no
    /// departure of this employee waits for a reference. `details` replaces what was recorded of it.
    ///
    /// # Errors
    /// The database failed; nothing was written.
    pub async fn waive_departure(&self, fence: Fence, employee: &str, details: &[u8]) -> Result<bool, HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let update = query("UPDATE reference_departures SET why = $1, details = $2 WHERE employee_id = $3");
        let update = update.bind(WhyNone::Waived.word()).bind(details).bind(employee);
        if update.execute(&mut transaction).await? == 0 {
            return Ok(false);
        }
        put_standing(&mut transaction, employee, Standing::Left).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

async fn put(on: &mut Transaction, row: &DepartureRow) -> Result<(), HostError> {
    query(format!(
        "INSERT INTO reference_departures (employee_id, ended_on, seen_at, why, details) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT ({}employee_id) DO UPDATE SET ended_on = excluded.ended_on, why = excluded.why,
            details = excluded.details,
            seen_at = CASE WHEN reference_departures.why = 'waived' THEN excluded.seen_at
                           ELSE reference_departures.seen_at END",
        on.of_tenant()
    ))
    .bind(&row.employee_id)
    .bind(&row.ended_on)
    .bind(row.seen_at)
    .bind(row.why.word())
    .bind(&row.details)
    .execute(&mut *on)
    .await?;
    Ok(())
}

/// Removes the record of an employee's departure, because it has a reference or was taken back.
pub(super) async fn remove(on: &mut Transaction, employee: &str) -> Result<(), HostError> {
    query("DELETE FROM reference_departures WHERE employee_id = $1").bind(employee).execute(on).await?;
    Ok(())
}
