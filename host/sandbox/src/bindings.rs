//! The contract with plugins: a module for each version of the WIT package that this host runs, and above them the
//! calls as the host makes them, with the types of [`hibob_contract`].
//!
//! To wasmtime, versions 0.1, 0.2 and 0.3 are different packages. A new version gets a module of its own. The version
//! before it is frozen in `wit/frozen`, and its types are translated.

mod translate;
pub mod v0_1;
pub mod v0_2;
pub mod v0_3;

pub(crate) use v0_3::hibob::connector::{log, progress, storage, types};

use hibob_base::error::HostError;
use hibob_config::zone;
use hibob_contract::WitVersion;
use hibob_contract::directory_sync::{Attempt, Change, CheckReport, Outcome, PlanSummary, RosterEntry};
use hibob_contract::offboarding_references::{Departure, Detection, EmployeeClaims, Known};
use hibob_contract::types::{Finding, Job, JobError, NamedValue, Value};
use std::collections::BTreeSet;
use wasmtime::Store;
use wasmtime::component::{InstancePre, ResourceAny};

/// A component whose imports are resolved and whose exports are found. `T` is the data of the stores that it runs in.
pub enum PluginPre<T: 'static> {
    /// Built for version 0.1.
    V0_1(v0_1::PluginPre<T>),
    /// Built for version 0.2.
    V0_2(v0_2::PluginPre<T>),
    /// Built for version 0.3.
    V0_3(v0_3::PluginPre<T>),
}

impl<T: 'static> Clone for PluginPre<T> {
    fn clone(&self) -> Self {
        match self {
            Self::V0_1(pre) => Self::V0_1(pre.clone()),
            Self::V0_2(pre) => Self::V0_2(pre.clone()),
            Self::V0_3(pre) => Self::V0_3(pre.clone()),
        }
    }
}

impl<T: Send + 'static> PluginPre<T> {
    /// Finds the exports that a component of this version must have.
    ///
    /// # Errors
    /// An export is missing, or has another type.
    pub fn new(version: WitVersion, pre: InstancePre<T>) -> wasmtime::Result<Self> {
        Ok(match version {
            WitVersion::V0_1 => Self::V0_1(v0_1::PluginPre::new(pre)?),
            WitVersion::V0_2 => Self::V0_2(v0_2::PluginPre::new(pre)?),
            WitVersion::V0_3 => Self::V0_3(v0_3::PluginPre::new(pre)?),
        })
    }

    /// A fresh instance.
    ///
    /// # Errors
    /// The pool has no room for it, or it trapped while it started.
    pub async fn instantiate_async(&self, store: &mut Store<T>) -> wasmtime::Result<Plugin> {
        Ok(match self {
            Self::V0_1(pre) => Plugin::V0_1(pre.instantiate_async(store).await?),
            Self::V0_2(pre) => Plugin::V0_2(pre.instantiate_async(store).await?),
            Self::V0_3(pre) => Plugin::V0_3(pre.instantiate_async(store).await?),
        })
    }
}

/// The exports of an instance. The WIT package says what each call promises. A call fails only if the instance traps.
pub enum Plugin {
    /// Built for version 0.1.
    V0_1(v0_1::Plugin),
    /// Built for version 0.2.
    V0_2(v0_2::Plugin),
    /// Built for version 0.3.
    V0_3(v0_3::Plugin),
}

/// The result of a call of `offboarding-references`: the answer, or the plugin's error.
type Answer<T> = Result<T, JobError>;

/// Calls a function of `directory-sync` in the plugin's version of the contract.
macro_rules! directory_sync {
    ($plugin:ident, $function:ident($($argument:expr),*)) => {
        match $plugin {
            Plugin::V0_1(plugin) => plugin.hibob_connector_directory_sync().$function($($argument),*).await?.map(Into::into).map_err(Into::into),
            Plugin::V0_2(plugin) => plugin.hibob_connector_directory_sync().$function($($argument),*).await?.map(Into::into).map_err(Into::into),
            Plugin::V0_3(plugin) => plugin.hibob_connector_directory_sync().$function($($argument),*).await?.map(Into::into).map_err(Into::into),
        }
    };
}

/// Calls a method of a plan in the plugin's version of the contract, and translates the list that it returns.
macro_rules! next {
    ($plugin:ident, $method:ident($($argument:expr),*)) => {
        match $plugin {
            Plugin::V0_1(plugin) => list(plugin.hibob_connector_directory_sync().sync_plan().$method($($argument),*).await?),
            Plugin::V0_2(plugin) => list(plugin.hibob_connector_directory_sync().sync_plan().$method($($argument),*).await?),
            Plugin::V0_3(plugin) => list(plugin.hibob_connector_directory_sync().sync_plan().$method($($argument),*).await?),
        }
    };
}

