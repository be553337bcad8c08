//! What all openings of a tenant in one process share, so that whoever opens it twice does not double its limits.

use crate::Pace;
use crate::{TenantMemory, Turns};
use hibob_config::limits::Limits;
use hibob_config::tenant::TenantConfig;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::Semaphore;

/// Memory, calls and rates of one tenant.
pub struct Shared {
    limits: Limits,
    calls_per_minute: [NonZeroU32; 2],
    /// Linear memory of all calls.
    pub memory: Arc<TenantMemory>,
    /// Calls that may run at the same time.
    pub calls: Arc<Semaphore>,
    /// Turns at a processor.
    pub turns: Turns,
    /// How fast HiBob is asked.
    pub hibob_pace: Pace,
    /// How fast TravelPerk is asked.
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

    fn fits(&self, config: &TenantConfig) -> bool {
        self.limits == config.limits && self.calls_per_minute == calls_per_minute(config)
    }
}

/// Calls per minute to HiBob and to TravelPerk. For a tenant without TravelPerk the number stands for nothing: there is
/// nobody to call.
fn calls_per_minute(config: &TenantConfig) -> [NonZeroU32; 2] {
    let travelperk = config.travelperk.as_ref().map_or(NonZeroU32::MIN, |travelperk| travelperk.calls_per_minute);
    [config.hibob.calls_per_minute, travelperk]
}

/// A part of a rate may come at once, so that no minute sees much more than was set. A sync asks HiBob three times, and
/// TravelPerk page by page.
fn part(calls_per_minute: NonZeroU32, divisor: u32) -> NonZeroU32 {
    NonZeroU32::new(calls_per_minute.get() / divisor).unwrap_or(NonZeroU32::MIN)
}

/// The tenants that are open in this process.
#[derive(Default)]
pub struct SharedByTenant(Mutex<BTreeMap<String, Weak<Shared>>>);

impl std::fmt::Debug for SharedByTenant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedByTenant(…)")
    }
}

impl SharedByTenant {
    /// What this tenant shares with those that are open already. With other limits than they have, it begins anew.
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
