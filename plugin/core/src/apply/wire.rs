//! Sends the requests of a change, and says what an answer means for the change.

use super::stop::{Stop, failure};
use crate::change::{NextStep, Outcome};
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
        self.in_doubt = (200..=299).contains(&answer.status) || answer.status >= 500;
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
    match status {
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
                "TravelPerk still limits the rate of {request}, which was not sent again within the limit of waiting"
            ),
            "sync again later, or lower calls_per_minute in the tenant's file",
            NextStep::Later,
        )
        .into(),
        500..=599 => {
            let next = if request.starts_with("GET") { NextStep::Later } else { NextStep::Look };
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
        Self { account, ..Self::of(request, response.status, &body) }
    }

    /// An answer about something other than an account.
    pub(super) fn of(request: &Request, status: u16, body: &[u8]) -> Self {
        let good = (200..=299).contains(&status);
        Self { status, account: None, detail: scim::detail(body).filter(|_| !good), request: request.name() }
    }
}

/// The outcome for a request that got no answer. `on_loss` is the next step if its outcome is unknown.
pub(super) fn lost(request: &Request, error: &SendError, on_loss: NextStep) -> Stop {
    let name = request.name();
    match error {
        SendError::Denied(reason) => {
            let message = format!("the host's policy refuses {name}: {reason}");
            failure("NOT_ALLOWED", message, "widen the host's policy, or use a plugin that needs less", NextStep::Fix)
                .into()
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
