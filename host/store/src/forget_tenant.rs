//! Removing a tenant. That is not erasure, which is about one person.

use crate::data_dir::DataDir;
use crate::privacy;
use hibob_base::error::HostError;
use hibob_base::files::sync_folder;
use std::fs;
use std::io::ErrorKind;

/// Removes everything that is stored for a tenant: its database, its secrets and keys, its jobs, its configuration.
///
/// # Errors
/// There is no such tenant, it is being run, or something could not be removed. Called again, it removes the rest.
pub async fn forget_tenant(data: &DataDir, tenant: &str) -> Result<(), HostError> {
    data.config(tenant).await?;
    let lease = data.control().lease(tenant, "forgetting the tenant").await?;
    let folder = data.path().join("tenants");
    let is_file = data.control().require_file().is_ok();
    let base = folder.join(format!("{tenant}.db"));
    for suffix in ["-wal", "-shm", ""].into_iter().filter(|_| is_file) {
        let mut path = base.clone().into_os_string();
        path.push(suffix);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(HostError::Storage(format!("{}: {error}", path.display()))),
        }
    }
    // Last, so that after a crash the tenant is still known and can be removed again.
    data.control().forget_tenant(tenant).await?;
    drop(lease); // its row is gone
    privacy::key_removed(data, tenant)?;
    if is_file { sync_folder(&folder) } else { Ok(()) }
}
