//! A call's store together with its places in the queue and in the pool: they are given back when the store is dropped.

use crate::state::CallState;
use hibob_shares::Turns;
use std::ops::{Deref, DerefMut};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::Store;

/// Linear memory above which a store is dropped on a thread of its own, in bytes: giving much memory back takes the
/// system milliseconds, during which other tenants' calls would wait. The drop takes one of the tenant's turns, as
/// running does.
const MEMORY_BYTES_INLINE_MAX: usize = 16 * 1024 * 1024;

/// A store, and the places that it takes until it is dropped: one among the tenant's calls, one in the pool of
/// instances.
pub(super) struct PooledStore {
    /// The store and its places; `None` only while the value is dropped.
    store: Option<(Store<CallState>, [OwnedSemaphorePermit; 2])>,
    turns: Turns,
}

impl PooledStore {
    pub(super) fn new(store: Store<CallState>, slots: [OwnedSemaphorePermit; 2], turns: Turns) -> Self {
        Self { store: Some((store, slots)), turns }
    }
}

impl Deref for PooledStore {
    type Target = Store<CallState>;

    #[expect(clippy::expect_used, reason = "only the drop takes it out")]
    fn deref(&self) -> &Self::Target {
        &self.store.as_ref().expect("a store until the drop").0
    }
}

impl DerefMut for PooledStore {
    #[expect(clippy::expect_used, reason = "only the drop takes it out")]
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.store.as_mut().expect("a store until the drop").0
    }
}

impl Drop for PooledStore {
    fn drop(&mut self) {
        let Some(store) = self.store.take() else { return };
        let is_large = store.0.data().memory.used() > MEMORY_BYTES_INLINE_MAX;
        match Handle::try_current() {
            Ok(runtime) if is_large => {
                let (turns, threads) = (self.turns.clone(), runtime.clone());
                runtime.spawn(async move {
                    let turn = turns.next().await;
                    threads.spawn_blocking(move || drop((store, turn)));
                });
            }
            _ => drop(store),
        }
    }
}
