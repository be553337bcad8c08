//! Opening a tenant's database from the data directory. Erasures on the erasure list that the database lacks are
//! carried out before anything is read.

use super::{People, Records, settle};
use crate::data_dir::DataDir;
use crate::database::TenantDatabase;
use hibob_base::error::HostError;

impl DataDir {
    /// A tenant's database, which needs no secret of the tenant.
    ///
    /// # Errors
    /// It cannot be opened, or an erasure cannot be carried out in it.
    pub async fn tenant_database(&self, id: &str) -> Result<TenantDatabase, HostError> {
        Ok(self.people(id).await?.database().clone())
    }

    /// A tenant's people, in the tenant's database, in which all erasures are carried out first.
    ///
    /// # Errors
    /// As [`Self::tenant_database`].
    pub async fn people(&self, id: &str) -> Result<People, HostError> {
        let database = self.control().tenant_database(self.path(), id).await?;
        let people = People::new(self.secrets(), id, database);
        settle(self, &people).await?;
        Ok(people)
    }

    /// A tenant's records, for reading them decrypted.
    ///
    /// # Errors
    /// As [`Self::tenant_database`]; or the tenant's key is not available.
    pub async fn records(&self, id: &str) -> Result<Records, HostError> {
        self.people(id).await?.records().await
    }
}
