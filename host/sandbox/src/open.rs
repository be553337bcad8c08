//! Opens an engine, plugins and tenants of a data directory.

use crate::engine::Runtime;
use crate::identity::{Package, Trust, TrustFile};
use crate::plugin::Plugin;
use crate::tenant::Tenant;
use hibob_base::error::HostError;
use hibob_store::data_dir::DataDir;
use std::path::Path;

/// What a data directory can open, once the sandbox is linked.
pub trait Open {
    /// An engine that stores compiled code in this directory.
    ///
    /// # Errors
    /// See [`Runtime::new`].
    fn runtime(&self) -> Result<Runtime, HostError>;

    /// The file that lists the trusted plugins.
    fn trust_file(&self) -> TrustFile;

    /// The plugin in `file`, if `trust` admits it; without `file`, the built-in one. It is read, checked and compiled
    /// on a thread of its own.
    ///
    /// # Errors
    /// See [`Plugin::from_file`].
    fn plugin(
        &self,
        runtime: &Runtime,
        file: Option<&Path>,
        trust: &Trust,
    ) -> impl Future<Output = Result<Plugin, HostError>> + Send;

    /// A tenant, with its database, secrets and egresses.
    ///
    /// # Errors
    /// There is no such tenant, or it cannot be opened.
    fn tenant(&self, id: &str) -> impl Future<Output = Result<Tenant, HostError>> + Send;
}

impl Open for DataDir {
    fn runtime(&self) -> Result<Runtime, HostError> {
        Runtime::new(self.folder())
    }

    fn trust_file(&self) -> TrustFile {
        TrustFile::of(self.folder())
    }

    async fn plugin(&self, runtime: &Runtime, file: Option<&Path>, trust: &Trust) -> Result<Plugin, HostError> {
        let (file, trust) = (file.map(Path::to_owned), trust.clone());
        Plugin::load(runtime, move || {
            let package = file.as_deref().map_or_else(|| Ok(Package::embedded()), Package::read)?;
            trust.admit(package)
        })
        .await
    }

    async fn tenant(&self, id: &str) -> Result<Tenant, HostError> {
        Tenant::open(self, self.config(id).await?).await
    }
}
