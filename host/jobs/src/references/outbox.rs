//! Delivering references.
//!
//! 1. The address is read from HiBob for each attempt, kept in memory only, and dropped after it. Where the first field
//!    is empty, or its address is refused for good, the second one follows, if the settings name one.
//! 2. A delivery that failed for now is tried again after a pause that doubles, up to [`PAUSE_SECONDS_MAX`], and is
//!    given up after [`GIVE_UP_SECONDS`]. Where HiBob has no address, it is not given up.
//! 3. A failure of the channel itself (such as a mail server that cannot be reached) ends the attempts of this run, and
//!    does not count as one.
//! 4. A reference that was revoked or superseded meanwhile is not delivered.
//! 5. Who was delivered a reference that is revoked afterwards is told so, by the same channel. A correction says which
//!    reference it replaces, and what differs.

use crate::references::fonts::fonts;
use crate::references::job::interrupted;
use crate::references::keys::{IssuerKeys, Signers, time};
use crate::references::leavers::Leavers;
use crate::references::log::{Entry, Log, Prover};
use crate::references::report::Report;
use crate::run::Running;
use chrono::Utc;
use futures::stream::{self, StreamExt};
use hibob_base::error::HostError;
use hibob_config::references::{WORK_EMAIL, issuing};
use hibob_delivery::{Channel, Failure, Kind, Letter, Occasion};
use hibob_reference_format::claims::{ClaimText, Claims};
use hibob_reference_format::credential::SignedCredential;
use hibob_reference_format::log::proof::LogProof;
use hibob_reference_format::pdf::{self, Fonts, PdfError};
use hibob_store::database::{AttemptRecord, DeliveryState, DueDelivery, Fence, Message, ReferenceRow, ReferenceState};
use hibob_store::privacy::{Keyring, decrypt_references};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use zeroize::Zeroizing;

/// How many deliveries are tried at the same time.
const PARALLEL: usize = 4;

/// The pause after the first attempt that failed, in seconds; it doubles with each.
const PAUSE_SECONDS: i64 = 60;

/// The longest pause between two attempts, in seconds.
const PAUSE_SECONDS_MAX: i64 = 6 * 60 * 60;

/// For how long delivery is tried, in seconds: five days (RFC 5321, section 4.5.4.1).
const GIVE_UP_SECONDS: i64 = 5 * 24 * 60 * 60;

/// What all deliveries of one run share.
struct Outbox<'o, P: Leavers> {
    run: &'o Running<P>,
    ports: &'o P,
    fence: Fence,
    keyring: &'o Keyring,
    channel: Channel,
    issuer: hibob_reference_format::claims::Issuer,
    signers: Signers,
    /// Whose work email is by now that of somebody who is employed, by HiBob's ids.
    taken: BTreeSet<String>,
    fonts: Fonts,
    /// Whether nothing more is sent in this run, because the channel or HiBob failed.
    is_closed: AtomicBool,
    /// The names in the references, by employee id, for the report.
    names: Mutex<Vec<(String, String)>>,
    /// Whether a delivery was not begun because a person interrupted the run.
    is_left: AtomicBool,
}

/// The result of one attempt.
enum Attempt {
    Delivered,
    Waiting(String),
    /// It waits until HiBob has an address.
    WithoutAddress(String),
    Refused(String),
    /// It was not tried, because another attempt found the channel closed, or the reference does not count any more.
    NotTried,
}

/// Why a reference was not delivered.
struct Undelivered {
    failure: Failure,
    /// Whether HiBob has an address to deliver to.
    has_address: bool,
}

impl From<Failure> for Undelivered {
    fn from(failure: Failure) -> Self {
        Self { failure, has_address: true }
    }
}

/// Which deliveries are tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Deliveries {
    /// Those that are due.
    #[default]
    Due,
    /// All that are still to be tried, due or not.
    Waiting,
    /// That of the reference with this id, if it waits.
    One(String),
}

