//! The ports of the references job beside those of every run: reading HiBob through the plugin.

use crate::references::keys::DnsRecord;
use crate::run::ports::RunPorts;
use hibob_base::error::HostError;
use hibob_contract::leaver::{Confirmed, LeaverFacts};
use hibob_contract::offboarding_references::{Departure, Detection, Known};
use hibob_store::database::{TenantDatabase, TitleDigests};

/// What HiBob's answers have about one leaver: the facts, and the confirmed values of a reference.
pub type LeaverClaims = (LeaverFacts, Result<Option<Confirmed>, HostError>);

/// The ports of a references run. Each call has the plugin read HiBob, and writes nothing anywhere.
///
/// A plugin's answer is accepted only where HiBob's own answers to the same call contain it.
pub trait Leavers: RunPorts<RunStore = TenantDatabase> {
    /// Compares HiBob's employees with the `known` ones: new departures, cancelled ones, and corrections. Beside it, a keyed
    /// hash of the job title that each employee has by HiBob's answers to this call.
    ///
    /// # Errors
    /// The tenant issues no references, the job failed, or the plugin did.
    fn departures(&self, known: &[Known]) -> impl Future<Output = Result<(Detection, TitleDigests), HostError>>;

    /// The departure of one employee as HiBob has it now; none if they have not left.
    ///
    /// # Errors
    /// As [`Self::departures`].
    fn look_up(&self, employee_id: &str) -> impl Future<Output = Result<Option<Departure>, HostError>>;

    /// For how many leavers [`Self::claims`] may be asked at a time: at least one.
    fn leavers_max(&self) -> usize;

    /// For each departure, in their order: the facts of the leaver, and the values of a reference, each of which appears
    /// in HiBob's answers about this leaver; none if HiBob does not have that departure any more. An error there is about
    /// this leaver alone.
    ///
    /// # Errors
    /// As [`Self::departures`]; or the plugin is not trusted to have references signed.
    fn claims(&self, departures: &[Departure]) -> impl Future<Output = Result<Vec<LeaverClaims>, HostError>>;

    /// Checks that the issuer's DNS has this record of a key, as seen from this host.
    ///
    /// # Errors
    /// It has not, or it could not be looked up.
    fn require_published(&self, records: &[DnsRecord; 2]) -> impl Future<Output = Result<(), HostError>>;

    /// The address to deliver to in this field, which appears in HiBob's answer; none if it is empty. The caller drops
    /// it after the delivery.
    ///
    /// # Errors
    /// As [`Self::departures`]; or the address is not in HiBob's answer.
    fn address(&self, employee_id: &str, field: &str) -> impl Future<Output = Result<Option<String>, HostError>>;
}
