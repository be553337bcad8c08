//! The firewall that blocks a client after many refused requests, and the rate limits.

use std::collections::{BTreeMap, VecDeque};

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    message::Response,
    window::{Window, reset_at},
};

/// The number of answers 401 or 403 within [`REFUSAL_SECONDS`] after which the client is blocked (rate limiting page).
const REFUSALS_MAX: usize = 50;
const REFUSAL_SECONDS: f64 = 10.0;
/// How long the client is blocked: five minutes.
const BLOCK_SECONDS: f64 = 300.0;

/// The value of `Authorization`: `Basic base64(id:token)`.
pub(super) fn basic(id: &str, token: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{token}")))
}

#[derive(Debug, Clone, Default)]
pub(super) struct Guard {
    refusals: VecDeque<f64>,
    /// The number of refusals since the start.
    pub(super) refused: usize,
    /// Whether the firewall has ever blocked.
    pub(super) has_blocked: bool,
    blocked_until: f64,
    /// How long refusals count, if a test needs another time than [`REFUSAL_SECONDS`].
    pub(super) refusal_seconds: Option<f64>,
    windows: BTreeMap<&'static str, Window>,
}

impl Guard {
    /// Whether the firewall blocks now. It then answers 403 to every request; the form of this answer is unconfirmed.
    pub(super) fn blocked(&self, now: f64) -> bool {
        now < self.blocked_until
    }

    /// Counts an answer, for the firewall.
    pub(super) fn count(&mut self, status: u16, now: f64) {
        if !matches!(status, 401 | 403) {
            return;
        }
        self.refused += 1;
        self.refusals.push_back(now);
        let window = self.refusal_seconds.unwrap_or(REFUSAL_SECONDS);
        self.refusals.retain(|at| now - at <= window);
        if self.refusals.len() >= REFUSALS_MAX {
            self.blocked_until = now + BLOCK_SECONDS;
            self.has_blocked = true;
            self.refusals.clear();
        }
    }

    /// Counts a request, and returns the headers for its answer. They are an error if the rate limit is exceeded.
    pub(super) fn admit(&mut self, endpoint: &'static str, limit: u32, now: f64) -> Result<Headers, Headers> {
        let left = self.windows.entry(endpoint).or_default().take(limit, now);
        let headers = Headers { limit, left: left.unwrap_or(0), reset: reset_at(now), retry_after: None };
        if left.is_some() { Ok(headers) } else { Err(headers) }
    }
}

/// The headers `X-RateLimit-*`. The reset is a Unix time (rate limiting page).
#[derive(Debug)]
pub(super) struct Headers {
    limit: u32,
    left: u32,
    reset: u64,
    retry_after: Option<String>,
}

impl Headers {
    #[expect(clippy::cast_precision_loss, reason = "Unix seconds fit")]
    pub(super) fn with_retry_after(mut self, now: Option<f64>) -> Self {
        self.retry_after = now.map(|now| format!("{:.0}", (self.reset as f64 - now).ceil()));
        self
    }

    pub(super) fn onto(self, response: Response) -> Response {
        let response = response
            .with_header("X-RateLimit-Limit", &self.limit.to_string())
            .with_header("X-RateLimit-Remaining", &self.left.to_string())
            .with_header("X-RateLimit-Reset", &self.reset.to_string());
        match self.retry_after {
            Some(seconds) => response.with_header("Retry-After", &seconds),
            None => response,
        }
    }
}
