//! The description of the API (OpenAPI 3.1). It is made from the table of routes, so it always matches the router.

use crate::api::answers;
use crate::api::routes::{Action, Asked, Body, Holder, ROUTES, Route};
use hibob_base::job::JobKind;
use hibob_base::secret::SecretName;
use hibob_jobs::setup::Step;
use hibob_store::queue::release_arguments;
use serde_json::{Map, Value, json};

/// The description that `GET /openapi.json` answers.
pub fn description() -> Value {
    let mut paths = Map::new();
    for route in &ROUTES {
        let methods = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(methods) = methods.as_object_mut() {
            methods.insert(route.method.word().to_owned(), operation(route));
        }
    }
    let mut schemas = answers::schemas();
    schemas.extend(bodies());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "hibob serve",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Tenants, their jobs and what came of them. Times are Unix seconds; those of jobs are Unix milliseconds.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas,
        },
    })
}

/// The schemas of what requests send, and of errors.
fn bodies() -> [(String, Value); 14] {
    let config = json!({
        "type": "object",
        "description": "The keys of a tenant's file, as JSON. Secrets may be `store` only, and [network] is not taken.",
        "required": ["id", "hibob"],
    });
    let schemas = [
        ("Problem", problem()),
        ("NewJob", new_job()),
        ("Approval", decision(&["by"])),
        ("Rejection", decision(&["by", "reason"])),
        ("Disabling", decision(&["by", "reason"])),
        ("Enabling", decision(&["by"])),
        ("Settling", decision(&["by"])),
        ("Waiving", decision(&["employee", "by", "reason"])),
        ("Revoking", decision(&["reason"])),
        ("Issuing", issuing()),
        ("Delivering", delivering()),
        ("TenantConfig", config),
        ("NewSettings", new_settings(true)),
        ("SettingsToCompare", new_settings(false)),
    ];
    schemas.map(|(name, schema)| (name.to_owned(), schema))
}

/// The description of a body: of the schema with this name, or none.
fn content(media_type: &str, schema: Option<&str>) -> Value {
    match schema.filter(|_| media_type.ends_with("json")) {
        Some(name) => json!({ media_type: { "schema": { "$ref": format!("#/components/schemas/{name}") } } }),
        None => json!({ media_type: {} }),
    }
}

fn operation(route: &Route) -> Value {
    let mut responses = Map::new();
    let answer = answers::schema_of(route.action);
    for (status, media_type) in route.done {
        let word = if *status == 202 { "Accepted" } else { "Done" };
        responses.insert(status.to_string(), json!({ "description": word, "content": content(media_type, answer) }));
    }
    for status in route.refusals() {
        // Readiness answers with the same object whether it is ready or not.
        let is_report = route.action == Action::Readiness && status == 503;
        let content = match is_report {
            true => content("application/json", answer),
            false => content("application/problem+json", Some("Problem")),
        };
        responses.insert(status.to_string(), json!({ "description": refusal(status), "content": content }));
    }
    let mut operation = json!({
        "operationId": route.name,
        "summary": summary(route.action),
        "parameters": parameters(route),
        "responses": responses,
        "security": [],
    });
    if let (Some(holders), Some(object)) = (route.holders, operation.as_object_mut()) {
        object.insert("security".to_owned(), json!([{ "token": [] }]));
        let words: Vec<&str> = holders.iter().map(|holder| holder.word()).collect();
        object.insert("description".to_owned(), format!("For {}.", words.join(", ")).into());
    }
    let content = match route.body {
        Body::None => return operation,
        Body::Json(name) => content("application/json", Some(name)),
        Body::Text => json!({ "text/plain": { "schema": { "type": "string" } } }),
        Body::Document => json!({ "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } }),
    };
    if let Some(object) = operation.as_object_mut() {
        object.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
    operation
}

fn parameters(route: &Route) -> Vec<Value> {
    let parts = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = parts
        .map(|name| {
            let schema = match name {
                "tenant" => json!({ "type": "string", "pattern": "^[a-z0-9-]{1,63}$" }),
                "name" => json!({ "type": "string", "enum": SecretName::ALL.map(SecretName::as_str) }),
                "plan" => {
                    let description = "The SHA-256 of a plan, or the first characters of it.";
                    json!({ "type": "string", "pattern": "^[0-9a-fA-F]{8,64}$", "description": description })
                }
                "step" => json!({ "type": "string", "enum": Step::ALL.map(Step::word) }),
                "reference" => {
                    let description = "A reference's id, as the list has it.";
                    json!({ "type": "string", "pattern": "^[0-9a-fA-F-]{1,64}$", "description": description })
                }
                _ => json!({ "type": "integer", "minimum": 1 }),
            };
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    if route.action == Action::PutSettings {
        let schema = json!({ "type": "string", "pattern": "^(\\*|\"[0-9]+\")$" });
        let description = "The ETag of the settings that are changed.";
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": true, "schema": schema, "description": description,
        }));
    }
    if route.has_limit {
        let schema = json!({ "type": "integer", "minimum": 1, "maximum": crate::api::request::ROWS_MAX });
        parameters.push(json!({ "name": "limit", "in": "query", "required": false, "schema": schema }));
    }
    for asked in route.query {
        let (schema, description) = match asked {
            Asked::Kind => (
                json!({ "type": "string" }),
                "Only those of this kind: a change such as `archive`, an event such as `decision`.",
            ),
            Asked::Text => (
                json!({ "type": "string" }),
                "Only changes with this text in the name, an id, a field or the reason. A proxy may log it.",
            ),
            Asked::After => {
                (json!({ "type": "string" }), "Only what comes after the one with this id: `next` of a page.")
            }
            Asked::From => (json!({ "type": "integer" }), "Only runs that began then or later, in Unix seconds."),
            Asked::Until => (json!({ "type": "integer" }), "Only runs that began before, in Unix seconds."),
        };
        parameters.push(json!({
            "name": asked.name(), "in": "query", "required": false, "schema": schema, "description": description,
        }));
    }
    parameters
}

fn problem() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "description": "RFC 9457",
        "required": ["type", "title", "status", "code", "detail", "remedy"],
        "properties": {
            "type": text, "title": text, "status": { "type": "integer" }, "code": text, "detail": text, "remedy": text,
            "settings": {
                "type": "array",
                "description": "The settings of a tenant that are wrong, if that is the reason.",
                "items": { "type": "object", "properties": { "key": text, "message": text, "remedy": text } },
            },
        },
    })
}

