//! The contract with plugins: one module for each version of the WIT package that this host runs, and over them the calls
//! as the host makes them, with the newest version's types.
//!
//! wasmtime takes 0.1 and 0.2 for different packages. A new version gets a module of its own; the one before it is frozen
//! in `wit/frozen` and translated.

pub mod v0_1;
pub mod v0_2;

pub use v0_2::exports::hibob::connector::directory_sync;
pub use v0_2::exports::hibob::connector::offboarding_references as references;
pub use v0_2::hibob::connector::{log, progress, storage, types};

use crate::call::CallState;
use crate::error::HostError;
use directory_sync::{Attempt, Change, CheckReport, Outcome, PlanSummary, RosterEntry};
use std::fmt;
use types::{Finding, Job, JobError, NamedValue};
use wasmtime::Store;
use wasmtime::component::{InstancePre, ResourceAny};

/// A version of the WIT package `hibob:connector`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WitVersion {
    /// 0.1: without a manifest.
    V0_1,
    /// 0.2: with a manifest.
    V0_2,
}

impl WitVersion {
    /// The versions that this host runs, newest first.
    pub const ALL: [Self; 2] = [Self::V0_2, Self::V0_1];

    /// As in the names of interfaces, without the last number.
    pub fn name(self) -> &'static str {
        match self {
            Self::V0_1 => "0.1",
            Self::V0_2 => "0.2",
        }
    }
}

impl fmt::Display for WitVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A component whose imports are resolved and whose exports are found.
#[derive(Clone)]
pub enum PluginPre {
    /// Of version 0.1.
    V0_1(v0_1::PluginPre<CallState>),
    /// Of version 0.2.
    V0_2(v0_2::PluginPre<CallState>),
}

impl PluginPre {
    /// Finds the exports of a version.
    ///
    /// # Errors
    /// One is not there, or has another type.
    pub fn new(version: WitVersion, pre: InstancePre<CallState>) -> wasmtime::Result<Self> {
        Ok(match version {
            WitVersion::V0_1 => Self::V0_1(v0_1::PluginPre::new(pre)?),
            WitVersion::V0_2 => Self::V0_2(v0_2::PluginPre::new(pre)?),
        })
    }

    /// A fresh instance.
    ///
    /// # Errors
    /// There is no room for it, or its start trapped.
    pub async fn instantiate_async(&self, store: &mut Store<CallState>) -> wasmtime::Result<Plugin> {
        Ok(match self {
            Self::V0_1(pre) => Plugin::V0_1(pre.instantiate_async(store).await?),
            Self::V0_2(pre) => Plugin::V0_2(pre.instantiate_async(store).await?),
        })
    }
}

/// The exports of an instance. `directory-sync` of the WIT package says what each call promises; each fails only with a
/// trap.
pub enum Plugin {
    /// Of version 0.1.
    V0_1(v0_1::Plugin),
    /// Of version 0.2.
    V0_2(v0_2::Plugin),
}

#[expect(clippy::missing_errors_doc, reason = "the type says it of all of them")]
impl Plugin {
    /// Looks whether a sync would work.
    pub async fn call_check(
        &self,
        store: &mut Store<CallState>,
        job: &Job,
    ) -> wasmtime::Result<Result<CheckReport, JobError>> {
        match self {
            Self::V0_1(plugin) => {
                Ok(plugin.hibob_connector_directory_sync().call_check(store, job).await?.map(v0_1::report))
            }
            Self::V0_2(plugin) => plugin.hibob_connector_directory_sync().call_check(store, job).await,
        }
    }

    /// Makes a plan, and returns its handle.
    pub async fn call_plan(
        &self,
        store: &mut Store<CallState>,
        job: &Job,
        baseline: &[NamedValue],
    ) -> wasmtime::Result<Result<ResourceAny, JobError>> {
        match self {
            Self::V0_1(plugin) => plugin.hibob_connector_directory_sync().call_plan(store, job, baseline).await,
            Self::V0_2(plugin) => plugin.hibob_connector_directory_sync().call_plan(store, job, baseline).await,
        }
    }

    /// Makes one change.
    pub async fn call_apply(
        &self,
        store: &mut Store<CallState>,
        job: &Job,
        change: &Change,
        attempt: Attempt,
    ) -> wasmtime::Result<Outcome> {
        match self {
            Self::V0_1(plugin) => {
                let (change, attempt) = (v0_1::change_back(change), v0_1::attempt_back(attempt));
                let outcome = plugin.hibob_connector_directory_sync().call_apply(store, job, &change, attempt).await?;
                Ok(v0_1::outcome(outcome))
            }
            Self::V0_2(plugin) => plugin.hibob_connector_directory_sync().call_apply(store, job, change, attempt).await,
        }
    }

    /// What a plan adds up to.
    pub async fn call_summary(&self, store: &mut Store<CallState>, plan: ResourceAny) -> wasmtime::Result<PlanSummary> {
        match self {
            Self::V0_1(plugin) => {
                let plans = plugin.hibob_connector_directory_sync().sync_plan();
                Ok(v0_1::summary(plans.call_summary(store, plan).await?))
            }
            Self::V0_2(plugin) => plugin.hibob_connector_directory_sync().sync_plan().call_summary(store, plan).await,
        }
    }

    /// The next changes of a plan.
    pub async fn call_next(
        &self,
        store: &mut Store<CallState>,
        plan: ResourceAny,
        max: u32,
    ) -> wasmtime::Result<Vec<Change>> {
        match self {
            Self::V0_1(plugin) => {
                let plans = plugin.hibob_connector_directory_sync().sync_plan();
                Ok(plans.call_next(store, plan, max).await?.into_iter().map(v0_1::change).collect())
            }
            Self::V0_2(plugin) => plugin.hibob_connector_directory_sync().sync_plan().call_next(store, plan, max).await,
        }
    }

    /// The next findings of a plan.
    pub async fn call_next_findings(
        &self,
        store: &mut Store<CallState>,
        plan: ResourceAny,
        max: u32,
    ) -> wasmtime::Result<Vec<Finding>> {
        match self {
            Self::V0_1(plugin) => {
                plugin.hibob_connector_directory_sync().sync_plan().call_next_findings(store, plan, max).await
            }
            Self::V0_2(plugin) => {
                plugin.hibob_connector_directory_sync().sync_plan().call_next_findings(store, plan, max).await
            }
        }
    }

    /// The next employees of a plan.
    pub async fn call_next_employees(
        &self,
        store: &mut Store<CallState>,
        plan: ResourceAny,
        max: u32,
    ) -> wasmtime::Result<Vec<RosterEntry>> {
        match self {
            Self::V0_1(plugin) => {
                let plans = plugin.hibob_connector_directory_sync().sync_plan();
                Ok(plans.call_next_employees(store, plan, max).await?.into_iter().map(v0_1::roster_entry).collect())
            }
            Self::V0_2(plugin) => {
                plugin.hibob_connector_directory_sync().sync_plan().call_next_employees(store, plan, max).await
            }
        }
    }

    /// The exports of `offboarding-references`.
    ///
    /// # Errors
    /// The plugin is of a time before them.
    pub fn references(&self) -> Result<&references::Guest, HostError> {
        match self {
            Self::V0_2(plugin) => Ok(plugin.hibob_connector_offboarding_references()),
            Self::V0_1(_) => Err(HostError::configuration(
                "this plugin knows no offboarding references: it is built for version 0.1 of the contract".to_owned(),
                "use the built-in plugin, or one that is built for version 0.2",
            )),
        }
    }
}
