//! A plugin: a component compiled once, linked once, instantiated for every call.

use crate::bindings::{PluginPre, log, progress, storage};
use crate::call::CallState;
use crate::engine::Runtime;
use crate::error::HostError;
use crate::identity::{Admitted, Identity, Package, Trust};
use std::path::Path;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::p2::bindings as wasi;
use wasmtime_wasi::random::WasiRandom;

/// A plugin that is ready to be called.
#[derive(Clone)]
pub struct Plugin {
    runtime: Runtime,
    pre: PluginPre<CallState>,
    digest: String,
    bytes: usize,
    identity: Identity,
    component: Component,
}

impl Plugin {
    /// The plugin that this program was built with. Compiles it on this thread.
    ///
    /// # Errors
    /// The engine cannot compile it.
    pub fn embedded(runtime: &Runtime) -> Result<Self, HostError> {
        Self::admitted(runtime, &Trust::built_in().admit(Package::embedded())?)
    }

    /// The plugin in a file, if it is trusted. Compiles it on this thread.
    ///
    /// # Errors
    /// The file cannot be read, is not trusted, is not a component, or needs what this host does not offer.
    pub fn from_file(runtime: &Runtime, path: &Path, trust: &Trust) -> Result<Self, HostError> {
        Self::admitted(runtime, &trust.admit(Package::read(path)?)?)
    }

    /// A plugin that was admitted. Compiles it on a thread of its own, so that no other tenant's call waits for it.
    ///
    /// # Errors
    /// It is not a component, or needs what this host does not offer.
    pub async fn load(runtime: &Runtime, admitted: Admitted) -> Result<Self, HostError> {
        let runtime = runtime.clone();
        let compiled = tokio::task::spawn_blocking(move || Self::admitted(&runtime, &admitted)).await;
        compiled.map_err(|error| HostError::Engine(format!("compiling the plugin ended early: {error}")))?
    }

    fn admitted(runtime: &Runtime, admitted: &Admitted) -> Result<Self, HostError> {
        let (bytes, name) = (admitted.package.bytes(), admitted.package.name());
        let unfit = |error: wasmtime::Error| {
            HostError::configuration(
                format!("{name} is not a plugin for this host: {}", root_causes(&error)),
                "name a WASI component built for the world hibob:connector/plugin@0.1.0 (see wit/ of this project)",
            )
        };
        let component = runtime.component(bytes, admitted.package.digest()).map_err(unfit)?;
        let linker = linker(runtime).map_err(|error| HostError::Engine(format!("{error:#}")))?;
        let pre = linker.instantiate_pre(&component).and_then(PluginPre::new).map_err(unfit)?;
        let digest = admitted.package.digest().to_string();
        Ok(Self {
            runtime: runtime.clone(),
            pre,
            digest,
            bytes: bytes.len(),
            identity: admitted.identity.clone(),
            component,
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

    /// Who vouches for it.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub(crate) fn pre(&self) -> &PluginPre<CallState> {
        &self.pre
    }

    /// The interfaces that the component needs, sorted.
    pub fn imports(&self) -> Vec<String> {
        let ty = self.component.component_type();
        interfaces(ty.imports(self.runtime.engine()).map(|(name, item)| (name.to_owned(), item.ty)))
    }

    /// The interfaces that the component offers, sorted.
    pub fn exports(&self) -> Vec<String> {
        let ty = self.component.component_type();
        interfaces(ty.exports(self.runtime.engine()).map(|(name, item)| (name.to_owned(), item.ty)))
    }
}

fn interfaces(items: impl Iterator<Item = (String, ComponentItem)>) -> Vec<String> {
    let mut names: Vec<String> = items
        .filter(|(_, item)| matches!(item, ComponentItem::ComponentInstance(_) | ComponentItem::ComponentFunc(_)))
        .map(|(name, _)| name)
        .collect();
    names.sort();
    names
}

/// Everything that a plugin may import. No sockets, no files, no environment of the host's.
fn linker(runtime: &Runtime) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = Linker::new(runtime.engine());
    let l = &mut linker;
    wasmtime_wasi_http::p2::add_to_linker_async(l)?;
    wasi::random::insecure_seed::add_to_linker::<CallState, WasiRandom>(l, |state| state.ctx().ctx.random())?;
    wasi::cli::environment::add_to_linker::<CallState, WasiCli>(l, CallState::cli)?;
    wasi::cli::exit::add_to_linker::<CallState, WasiCli>(l, CallState::cli)?;
    wasi::cli::terminal_input::add_to_linker::<CallState, WasiCli>(l, CallState::cli)?;
    wasi::cli::terminal_output::add_to_linker::<CallState, WasiCli>(l, CallState::cli)?;
    wasi::cli::terminal_stdin::add_to_linker::<CallState, WasiCli>(l, CallState::cli)?;
    wasi::cli::terminal_stdout::add_to_linker::<CallState, WasiCli>(l, CallState::cli)?;
    wasi::cli::terminal_stderr::add_to_linker::<CallState, WasiCli>(l, CallState::cli)?;
    storage::add_to_linker::<CallState, HasSelf<CallState>>(l, |state| state)?;
    progress::add_to_linker::<CallState, HasSelf<CallState>>(l, |state| state)?;
    log::add_to_linker::<CallState, HasSelf<CallState>>(l, |state| state)?;
    Ok(linker)
}

fn root_causes(error: &wasmtime::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
