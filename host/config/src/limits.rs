//! A tenant's limits: the `[limits]` table of its file. Each has its unit in its name, a default and a reason.

use hibob_contract::CallKind;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Limits of a tenant's calls and requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Processor time of one call, counted only while the component runs: waiting costs nothing. A plan for 100,000
    /// employees takes about two seconds.
    pub cpu_milliseconds_max: u64,
    /// Processors that the tenant's calls keep busy at one time; others of its calls wait for their turn. A plan is one
    /// call, and changes mostly wait for answers.
    pub processors_max: u32,
    /// Linear memory of one call. A plan for 100,000 employees takes half of it.
    pub call_memory_mebibytes_max: u64,
    /// Linear memory of all calls of the tenant that run at the same time.
    pub tenant_memory_mebibytes_max: u64,
    /// A `check` from start to end, without polite waiting.
    pub check_seconds_max: u64,
    /// A `plan` from start to end, without polite waiting. HiBob may take minutes for one answer.
    pub plan_seconds_max: u64,
    /// An `apply` of one change from start to end, without polite waiting.
    pub apply_seconds_max: u64,
    /// A call for references from start to end, without polite waiting.
    pub references_seconds_max: u64,
    /// Polite waiting in one call: the pace, 429s and repeated reads. 2,000 pages at 100 a minute are 20 minutes.
    pub waiting_seconds_max: u64,
    /// Calls of the tenant that run at the same time: parallel changes, and a plan beside them.
    pub parallel_calls_max: u32,
    /// How long a call waits for its turn, among the tenant's own calls and then in the pool of instances.
    pub slot_wait_seconds_max: u64,
    /// HTTP requests of one `check` or `plan`. A plan for 500,000 accounts reads 10,000 pages.
    pub requests_max: u64,
    /// HTTP requests of one `apply`, which makes a handful.
    pub apply_requests_max: u64,
    /// Bytes of all answers of one call: 7 kB for each of 150,000 employees, and their accounts.
    pub call_response_bytes_max: u64,
    /// Largest single answer.
    pub response_bytes_max: u64,
    /// Bytes of keys and values in the tenant's storage: a link is about 100 bytes.
    pub storage_bytes_max: u64,
    /// Keys in the tenant's storage.
    pub storage_keys_max: u64,
    /// Lines that one call writes to the log; more are dropped.
    pub log_lines_max: u64,
    /// Changes, findings, employees and numbers of one plan or check: five for each of 200,000 employees.
    pub plan_changes_max: u64,
    /// Bytes that the host needs to hold one plan: two kilobytes for each of 200,000 changes, twice over.
    pub plan_bytes_max: u64,
    /// Until a connection stands. A service on the internet that takes longer is down.
    pub connect_timeout_seconds: u64,
    /// Until an answer begins. HiBob takes up to two minutes for a large company.
    pub first_byte_timeout_seconds: u64,
    /// Longest pause within an answer.
    pub between_bytes_timeout_seconds: u64,
    /// Attempts at one read, the first included.
    pub read_attempts_max: u32,
    /// The pause before a read is repeated; twice as long each time.
    pub retry_pause_milliseconds: u64,
    /// How long to wait after a 429 that does not say how long.
    pub rate_limit_wait_seconds: u64,
    /// Longest single wait after a 429; a service that asks for more gets the answer passed on instead.
    pub rate_limit_wait_seconds_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_milliseconds_max: 60_000,
            processors_max: 1,
            call_memory_mebibytes_max: 256,
            tenant_memory_mebibytes_max: 512,
            check_seconds_max: 15 * 60,
            plan_seconds_max: 60 * 60,
            apply_seconds_max: 10 * 60,
            references_seconds_max: 60 * 60,
            waiting_seconds_max: 2 * 60 * 60,
            parallel_calls_max: 16,
            slot_wait_seconds_max: 10 * 60,
            requests_max: 20_000,
            apply_requests_max: 64,
            call_response_bytes_max: 2 * 1024 * 1024 * 1024,
            response_bytes_max: 1024 * 1024 * 1024,
            storage_bytes_max: 256 * 1024 * 1024,
            storage_keys_max: 1_000_000,
            log_lines_max: 1_000,
            plan_changes_max: 1_000_000,
            plan_bytes_max: 1024 * 1024 * 1024,
            connect_timeout_seconds: 10,
            first_byte_timeout_seconds: 120,
            between_bytes_timeout_seconds: 30,
            read_attempts_max: 4,
            retry_pause_milliseconds: 500,
            rate_limit_wait_seconds: 60,
            rate_limit_wait_seconds_max: 300,
        }
    }
}

impl Limits {
    /// Longest time of a call of this kind from start to end, polite waiting aside, and the setting that says so.
    pub fn wall_clock_of(&self, kind: CallKind) -> (Duration, &'static str) {
        let (seconds, setting) = match kind {
            CallKind::Check => (self.check_seconds_max, "check_seconds_max"),
            CallKind::Plan => (self.plan_seconds_max, "plan_seconds_max"),
            CallKind::Apply => (self.apply_seconds_max, "apply_seconds_max"),
            CallKind::References => (self.references_seconds_max, "references_seconds_max"),
        };
        (Duration::from_secs(seconds), setting)
    }

    /// Most HTTP requests of one call of this kind, and the setting that says so.
    pub fn requests_of(&self, kind: CallKind) -> (u64, &'static str) {
        match kind {
            CallKind::Apply => (self.apply_requests_max, "apply_requests_max"),
            CallKind::Check | CallKind::Plan | CallKind::References => (self.requests_max, "requests_max"),
        }
    }
}
