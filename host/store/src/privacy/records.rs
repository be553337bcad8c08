//! A tenant's records, read from the database and decrypted.

use crate::database::{DepartureDetails, DepartureRow, PastRun, ReferenceRow, TenantDatabase};
use crate::privacy::keyring::{Keyring, Purpose};
use crate::privacy::plan;
use crate::privacy::plan::DecryptedPlan;
use crate::privacy::rows;
use crate::run_store::KeyRows;
use crate::update_row::UpdateRow;
use hibob_base::error::HostError;

/// The records of one tenant, decrypted as they are read. An erased person's data reads as
/// [`FORGOTTEN`](super::FORGOTTEN).
pub struct Records {
    database: TenantDatabase,
    keyring: Keyring,
}

#[expect(clippy::missing_errors_doc, reason = "each fails if the database does, or the tenant's key is not available")]
impl Records {
    pub(super) fn new(database: TenantDatabase, keyring: Keyring) -> Self {
        Self { database, keyring }
    }

    /// The tenant's database.
    pub fn database(&self) -> &TenantDatabase {
        &self.database
    }

    /// The keyring with which the records are decrypted.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// One run by its number; none if it is not recorded.
    pub async fn past_run(&self, id: i64) -> Result<Option<PastRun>, HostError> {
        let Some(run) = self.database.past_run(id).await? else { return Ok(None) };
        let report = rows::decrypt_report(&self.keyring, run.report).await?;
        Ok(Some(PastRun { report, ..run }))
    }

    /// The rows of one run.
    pub async fn run_updates(&self, run: i64) -> Result<Vec<UpdateRow>, HostError> {
        rows::decrypt_rows(&self.keyring, self.database.run_updates(run).await?).await
    }

    /// Decrypts results of changes from the journal, as JSON. None stands for a result of an erased person.
    pub async fn made(&self, stored: Vec<String>) -> Result<Vec<Option<String>>, HostError> {
        rows::decrypt_results(&self.keyring, stored).await
    }

    /// A stored plan by its digest; none if it is not stored.
    pub async fn plan(&self, digest: &str) -> Result<Option<DecryptedPlan>, HostError> {
        let Some(content) = self.database.plan_content(digest).await? else { return Ok(None) };
        let decrypted = plan::decrypt(&self.keyring, &content).await?;
        decrypted.map(Some).map_err(|what| HostError::Storage(format!("the stored plan {digest}: {what}")))
    }

    /// All references in the order of the log. The reference of an erased person has an empty document.
    pub async fn references(&self) -> Result<Vec<ReferenceRow>, HostError> {
        let mut references = self.database.references().await?;
        decrypt_references(&self.keyring, &mut references).await?;
        Ok(references)
    }

    /// The departures without a reference, each with what is kept of it.
    pub async fn open_departures(&self) -> Result<Vec<(DepartureRow, DepartureDetails)>, HostError> {
        let rows = self.database.open_departures().await?;
        let stored: Vec<&[u8]> = rows.iter().map(|row| row.details.as_slice()).collect();
        let details = self.keyring.decrypt_bytes(Purpose::Departure, &stored).await?;
        let read = |details: Option<Vec<u8>>| serde_json::from_slice(&details?).ok();
        let details: Vec<_> = details.into_iter().map(|details| read(details).unwrap_or_default()).collect();
        Ok(rows.into_iter().zip(details).collect())
    }
}

/// Decrypts the documents of references in place. The document of an erased person becomes empty.
///
/// # Errors
/// The tenant's key is not available, or the database failed.
pub async fn decrypt_references(keyring: &Keyring<impl KeyRows>, rows: &mut [ReferenceRow]) -> Result<(), HostError> {
    let stored: Vec<&[u8]> = rows.iter().map(|row| row.document.as_slice()).collect();
    let decrypted = keyring.decrypt_bytes(Purpose::Reference, &stored).await?;
    for (row, document) in rows.iter_mut().zip(decrypted) {
        row.document = document.unwrap_or_default();
    }
    Ok(())
}
