//! What the answers to a call show beside their content: accounts that are not there, and the time on HiBob's clock.

use crate::request::Role;
use chrono::DateTime;
use hibob_contract::types::{Finding, Severity};
use http::header::DATE;
use http::{HeaderMap, Method, StatusCode};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The path of one SCIM user, before its id (RFC 7644, section 3.4.1).
const USER: &str = "/Users/";

/// Most accounts that are remembered as not there. A listing that lacks more of them is not believed at all.
const GONE_MAX: usize = 10_000;

/// What the answers to a call have shown.
#[derive(Debug, Default)]
pub struct Observed(Mutex<Observations>);

/// The parts of [`Observed`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observations {
    /// Ids of accounts that the target has answered 404 for.
    pub gone: BTreeSet<String>,
    /// By how many seconds HiBob's clock is ahead of the host's, at most; negative where it is behind. None where HiBob
    /// has sent no `Date` (RFC 9110, section 6.6.1).
    pub hibob_ahead_seconds: Option<i64>,
}

/// How far the host's clock and HiBob's may be apart, in seconds: who has left and who has started depends on the time.
const CLOCKS_APART_SECONDS_MAX: u64 = 10 * 60;

impl Observations {
    /// The error that the host's clock and HiBob's are far apart; none where they are not.
    pub fn clock_finding(&self) -> Option<Finding> {
        let ahead = self.hibob_ahead_seconds.filter(|ahead| ahead.unsigned_abs() > CLOCKS_APART_SECONDS_MAX)?;
        let (minutes, how) = (ahead.unsigned_abs() / 60, if ahead > 0 { "behind" } else { "ahead of" });
        Some(Finding {
            severity: Severity::Error,
            code: "CLOCKS_DIFFER".to_owned(),
            employee_id: None,
            field: None,
            message: format!(
                "the clock of this machine is {minutes} minutes {how} HiBob's, so that people may start and leave at the wrong time"
            ),
            remedy: "set this machine's clock by a time server (NTP), and sync again".to_owned(),
        })
    }
}

impl Observed {
    /// Notes what one answer shows. The time is the host's, in Unix seconds.
    pub fn note(
        &self,
        role: Role,
        method: &Method,
        path: &str,
        status: StatusCode,
        headers: &HeaderMap,
        now_unix_seconds: u64,
    ) {
        let mut observed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if role == Role::Scim
            && method == Method::GET
            && status == StatusCode::NOT_FOUND
            && observed.gone.len() < GONE_MAX
            && let Some(id) = path.strip_prefix(USER)
        {
            observed.gone.insert(id.to_owned());
        }
        let date = headers.get(DATE).filter(|_| role == Role::HiBob).and_then(|date| date.to_str().ok());
        if let Some(date) = date.and_then(|date| DateTime::parse_from_rfc2822(date.trim()).ok()) {
            let ahead = date.timestamp() - i64::try_from(now_unix_seconds).unwrap_or(i64::MAX);
            let before = observed.hibob_ahead_seconds.unwrap_or_default();
            if observed.hibob_ahead_seconds.is_none() || ahead.abs() > before.abs() {
                observed.hibob_ahead_seconds = Some(ahead);
            }
        }
    }

    /// What was shown so far.
    pub fn so_far(&self) -> Observations {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn accounts_that_are_not_there_and_hibobs_clock_are_noted() {
        let observed = Observed::default();
        let note = |role, path: &str, status, date: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.extend(date.map(|date| (DATE, HeaderValue::from_static(date))));
            observed.note(role, &Method::GET, path, status, &headers, 1_000);
        };
        note(Role::Scim, "/Users/7", StatusCode::NOT_FOUND, Some("Thu, 01 Jan 1970 00:00:00 GMT"));
        note(Role::Scim, "/Users/8", StatusCode::OK, None);
        note(Role::Scim, "/Users", StatusCode::NOT_FOUND, None);
        note(Role::HiBob, "/Users/9", StatusCode::NOT_FOUND, None);
        let gone = BTreeSet::from(["7".to_owned()]);
        assert_eq!(observed.so_far(), Observations { gone: gone.clone(), hibob_ahead_seconds: None });
        note(Role::HiBob, "/people/search", StatusCode::OK, Some("Thu, 01 Jan 1970 00:16:30 GMT"));
        note(Role::HiBob, "/people/search", StatusCode::OK, Some("Thu, 01 Jan 1970 00:16:35 GMT"));
        assert_eq!(observed.so_far(), Observations { gone, hibob_ahead_seconds: Some(-10) });
    }
}
