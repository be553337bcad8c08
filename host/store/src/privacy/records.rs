//! What was recorded, opened for those who look at it.

use crate::database::{PastRun, ReferenceRow, TenantDatabase};
use crate::privacy::keyring::{Keyring, Purpose};
use crate::privacy::plan;
use crate::privacy::plan::OpenedPlan;
use crate::privacy::rows;
use crate::run_store::KeyRows;
use crate::update_row::UpdateRow;
use hibob_base::error::HostError;

/// The records of one tenant. What belonged to somebody who was forgotten reads as such.
pub struct Records {
    database: TenantDatabase,
    keyring: Keyring,
}

#[expect(clippy::missing_errors_doc, reason = "each fails if the database does, or the tenant's key is not at hand")]
impl Records {
    pub(super) fn new(database: TenantDatabase, keyring: Keyring) -> Self {
        Self { database, keyring }
    }

    /// The tenant's database.
    pub fn database(&self) -> &TenantDatabase {
        &self.database
    }

    /// What they are opened with.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// One run.
    pub async fn past_run(&self, id: i64) -> Result<Option<PastRun>, HostError> {
        let Some(run) = self.database.past_run(id).await? else { return Ok(None) };
        let report = rows::open_report(&self.keyring, run.report).await?;
        Ok(Some(PastRun { report, ..run }))
    }

    /// The lines of one run.
    pub async fn run_updates(&self, run: i64) -> Result<Vec<UpdateRow>, HostError> {
        rows::open_updates(&self.keyring, self.database.run_updates(run).await?).await
    }

    /// What came of changes, as the journal has it: JSON; none of those who were forgotten.
    pub async fn made(&self, stored: Vec<String>) -> Result<Vec<Option<String>>, HostError> {
        rows::open_made(&self.keyring, stored).await
    }

    /// A stored plan, by its digest; none if it is not kept.
    pub async fn plan(&self, digest: &str) -> Result<Option<OpenedPlan>, HostError> {
        let Some(content) = self.database.plan_content(digest).await? else { return Ok(None) };
        let opened = plan::open(&self.keyring, &content).await?;
        opened.map(Some).map_err(|what| HostError::Storage(format!("the stored plan {digest}: {what}")))
    }

    /// All references in the order of the log. That of somebody who was forgotten has no document.
    pub async fn references(&self) -> Result<Vec<ReferenceRow>, HostError> {
        let mut references = self.database.references().await?;
        open_references(&self.keyring, &mut references).await?;
        Ok(references)
    }
}

/// Opens references' documents in place; an empty one is of somebody who was forgotten.
///
/// # Errors
/// The tenant's key is not at hand, or the database failed.
pub async fn open_references(keyring: &Keyring<impl KeyRows>, rows: &mut [ReferenceRow]) -> Result<(), HostError> {
    let stored: Vec<&[u8]> = rows.iter().map(|row| row.document.as_slice()).collect();
    let opened = keyring.open_bytes(Purpose::Reference, &stored).await?;
    for (row, document) in rows.iter_mut().zip(opened) {
        row.document = document.unwrap_or_default();
    }
    Ok(())
}