/// The setting with the operator's own time zone data. Plugins of earlier versions refuse it, and go by their own data.
const ZONE_DATA: &str = "time-zone-data";

/// The arguments for a plugin of version 0.3: with the operator's own data of the zones that they name, if there are any.
fn with_zone_data(job: &Job) -> Job {
    let mut zones = BTreeSet::new();
    for setting in &job.settings {
        match (setting.name.as_str(), &setting.value) {
            ("time-zone", Value::Text(zone)) => zones.extend([zone]),
            ("site-time-zones", Value::Pairs(sites)) => zones.extend(sites.iter().map(|(_, zone)| zone)),
            _ => {}
        }
    }
    let data: Vec<_> = zones.into_iter().filter_map(|zone| Some((zone.clone(), zone::own_data(zone)?))).collect();
    let mut job = job.clone();
    if !data.is_empty() {
        job.settings.push(NamedValue { name: ZONE_DATA.to_owned(), value: Value::Pairs(data) });
    }
    job
}

fn list<T, U: From<T>>(items: Vec<T>) -> Vec<U> {
    items.into_iter().map(Into::into).collect()
}

#[expect(clippy::missing_errors_doc, reason = "the doc comment of the type states the error of every call")]
impl Plugin {
    fn arguments(&self, job: &Job) -> Job {
        match self {
            Self::V0_1(_) | Self::V0_2(_) => job.clone(),
            Self::V0_3(_) => with_zone_data(job),
        }
    }

    /// Checks whether a sync would work.
    pub async fn call_check<T: Send + 'static>(
        &self,
        store: &mut Store<T>,
        job: &Job,
    ) -> wasmtime::Result<Result<CheckReport, JobError>> {
        let job = self.arguments(job).into();
        Ok(directory_sync!(self, call_check(store, &job)))
    }

    /// Makes a plan, and returns its handle.
    pub async fn call_plan<T: Send + 'static>(
        &self,
        store: &mut Store<T>,
        job: &Job,
        baseline: &[NamedValue],
    ) -> wasmtime::Result<Result<ResourceAny, JobError>> {
        let (job, baseline) = (self.arguments(job).into(), list(baseline.to_vec()));
        Ok(directory_sync!(self, call_plan(store, &job, &baseline)))
    }

    /// Makes one change.
    pub async fn call_apply<T: Send + 'static>(
        &self,
        store: &mut Store<T>,
        job: &Job,
        change: &Change,
        attempt: Attempt,
    ) -> wasmtime::Result<Outcome> {
        let job = self.arguments(job).into();
        Ok(match self {
            Self::V0_1(plugin) => {
                let change = change.clone().into();
                plugin.hibob_connector_directory_sync().call_apply(store, &job, &change, attempt.into()).await?.into()
            }
            Self::V0_2(plugin) => {
                let change = change.clone().into();
                plugin.hibob_connector_directory_sync().call_apply(store, &job, &change, attempt.into()).await?.into()
            }
            Self::V0_3(plugin) => {
                let change = change.clone().into();
                plugin.hibob_connector_directory_sync().call_apply(store, &job, &change, attempt.into()).await?.into()
            }
        })
    }

    /// The numbers and the baseline of a plan.
    pub async fn call_summary<T: Send + 'static>(
        &self,
        store: &mut Store<T>,
        plan: ResourceAny,
    ) -> wasmtime::Result<PlanSummary> {
        Ok(match self {
            Self::V0_1(plugin) => {
                plugin.hibob_connector_directory_sync().sync_plan().call_summary(store, plan).await?.into()
            }
            Self::V0_2(plugin) => {
                plugin.hibob_connector_directory_sync().sync_plan().call_summary(store, plan).await?.into()
            }
            Self::V0_3(plugin) => {
                plugin.hibob_connector_directory_sync().sync_plan().call_summary(store, plan).await?.into()
            }
        })
    }

    /// The next changes of a plan, at most `max`; empty after the last one.
    pub async fn call_next<T: Send + 'static>(
        &self,
        store: &mut Store<T>,
        plan: ResourceAny,
        max: u32,
    ) -> wasmtime::Result<Vec<Change>> {
        Ok(next!(self, call_next(store, plan, max)))
    }

    /// The next findings of a plan, at most `max`; empty after the last one.
    pub async fn call_next_findings<T: Send + 'static>(
        &self,
        store: &mut Store<T>,
        plan: ResourceAny,
        max: u32,
    ) -> wasmtime::Result<Vec<Finding>> {
        Ok(next!(self, call_next_findings(store, plan, max)))
    }

    /// The next employees of a plan, at most `max`; empty after the last one.
    pub async fn call_next_employees<T: Send + 'static>(
        &self,
        store: &mut Store<T>,
        plan: ResourceAny,
        max: u32,
    ) -> wasmtime::Result<Vec<RosterEntry>> {
        Ok(next!(self, call_next_employees(store, plan, max)))
    }

    /// The exports of `offboarding-references`.
    ///
    /// # Errors
    /// The plugin is built for version 0.1 of the contract, which does not have them.
    pub fn references(&self) -> Result<References<'_>, HostError> {
        match self {
            Self::V0_3(plugin) => Ok(References::V0_3(plugin.hibob_connector_offboarding_references())),
            Self::V0_2(plugin) => Ok(References::V0_2(plugin.hibob_connector_offboarding_references())),
            Self::V0_1(_) => Err(HostError::configuration(
                "this plugin has no offboarding references: it is built for version 0.1 of the contract".to_owned(),
                "use the built-in plugin, or one that is built for version 0.3",
            )),
        }
    }
}

