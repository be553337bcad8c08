//! Counts the linear memory of all calls of a tenant together.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How much linear memory the running calls of a tenant hold.
#[derive(Debug, Default)]
pub struct TenantMemory {
    used: AtomicUsize,
    peak_of_a_call: AtomicUsize,
}

impl TenantMemory {
    /// Bytes that the running calls hold together.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// The most bytes that a single call has held so far.
    pub fn peak_of_a_call(&self) -> usize {
        self.peak_of_a_call.load(Ordering::Relaxed)
    }

    /// Takes `bytes` more, unless the calls would then hold more than `most` bytes together. Whether it took them.
    pub fn take(&self, bytes: usize, most: usize) -> bool {
        let take = |used: usize| used.checked_add(bytes).filter(|used| *used <= most);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// Gives back `bytes` that a call has taken.
    pub fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Records how many bytes one call holds, for the peak.
    pub fn note_call(&self, bytes: usize) {
        self.peak_of_a_call.fetch_max(bytes, Ordering::Relaxed);
    }
}
