//! The linear memory of a tenant's calls, counted together.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The linear memory that a tenant's calls hold at this moment.
#[derive(Debug, Default)]
pub struct TenantMemory {
    used: AtomicUsize,
    peak_of_a_call: AtomicUsize,
}

impl TenantMemory {
    /// Bytes that the calls under way hold.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// The most that a single call has held, in bytes.
    pub fn peak_of_a_call(&self) -> usize {
        self.peak_of_a_call.load(Ordering::Relaxed)
    }

    /// Takes so many bytes more, if there is room for them below `most`.
    pub fn take(&self, bytes: usize, most: usize) -> bool {
        let take = |used: usize| used.checked_add(bytes).filter(|used| *used <= most);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// Gives so many bytes back.
    pub fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Notes how many bytes one call holds.
    pub fn note_call(&self, bytes: usize) {
        self.peak_of_a_call.fetch_max(bytes, Ordering::Relaxed);
    }
}