fn new_job() -> Value {
    let kinds: Vec<&str> =
        JobKind::ALL.iter().copied().filter(|kind| *kind != JobKind::Apply).map(JobKind::word).collect();
    let (number, flag) = (json!({ "type": "integer", "minimum": 0 }), json!({ "type": "boolean" }));
    let others = [
        ("allow_changed_source", flag.clone()),
        ("allow_issuing", number.clone()),
        ("allow_revoking", number),
        ("skip_grace_time", flag.clone()),
        ("employees", json!({ "type": "array", "items": { "type": "string" } })),
        ("reference", json!({ "type": "string" })),
        ("again", flag),
    ];
    let release =
        |(name, help): (&str, &str)| (name.to_owned(), json!({ "type": "integer", "minimum": 0, "description": help }));
    let others = others.map(|(name, described)| (name.to_owned(), described));
    let arguments: Map<String, Value> = release_arguments().map(release).chain(others).collect();
    json!({
        "type": "object",
        "required": ["kind"],
        "additionalProperties": false,
        "properties": {
            "kind": { "type": "string", "enum": kinds },
            "arguments": {
                "type": "object",
                "description": "The releases of what a guard would hold, and the employees that the job is for.",
                "additionalProperties": false,
                "properties": arguments,
            },
        },
    })
}

fn issuing() -> Value {
    let employees = json!({
        "type": "array", "minItems": 1, "items": { "type": "string", "pattern": "^[0-9]{1,32}$" },
        "description": "HiBob's ids of the employees.",
    });
    let allow_issuing = json!({
        "type": "integer", "minimum": 0, "description": "How many may be issued, even if that is above the limit.",
    });
    let grace = json!({ "type": "boolean", "description": "Whether they are issued without the grace time." });
    json!({
        "type": "object", "required": ["employees"], "additionalProperties": false,
        "properties": { "employees": employees, "allow_issuing": allow_issuing, "skip_grace_time": grace },
    })
}

fn delivering() -> Value {
    let again = json!({
        "type": "boolean",
        "description": "Whether it is delivered once more where it was delivered already, to the address that HiBob has now.",
    });
    json!({ "type": "object", "additionalProperties": false, "properties": { "again": again } })
}

/// Settings that are sent, to be stored or only compared.
fn new_settings(is_to_store: bool) -> Value {
    let settings = json!({
        "type": "object",
        "description": "The keys of a tenant's file. A setting of `may_change` that is left out has its default again; the others \
                        stay, and may be sent only as they were shown.",
    });
    if !is_to_store {
        return json!({
            "type": "object", "required": ["settings"], "additionalProperties": false,
            "properties": { "settings": settings },
        });
    }
    json!({
        "type": "object", "required": ["settings", "by"], "additionalProperties": false,
        "properties": {
            "settings": settings,
            "by": { "type": "string", "description": "The work email of the person who changes them." },
            "confirm": { "type": "boolean", "description": "Whether what would be lost (`losses`) is meant." },
        },
    })
}

fn decision(fields: &[&str]) -> Value {
    let described = |field: &&str| {
        let description = match *field {
            "employee" => "HiBob's id of the employee who waits for a reference.",
            "by" => "The work email of the person who decides.",
            _ => "Why, for people to read.",
        };
        ((*field).to_owned(), json!({ "type": "string", "description": description }))
    };
    let properties: Map<String, Value> = fields.iter().map(described).collect();
    json!({ "type": "object", "required": fields, "additionalProperties": false, "properties": properties })
}

