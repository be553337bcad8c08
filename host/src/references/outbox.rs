//! Delivering what was issued: the address is read for each attempt, and forgotten with it.

use super::keys::{IssuerKeys, Signer, time};
use super::log::{Entry, Log};
use super::report::Report;
use super::{address, keys};
use crate::database::{DeliveryState, DueDelivery};
use crate::deliver::{Channel, Failure, Kind, Letter};
use crate::error::HostError;
use crate::plugin::Plugin;
use crate::tenant::Tenant;
use chrono::Utc;
use futures::stream::{self, StreamExt};
use hibob_references::credential::SignedCredential;
use hibob_references::log::proof::LogProof;
use hibob_references::pdf;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use zeroize::Zeroizing;

/// Deliveries at the same time.
const PARALLEL: usize = 4;

/// The pause after the first attempt that failed, in seconds; it doubles with each.
const PAUSE_SECONDS: i64 = 60;

/// The longest pause between two attempts, in seconds.
const PAUSE_SECONDS_MAX: i64 = 6 * 60 * 60;

/// How long a reference is tried to be delivered, in seconds: five days (RFC 5321, section 4.5.4.1).
const GIVE_UP_SECONDS: i64 = 5 * 24 * 60 * 60;

/// What a delivery needs.
struct Outbox<'o> {
    plugin: &'o Plugin,
    tenant: &'o Tenant,
    channel: Channel,
    issuer: hibob_references::claims::Issuer,
    signers: BTreeMap<String, Signer>,
    /// Nothing more is sent: the way, or HiBob, is closed.
    is_closed: AtomicBool,
}

/// What came of one attempt.
enum Attempt {
    Delivered,
    Waiting(String),
    Refused(String),
    /// It was not tried, as another one found the way closed.
    NotTried,
}

