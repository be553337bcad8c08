//! How many requests a minute a service is sent.

use crate::windows::Windows;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::Arc;

/// The pace of requests: a rate, and the rate limits that the other side has reported as used up. All calls of a tenant
/// share it, and so do services that count against the same limit.
#[derive(Clone)]
pub struct Pace {
    /// The rate of requests.
    pub rate: Arc<DefaultDirectRateLimiter>,
    /// The endpoints whose rate limit is used up, by the services' answers.
    pub windows: Arc<Windows>,
}

impl Pace {
    /// A pace of `calls_per_minute` requests, of which `burst` may be sent at once.
    pub fn new(calls_per_minute: NonZeroU32, burst: NonZeroU32) -> Self {
        let quota = Quota::per_minute(calls_per_minute).allow_burst(burst);
        Self { rate: Arc::new(RateLimiter::direct(quota)), windows: Arc::default() }
    }
}
