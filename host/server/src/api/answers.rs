//! The schemas of successful answers, as the description has them, each with an example.
//!
//! Tests hold them to what the routes answer and to their examples. A client may meet further fields in a later version;
//! those that are named here stay.

mod references;
mod settings;
mod verdict;

use crate::api::routes::Action;
use serde_json::{Map, Value, json};

/// The name of the schema of an action's answers in JSON. None if it answers no JSON.
pub(super) fn schema_of(action: Action) -> Option<&'static str> {
    let name = match action {
        Action::Readiness => "Readiness",
        Action::Description => "Description",
        Action::Messages => "Messages",
        Action::Audit => "ApiLog",
        Action::ShowToken => "Token",
        Action::Overview => "Overview",
        Action::ListTenants => "Tenants",
        Action::ShowTenant => "Tenant",
        Action::PutTenant => "StoredTenant",
        Action::DisableTenant | Action::EnableTenant => "TenantState",
        Action::PutSecret => "StoredSecret",
        Action::ShowSettings => "Settings",
        Action::CompareSettings | Action::PutSettings => "SettingsChange",
        Action::ListSettingsVersions => "SettingsVersions",
        Action::ShowSetup | Action::SettleStep => "Setup",
        Action::ShowCheck => "Check",
        Action::ListJobs => "Jobs",
        Action::StartJob
        | Action::ResumeRun
        | Action::AbandonRun
        | Action::IssueReferences
        | Action::DeliverReference => "QueuedJob",
        Action::ShowJob => "Job",
        Action::CancelJob => "CancelledJob",
        Action::ListPlans => "Plans",
        Action::ShowPlan => "PlanContent",
        Action::ListChanges => "PlanChanges",
        Action::ApprovePlan | Action::RejectPlan => "Decision",
        Action::ListEvents => "Events",
        Action::ListRuns => "Runs",
        Action::ShowRun => "RunContent",
        Action::ListReferences => "References",
        Action::WaiveReference => "WaivedReference",
        Action::VerifyReference => "Verdict",
        Action::ListKeys => "ReferenceKeys",
        Action::LookUpKeys => "KeysInDns",
        Action::RevokeReference => "RevokedReference",
        Action::ShowCredential => "Credential",
        Action::Health | Action::Metrics | Action::FollowJob | Action::Workbook | Action::ExportReference => {
            return None;
        }
    };
    Some(name)
}

