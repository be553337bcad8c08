//! A store and its places in the pool, given back together.

use crate::call::CallState;
use hibob_shares::Turns;
use std::ops::{Deref, DerefMut};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::Store;

/// Linear memory above which a store is dropped on a thread of its own, in bytes: giving much memory back takes the
/// system milliseconds, in which other tenants' calls would wait. It takes one of the tenant's turns, as running does.
const MEMORY_BYTES_INLINE_MAX: usize = 16 * 1024 * 1024;

/// A store that holds its places until it is gone.
pub(super) struct HeldStore {
    /// There until the drop.
    held: Option<(Store<CallState>, [OwnedSemaphorePermit; 2])>,
    turns: Turns,
}

impl HeldStore {
    pub(super) fn new(store: Store<CallState>, slots: [OwnedSemaphorePermit; 2], turns: Turns) -> Self {
        Self { held: Some((store, slots)), turns }
    }
}

impl Deref for HeldStore {
    type Target = Store<CallState>;

    #[expect(clippy::expect_used, reason = "only the drop takes it out")]
    fn deref(&self) -> &Self::Target {
        &self.held.as_ref().expect("a store until the drop").0
    }
}

impl DerefMut for HeldStore {
    #[expect(clippy::expect_used, reason = "only the drop takes it out")]
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.held.as_mut().expect("a store until the drop").0
    }
}

impl Drop for HeldStore {
    fn drop(&mut self) {
        let Some(held) = self.held.take() else { return };
        let is_large = held.0.data().memory.used() > MEMORY_BYTES_INLINE_MAX;
        match Handle::try_current() {
            Ok(runtime) if is_large => {
                let (turns, threads) = (self.turns.clone(), runtime.clone());
                runtime.spawn(async move {
                    let turn = turns.next().await;
                    threads.spawn_blocking(move || drop((held, turn)));
                });
            }
            _ => drop(held),
        }
    }
}
