//! How fast a service is asked.

use crate::windows::Windows;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::Arc;

/// How fast somebody may be asked: a rate, and windows that they say are used up. Several services may share it, where
/// the same account stands behind them; so do all calls of a tenant.
#[derive(Clone)]
pub struct Pace {
    /// The rate.
    pub rate: Arc<DefaultDirectRateLimiter>,
    /// Windows that the service says are used up.
    pub windows: Arc<Windows>,
}

impl Pace {
    /// So many calls a minute, `burst` of which may come at once.
    pub fn new(calls_per_minute: NonZeroU32, burst: NonZeroU32) -> Self {
        let quota = Quota::per_minute(calls_per_minute).allow_burst(burst);
        Self { rate: Arc::new(RateLimiter::direct(quota)), windows: Arc::default() }
    }
}