/// All schemas of answers, by name.
pub(super) fn schemas() -> Map<String, Value> {
    let [text, number, flag, seconds, milliseconds] = [
        json!({ "type": "string" }),
        json!({ "type": "integer" }),
        json!({ "type": "boolean" }),
        json!({ "type": "integer", "description": "Unix seconds" }),
        json!({ "type": "integer", "description": "Unix milliseconds" }),
    ];
    let texts = list(&text);
    let tenant = json!({ "type": "string", "description": "The tenant's id." });
    let digest = json!({ "type": "string", "description": "The SHA-256 of a plan.", "pattern": "^[0-9a-f]{64}$" });
    let person = json!({ "type": ["string", "null"], "description": "The work email of a person, or null." });
    let open = json!({ "type": "object" });
    let finding = object(&[
        ("severity", text.clone()),
        ("code", text.clone()),
        ("employee_id", or_null(&text)),
        ("field", or_null(&text)),
        ("message", text.clone()),
        ("remedy", text.clone()),
    ]);
    let error_row = object(&[
        ("employee_id", or_null(&text)),
        ("code", text.clone()),
        ("message", text.clone()),
        ("remedy", text.clone()),
    ]);
    let job = object(&[
        ("job", number.clone()),
        ("tenant", tenant.clone()),
        ("kind", text.clone()),
        ("trigger", text.clone()),
        ("arguments", open.clone()),
        ("requested_by", or_null(&text)),
        ("state", text.clone()),
        ("holder", described(&or_null(&text), "The host that carries it out.")),
        ("due_at", or_null(&milliseconds)),
        ("queued_at", milliseconds.clone()),
        ("start_at", milliseconds.clone()),
        ("started_at", or_null(&milliseconds)),
        ("ended_at", or_null(&milliseconds)),
        ("cancel_requested_at", or_null(&milliseconds)),
        ("crashes", described(&number, "How many hosts have crashed while they carried it out.")),
        (
            "result",
            described(&or_null(&open), "exit_code, run (its number in the history), error, and warnings (how many)."),
        ),
    ]);
    let run = object(&[
        ("run", number.clone()),
        ("kind", text.clone()),
        ("trigger", text.clone()),
        ("started_at", seconds.clone()),
        ("finished_at", seconds.clone()),
        ("exit_code", number.clone()),
        ("status", described(&text, "The word for the exit code.")),
    ]);
    let interrupted = object(&[
        ("run", or_null(&number)),
        ("started_at", seconds.clone()),
        ("interrupted_at", or_null(&seconds)),
        ("by", or_null(&text)),
        ("changes", number.clone()),
        ("finished", number.clone()),
        ("in_flight", number.clone()),
    ]);
    let status = object(&[
        ("state", described(&text, "`ready`, or what to see to first.")),
        ("conditions", list(&object(&[("condition", text.clone())]))),
        ("next_starts", list(&object(&[("kind", text.clone()), ("at", seconds.clone())]))),
    ]);
    let plan = object(&[
        ("plan", digest.clone()),
        ("state", text.clone()),
        ("changes", number.clone()),
        ("why", texts.clone()),
        ("trigger", text.clone()),
        ("requested_by", or_null(&text)),
        ("created_at", seconds.clone()),
        ("lapses_at", seconds.clone()),
        ("decided_by", person.clone()),
        ("decided_with", or_null(&text)),
        ("decided_at", or_null(&seconds)),
        ("reason", or_null(&text)),
        ("superseded_by", or_null(&digest)),
        ("ended_at", or_null(&seconds)),
        ("run", or_null(&number)),
    ]);
    let field = object(&[("field", text.clone()), ("before", json!({})), ("after", json!({}))]);
    let change = object(&[
        ("id", text.clone()),
        ("kind", text.clone()),
        ("employee_id", or_null(&text)),
        ("target_id", or_null(&text)),
        ("display_name", text.clone()),
        ("depends_on", texts.clone()),
        ("after", texts.clone()),
        ("reason", text.clone()),
        ("fields", list(&field)),
    ]);
    let content = object(&[
        ("tenant", tenant.clone()),
        ("created_at", seconds.clone()),
        ("counts", json!({ "type": "object", "additionalProperties": { "type": "integer" } })),
        ("changes", list(&change)),
        ("findings", list(&finding)),
    ]);
    let update = object(&[
        ("employee_id", text.clone()),
        ("name", text.clone()),
        ("action", text.clone()),
        ("field", text.clone()),
        ("before", text.clone()),
        ("after", text.clone()),
        ("result", text.clone()),
    ]);
    let report = json!({
        "type": "object",
        "description": "What the run did: numbers by name, and these rows.",
        "properties": { "errors": list(&error_row), "warnings": list(&error_row), "error": or_null(&open) },
    });
    let secret = object(&[
        ("name", text.clone()),
        (
            "state",
            described(
                &text,
                "`in-use`, `missing`, `other-origin` (entered for another address), `other-key`, `broken`, `unused`, or `elsewhere`: a variable or file of the host.",
            ),
        ),
        ("entered_at", or_null(&seconds)),
        ("origins", described(&texts, "The origins to which it may be sent.")),
    ]);
    let log_row = object(&[
        ("id", number.clone()),
        ("at", seconds.clone()),
        ("actor", text.clone()),
        ("role", or_null(&text)),
        ("action", text.clone()),
        ("tenant", or_null(&text)),
        ("object", or_null(&text)),
        ("outcome", text.clone()),
        ("code", or_null(&text)),
        ("request", text.clone()),
        ("os_user", or_null(&text)),
        ("asked_by", or_null(&text)),
    ]);
    let reason = object(&[("name", text.clone()), ("reason", text.clone())]);
    let mut runs = object(&[("tenant", tenant.clone()), ("runs", list(&run))]);
    optional(&mut runs, "interrupted", interrupted.clone());
    let attention = described(
        &text,
        "What it needs: `broken`, `waiting-for-you`, `held`, `incomplete`, `paused`, or nothing: `ready`.",
    );
    let glance = object(&[
        ("tenant", tenant.clone()),
        ("attention", attention.clone()),
        ("time_zone", text.clone()),
        ("status", status.clone()),
        ("last_run", or_null(&run)),
    ]);
    let guard = object(&[("class", text.clone()), ("message", text.clone()), ("remedy", text.clone())]);
    let mut shown = object(&[
        ("tenant", tenant.clone()),
        ("attention", attention),
        ("last_run", or_null(&run)),
        ("time_zone", described(&text, "The zone in which the tenant's days begin, by its name at IANA.")),
        ("interrupted", or_null(&interrupted)),
        ("disabled_at", or_null(&seconds)),
        ("status", status.clone()),
        ("syncs", flag.clone()),
        ("issues_references", flag.clone()),
        ("secrets", list(&secret)),
    ]);
    optional(&mut shown, "config", json!({ "type": "object", "description": "For operators only." }));
    let schemas = [
        ("Readiness", object(&[("ready", flag.clone()), ("draining", flag.clone()), ("missing", texts.clone())])),
        ("Description", object(&[("openapi", text.clone()), ("info", open.clone()), ("paths", open.clone())])),
        (
            "Messages",
            object(&[(
                "messages",
                list(&object(&[
                    ("code", text.clone()),
                    (
                        "side",
                        described(
                            &text,
                            "On whose side it is: `hibob`, `travelperk`, `settings`, `host`, `plugin`, `network`, `issuer`, `mail` or `person`.",
                        ),
                    ),
                    ("kind", described(&text, "`error`, `warning` or `notice`: what it usually is.")),
                    ("what", described(&text, "What happened.")),
                    ("next", described(&text, "What to do.")),
                ])),
            )]),
        ),
        ("ApiLog", object(&[("audit", list(&log_row))])),
        (
            "Token",
            object(&[
                ("token", described(&text, "Its public part.")),
                ("role", text.clone()),
                ("tenant", or_null(&text)),
                ("name", text.clone()),
                ("expires_at", or_null(&seconds)),
            ]),
        ),
        (
            "Overview",
            object(&[
                ("number", described(&number, "How many tenants there are for this token.")),
                ("tenants", list(&glance)),
            ]),
        ),
        (
            "Tenants",
            object(&[("tenants", list(&object(&[("tenant", tenant.clone()), ("applied_at", seconds.clone())])))]),
        ),
        ("Tenant", shown),
        (
            "StoredTenant",
            object(&[
                ("tenant", tenant.clone()),
                ("new", flag.clone()),
                ("version", or_null(&number)),
                ("secrets_to_enter", list(&reason)),
            ]),
        ),
        ("TenantState", object(&[("tenant", tenant.clone()), ("status", status)])),
        (
            "StoredSecret",
            object(&[
                ("tenant", tenant.clone()),
                ("name", text.clone()),
                ("origins", texts),
                ("replaced", flag.clone()),
                ("in_use", flag.clone()),
            ]),
        ),
        ("Jobs", object(&[("jobs", list(&job))])),
        ("QueuedJob", object(&[("job", number.clone()), ("new", flag.clone())])),
        (
            "Check",
            object(&[
                ("tenant", tenant.clone()),
                (
                    "check",
                    described(
                        &or_null(&job),
                        "The job that has ended last. Its `result` has `findings`, none of them about a person, `permissions` and `fields`.",
                    ),
                ),
                ("running", or_null(&job)),
            ]),
        ),
        ("Job", job),
        ("CancelledJob", object(&[("job", number.clone()), ("state", text.clone())])),
        ("Plans", object(&[("tenant", tenant.clone()), ("plans", list(&plan))])),
        (
            "PlanChanges",
            object(&[
                ("tenant", tenant.clone()),
                ("approval", plan.clone()),
                ("guards", list(&guard)),
                ("stale", json!({})),
                ("counts", json!({ "type": "object", "additionalProperties": { "type": "integer" } })),
                ("kinds", described(&open, "How many changes of each kind the whole plan has.")),
                ("matching", described(&number, "How many changes the filter has found, on all pages.")),
                ("changes", list(&change)),
                ("next", described(&or_null(&text), "What to give as `after` for the next page.")),
                ("findings", described(&list(&finding), "Empty where `after` was given.")),
            ]),
        ),
        ("PlanContent", object(&[("approval", plan), ("content", content), ("stale", json!({}))])),
        (
            "Decision",
            object(&[("plan", digest), ("state", text.clone()), ("new", flag.clone()), ("job", or_null(&number))]),
        ),
        ("Runs", runs),
        ("RunContent", object(&[("run", run), ("report", report), ("updates", list(&update))])),
    ];
    let with_example = |(name, mut schema): (&'static str, Value)| {
        let example = example(name).or_else(|| settings::example(name)).or_else(|| references::example(name));
        let example = example.or_else(|| verdict::example(name));
        if let (Some(schema), Some(example)) = (schema.as_object_mut(), example) {
            schema.insert("examples".to_owned(), json!([example]));
        }
        (name.to_owned(), schema)
    };
    let further = settings::schemas().into_iter().chain(references::schemas()).chain(verdict::schemas());
    schemas.into_iter().chain(further).map(with_example).collect()
}

