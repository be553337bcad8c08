//! The state that is shared each time a tenant is opened in one process, so that opening it twice does not double its
//! limits.

use crate::Pace;
use crate::{TenantMemory, Turns};
use hibob_config::limits::Limits;
use hibob_config::tenant::TenantConfig;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::Semaphore;

/// The memory, calls, turns and paces of one tenant.
pub struct Shared {
    limits: Limits,
    calls_per_minute: [NonZeroU32; 2],
    /// The linear memory of all calls.
    pub memory: Arc<TenantMemory>,
    /// Places for calls that run at the same time.
    pub calls: Arc<Semaphore>,
    /// Turns at a processor.
    pub turns: Turns,
    /// The pace of requests to HiBob.
    pub hibob_pace: Pace,
    /// The pace of requests to TravelPerk.
    pub travelperk_pace: Pace,
}

impl Shared {
    fn new(config: &TenantConfig) -> Self {
        let calls_per_minute = calls_per_minute(config);
        let [hibob, travelperk] = calls_per_minute;
        Self {
            limits: config.limits.clone(),
            calls_per_minute,
            memory: Arc::default(),
            calls: Arc::new(Semaphore::new(config.limits.parallel_calls_max.max(1) as usize)),
            turns: Turns::new(config.limits.processors_max),
            hibob_pace: Pace::new(hibob, part(hibob, 3)),
            travelperk_pace: Pace::new(travelperk, part(travelperk, 10)),
        }
    }

    /// Whether the configuration has the limits that this was made with.
    fn fits(&self, config: &TenantConfig) -> bool {
        self.limits == config.limits && self.calls_per_minute == calls_per_minute(config)
    }
}

/// Requests a minute to HiBob and to TravelPerk. For a tenant without TravelPerk the second number is not used.
fn calls_per_minute(config: &TenantConfig) -> [NonZeroU32; 2] {
    let travelperk = config.travelperk.as_ref().map_or(NonZeroU32::MIN, |travelperk| travelperk.calls_per_minute);
    [config.hibob.calls_per_minute, travelperk]
}

/// The requests that may be sent at once: a part of those of a minute, so that no minute has many more than configured.
/// A sync sends three requests to HiBob, and one for each page to TravelPerk.
fn part(calls_per_minute: NonZeroU32, divisor: u32) -> NonZeroU32 {
    NonZeroU32::new(calls_per_minute.get() / divisor).unwrap_or(NonZeroU32::MIN)
}

/// The shared state of the tenants that are open in this process.
#[derive(Default)]
pub struct SharedByTenant(Mutex<BTreeMap<String, Weak<Shared>>>);

impl std::fmt::Debug for SharedByTenant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedByTenant(…)")
    }
}

impl SharedByTenant {
    /// The shared state of this tenant. If the tenant is open with other limits, or not open, it is a new one.
    pub fn of(&self, config: &TenantConfig) -> Arc<Shared> {
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
