//! What the console reads of the API's answers.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
pub(crate) struct Token {
    pub(crate) token: String,
    pub(crate) role: String,
    pub(crate) tenant: Option<String>,
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Overview {
    pub(crate) number: usize,
    pub(crate) tenants: Vec<Glance>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Glance {
    pub(crate) tenant: String,
    pub(crate) attention: String,
    pub(crate) time_zone: String,
    pub(crate) status: Status,
    pub(crate) last_run: Option<Run>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Status {
    pub(crate) conditions: Vec<Condition>,
    pub(crate) next_starts: Vec<Start>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "condition", rename_all = "kebab-case")]
pub(crate) enum Condition {
    Unreadable {
        code: String,
        message: String,
    },
    Disabled {
        since: i64,
        by: Option<String>,
        reason: Option<String>,
    },
    SecretsMissing {
        names: Vec<String>,
    },
    RunInterrupted {
        since: i64,
    },
    PlanWaiting {
        plan: String,
        lapses_at: i64,
    },
    /// One of a later version.
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Start {
    pub(crate) kind: String,
    pub(crate) at: i64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Run {
    pub(crate) run: i64,
    pub(crate) kind: String,
    pub(crate) trigger: String,
    pub(crate) started_at: i64,
    pub(crate) finished_at: i64,
    pub(crate) exit_code: i64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Tenant {
    pub(crate) attention: String,
    pub(crate) time_zone: String,
    pub(crate) last_run: Option<Run>,
    pub(crate) interrupted: Option<Interrupted>,
    pub(crate) disabled_at: Option<i64>,
    pub(crate) status: Status,
    pub(crate) syncs: bool,
    pub(crate) issues_references: bool,
    pub(crate) secrets: Vec<Secret>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Interrupted {
    pub(crate) started_at: i64,
    pub(crate) by: Option<String>,
    pub(crate) changes: u64,
    pub(crate) finished: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) entered_at: Option<i64>,
    pub(crate) origins: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct StoredSecret {
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Setup {
    pub(crate) done: usize,
    pub(crate) steps: Vec<SetupStep>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SetupStep {
    pub(crate) step: String,
    pub(crate) done: bool,
    pub(crate) settled_by: Option<String>,
    pub(crate) settled_at: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Settings {
    pub(crate) version: i64,
    pub(crate) settings: Value,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SettingsChange {
    pub(crate) version: i64,
    pub(crate) changes: Vec<ChangedSetting>,
    pub(crate) losses: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ChangedSetting {
    pub(crate) key: String,
    pub(crate) before: Value,
    pub(crate) after: Value,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SettingsVersions {
    pub(crate) versions: Vec<SettingsVersion>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SettingsVersion {
    pub(crate) version: i64,
    pub(crate) stored_at: i64,
    pub(crate) stored_by: String,
    pub(crate) person: Option<String>,
    pub(crate) changes: Vec<ChangedSetting>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Jobs {
    pub(crate) jobs: Vec<Job>,
}

/// Times are Unix milliseconds.
#[derive(Debug, Deserialize)]
pub(crate) struct Job {
    pub(crate) job: i64,
    pub(crate) tenant: String,
    pub(crate) kind: String,
    pub(crate) state: String,
    pub(crate) requested_by: Option<String>,
    pub(crate) queued_at: i64,
    pub(crate) started_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) result: Option<JobResult>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct JobResult {
    #[serde(default)]
    pub(crate) run: Option<i64>,
    #[serde(default)]
    pub(crate) plan: Option<String>,
    #[serde(default)]
    pub(crate) error: Option<Line>,
    #[serde(default)]
    pub(crate) employees: Option<u64>,
    #[serde(default)]
    pub(crate) findings: Vec<Line>,
    #[serde(default)]
    pub(crate) permissions: Vec<Permission>,
}

/// Something that a person should read: an error, a warning or a finding.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Line {
    #[serde(default)]
    pub(crate) severity: String,
    #[serde(default)]
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) employee_id: Option<String>,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) remedy: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Permission {
    pub(crate) permission: String,
    pub(crate) granted: bool,
    pub(crate) needed_for: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Check {
    pub(crate) check: Option<Job>,
    pub(crate) running: Option<Job>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct QueuedJob {
    pub(crate) job: i64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Plans {
    pub(crate) plans: Vec<Plan>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Plan {
    pub(crate) plan: String,
    pub(crate) state: String,
    pub(crate) changes: u64,
    pub(crate) trigger: String,
    pub(crate) requested_by: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) lapses_at: i64,
    pub(crate) why: Vec<String>,
    pub(crate) decided_by: Option<String>,
    pub(crate) decided_at: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) superseded_by: Option<String>,
    pub(crate) run: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Changes {
    pub(crate) approval: Plan,
    pub(crate) guards: Vec<Guard>,
    pub(crate) stale: Option<Stale>,
    pub(crate) counts: BTreeMap<String, u64>,
    pub(crate) kinds: BTreeMap<String, u64>,
    pub(crate) matching: u64,
    pub(crate) changes: Vec<Change>,
    pub(crate) next: Option<String>,
    pub(crate) findings: Vec<Line>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Guard {
    pub(crate) message: String,
    pub(crate) remedy: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Stale {
    pub(crate) why: String,
    #[serde(default)]
    pub(crate) differences: Vec<Line>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Change {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) employee_id: Option<String>,
    pub(crate) target_id: Option<String>,
    pub(crate) display_name: String,
    pub(crate) reason: String,
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Field {
    pub(crate) field: String,
    pub(crate) before: Value,
    pub(crate) after: Value,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Decision {
    pub(crate) job: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Runs {
    pub(crate) runs: Vec<Run>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Events {
    pub(crate) events: Vec<Event>,
    pub(crate) next: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    pub(crate) at: i64,
    pub(crate) kind: String,
    pub(crate) what: String,
    pub(crate) object: Option<String>,
    pub(crate) person: Option<String>,
    pub(crate) by: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) settings: Vec<String>,
    pub(crate) changes: Option<u64>,
    pub(crate) exit_code: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RunContent {
    pub(crate) run: Run,
    pub(crate) report: Report,
    pub(crate) updates: Vec<Update>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Report {
    pub(crate) created: u64,
    pub(crate) adopted: u64,
    pub(crate) updated: u64,
    pub(crate) reactivated: u64,
    pub(crate) archived: u64,
    pub(crate) kept: u64,
    pub(crate) failed: u64,
    pub(crate) errors: Vec<Line>,
    pub(crate) warnings: Vec<Line>,
    pub(crate) guards: Vec<Guard>,
    pub(crate) error: Option<Line>,
    pub(crate) waiting: Option<Waiting>,
    pub(crate) stale: Option<Stale>,
    #[serde(rename = "approval")]
    pub(crate) approved: Option<Approved>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) plan: String,
    pub(crate) changes: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Approved {
    pub(crate) plan: String,
    pub(crate) by: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct References {
    pub(crate) references: Vec<Reference>,
    pub(crate) without_reference: Vec<Without>,
    pub(crate) issuing_left: usize,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Reference {
    pub(crate) id: String,
    pub(crate) employee_id: String,
    pub(crate) ended_on: String,
    pub(crate) name: String,
    pub(crate) issued_at: i64,
    pub(crate) selector: String,
    pub(crate) state: String,
    pub(crate) state_reason: Option<String>,
    pub(crate) delivery: Option<Delivery>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) state: String,
    pub(crate) attempts: u64,
    pub(crate) next_at: Option<i64>,
    pub(crate) said: Option<String>,
    pub(crate) changed_at: i64,
}

/// A departure without a reference.
#[derive(Debug, Deserialize)]
pub(crate) struct Without {
    pub(crate) employee_id: String,
    pub(crate) ended_on: String,
    pub(crate) name: Option<String>,
    pub(crate) why: String,
    pub(crate) waived_by: Option<String>,
    pub(crate) waived_because: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ReferenceKeys {
    pub(crate) domain: String,
    pub(crate) keys: Vec<ReferenceKey>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ReferenceKey {
    pub(crate) selector: String,
    pub(crate) dns_records: Vec<Record>,
    pub(crate) created_at: i64,
    pub(crate) signs_from: Option<i64>,
    pub(crate) retired_at: Option<i64>,
    pub(crate) revoked_at: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) value: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct KeysInDns {
    pub(crate) keys: Vec<KeyInDns>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct KeyInDns {
    pub(crate) dns_records: Vec<Standing>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Standing {
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) found: Vec<String>,
    pub(crate) why: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Update {
    pub(crate) employee_id: String,
    pub(crate) name: String,
    pub(crate) action: String,
    pub(crate) field: String,
    pub(crate) before: String,
    pub(crate) after: String,
    pub(crate) result: String,
}
