//! The simulated lease on the tenant's runs, with the rules of `database/control.rs`.

use super::{Pages, SimRunStore};
use crate::sim::State;
use hibob_base::error::HostError;
use hibob_store::database::LEASE_SECONDS;
use hibob_store::run_store::Lock;

impl SimRunStore {
    /// Takes the lease on the tenant's runs, as `ControlDatabase::lease` does.
    pub(crate) async fn lease(&self) -> Result<SimLease, HostError> {
        let now = self.now();
        let generation = self.with(|state| {
            let pages = &mut state.pages;
            // A lease that lapses later than any real one was taken before the clock was set back.
            let is_free = pages.lease_expires_at <= now || pages.lease_expires_at > now + 2 * LEASE_SECONDS;
            if !is_free {
                let (message, remedy) = ("the tenant is being run".to_owned(), "wait for that run".to_owned());
                return Err(HostError::AlreadyRunning { message, remedy });
            }
            pages.lease_generation += 1;
            pages.lease_expires_at = now + LEASE_SECONDS;
            Ok(pages.lease_generation)
        });
        let generation = generation.await?;
        self.host.has_lease(generation);
        self.note(format!("has the lease, generation {generation}"));
        Ok(SimLease { run_store: self.clone(), generation, is_held: true })
    }
}

/// The lease of one process.
pub(crate) struct SimLease {
    run_store: SimRunStore,
    generation: i64,
    is_held: bool,
}

impl SimLease {
    fn is_ours<'s>(&self, state: &'s mut State) -> Option<&'s mut Pages> {
        Some(&mut state.pages).filter(|pages| pages.lease_generation == self.generation)
    }

    fn give_back(&self, state: &mut State) {
        if let Some(pages) = self.is_ours(state) {
            (pages.lease_expires_at, pages.lease_generation) = (0, self.generation + 1);
        }
    }
}

impl Lock for SimLease {
    fn generation(&self) -> i64 {
        self.generation
    }

    fn seconds(&self) -> i64 {
        LEASE_SECONDS
    }

    async fn renew(&self) -> Result<bool, HostError> {
        let expires_at = self.run_store.now() + LEASE_SECONDS;
        let renewed = self.run_store.with(|state| {
            let pages = self.is_ours(state);
            Ok(pages.map(|pages| pages.lease_expires_at = expires_at).is_some())
        });
        renewed.await
    }

    async fn release(mut self) -> Result<(), HostError> {
        self.is_held = false;
        let given_back = self.run_store.with(|state| {
            self.give_back(state);
            Ok(())
        });
        given_back.await
    }
}

/// A cancelled run gives its lease back. A crashed process cannot.
impl Drop for SimLease {
    fn drop(&mut self) {
        if self.is_held && !self.run_store.host.is_dead() {
            self.give_back(&mut self.run_store.sim.lock());
        }
    }
}
