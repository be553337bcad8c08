//! The spans of a job: `run` ▸ `plan` or `apply` ▸ `change` ▸ `call` ▸ `http`. Their fields are the tenant's id,
//! numbers and words from closed lists. No field has a path, since paths have ids of people in them.

use crate::labels;
use crate::tenant::ChangeOutcome;
use hibob_base::error::Exit;
use hibob_contract::CallKind;
use hibob_contract::directory_sync::ChangeKind;
use hibob_policy::request::Role;
use http::{Method, StatusCode};
use tracing::Span;
use tracing::field::Empty;

/// The tracing target of these spans, which nothing else has. Spans are selected for export by it.
pub(crate) const SPAN_TARGET: &str = "hibob_host::telemetry::spans";

/// Makes the spans, and records how they ended.
pub struct Spans;

impl Spans {
    /// The span of a job of a tenant.
    pub fn run(tenant: &str, kind: &'static str) -> Span {
        tracing::info_span!(target: SPAN_TARGET, "run", tenant, kind, run = Empty, outcome = Empty, otel.status_code = Empty)
    }

    /// Records how a job ended, and the run's number if the history has it.
    pub fn run_ended(span: &Span, run: Option<i64>, exit: Exit) {
        if let Some(run) = run {
            span.record("run", run);
        }
        span.record("outcome", exit.label());
        if !matches!(exit, Exit::Done | Exit::SomeFailed) {
            span.record("otel.status_code", "ERROR");
        }
    }

    /// The span of making a plan.
    pub fn plan(run: &Span) -> Span {
        tracing::info_span!(target: SPAN_TARGET, parent: run, "plan")
    }

    /// The span of applying a plan with this number of changes.
    pub fn apply(run: &Span, changes: usize) -> Span {
        tracing::info_span!(target: SPAN_TARGET, parent: run, "apply", changes)
    }

    /// The span of making one change, a child of the current span.
    pub fn change(kind: ChangeKind) -> Span {
        tracing::info_span!(target: SPAN_TARGET, "change", kind = kind.word(), outcome = Empty, otel.status_code = Empty)
    }

    /// Records what became of a change.
    pub fn change_ended(span: &Span, outcome: ChangeOutcome) {
        span.record("outcome", outcome.label());
        if outcome == ChangeOutcome::Failed {
            span.record("otel.status_code", "ERROR");
        }
    }

    /// The span of one call of the plugin, a child of the current span.
    pub fn call(kind: CallKind) -> Span {
        tracing::info_span!(target: SPAN_TARGET, "call", kind = kind.name())
    }

    /// The span of one attempt at a request, with its waiting.
    pub fn http(call: &Span, role: Role, method: &Method, attempt: u32) -> Span {
        tracing::info_span!(
            target: SPAN_TARGET,
            parent: call,
            "http",
            otel.kind = "client",
            origin = labels::origin(role),
            service = labels::service(role),
            http.request.method = method_label(method),
            http.request.resend_count = attempt,
            http.response.status_code = Empty,
            otel.status_code = Empty
        )
    }

    /// Records the status that an attempt got; `None` if no answer came.
    pub fn answered(span: &Span, answer: Option<StatusCode>) {
        match answer {
            Some(code) => {
                span.record("http.response.status_code", u64::from(code.as_u16()));
                if code.is_client_error() || code.is_server_error() {
                    span.record("otel.status_code", "ERROR");
                }
            }
            None => {
                span.record("otel.status_code", "ERROR");
            }
        }
    }
}

/// The method as a word from a closed list.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
