//! A job as JSON.

use crate::queue::Job;

impl Job {
    /// The job as `hibob jobs --json` and the API show it.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "job": self.id,
            "tenant": self.tenant,
            "kind": self.kind().word(),
            "trigger": self.trigger.word(),
            "arguments": self.arguments.fields(),
            "requested_by": self.requested_by,
            "state": self.state.word(),
            "holder": self.holder,
            "due_at": self.due_at,
            "queued_at": self.queued_at,
            "start_at": self.start_at,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "cancel_requested_at": self.cancel_requested_at,
            "crashes": self.crashes,
            "result": self.result,
        })
    }
}
