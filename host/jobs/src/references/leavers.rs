//! The ports of the references job beside those of every run: reading HiBob through the plugin.

use crate::run::ports::RunPorts;
use hibob_base::error::HostError;
use hibob_contract::leaver::Confirmed;
use hibob_contract::offboarding_references::{Departure, Detection, Known};
use hibob_store::database::TenantDatabase;

/// The ports of a references run. Each call has the plugin read HiBob, and writes nothing anywhere.
///
/// A plugin's answer is accepted only where HiBob's own answers to the same call contain it.
pub trait Leavers: RunPorts<Book = TenantDatabase> {
    /// What has happened since the last time.
    ///
    /// # Errors
    /// The tenant issues no references, the job failed, or the plugin did.
    fn departures(&self, known: &[Known]) -> impl Future<Output = Result<Detection, HostError>>;

    /// One employee's departure as it is now; none if they have not left.
    ///
    /// # Errors
    /// As [`Self::departures`].
    fn look_up(&self, employee_id: &str) -> impl Future<Output = Result<Option<Departure>, HostError>>;

    /// What a reference for a departure says, where every value stands in HiBob's answers; none if HiBob does not have
    /// that departure any more.
    ///
    /// # Errors
    /// As [`Self::departures`]; the plugin may not have references signed; or it says what HiBob has not.
    fn claims(&self, departure: &Departure) -> impl Future<Output = Result<Option<Confirmed>, HostError>>;

    /// The address to deliver to, as HiBob has answered it; none if it has none. The caller drops it after the
    /// delivery.
    ///
    /// # Errors
    /// As [`Self::departures`]; or the plugin says what HiBob has not.
    fn address(&self, employee_id: &str) -> impl Future<Output = Result<Option<String>, HostError>>;
}