fn refusal(status: u16) -> &'static str {
    match status {
        400 => "The request cannot be read",
        401 => "No valid token",
        403 => "The token's role does not allow it, or a page of another site asks",
        404 => "It does not exist, or this token may not see it",
        408 => "The body did not arrive in time",
        409 => "The present state does not allow it",
        412 => "Somebody else has changed it meanwhile",
        413 => "The body is too large",
        415 => "The body is of another media type than this one takes",
        421 => "The request names another host",
        422 => "What was sent is not permitted or not complete",
        428 => "If-Match is missing: it says what is to be changed",
        429 => "Too many requests; see Retry-After",
        503 => "Not ready, or no more connections are taken; the body says which",
        504 => "Not done in time; it may still be done",
        _ => "The host failed; its log has the request's id",
    }
}

fn summary(action: Action) -> &'static str {
    match action {
        Action::Health => "Whether the process is alive",
        Action::Readiness => "Whether the host can do its work, and what is missing",
        Action::Description => "This description",
        Action::Messages => "What each code of a message means, on whose side it is, and what to do",
        Action::Metrics => "Counters in the text format of Prometheus",
        Action::Audit => "Who did what, or was refused it; the newest first",
        Action::ShowToken => "What the token may be used for, without the token itself",
        Action::Overview => "Each tenant with its state, last run and next starts; what needs a person first",
        Action::ListTenants => "The tenants that the token may be used for",
        Action::ShowTenant => "A tenant; for operators with its configuration",
        Action::PutTenant => "Store a tenant's configuration, or change it",
        Action::DisableTenant => "Stop all runs of a tenant; its accounts stay as they are",
        Action::EnableTenant => "Allow runs of a tenant again; whoever enables it stands for the sync",
        Action::PutSecret => "Store a secret; no route ever answers it",
        Action::ShowSettings => {
            "The settings of a tenant, with their version as ETag, and which of them an admin changes"
        }
        Action::CompareSettings => "What changed settings would change and lose; nothing is stored",
        Action::PutSettings => "Change settings, over the version that If-Match names",
        Action::ListSettingsVersions => "The versions of the settings, the newest first: who changed what, and when",
        Action::ShowSetup => "How far a tenant is set up, step by step",
        Action::SettleStep => "Settle a step of the setting up that a person decides",
        Action::ShowCheck => "The last check of credentials and permissions, and whether one runs",
        Action::ListJobs => "The jobs that run, wait and have ended",
        Action::StartJob => "Queue a job, unless an equal one waits already",
        Action::ShowJob => "A job and its state",
        Action::CancelJob => "Cancel a job: a waiting one at once, a running one soon",
        Action::FollowJob => "A job's progress as events, until it ends",
        Action::ListPlans => "The plans that wait for approval, and those that were decided or closed",
        Action::ShowPlan => "A plan with its state and everything that it would do",
        Action::ListChanges => "The changes of a plan, archivings first, with a filter and in pages",
        Action::ApprovePlan => {
            "Approve a plan that waits, so that a job applies it; approving it again changes nothing"
        }
        Action::RejectPlan => "Reject a plan that waits, or take the approval back before it is applied",
        Action::ListEvents => {
            "Runs, plans, decisions, settings, secrets, enabling and references in one list, the newest first"
        }
        Action::ListRuns => "The runs of a tenant, the last one first",
        Action::ShowRun => "What a run did, row by row",
        Action::ResumeRun => "Queue a job that applies the rest of the plan of an interrupted run",
        Action::AbandonRun => "Queue a job that leaves the rest of the plan of an interrupted run undone",
        Action::Workbook => "What a run did, as .xlsx",
        Action::ListReferences => {
            "The references of a tenant, with their states and deliveries, and the departures without one"
        }
        Action::IssueReferences => {
            "Queue a job that issues references for these employees, within the limit or what is allowed"
        }
        Action::ListKeys => "The keys that sign references, with the DNS records that they need",
        Action::LookUpKeys => "How the DNS records of the keys stand at this moment",
        Action::DeliverReference => {
            "Queue a job that delivers a reference that was refused or waits, or delivers it again"
        }
        Action::RevokeReference => "Revoke a reference; everybody sees it after the next publication",
        Action::ShowCredential => "A reference as the signed JSON",
        Action::WaiveReference => "Decide that a departure that waits for a reference gets none",
        Action::ExportReference => "A reference as its PDF, with the signed JSON and the log proof attached",
        Action::VerifyReference => {
            "Verify a reference of anybody: its PDF or JSON file, a mail that has it, or the link of its code"
        }
    }
}

impl Holder {
    fn word(self) -> &'static str {
        match self {
            Self::Operator => "operators",
            Self::Admin => "the tenant's admins",
            Self::Reader => "the tenant's readers",
            Self::ReaderOfAll => "readers of all tenants",
        }
    }
}