/// The exports of `offboarding-references` of an instance. A call fails only if the instance traps.
pub enum References<'p> {
    /// Built for version 0.2.
    V0_2(&'p v0_2::exports::hibob::connector::offboarding_references::Guest),
    /// Built for version 0.3.
    V0_3(&'p v0_3::exports::hibob::connector::offboarding_references::Guest),
}

/// Calls a function of `offboarding-references` that has not changed since 0.2. `$answer` translates what it returns.
macro_rules! references {
    ($references:ident, $function:ident($store:ident, $job:ident, $argument:expr), $answer:expr) => {
        match $references {
            References::V0_2(guest) => {
                guest.$function($store, &$job.clone().into(), $argument).await?.map($answer).map_err(Into::into)
            }
            References::V0_3(guest) => {
                guest.$function($store, &with_zone_data($job).into(), $argument).await?.map($answer).map_err(Into::into)
            }
        }
    };
}

#[expect(clippy::missing_errors_doc, reason = "the doc comment of the type states the error of every call")]
impl References<'_> {
    /// Finds out who has left since the last run.
    pub async fn call_detect<T: Send + 'static>(
        &self,
        store: &mut Store<T>,
        job: &Job,
        known: &[Known],
    ) -> wasmtime::Result<Answer<Detection>> {
        Ok(references!(self, call_detect(store, job, &list(known.to_vec())), Into::into))
    }

    /// One employee's departure as it is now; `None` if the employee has not left.
    pub async fn call_look_up<T: Send + 'static>(
        &self,
        store: &mut Store<T>,
        job: &Job,
        employee_id: &str,
    ) -> wasmtime::Result<Answer<Option<Departure>>> {
        Ok(references!(self, call_look_up(store, job, employee_id), |departure| departure.map(Into::into)))
    }

    /// The claims of references for these departures, of at most [`WitVersion::leavers_max`] employees. What the plugin
    /// says of whom is not checked.
    pub async fn call_read_claims<T: Send + 'static>(
        &self,
        store: &mut Store<T>,
        job: &Job,
        departures: &[Departure],
    ) -> wasmtime::Result<Answer<Vec<EmployeeClaims>>> {
        match self {
            Self::V0_3(guest) => {
                let departures = list(departures.to_vec());
                let answer = guest.call_read_claims(store, &with_zone_data(job).into(), &departures).await?;
                Ok(answer.map(list).map_err(Into::into))
            }
            Self::V0_2(guest) => {
                let mut all = Vec::with_capacity(departures.len());
                for departure in departures {
                    let asked = departure.clone().into();
                    match guest.call_read_claims(&mut *store, &job.clone().into(), &asked).await? {
                        Ok(claims) => all.push(EmployeeClaims {
                            employee_id: departure.employee_id.clone(),
                            claims: claims.map(Into::into),
                        }),
                        Err(error) => return Ok(Err(error.into())),
                    }
                }
                Ok(Ok(all))
            }
        }
    }

    /// The address to deliver a reference to; `None` if HiBob has none.
    pub async fn call_read_address<T: Send + 'static>(
        &self,
        store: &mut Store<T>,
        job: &Job,
        employee_id: &str,
    ) -> wasmtime::Result<Answer<Option<String>>> {
        Ok(references!(self, call_read_address(store, job, employee_id), |address| address))
    }
}
