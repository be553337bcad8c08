//! What all openings of a tenant in one process share, so that whoever opens it twice does not double its limits.

use super::TenantConfig;
use crate::call::{TenantMemory, Turns};
use crate::egress::Pace;
use crate::limits::Limits;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::Semaphore;

/// Calls to HiBob per minute, below people/search's limit of 50 (people/search reference page).
const HIBOB_CALLS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(45).unwrap();

/// Calls to HiBob that may come at once. A sync makes three, one of them the search.
const HIBOB_BURST: NonZeroU32 = NonZeroU32::new(15).unwrap();

/// Memory, calls and rates of one tenant.
pub(crate) struct Shared {
    limits: Limits,
    calls_per_minute: NonZeroU32,
    pub(super) memory: Arc<TenantMemory>,
    /// Calls that may run at the same time.
    pub(super) calls: Arc<Semaphore>,
    pub(super) turns: Turns,
    pub(super) hibob_pace: Pace,
    pub(super) travelperk_pace: Pace,
}

impl Shared {
    fn new(config: &TenantConfig) -> Self {
        let calls_per_minute = calls_per_minute(config);
        Self {
            limits: config.limits.clone(),
            calls_per_minute,
            memory: Arc::default(),
            calls: Arc::new(Semaphore::new(config.limits.parallel_calls_max.max(1) as usize)),
            turns: Turns::new(config.limits.processors_max),
            hibob_pace: Pace::new(HIBOB_CALLS_PER_MINUTE, HIBOB_BURST),
            travelperk_pace: Pace::new(calls_per_minute, tenth(calls_per_minute)),
        }
    }

    fn fits(&self, config: &TenantConfig) -> bool {
        self.limits == config.limits && self.calls_per_minute == calls_per_minute(config)
    }
}

/// Calls to TravelPerk per minute. For a tenant without it the number stands for nothing: there is nobody to call.
fn calls_per_minute(config: &TenantConfig) -> NonZeroU32 {
    config.travelperk.as_ref().map_or(NonZeroU32::MIN, |travelperk| travelperk.calls_per_minute)
}

/// A tenth of a rate may come at once, so that no minute sees much more than was set.
fn tenth(calls_per_minute: NonZeroU32) -> NonZeroU32 {
    NonZeroU32::new(calls_per_minute.get() / 10).unwrap_or(NonZeroU32::MIN)
}

/// The tenants that are open in this process.
#[derive(Default)]
pub(crate) struct SharedByTenant(Mutex<BTreeMap<String, Weak<Shared>>>);

impl std::fmt::Debug for SharedByTenant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedByTenant(…)")
    }
}

impl SharedByTenant {
    /// What this tenant shares with those that are open already. With other limits than they have, it begins anew.
    pub(crate) fn of(&self, config: &TenantConfig) -> Arc<Shared> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = open.get(&config.id).and_then(Weak::upgrade).filter(|shared| shared.fits(config)) {
            return shared;
        }
        open.retain(|_, shared| shared.strong_count() > 0);
        let shared = Arc::new(Shared::new(config));
        open.insert(config.id.clone(), Arc::downgrade(&shared));
        shared
    }
}
