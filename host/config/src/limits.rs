//! A tenant's limits: the table `[limits]` of its configuration. The name of each has its unit, and each has a default.

use hibob_contract::CallKind;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Limits of a tenant's calls and requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Processor time of one call. It is counted only while the component runs, and not while it waits. A plan for
    /// 100,000 employees takes about two seconds.
    pub cpu_milliseconds_max: u64,
    /// Processors that the tenant's calls use at one time. Other calls of the tenant wait for their turn. A plan is one
    /// call, and calls that apply changes mostly wait for answers.
    pub processors_max: u32,
    /// Linear memory of one call. A plan for 100,000 employees takes half of it.
    pub call_memory_mebibytes_max: u64,
    /// Linear memory of all calls of the tenant that run at the same time.
    pub tenant_memory_mebibytes_max: u64,
    /// Time of one `check` from start to end, without polite waiting.
    pub check_seconds_max: u64,
    /// Time of one `plan` from start to end, without polite waiting. HiBob may take minutes for one answer.
    pub plan_seconds_max: u64,
    /// Time of one `apply` from start to end, without polite waiting.
    pub apply_seconds_max: u64,
    /// Time of one call for references from start to end, without polite waiting.
    pub references_seconds_max: u64,
    /// Polite waiting in one call: for the pace, after 429s and before repeated reads. 2,000 pages at 100 a minute take
    /// 20 minutes.
    pub waiting_seconds_max: u64,
    /// Calls of the tenant that run at the same time: for parallel changes, and for a plan beside them.
    pub parallel_calls_max: u32,
    /// How long a call waits at most for a place: first among the tenant's own calls, then in the pool of instances.
    pub slot_wait_seconds_max: u64,
    /// HTTP requests of one `check` or `plan`. A plan for 500,000 accounts reads 10,000 pages.
    pub requests_max: u64,
    /// HTTP requests of one `apply`. A change needs a handful.
    pub apply_requests_max: u64,
    /// Bytes of all answers of one call. 150,000 employees at 7 kB and their accounts fit.
    pub call_response_bytes_max: u64,
    /// Bytes of one answer.
    pub response_bytes_max: u64,
    /// How many times its packed size an answer in gzip may have when it is unpacked. A listing of people who are much
    /// alike comes to forty times, an answer that was made to do harm to a thousand times.
    pub unpacked_times_max: u64,
    /// Bytes of keys and values in the tenant's storage. A link has about 100 bytes.
    pub storage_bytes_max: u64,
    /// Keys in the tenant's storage.
    pub storage_keys_max: u64,
    /// Lines that one call may write to the log. More of them are dropped.
    pub log_lines_max: u64,
    /// Changes, findings, employees and numbers of one plan or check. Five for each of 200,000 employees fit.
    pub plan_changes_max: u64,
    /// Bytes of memory that the host needs for one plan. 200,000 changes at two kilobytes take less than half.
    pub plan_bytes_max: u64,
    /// How long connecting may take. A service on the internet that takes longer is down.
    pub connect_timeout_seconds: u64,
    /// How long it may take until an answer begins. HiBob takes up to two minutes for a large company.
    pub first_byte_timeout_seconds: u64,
    /// Longest pause within an answer.
    pub between_bytes_timeout_seconds: u64,
    /// Attempts at one read, with the first one.
    pub read_attempts_max: u32,
    /// The pause before the first repetition of a read. It doubles each time.
    pub retry_pause_milliseconds: u64,
    /// How long to wait after a 429 that does not say how long.
    pub rate_limit_wait_seconds: u64,
    /// Longest wait after a single 429. If the service asks for more, the plugin gets the 429.
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
            unpacked_times_max: 100,
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
    /// The limit for the time of a call of this kind from start to end, without polite waiting, and the setting's name.
    pub fn wall_clock_of(&self, kind: CallKind) -> (Duration, &'static str) {
        let (seconds, setting) = match kind {
            CallKind::Check => (self.check_seconds_max, "check_seconds_max"),
            CallKind::Plan => (self.plan_seconds_max, "plan_seconds_max"),
            CallKind::Apply => (self.apply_seconds_max, "apply_seconds_max"),
            CallKind::References => (self.references_seconds_max, "references_seconds_max"),
        };
        (Duration::from_secs(seconds), setting)
    }

    /// The limit for the number of HTTP requests of one call of this kind, and the setting's name.
    pub fn requests_of(&self, kind: CallKind) -> (u64, &'static str) {
        match kind {
            CallKind::Apply => (self.apply_requests_max, "apply_requests_max"),
            CallKind::Check | CallKind::Plan | CallKind::References => (self.requests_max, "requests_max"),
        }
    }
}