/// An object that has all of these fields, and perhaps others.
fn object(fields: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> =
        fields.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({ "type": "object", "required": names, "properties": properties })
}

/// Adds a field that an object need not have.
fn optional(object: &mut Value, name: &str, schema: Value) {
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert(name.to_owned(), schema);
    }
}

fn list(items: &Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn or_null(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn described(schema: &Value, description: &str) -> Value {
    let mut schema = schema.clone();
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), description.into());
    }
    schema
}

const PLAN: &str = "6f1c0a9be2c4d3f5a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4";

/// An answer as it may look.
fn example(name: &str) -> Option<Value> {
    let run = || {
        json!({
            "run": 41, "kind": "sync", "trigger": "schedule", "started_at": 1_795_485_600, "finished_at": 1_795_485_612,
            "exit_code": 1, "status": "errors",
        })
    };
    let job = || {
        json!({
            "job": 128, "tenant": "acme", "kind": "sync", "trigger": "manual", "arguments": { "allow_archiving": 7 },
            "requested_by": "token 2c4e", "state": "done", "holder": null, "due_at": null,
            "queued_at": 1_795_485_600_000_i64, "start_at": 1_795_485_600_000_i64, "started_at": 1_795_485_600_120_i64,
            "ended_at": 1_795_485_612_430_i64, "cancel_requested_at": null, "crashes": 0,
            "result": { "exit_code": 0, "run": 41, "warnings": 2 },
        })
    };
    let status = || {
        let disabled = json!({
            "condition": "disabled", "since": 1_795_400_000, "by": "ana@acme.example", "reason": "a new contract",
        });
        json!({ "state": "disabled", "conditions": [disabled], "next_starts": [] })
    };
    let plan = || {
        json!({
            "plan": PLAN, "state": "waiting", "changes": 12, "why": ["12 of 90 accounts would be archived, and the limit is 9"],
            "trigger": "schedule", "requested_by": null, "created_at": 1_795_485_600, "lapses_at": 1_795_658_400,
            "decided_by": null, "decided_with": null, "decided_at": null, "reason": null, "superseded_by": null,
            "ended_at": null, "run": null,
        })
    };
    let archive = || {
        json!({
            "id": "archive-7", "kind": "archive", "employee_id": "7", "target_id": "21", "display_name": "Ana Ruiz",
            "depends_on": [], "after": [], "reason": "left on 2026-11-20",
            "fields": [{ "field": "active", "before": true, "after": false }],
        })
    };
    let missing = json!({
        "severity": "error", "code": "MISSING_EMAIL", "employee_id": "8", "field": "user-name",
        "message": "Maeve Quinn: the work email is missing in HiBob", "remedy": "fill in the work email in HiBob",
    });
    Some(match name {
        "Readiness" => json!({ "ready": false, "draining": false, "missing": ["queue"] }),
        "Description" => {
            json!({ "openapi": "3.1.0", "info": { "title": "hibob serve", "version": "0.1.0" }, "paths": {} })
        }
        "Messages" => json!({ "messages": [{
            "code": "MISSING_EMAIL", "side": "hibob", "kind": "error",
            "what": "The employee has no work email in HiBob.", "next": "Give them a work email in HiBob.",
        }] }),
        "ApiLog" => json!({ "audit": [{
            "id": 7, "at": 1_795_485_600, "actor": "2c4e", "role": "admin", "action": "start-job", "tenant": "acme",
            "object": "128", "outcome": "done", "code": null, "request": "9f3a", "os_user": null, "asked_by": null,
        }] }),
        "Tenants" => json!({ "tenants": [{ "tenant": "acme", "applied_at": 1_795_400_000 }] }),
        "Token" => json!({
            "token": "2c4e", "role": "admin", "tenant": "acme", "name": "ana@acme.example", "expires_at": null,
        }),
        "Overview" => json!({ "number": 1, "tenants": [{
            "tenant": "acme", "attention": "paused", "time_zone": "UTC", "status": status(), "last_run": run(),
        }] }),
        "Check" => json!({ "tenant": "acme", "check": job(), "running": null }),
        "Tenant" => json!({
            "tenant": "acme", "attention": "paused", "last_run": run(), "time_zone": "Europe/Madrid", "interrupted": null, "disabled_at": 1_795_400_000, "status": status(), "syncs": true,
            "issues_references": false,
            "secrets": [{
                "name": "hibob.token", "state": "in-use", "entered_at": 1_795_390_000,
                "origins": ["https://api.hibob.com"],
            }],
        }),
        "StoredTenant" => json!({
            "tenant": "acme", "new": true, "version": 1,
            "secrets_to_enter": [{ "name": "hibob.token", "reason": "it was never entered" }],
        }),
        "TenantState" => json!({ "tenant": "acme", "status": status() }),
        "StoredSecret" => json!({
            "tenant": "acme", "name": "travelperk.key", "origins": ["https://app.perk.com"], "replaced": false,
            "in_use": true,
        }),
        "Jobs" => json!({ "jobs": [job()] }),
        "QueuedJob" => json!({ "job": 128, "new": true }),
        "Job" => job(),
        "CancelledJob" => json!({ "job": 128, "state": "cancelled" }),
        "Plans" => json!({ "tenant": "acme", "plans": [plan()] }),
        "PlanChanges" => json!({
            "tenant": "acme", "approval": plan(),
            "guards": [{
                "class": "archiving", "message": "12 of 90 accounts would be archived, and the limit is 9",
                "remedy": "check the lifecycle statuses in HiBob",
            }],
            "stale": null, "counts": { "managed": 90 }, "kinds": { "archive": 12 }, "matching": 12,
            "changes": [archive()], "next": "archive-7", "findings": [missing],
        }),
        "PlanContent" => json!({
            "approval": plan(),
            "content": {
                "tenant": "acme", "created_at": 1_795_485_600, "counts": { "managed": 90 }, "changes": [archive()],
                "findings": [missing],
            },
            "stale": null,
        }),
        "Decision" => json!({ "plan": PLAN, "state": "approved", "new": true, "job": 129 }),
        "Runs" => json!({ "tenant": "acme", "runs": [run()] }),
        "RunContent" => json!({
            "run": run(),
            "report": {
                "tenant": "acme", "created": 1, "failed": 1,
                "errors": [{
                    "employee_id": "8", "code": "MISSING_EMAIL", "message": "the work email is missing in HiBob",
                    "remedy": "fill in the work email in HiBob",
                }],
                "warnings": [], "error": null,
            },
            "updates": [{
                "employee_id": "7", "name": "Ana Ruiz", "action": "Created", "field": "", "before": "",
                "after": "ana.ruiz@acme.example", "result": "Done",
            }],
        }),
        _ => return None,
    })
}
