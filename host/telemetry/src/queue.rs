//! Counting for the queue: for all tenants together, by kind.

use crate::metrics::Metrics;
use hibob_base::job::{Expired, Waiting};
use hibob_base::job::{JobKind, Trigger};
use opentelemetry::KeyValue;

impl Metrics {
    /// This host took a job.
    pub fn job_claimed(&self, kind: JobKind, trigger: Trigger) {
        let labels = [KeyValue::new("kind", kind.word()), KeyValue::new("trigger", trigger.word())];
        self.0.jobs_claimed.add(1, &labels);
    }

    /// This host took jobs back.
    pub fn jobs_expired(&self, expired: Expired) {
        let outcomes = [("again", expired.again), ("lost", expired.lost), ("cancelled", expired.cancelled)];
        for (outcome, number) in outcomes.into_iter().filter(|(_, number)| *number > 0) {
            self.0.jobs_expired.add(number, &[KeyValue::new("outcome", outcome)]);
        }
    }

    /// So much waits, of each kind.
    pub fn jobs_waiting(&self, waiting: &[(JobKind, Waiting)]) {
        for (kind, waiting) in waiting {
            let labels = [KeyValue::new("kind", kind.word())];
            self.0.jobs_waiting.record(waiting.jobs, &labels);
            self.0.jobs_waiting_age.record(waiting.longest.as_secs_f64(), &labels);
        }
    }
}
