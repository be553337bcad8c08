//! A tenant: its state, what it needs, its plans, its last check and its secrets, and what can be started.

use crate::answers::{Check, Job, Jobs, Line, Plan, Plans, Runs, Secret, Setup, Tenant};
use crate::ask::Failure;
use crate::clock::{Clock, Moment};
use crate::page::{Notice, Page, html};
use crate::pages::overview::{Need, needs};
use crate::pages::setup::progress;
use crate::pages::{api_path, clock, tenant_path};
use crate::texts::{Texts, fill};
use crate::visit::Signed;
use crate::words::{Pill, RunRow, attention, job_kind, job_state, plan_state, run_row, secret_state, short};
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

/// How many rows each list of the page has.
const ROWS: usize = 5;

#[derive(Template)]
#[template(path = "tenant.html")]
struct TenantPage {
    page: Page,
    path: String,
    pill: Pill,
    needs: Vec<Need>,
    interrupted: Option<String>,
    next: Vec<(String, Moment)>,
    last_run: Option<RunRow>,
    plans: Vec<PlanRow>,
    runs: Vec<RunRow>,
    jobs: Vec<JobRow>,
    secrets: Vec<SecretRow>,
    check: Option<CheckView>,
    check_runs: Option<String>,
    zone: String,
    /// How far it is set up, as long as something is left.
    setup: Option<String>,
    syncs: bool,
    issues_references: bool,
    is_disabled: bool,
    may_change: bool,
    is_operator: bool,
}

struct PlanRow {
    short: String,
    path: String,
    pill: Pill,
    changes: String,
    made: Moment,
}

struct JobRow {
    path: String,
    number: i64,
    kind: String,
    pill: Pill,
    asked: Moment,
}

struct SecretRow {
    name: String,
    pill: Pill,
    entered: Option<Moment>,
    origins: String,
}

pub(crate) struct CheckView {
    pub(crate) at: Moment,
    pub(crate) pill: Pill,
    pub(crate) employees: Option<String>,
    pub(crate) findings: Vec<Line>,
    pub(crate) permissions: Vec<PermissionRow>,
    pub(crate) error: Option<Line>,
}

pub(crate) struct PermissionRow {
    pub(crate) permission: String,
    pub(crate) granted: bool,
    pub(crate) pill_class: &'static str,
    pub(crate) needed_for: String,
}

pub(crate) async fn show(signed: Signed, Path(tenant): Path<String>) -> Response {
    signed.show(made(&signed, &tenant, None)).await
}

/// The page, with what has just not worked.
pub(crate) async fn with_notice(signed: &Signed, tenant: &str, status: StatusCode, notice: Notice) -> Response {
    signed.show(made(signed, tenant, Some((status, notice)))).await
}

async fn made(signed: &Signed, tenant: &str, notice: Option<(StatusCode, Notice)>) -> Result<Response, Failure> {
    let t = signed.texts;
    let (api, path) = (api_path(tenant), tenant_path(tenant));
    let shown: Tenant = signed.get(&api).await?;
    let plans: Plans = signed.get(&format!("{api}/plans?limit={ROWS}")).await?;
    let jobs: Jobs = signed.get(&format!("{api}/jobs?limit={ROWS}")).await?;
    let runs: Runs = signed.get(&format!("{api}/runs?limit={ROWS}")).await?;
    let check: Check = signed.get(&format!("{api}/check")).await?;
    let setup: Setup = signed.get(&format!("{api}/setup")).await?;
    let clock = clock(&shown.time_zone);
    let interrupted = shown.interrupted.as_ref().map(|open| {
        let moment = clock.at(t, open.started_at);
        let numbers = fill(t.left_of_run, &[&open.finished.to_string(), &open.changes.to_string()]);
        let by = open.by.as_deref().map(|by| format!(" ({by})")).unwrap_or_default();
        let since = fill(t.interrupted_since, &[&format!("{} ({})", moment.shown, moment.zone)]);
        format!("{since}{by} {numbers}")
    });
    let crumbs = [(t.overview.to_owned(), "/console".to_owned())];
    let (status, notice) = notice.map_or((StatusCode::OK, None), |(status, notice)| (status, Some(notice)));
    let page = TenantPage {
        page: signed.page(tenant).at(&path).below(crumbs).with_notice(notice),
        pill: attention(t, &shown.attention),
        needs: needs(t, &shown.time_zone, &path, &shown.status.conditions),
        interrupted,
        next: shown.status.next_starts.iter().map(|next| (job_kind(t, &next.kind), clock.at(t, next.at))).collect(),
        last_run: shown.last_run.as_ref().map(|run| run_row(t, &clock, run)),
        plans: plans.plans.iter().map(|plan| plan_row(t, &clock, &path, plan)).collect(),
        runs: runs.runs.iter().map(|run| run_row(t, &clock, run)).collect(),
        jobs: jobs.jobs.iter().take(ROWS).map(|job| job_row(t, &clock, &path, job)).collect(),
        secrets: shown.secrets.iter().map(|secret| secret_row(t, &clock, secret)).collect(),
        check: check.check.map(|job| check_view(t, &clock, job)),
        check_runs: check.running.map(|job| format!("{path}/jobs/{}", job.job)),
        zone: fill(t.times_in, &[clock.zone()]),
        setup: (setup.done < setup.steps.len()).then(|| progress(t, &setup)),
        syncs: shown.syncs,
        issues_references: shown.issues_references,
        is_disabled: shown.disabled_at.is_some(),
        may_change: signed.may_change(),
        is_operator: signed.is_operator(),
        path,
    };
    Ok(html(status, &page))
}

fn plan_row(t: &Texts, clock: &Clock, path: &str, plan: &Plan) -> PlanRow {
    PlanRow {
        short: short(&plan.plan).to_owned(),
        path: format!("{path}/plans/{}", short(&plan.plan)),
        pill: plan_state(t, &plan.state),
        changes: t.number_of(plan.changes, t.change_one, t.change_more),
        made: clock.at(t, plan.created_at),
    }
}

fn job_row(t: &Texts, clock: &Clock, path: &str, job: &Job) -> JobRow {
    JobRow {
        path: format!("{path}/jobs/{}", job.job),
        number: job.job,
        kind: job_kind(t, &job.kind),
        pill: job_state(t, &job.state),
        asked: clock.at_milliseconds(t, job.queued_at),
    }
}

fn secret_row(t: &Texts, clock: &Clock, secret: &Secret) -> SecretRow {
    SecretRow {
        name: secret.name.clone(),
        pill: secret_state(t, &secret.state),
        entered: secret.entered_at.map(|at| clock.at(t, at)),
        origins: secret.origins.join(", "),
    }
}

pub(crate) fn check_view(t: &Texts, clock: &Clock, job: Job) -> CheckView {
    let result = job.result.unwrap_or_default();
    let permissions = result.permissions.into_iter().map(|row| PermissionRow {
        pill_class: match (row.granted, row.needed_for.is_empty()) {
            (true, _) => "good",
            (false, true) => "calm",
            (false, false) => "bad",
        },
        permission: row.permission,
        granted: row.granted,
        needed_for: row.needed_for.join(", "),
    });
    CheckView {
        at: clock.at_milliseconds(t, job.ended_at.unwrap_or(job.queued_at)),
        pill: job_state(t, &job.state),
        employees: result.employees.map(|number| fill(t.check_employees, &[&number.to_string()])),
        findings: result.findings,
        permissions: permissions.collect(),
        error: result.error,
    }
}
