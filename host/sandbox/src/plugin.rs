//! A plugin: a component that is compiled and linked once, and instantiated for every call.

mod contents;
mod imports;
mod instances;

pub use contents::Contents;

use crate::bindings::PluginPre;
use crate::engine::Runtime;
use crate::identity::{Admitted, Identity, Package, Trust};
use crate::state::CallState;
use contents::unfit;
use hibob_base::error::HostError;
use hibob_contract::WitVersion;
use hibob_policy::manifest::Manifest;
use imports::linker;
use std::path::Path;
use std::sync::Arc;

/// A plugin that is ready to be called.
#[derive(Clone)]
pub struct Plugin {
    runtime: Runtime,
    pre: PluginPre<CallState>,
    digest: String,
    bytes: usize,
    identity: Identity,
    contents: Contents,
    wit_version: WitVersion,
    manifest: Arc<Manifest>,
}

impl Plugin {
    /// The built-in plugin. It is compiled on this thread.
    ///
    /// # Errors
    /// The engine cannot compile it.
    pub fn embedded(runtime: &Runtime) -> Result<Self, HostError> {
        Self::admitted(runtime, &Trust::built_in().admit(Package::embedded())?)
    }

    /// The plugin in a file, if it is trusted. It is compiled on this thread.
    ///
    /// # Errors
    /// The file cannot be read, is not trusted, is not a component, or needs what this host does not offer.
    pub fn from_file(runtime: &Runtime, path: &Path, trust: &Trust) -> Result<Self, HostError> {
        Self::admitted(runtime, &trust.admit(Package::read(path)?)?)
    }

    /// The plugin that `admit` returns. It is read, checked and compiled on a thread of its own, so that calls of other
    /// tenants do not wait.
    ///
    /// # Errors
    /// The plugin is not trusted, is not a component, or needs what this host does not offer.
    pub async fn load(
        runtime: &Runtime,
        admit: impl FnOnce() -> Result<Admitted, HostError> + Send + 'static,
    ) -> Result<Self, HostError> {
        let runtime = runtime.clone();
        let compiled = tokio::task::spawn_blocking(move || Self::admitted(&runtime, &admit()?)).await;
        compiled.map_err(|error| HostError::Engine(format!("compiling the plugin ended early: {error}")))?
    }

    fn admitted(runtime: &Runtime, admitted: &Admitted) -> Result<Self, HostError> {
        let package = &admitted.package;
        let contents = Contents::of(package)?;
        let (wit_version, manifest) = contents.accept(package.name())?;
        let refused = |error: wasmtime::Error| unfit(package.name(), &root_causes(&error));
        let component = runtime.component(package.bytes(), package.digest()).map_err(refused)?;
        let linker = linker(runtime.engine()).map_err(|error| HostError::Engine(format!("{error:#}")))?;
        let pre =
            linker.instantiate_pre(&component).and_then(|pre| PluginPre::new(wit_version, pre)).map_err(refused)?;
        Ok(Self {
            runtime: runtime.clone(),
            pre,
            digest: package.digest().to_string(),
            bytes: package.bytes().len(),
            identity: admitted.identity.clone(),
            contents,
            wit_version,
            manifest: Arc::new(manifest),
        })
    }

    /// SHA-256 of the component's bytes, as `sha256:` and hexadecimal digits.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Size of the component, in bytes.
    pub fn size_bytes(&self) -> usize {
        self.bytes
    }

    /// Why it is trusted, or why not.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The engine that it is compiled for.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The component with its imports resolved, to be instantiated for each call.
    pub fn pre(&self) -> &PluginPre<CallState> {
        &self.pre
    }

    /// The version of the contract that it is built for.
    pub fn wit_version(&self) -> WitVersion {
        self.wit_version
    }

    /// Its manifest. For a version without manifests, it has all requests that the policy allows.
    pub fn manifest(&self) -> &Arc<Manifest> {
        &self.manifest
    }

    /// The interfaces that the component needs, sorted.
    pub fn imports(&self) -> &[String] {
        self.contents.imports()
    }

    /// The interfaces that the component offers, sorted.
    pub fn exports(&self) -> &[String] {
        self.contents.exports()
    }
}

fn root_causes(error: &wasmtime::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
