//! Sends the requests of a change, and says what an answer means for the change.

use super::stop::{Stop, failure};
use crate::change::{Failure, FieldChange, Mismatch, NextStep, Outcome};
use crate::error::refused;
use crate::http::{Request, Response, SendError};
use crate::scim::{self, Account};
use crate::world::World;

/// The world, with a note whether something may have been written (`in_doubt`, rule 6 of `apply/mod.rs`).
pub(super) struct Wire<'a> {
    pub(super) world: &'a mut dyn World,
    pub(super) in_doubt: bool,
}

impl Wire<'_> {
    pub(super) fn write(&mut self, request: &Request) -> Result<Answer, Stop> {
        let answer = self.send(request, NextStep::Look)?;
        self.note(&answer);
        Ok(answer)
    }

    /// Updates `in_doubt` by the answer to a write.
    pub(super) fn note(&mut self, answer: &Answer) {
        self.in_doubt = (200..=299).contains(&answer.status) || answer.status >= 500 || answer.status == 408;
    }

    pub(super) fn send(&mut self, request: &Request, on_loss: NextStep) -> Result<Answer, Stop> {
        let mut response = self.open(request, on_loss)?;
        Ok(Answer::gather(request, &mut response))
    }

    pub(super) fn open(&mut self, request: &Request, on_loss: NextStep) -> Result<Response<'_>, Stop> {
        let response = self.world.send(request).map_err(|error| lost(request, &error, on_loss))?;
        if response.status == 401 {
            return Err(Stop(Outcome::Refused(refused(request, 401))));
        }
        Ok(response)
    }
}

/// The outcome for an answer that refuses the change.
pub(super) fn rejected(answer: &Answer) -> Stop {
    let detail = answer.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
    let status = answer.status;
    let request = &answer.request;
    let is_read = request.starts_with("GET");
    match status {
        300..=399 => failure(
            "TARGET_REDIRECTS",
            format!("TravelPerk answers {request} with a redirect ({status}), which is not followed"),
            "change travelperk.scim_url (or cost_centers_url) to the address where TravelPerk's API is now",
            NextStep::Fix,
        )
        .into(),
        408 => failure(
            "OUTCOME_UNKNOWN",
            format!("TravelPerk did not get the whole of {request} in time (408){detail}"),
            "sync again; the next plan finds out what was done",
            if is_read { NextStep::Later } else { NextStep::Look },
        )
        .into(),
        // What the change was planned for is no longer there as it was (RFC 9110, section 15.5.13).
        412 => Stop(Outcome::Drifted(vec![Mismatch { field: "version".to_owned(), expected: None, found: None }])),
        423 => failure(
            "TARGET_BUSY",
            format!("TravelPerk has locked what {request} is about (423){detail}"),
            "sync again later; if it stays so, find out in TravelPerk who works on the account",
            NextStep::Later,
        )
        .into(),
        425 => failure(
            "TARGET_BUSY",
            format!("TravelPerk is not ready for {request} yet (425){detail}"),
            "sync again later",
            NextStep::Later,
        )
        .into(),
        403 => failure(
            "TARGET_FORBIDS",
            format!("TravelPerk forbids {request}{detail}"),
            "check what the key may do in TravelPerk, and whether the person is an account admin there",
            NextStep::Fix,
        )
        .into(),
        429 => failure(
            "TARGET_RATE_LIMIT",
            format!(
                "TravelPerk takes no more requests for now (429, at {request}), and the time for waiting was used up (limits.waiting_seconds_max)"
            ),
            "sync again later, or lower calls_per_minute in the tenant's file",
            NextStep::Later,
        )
        .into(),
        500..=599 => {
            let next = if is_read { NextStep::Later } else { NextStep::Look };
            failure(
                "TARGET_FAILED",
                format!("TravelPerk failed with {status} at {request}{detail}"),
                "sync again later",
                next,
            )
            .into()
        }
        _ => failure(
            "TARGET_REJECTED",
            format!("TravelPerk rejects {request} with {status}{detail}"),
            "correct what it names in HiBob (or in TravelPerk), then sync again",
            NextStep::Fix,
        )
        .into(),
    }
}

/// An answer to a request of a change.
pub(super) struct Answer {
    pub(super) status: u16,
    /// The account in the body, if there is one.
    pub(super) account: Option<Account>,
    /// The id of the account that was created, from the `Location` of the answer.
    pub(super) created: Option<String>,
    /// What an error answer says.
    pub(super) detail: Option<String>,
    pub(super) request: String,
}

impl Answer {
    /// Reads an answer about an account. If its body is lost, the status still counts, and the account is unknown.
    pub(super) fn gather(request: &Request, response: &mut Response<'_>) -> Self {
        let body = response.gather().unwrap_or_default();
        let good = (200..=299).contains(&response.status);
        let account = good.then(|| serde_json::from_slice(&body).ok()).flatten();
        let created = response.location.as_deref().filter(|_| response.status == 201).and_then(account_of);
        Self { account, created, ..Self::of(request, response.status, &body) }
    }

    /// An answer about something other than an account.
    pub(super) fn of(request: &Request, status: u16, body: &[u8]) -> Self {
        let good = (200..=299).contains(&status);
        Self {
            status,
            account: None,
            created: None,
            detail: scim::detail(body).filter(|_| !good),
            request: request.name(),
        }
    }
}

/// The id of the account at this address. Only what comes after `/Users/` counts: a service may call itself by another
/// name than the one by which it is reached.
fn account_of(location: &str) -> Option<String> {
    let path = location.split(['?', '#']).next()?.trim_end_matches('/');
    let (_, id) = path.rsplit_once("/Users/")?;
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)))
        .then(|| id.to_owned())
}

/// Names the fields that a refused request had: a service may not say which one it refuses.
pub(super) fn naming(stop: Stop, fields: &[FieldChange]) -> Stop {
    let names: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
    match stop {
        Stop(Outcome::Failed(failure)) if failure.code == "TARGET_REJECTED" && !names.is_empty() => {
            let what = if names.len() == 1 { "the field is" } else { "one of the fields" };
            Stop(Outcome::Failed(Failure {
                message: format!("{} ({what} {})", failure.message, names.join(", ")),
                ..failure
            }))
        }
        stop => stop,
    }
}

/// The outcome for a request that got no answer. `on_loss` is the next step if its outcome is unknown.
pub(super) fn lost(request: &Request, error: &SendError, on_loss: NextStep) -> Stop {
    let name = request.name();
    match error {
        SendError::Denied(reason) => {
            let message = format!("the host's policy refuses {name}: {reason}");
            let remedy =
                "nothing in HiBob or TravelPerk is wrong; use the built-in plugin, or show this to its developers";
            failure("NOT_ALLOWED", message, remedy, NextStep::Fix).into()
        }
        SendError::NotSent(reason) => {
            let message = format!("no connection for {name}: {reason}");
            failure(
                "TARGET_UNREACHABLE",
                message,
                "check the network and travelperk.scim_url, then sync again",
                NextStep::Later,
            )
            .into()
        }
        SendError::Unknown(reason) => failure(
            "OUTCOME_UNKNOWN",
            format!("no answer to {name}: {reason}"),
            "sync again; the next plan finds out what was done",
            on_loss,
        )
        .into(),
    }
}
