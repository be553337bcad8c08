//! A tenant's database, with the people in it.

use super::{People, Records, settle};
use crate::data_dir::DataDir;
use crate::database::TenantDatabase;
use hibob_base::error::HostError;

impl DataDir {
    /// A tenant's database, without its secrets: for looking at what was.
    ///
    /// # Errors
    /// It cannot be opened, or what has to be forgotten in it cannot be.
    pub async fn tenant_database(&self, id: &str) -> Result<TenantDatabase, HostError> {
        Ok(self.people(id).await?.database().clone())
    }

    /// A tenant's database with the people in it. Whoever was forgotten is, in that database too.
    ///
    /// # Errors
    /// As [`Self::tenant_database`].
    pub async fn people(&self, id: &str) -> Result<People, HostError> {
        let database = self.control().tenant_database(self.path(), id).await?;
        let people = People::new(self.secrets(), id, database);
        settle(self, &people).await?;
        Ok(people)
    }

    /// What was recorded of a tenant's runs, opened for looking at it.
    ///
    /// # Errors
    /// As [`Self::tenant_database`]; or the key that names are kept under is not at hand.
    pub async fn records(&self, id: &str) -> Result<Records, HostError> {
        self.people(id).await?.records().await
    }
}
