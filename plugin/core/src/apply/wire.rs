//! Sending a change's requests, and what an answer means for the change.

use super::stop::{Stop, failure};
use crate::change::{NextStep, Outcome};
use crate::error::refused;
use crate::http::{Request, Response, SendError};
use crate::scim::{self, Account};
use crate::world::World;

/// The world, and whether something may have been written in it: then nothing but a look can tell.
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

    /// Notes what the answer to a write leaves open.
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

/// The failure for an answer that refuses the change.
pub(super) fn rejected(answer: &Answer) -> Stop {
    let said = answer.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
    let status = answer.status;
    let request = &answer.request;
    match status {
        403 => failure(
            "TARGET_FORBIDS",
            format!("TravelPerk forbids {request}{said}"),
            "check what the key may do in TravelPerk, and whether the person is an account admin there",
            NextStep::Fix,
        )
        .into(),
        429 => failure(
            "TARGET_RATE_LIMIT",
            format!("TravelPerk still limits the rate of {request} after the host has waited"),
            "sync again later, or lower calls_per_minute in the tenant's file",
            NextStep::Later,
        )
        .into(),
        500..=599 => {
            let next = if request.starts_with("GET") { NextStep::Later } else { NextStep::Look };
            failure(
                "TARGET_FAILED",
                format!("TravelPerk failed with {status} at {request}{said}"),
                "sync again later",
                next,
            )
            .into()
        }
        _ => failure(
            "TARGET_REJECTED",
            format!("TravelPerk rejects {request} with {status}{said}"),
            "correct what it names in HiBob (or in TravelPerk), then sync again",
            NextStep::Fix,
        )
        .into(),
    }
}

/// An answer to a request about one user.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) account: Option<Account>,
    pub(super) detail: Option<String>,
    pub(super) request: String,
}

impl Answer {
    /// An answer whose body is lost counts by its status; what it says of the account is then unknown.
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
            "sync again; the next plan sees what was done",
            on_loss,
        )
        .into(),
    }
}
