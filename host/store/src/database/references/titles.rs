//! The job titles of those who work here, as keyed hashes: a title that is changed after somebody has left is noticed by
//! them.

use crate::database::references::fixed;
use crate::database::statement::query;
use crate::database::{Fence, KeyedHash, TenantDatabase};
use hibob_base::error::HostError;
use std::collections::BTreeMap;

/// A keyed hash of the job title of each employee, by the employee's id.
pub type TitleDigests = BTreeMap<String, KeyedHash>;

impl TenantDatabase {
    /// The hash of the title that each employee had when a run last saw that they work here.
    ///
    /// # Errors
    /// The database failed.
    pub async fn title_digests(&self) -> Result<TitleDigests, HostError> {
        let rows = query("SELECT employee_id, title_digest FROM reference_people WHERE title_digest IS NOT NULL");
        let read = |(employee, digest): (String, Vec<u8>)| Ok((employee, KeyedHash(fixed(digest, "title_digest")?)));
        rows.fetch_all(&self.store).await?.into_iter().map(read).collect()
    }

    /// Records the hashes of the titles of employees whose standing is recorded.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was written.
    pub async fn record_title_digests(&self, fence: Fence, titles: &TitleDigests) -> Result<(), HostError> {
        if titles.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin_fenced(fence).await?;
        for (employee, digest) in titles {
            let update = query("UPDATE reference_people SET title_digest = $1 WHERE employee_id = $2");
            update.bind(digest.0.as_slice()).bind(employee).execute(&mut transaction).await?;
        }
        Ok(transaction.commit().await?)
    }
}
