//! The counters of one tenant, with a method for everything that is counted.

use crate::labels;
use crate::labels::{RefusalReason, known_code};
use crate::metrics::Metrics;
use hibob_base::clock::now_unix_seconds;
use hibob_base::error::{Exit, HostError};
use hibob_contract::directory_sync::ChangeKind;
use hibob_policy::request::Role;
use opentelemetry::{KeyValue, StringValue};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The counters of one tenant.
#[derive(Clone, Debug)]
pub struct TenantMetrics {
    metrics: Metrics,
    tenant: Arc<str>,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeOutcome {
    /// The target shows the change.
    Done,
    /// The target shows the change but for some fields.
    Partly,
    /// The account had changed since the plan was made.
    Drifted,
    /// The change was not made, or its outcome is unknown.
    Failed,
    /// A guard holds the change.
    Held,
    /// The change was not tried: one that it depends on failed, or the run ended.
    Skipped,
}

impl ChangeOutcome {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partly => "partly",
            Self::Drifted => "drifted",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Skipped => "skipped",
        }
    }
}

/// Something about an employee that a person has to settle, and that is counted by how long it has been so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenCase {
    /// A guard holds a change of the account.
    Held,
    /// Something keeps undoing what the sync writes.
    Contested,
    /// It is not clear which account is the employee's.
    Conflict,
    /// The employee has left, and the account is active.
    ActiveLeaver,
}

impl OpenCase {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Held, Self::Contested, Self::Conflict, Self::ActiveLeaver];

    fn label(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Contested => "contested",
            Self::Conflict => "conflict",
            Self::ActiveLeaver => "active-leaver",
        }
    }
}

/// Measures the time of a job.
#[derive(Clone, Copy, Debug)]
pub struct JobTimer(Instant);

impl JobTimer {
    /// A timer that starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl TenantMetrics {
    pub(super) fn new(metrics: Metrics, tenant: &str) -> Self {
        Self { metrics, tenant: tenant.into() }
    }

    /// The tenant's label and `others`.
    fn labels<const N: usize>(&self, others: [(&'static str, Cow<'static, str>); N]) -> Vec<KeyValue> {
        let tenant = KeyValue::new("tenant", StringValue::from(self.tenant.clone()));
        std::iter::once(tenant).chain(others.into_iter().map(|(name, value)| KeyValue::new(name, value))).collect()
    }

    fn ended(&self, kind: &'static str, exit: Exit) {
        let labels = self.labels([("kind", kind.into()), ("outcome", exit.label().into())]);
        self.metrics.0.runs.add(1, &labels);
        self.metrics.0.run_finished.record(now_unix_seconds(), &labels);
    }

    /// Counts a job that has ended with this exit code, and its time.
    pub fn job_ended(&self, kind: &'static str, timer: JobTimer, exit: Exit) {
        self.ended(kind, exit);
        let labels = self.labels([("kind", kind.into())]);
        self.metrics.0.run_seconds.record(timer.0.elapsed().as_secs_f64(), &labels);
    }

    /// Counts a run that has ended with this exit code, its time, and the codes of its report's errors and warnings.
    pub fn run_ended(&self, kind: &'static str, timer: JobTimer, errors: &[&str], warnings: &[&str], exit: Exit) {
        errors.iter().for_each(|code| self.error(code));
        for code in warnings {
            self.metrics.0.warnings.add(1, &self.labels([("code", known_code(code).into())]));
        }
        self.job_ended(kind, timer, exit);
    }

    /// Counts a job that an error has ended, its time, and the error.
    pub fn job_failed(&self, kind: &'static str, timer: JobTimer, error: &HostError) {
        self.error(error.code());
        self.over_limit(error);
        self.job_ended(kind, timer, error.exit());
    }

    /// Counts a job that an error has kept from starting. It has no time.
    pub fn not_started(&self, kind: &'static str, error: &HostError) {
        self.error(error.code());
        self.ended(kind, error.exit());
    }

    /// Counts an error by its code. A code that is not in the closed list counts as `other`.
    pub fn error(&self, code: &str) {
        self.metrics.0.errors.add(1, &self.labels([("code", known_code(code).into())]));
    }

    /// Records for how long the oldest case of a kind has been open, in seconds.
    pub fn case_age(&self, case: OpenCase, seconds: f64) {
        self.metrics.0.case_age.record(seconds, &self.labels([("case", case.label().into())]));
    }

    /// Counts the limit that was exceeded, if that is the error.
    pub fn over_limit(&self, error: &HostError) {
        if let HostError::OverLimit { setting, .. } = error {
            self.metrics.0.limits.add(1, &self.labels([("setting", (*setting).into())]));
        }
    }

    /// Counts a change by what became of it.
    pub fn change(&self, kind: ChangeKind, outcome: ChangeOutcome) {
        let labels = self.labels([("kind", kind.word().into()), ("outcome", outcome.label().into())]);
        self.metrics.0.changes.add(1, &labels);
    }

    /// Counts an attempt at an HTTP request by its status, and whether the request will be sent `again`.
    pub fn request(&self, role: Role, status: Cow<'static, str>, again: bool) {
        let labels = self.labels([("origin", labels::origin(role).into()), ("status", status)]);
        self.metrics.0.requests.add(1, &labels);
        if again {
            self.metrics.0.retries.add(1, &labels);
        }
    }

    /// Counts a refusal by its reason.
    pub fn refusal(&self, reason: RefusalReason) {
        self.metrics.0.refusals.add(1, &self.labels([("reason", reason.label().into())]));
    }

    /// Records the processor time and the polite waiting of a call.
    pub fn call_ended(&self, kind: &'static str, cpu: Duration, waited: Duration) {
        self.metrics.0.cpu.record(cpu.as_secs_f64(), &self.labels([("kind", kind.into())]));
        if !waited.is_zero() {
            self.metrics.0.waiting.add(waited.as_secs_f64(), &self.labels([]));
        }
    }

    /// Records the largest linear memory of a call, in bytes.
    pub fn call_memory(&self, kind: &'static str, bytes: u64) {
        self.metrics.0.memory.record(bytes, &self.labels([("kind", kind.into())]));
    }
}