/// Delivers what is due; all that waits where `now` is asked for.
///
/// # Errors
/// Nothing can be delivered: keys, the log, the channel or HiBob.
pub(super) async fn deliver(
    plugin: &Plugin,
    tenant: &Tenant,
    keys: &IssuerKeys,
    log: &Log,
    is_now: bool,
    report: &mut Report,
) -> Result<(), HostError> {
    let database = tenant.database();
    let until = if is_now { i64::MAX } else { Utc::now().timestamp() };
    let due = database.due_deliveries(until, PAUSE_SECONDS_MAX).await?;
    if due.is_empty() {
        report.waiting = database.waiting_deliveries().await?;
        return Ok(());
    }
    if keys::issuing(tenant.config())?.channel().is_none() {
        report.waiting = database.waiting_deliveries().await?;
        let remedy =
            "add [references.smtp] or [references.webhook] to the tenant's file; they are delivered by the next run";
        report.warn("", "NO_CHANNEL", format!("{} references wait for a way to be delivered", report.waiting), remedy);
        return Ok(());
    }
    let signers = keys.signers(due.iter().map(|due| due.selector.clone())).await?;
    let entry = |due: &DueDelivery| {
        let signer = signers.get(&due.selector).ok_or_else(|| unreadable(due, "its key"))?;
        Ok(Entry { index: due.log_index, issued: time(due.issued_at), key: &signer.key })
    };
    let entries: Result<Vec<_>, HostError> = due.iter().map(entry).collect();
    let proofs = log.proofs(&entries?)?;
    let outbox = Outbox {
        plugin,
        tenant,
        channel: Channel::open(keys.data(), tenant.config()).await?,
        issuer: keys.issuer().clone(),
        signers,
        is_closed: AtomicBool::new(false),
    };
    let mut attempts = stream::iter(due.into_iter().zip(proofs))
        .map(|(due, proof)| async {
            let employee = due.employee_id.clone();
            (employee, outbox.attempt(due, proof).await)
        })
        .buffer_unordered(PARALLEL);
    let mut failed = None;
    while let Some((employee, attempt)) = attempts.next().await {
        match attempt {
            Ok(Attempt::Delivered) => {
                report.delivered += 1;
                report.tell(&employee, "Reference delivered", "", "Done");
            }
            Ok(Attempt::Waiting(said)) => {
                report.warn(&employee, "DELIVERY_DELAYED", said, "nothing; it is tried again by a later run");
            }
            Ok(Attempt::Refused(said)) => {
                report.refused += 1;
                report.tell(&employee, "Reference delivered", "", "Failed");
                let remedy = "correct the address in HiBob, and send it again: hibob references deliver TENANT ID";
                report.fault(&employee, "DELIVERY_REFUSED", said, remedy);
            }
            Ok(Attempt::NotTried) => {}
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    drop(attempts);
    report.waiting = database.waiting_deliveries().await?;
    failed.map_or(Ok(()), Err)
}

impl Outbox<'_> {
    /// Tries one delivery, and records what came of it.
    async fn attempt(&self, due: DueDelivery, proof: LogProof) -> Result<Attempt, HostError> {
        if self.is_closed.load(Ordering::SeqCst) {
            return Ok(Attempt::NotTried);
        }
        let sent = self.send(&due, proof).await.inspect_err(|_| self.is_closed.store(true, Ordering::SeqCst))?;
        let now = Utc::now().timestamp();
        let (state, next_at) = match &sent {
            Ok(()) => (DeliveryState::Delivered, 0),
            Err(failure) if failure.kind == Kind::Permanent => (DeliveryState::Refused, 0),
            Err(_) if now - due.since > GIVE_UP_SECONDS => (DeliveryState::Refused, 0),
            Err(_) => (DeliveryState::Waiting, now + pause(due.attempts)),
        };
        let said = sent.as_ref().err().map(|failure| failure.said.clone()).unwrap_or_default();
        self.tenant.database().record_attempt(due.log_index, state, &said, next_at, now).await?;
        match sent {
            Err(Failure { kind: Kind::Channel, said }) => {
                self.is_closed.store(true, Ordering::SeqCst);
                Err(HostError::Delivery(said))
            }
            _ => Ok(match state {
                DeliveryState::Delivered => Attempt::Delivered,
                DeliveryState::Waiting => Attempt::Waiting(said),
                DeliveryState::Refused | DeliveryState::Withdrawn => Attempt::Refused(said),
            }),
        }
    }

    /// Makes the page and sends it.
    async fn send(&self, due: &DueDelivery, proof: LogProof) -> Result<Result<(), Failure>, HostError> {
        let row = self.tenant.database().reference(due.log_index).await?;
        let signed = SignedCredential::parse(&row.document).map_err(|error| unreadable(due, &error.to_string()))?;
        let key = self.signers.get(&row.selector).ok_or_else(|| unreadable(due, "its key"))?.key.clone();
        let rendered = tokio::task::spawn_blocking(move || {
            let pdf = pdf::render(&signed, &proof, &key);
            (pdf, signed, proof)
        });
        let (pdf, signed, proof) = rendered.await.map_err(|error| HostError::Engine(error.to_string()))?;
        let pdf = match pdf {
            Ok(pdf) => pdf,
            Err(error) => return Ok(Err(Failure { kind: Kind::Permanent, said: error.to_string() })),
        };
        let employee = &row.departure.employee_id;
        let address = if self.channel.needs_address() {
            match address(self.plugin, self.tenant, employee).await? {
                Some(address) => Some(Zeroizing::new(address)),
                None => {
                    let field = &keys::issuing(self.tenant.config())?.address;
                    let said = format!("HiBob has no address in {field}");
                    return Ok(Err(Failure { kind: Kind::Temporary, said }));
                }
            }
        } else {
            None
        };
        let letter = Letter {
            message_id: &due.message_id,
            reference: &row.id,
            employee,
            name: signed.credential().claims.name().as_str(),
            issuer: &self.issuer,
            pdf: &pdf,
            credential: signed.canonical(),
            log_proof: &proof.to_string(),
        };
        Ok(self.channel.deliver(&letter, address.as_ref().map(|address| address.as_str())).await)
    }
}

fn unreadable(due: &DueDelivery, what: &str) -> HostError {
    HostError::Storage(format!("the reference {} cannot be read: {what}", due.log_index))
}

/// How long to wait after so many attempts before this one, in seconds.
fn pause(attempts: u32) -> i64 {
    PAUSE_SECONDS.saturating_mul(1_i64.checked_shl(attempts.min(30)).unwrap_or(i64::MAX)).min(PAUSE_SECONDS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_six_hours() {
        let pauses: Vec<i64> = [0, 1, 2, 8, 9, 40, u32::MAX].map(pause).into();
        assert_eq!(pauses, [60, 120, 240, 15_360, 21_600, 21_600, 21_600]);
    }
}