/// Tries the chosen deliveries, and counts them in the report. Nothing is sent to the work email of those in `taken`, by
/// HiBob's ids.
///
/// # Errors
/// Nothing can be delivered, because of the keys, the log, the channel or HiBob.
pub(super) async fn deliver<P: Leavers>(
    run: &Running<P>,
    keys: &IssuerKeys,
    log: &Log,
    which: &Deliveries,
    taken: BTreeSet<String>,
    report: &mut Report,
) -> Result<(), HostError> {
    let (database, config) = (run.ports().run_store(), run.ports().config());
    let until = if *which == Deliveries::Due { Utc::now().timestamp() } else { i64::MAX };
    let mut due = database.due_deliveries(until, PAUSE_SECONDS_MAX).await?;
    if let Deliveries::One(reference) = which {
        due.retain(|due| due.reference == *reference);
    }
    if due.is_empty() {
        report.waiting = database.waiting_deliveries().await?;
        if *which == Deliveries::Due {
            remind(run, &BTreeSet::new(), report).await?;
        }
        return Ok(());
    }
    if issuing(config)?.channel().is_none() {
        report.waiting = database.waiting_deliveries().await?;
        let remedy =
            "add [references.smtp] or [references.webhook] to the tenant's file; they are delivered by the next run";
        report.warn(
            "",
            "NO_CHANNEL",
            format!("{} references wait, because no way to deliver them is configured", report.waiting),
            remedy,
        );
        return Ok(());
    }
    let (signers, missing) = keys.signers(due.iter().map(|due| due.selector.clone())).await;
    for (selector, error) in missing {
        report.fault(
            "",
            error.code(),
            format!("references that the key {selector} signed are not delivered: {error}"),
            &error.remedy(),
        );
    }
    let due: Vec<DueDelivery> = due.into_iter().filter(|due| signers.contains_key(&due.selector)).collect();
    let prover = Mutex::new(log.prover(due.iter().map(|due| due.log_index).min().unwrap_or_default()));
    let outbox = Outbox {
        run,
        ports: run.ports(),
        fence: run.fence(),
        keyring: run.keyring(),
        channel: Channel::open(keys.data(), config).await?,
        issuer: keys.issuer().clone(),
        signers,
        taken,
        fonts: fonts(issuing(config)?).await?,
        is_closed: AtomicBool::new(false),
        names: Mutex::default(),
        is_left: AtomicBool::new(false),
    };
    let mut attempts = stream::iter(due)
        .map(|due| async {
            let (employee, reference, message) = (due.employee_id.clone(), due.reference.clone(), due.message);
            (employee, reference, message, outbox.attempt(due, &prover).await)
        })
        .buffer_unordered(PARALLEL);
    let (mut failed, mut tried) = (None, BTreeSet::new());
    while let Some((employee, reference, message, attempt)) = attempts.next().await {
        match attempt {
            Ok(Attempt::Delivered) if message == Message::Revocation => {
                report.told += 1;
                report.tell(&employee, "Revocation told", "", "Done");
            }
            Ok(Attempt::Refused(said)) if message == Message::Revocation => {
                let said = format!("could not be told that the reference {reference} is revoked: {said}");
                report.warn(&employee, "DELIVERY_REFUSED", said, "tell them yourself, if they still use it");
            }
            Ok(Attempt::Delivered) => {
                report.delivered += 1;
                report.tell(&employee, "Reference delivered", "", "Done");
            }
            Ok(Attempt::Waiting(said)) => {
                report.warn(&employee, "DELIVERY_DELAYED", said, "nothing; it is tried again by a later run");
            }
            Ok(Attempt::WithoutAddress(said)) => {
                let remedy = "enter an address in HiBob; it is tried by each run, and not given up";
                report.warn(&employee, "NO_ADDRESS", said, remedy);
            }
            Ok(Attempt::Refused(said)) => {
                tried.insert(reference.clone());
                report.refused += 1;
                report.tell(&employee, "Reference delivered", "", "Failed");
                let tenant = &config.id;
                let remedy = format!(
                    "correct the address in HiBob, and send it again: hibob references deliver {tenant} {reference}"
                );
                report.fault(&employee, "DELIVERY_REFUSED", said, &remedy);
            }
            Ok(Attempt::NotTried) => {}
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    drop(attempts);
    for (employee, name) in outbox.names.into_inner().unwrap_or_else(PoisonError::into_inner) {
        report.learn_name(&employee, &name);
    }
    let is_left = outbox.is_left.load(Ordering::SeqCst);
    if let (None, true, Some(by)) = (&failed, is_left, run.ports().interrupt().by()) {
        failed = Some(interrupted(&config.id, &by));
    }
    report.waiting = database.waiting_deliveries().await?;
    if *which == Deliveries::Due {
        remind(run, &tried, report).await?;
    }
    failed.map_or(Ok(()), Err)
}

/// Names those whose delivery was given up by an earlier run, until somebody has done something about it.
async fn remind<P: Leavers>(run: &Running<P>, told: &BTreeSet<String>, report: &mut Report) -> Result<(), HostError> {
    let tenant = &run.ports().config().id;
    for (employee, reference, said) in run.ports().run_store().refused_deliveries().await? {
        if !told.contains(&reference) {
            let remedy =
                format!("correct the address in HiBob, and send it: hibob references deliver {tenant} {reference}");
            report.warn(&employee, "DELIVERY_REFUSED", format!("was not delivered: {said}"), &remedy);
        }
    }
    Ok(())
}

/// Why there is no address: these fields are empty, and the work email may be somebody else's.
fn without_address(empty: &[&str], is_taken: bool) -> String {
    let taken = "the work email is by now that of somebody who works here, and nothing is sent there";
    match (is_taken, empty) {
        (true, []) => taken.to_owned(),
        (true, empty) => format!("{taken}; HiBob has no address in {}", empty.join(", ")),
        (false, empty) => format!("HiBob has no address in {}", empty.join(", ")),
    }
}

impl<P: Leavers> Outbox<'_, P> {
    /// Tries one delivery, and records the result.
    async fn attempt(&self, due: DueDelivery, prover: &Mutex<Prover<'_>>) -> Result<Attempt, HostError> {
        if self.is_closed.load(Ordering::SeqCst) {
            return Ok(Attempt::NotTried);
        }
        if self.run.is_stopped().await {
            self.is_left.store(true, Ordering::SeqCst);
            return Ok(Attempt::NotTried);
        }
        let attempted = self.attempt_and_record(&due, prover).await;
        if attempted.is_err() {
            // If the result cannot be recorded, or the channel is closed, nothing more is sent in this run.
            self.is_closed.store(true, Ordering::SeqCst);
        }
        attempted
    }

    async fn attempt_and_record(&self, due: &DueDelivery, prover: &Mutex<Prover<'_>>) -> Result<Attempt, HostError> {
        let signer = self.signers.get(&due.selector).ok_or_else(|| unreadable(due, "its key"))?;
        let entry = Entry { index: due.log_index, issued: time(due.issued_at), key: &signer.key };
        let proof = prover.lock().unwrap_or_else(PoisonError::into_inner).proof(&entry)?;
        let Some(sent) = self.send(due, proof).await? else { return Ok(Attempt::NotTried) };
        let now = Utc::now().timestamp();
        let has_address = sent.as_ref().err().is_none_or(|undelivered| undelivered.has_address);
        let sent = sent.map_err(|undelivered| undelivered.failure);
        let is_given_up = has_address && due.attempts > 0 && now - due.since > GIVE_UP_SECONDS;
        let (state, next_at) = match sent.as_ref().err().map(|failure| failure.kind) {
            None => (DeliveryState::Delivered, 0),
            Some(Kind::Permanent) => (DeliveryState::Refused, 0),
            Some(Kind::Temporary) if is_given_up => (DeliveryState::Refused, 0),
            Some(Kind::Temporary) => (DeliveryState::Waiting, now + pause(due.attempts)),
            // The channel failed, not this delivery, and it may work again at once.
            Some(Kind::Channel) => (DeliveryState::Waiting, now),
        };
        let said = sent.as_ref().err().map(|failure| failure.said.clone()).unwrap_or_default();
        let is_counted = sent.as_ref().err().is_none_or(|failure| failure.kind != Kind::Channel);
        let record = AttemptRecord { state, said: &said, next_at, is_counted };
        let counts =
            self.ports.run_store().record_attempt(self.fence, (due.message, due.log_index), &record, now).await?;
        match sent {
            Err(Failure { kind: Kind::Channel, said }) => Err(HostError::Delivery(said)),
            _ if !counts => Ok(Attempt::NotTried),
            _ => Ok(match state {
                DeliveryState::Delivered => Attempt::Delivered,
                DeliveryState::Waiting if !has_address => Attempt::WithoutAddress(said),
                DeliveryState::Waiting => Attempt::Waiting(said),
                DeliveryState::Refused | DeliveryState::Withdrawn => Attempt::Refused(said),
            }),
        }
    }

    /// Renders the page and sends it. The inner error says why the delivery failed.
    ///
    /// None if the reference does not count any more: it may have been revoked since the run began.
    async fn send(&self, due: &DueDelivery, proof: LogProof) -> Result<Option<Result<(), Undelivered>>, HostError> {
        let failed = |kind, said: String| Ok(Some(Err(Failure { kind, said }.into())));
        let later = |said: String| failed(Kind::Temporary, said);
        let mut row = self.ports.run_store().reference(due.log_index).await?;
        decrypt_references(self.keyring, std::slice::from_mut(&mut row)).await?;
        if row.document.is_empty() {
            let said = "its document cannot be read any more".to_owned();
            return failed(Kind::Permanent, said);
        }
        let signed = SignedCredential::parse(&row.document).map_err(|error| unreadable(due, &error.to_string()))?;
        let key = self.signers.get(&row.selector).ok_or_else(|| unreadable(due, "its key"))?.key.clone();
        let (fonts, is_attached) = (self.fonts.clone(), due.message == Message::Reference);
        let rendered = tokio::task::spawn_blocking(move || {
            let pdf = if is_attached { pdf::render(&signed, &proof, &key, &fonts) } else { Ok(Vec::new()) };
            (pdf, signed, proof)
        });
        let (pdf, signed, proof) = rendered.await.map_err(|error| HostError::Engine(error.to_string()))?;
        let pdf = match pdf {
            Ok(pdf) => pdf,
            // Its font was in the operator's folder when the reference was issued, and can be put there again.
            Err(error @ PdfError::MissingGlyph { .. }) => return later(error.to_string()),
            Err(error) => return failed(Kind::Permanent, error.to_string()),
        };
        let employee = &row.departure.employee_id;
        let name = signed.credential().claims.name().as_str().to_owned();
        self.names.lock().unwrap_or_else(PoisonError::into_inner).push((employee.clone(), name));
        let employee = employee.as_str();
        let replaced = match due.message {
            Message::Reference => self.replaced(due, &row, &signed.credential().claims).await?,
            Message::Revocation => None,
        };
        let issued_on = time(row.issued_at).format("%Y-%m-%d").to_string();
        let occasion = match (due.message, &replaced) {
            (Message::Revocation, _) => Occasion::Revocation { issued_on: &issued_on, reason: &row.state_reason },
            (Message::Reference, None) => Occasion::Issued,
            (Message::Reference, Some(replaced)) => Occasion::Correction {
                replaced: &replaced.id,
                issued_on: &replaced.issued_on,
                changes: &replaced.changes,
            },
        };
        let delivery = due.message_id.trim_matches(['<', '>']).split('@').next().unwrap_or(&row.id);
        let letter = Letter {
            occasion,
            message_id: &due.message_id,
            delivery,
            reference: &row.id,
            employee,
            name: signed.credential().claims.name().as_str(),
            issuer: &self.issuer,
            pdf: &pdf,
            credential: signed.canonical(),
            log_proof: &proof.to_string(),
        };
        if !self.channel.needs_address() {
            let Some(()) = self.still_counts(due).await? else { return Ok(None) };
            return Ok(Some(self.channel.deliver(&letter, None).await.map_err(Undelivered::from)));
        }
        let config = issuing(self.ports.config())?;
        let (mut empty, mut refused) = (Vec::new(), None);
        let is_taken = |field: &str| field == WORK_EMAIL && self.taken.contains(employee);
        for field in config.addresses() {
            if is_taken(field) {
                continue;
            }
            let address = match self.ports.address(employee, field).await {
                Ok(Some(address)) => Zeroizing::new(address),
                Ok(None) => {
                    empty.push(field);
                    continue;
                }
                // One employee's record must not stop the other deliveries. The plugin's text is not repeated, since it
                // could have the address in it.
                Err(HostError::Plugin(_) | HostError::OverLimit { .. }) => {
                    return later("the plugin failed to read the address".to_owned());
                }
                Err(error) => return Err(error),
            };
            let Some(()) = self.still_counts(due).await? else { return Ok(None) };
            match self.channel.deliver(&letter, Some(address.as_str())).await {
                Err(failure) if failure.kind == Kind::Permanent => refused = Some(failure),
                sent => return Ok(Some(sent.map_err(Undelivered::from))),
            }
        }
        Ok(Some(Err(match refused {
            Some(failure) => failure.into(),
            None => Undelivered {
                failure: Failure {
                    kind: Kind::Temporary,
                    said: without_address(&empty, config.addresses().any(is_taken)),
                },
                has_address: false,
            },
        })))
    }

    /// The reference that this one replaces, if its person has that one.
    async fn replaced(
        &self,
        due: &DueDelivery,
        row: &ReferenceRow,
        claims: &Claims,
    ) -> Result<Option<Replaced>, HostError> {
        let Some(mut before) = self.ports.run_store().replaced_by(row).await? else { return Ok(None) };
        decrypt_references(self.keyring, std::slice::from_mut(&mut before)).await?;
        if before.document.is_empty() {
            return Ok(None);
        }
        let signed = SignedCredential::parse(&before.document).map_err(|error| unreadable(due, &error.to_string()))?;
        let issued_on = time(before.issued_at).format("%Y-%m-%d").to_string();
        Ok(Some(Replaced { id: before.id, issued_on, changes: changes(&signed.credential().claims, claims) }))
    }

    /// None if the reference does not count any more. Nothing is sent after the run has lost its lease.
    async fn still_counts(&self, due: &DueDelivery) -> Result<Option<()>, HostError> {
        self.ports.run_store().require(self.fence).await?;
        let state = self.ports.run_store().reference(due.log_index).await?.state;
        let counts = match due.message {
            Message::Reference => state == ReferenceState::Valid,
            Message::Revocation => state == ReferenceState::Revoked,
        };
        Ok(counts.then_some(()))
    }
}

/// A reference that was replaced by a correction.
struct Replaced {
    id: String,
    /// When it was issued: YYYY-MM-DD.
    issued_on: String,
    /// What differs, each as a line for people.
    changes: Vec<String>,
}

/// What differs between two references of one employment, each as a line for people.
fn changes(before: &Claims, now: &Claims) -> Vec<String> {
    let text = |text: Option<&ClaimText>| text.map_or_else(|| "not stated".to_owned(), |text| text.as_str().to_owned());
    let of = |claims: &Claims| {
        let employment = claims.employment();
        [
            ("the name", employment.name.as_str().to_owned()),
            ("the job title", text(employment.job_title.as_ref())),
            ("the department", text(employment.department.as_ref())),
            ("the first day", employment.start.to_string()),
            ("the last day", employment.end.to_string()),
            ("the company", claims.issuer().name.as_str().to_owned()),
        ]
    };
    let both = of(before).into_iter().zip(of(now));
    both.filter(|(before, now)| before != now)
        .map(|((what, before), (_, now))| format!("{what} was {before} and is {now}"))
        .collect()
}

fn unreadable(due: &DueDelivery, what: &str) -> HostError {
    HostError::Storage(format!("the reference {} cannot be read: {what}", due.log_index))
}

/// The pause after a failed attempt, in seconds, where `attempts` have failed before it.
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
