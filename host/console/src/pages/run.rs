//! A run: what was done, and what to mend, by codes with their remedies.

use crate::answers::{Guard, Line, QueuedJob, Report, RunContent, Tenant, Update};
use crate::ask::Failure;
use crate::form::encoded;
use crate::page::{Page, html, see_other};
use crate::pages::{api_path, clock, crumbs, tenant, tenant_path};
use crate::texts::{Texts, fill};
use crate::visit::Signed;
use crate::words::{RunRow, field, run_row, short};
use askama::Template;
use axum::extract::Path;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use hibob_server::api::Sent;

/// How many rows of what was done are on the page.
const ROWS: usize = 500;

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    page: Page,
    path: String,
    tenant_path: String,
    run: RunRow,
    numbers: Vec<(&'static str, u64)>,
    problems: Vec<ProblemGroup>,
    guards: Vec<Guard>,
    waits: Option<(String, String)>,
    approved: Option<(String, String)>,
    stale: Option<(String, Vec<Line>)>,
    updates: Vec<UpdateRow>,
    cut: Option<String>,
    zone: String,
    may_change: bool,
}

/// Problems with one code.
struct ProblemGroup {
    code: String,
    is_error: bool,
    times: String,
    explained: Option<(&'static str, &'static str)>,
    lines: Vec<Line>,
}

struct UpdateRow {
    employee_id: String,
    name: String,
    action: String,
    field: String,
    before: String,
    after: String,
    result: String,
}

pub(crate) async fn show(signed: Signed, Path((tenant, run)): Path<(String, String)>) -> Response {
    signed.show(made(&signed, &tenant, &run)).await
}

async fn made(signed: &Signed, tenant: &str, run: &str) -> Result<Response, Failure> {
    let t = signed.texts;
    let content: RunContent = signed.get(&format!("{}/runs/{}", api_path(tenant), encoded(run))).await?;
    let about: Tenant = signed.get(&api_path(tenant)).await?;
    let (clock, tenant_path) = (clock(&about.time_zone), tenant_path(tenant));
    let (number, report) = (content.run.run, content.report);
    let plan_link = |plan: &str| format!("{tenant_path}/plans/{}", short(plan));
    let total = content.updates.len();
    let page = RunPage {
        page: signed.page(fill(t.run_title, &[&number.to_string(), tenant])).below(crumbs(signed, tenant)),
        path: format!("{tenant_path}/runs/{number}"),
        run: run_row(t, &clock, &content.run),
        numbers: numbers(t, &report),
        waits: report.waiting.as_ref().map(|waiting| {
            let changes = t.number_of(waiting.changes, t.change_one, t.change_more);
            (plan_link(&waiting.plan), fill(t.waits_plan, &[&changes]))
        }),
        approved: report.approved.as_ref().map(|approved| {
            let by = approved.by.as_deref().map(|by| format!(" ({by})")).unwrap_or_default();
            (plan_link(&approved.plan), fill(t.approved_plan, &[&format!("{}{by}", short(&approved.plan))]))
        }),
        problems: problems(t, &report),
        guards: report.guards,
        stale: report.stale.map(|stale| (stale.why, stale.differences)),
        cut: (total > ROWS).then(|| fill(t.rows_shown, &[&ROWS.to_string(), &total.to_string()])),
        updates: content.updates.into_iter().take(ROWS).map(|row| update_row(t, row)).collect(),
        zone: fill(t.times_in, &[clock.zone()]),
        may_change: signed.may_change(),
        tenant_path,
    };
    Ok(html(StatusCode::OK, &page))
}

fn numbers(t: &'static Texts, report: &Report) -> Vec<(&'static str, u64)> {
    let all = [
        (t.n_created, report.created),
        (t.n_adopted, report.adopted),
        (t.n_updated, report.updated),
        (t.n_reactivated, report.reactivated),
        (t.n_archived, report.archived),
        (t.n_kept, report.kept),
        (t.n_failed, report.failed),
    ];
    all.into_iter().filter(|(_, number)| *number > 0).collect()
}

/// What ended the run, then its errors and its warnings, each code once.
fn problems(t: &Texts, report: &Report) -> Vec<ProblemGroup> {
    let errors = report.error.iter().chain(&report.errors).map(|line| (true, line));
    let mut groups: Vec<ProblemGroup> = Vec::new();
    for (is_error, line) in errors.chain(report.warnings.iter().map(|line| (false, line))) {
        match groups.iter_mut().find(|group| group.code == line.code && group.is_error == is_error) {
            Some(group) => group.lines.push(line.clone()),
            None => groups.push(ProblemGroup {
                code: line.code.clone(),
                is_error,
                times: String::new(),
                explained: hibob_base::messages::message(&line.code)
                    .map(|message| (message.meaning.what.as_str(), message.meaning.next.as_str())),
                lines: vec![line.clone()],
            }),
        }
    }
    for group in &mut groups {
        let number = u64::try_from(group.lines.len()).unwrap_or(u64::MAX);
        group.times = t.number_of(number, t.problems_one, t.problems_more);
    }
    groups
}

fn update_row(t: &Texts, row: Update) -> UpdateRow {
    let Update { employee_id, name, action, field: of, before, after, result } = row;
    UpdateRow {
        employee_id,
        name,
        action,
        field: if of.is_empty() { of } else { field(t, &of) },
        before,
        after,
        result,
    }
}

/// The workbook as the API makes it.
pub(crate) async fn workbook(signed: Signed, Path((tenant, run)): Path<(String, String)>) -> Response {
    signed
        .show(async {
            let path = format!("{}/runs/{}/workbook", api_path(&tenant), encoded(&run));
            let answer = signed.ask(Method::GET, &path, Sent::Nothing).await;
            match answer.status() {
                StatusCode::OK => Ok(answer),
                _ => Err(crate::ask::read::<serde_json::Value>(answer).await.err().unwrap_or(Failure::SignIn)),
            }
        })
        .await
}

pub(crate) async fn resume(signed: Signed, Path(tenant): Path<String>) -> Response {
    signed.show(gone_on(&signed, &tenant, "resume")).await
}

pub(crate) async fn abandon(signed: Signed, Path(tenant): Path<String>) -> Response {
    signed.show(gone_on(&signed, &tenant, "abandon")).await
}

async fn gone_on(signed: &Signed, tenant: &str, way: &str) -> Result<Response, Failure> {
    let path = format!("{}/runs/{way}", api_path(tenant));
    match signed.send::<QueuedJob>(Method::POST, &path, Sent::Nothing).await {
        Ok(queued) => Ok(see_other(&format!("{}/jobs/{}", tenant_path(tenant), queued.job))),
        Err(Failure::Problem(problem)) if matches!(problem.status, 409 | 422) => {
            Ok(tenant::with_notice(signed, tenant, problem.status(), (&problem).into()).await)
        }
        Err(failure) => Err(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;

    #[test]
    fn problems_are_grouped_by_code_with_what_ended_the_run_first() {
        let line =
            |code: &str, id: &str| Line { code: code.to_owned(), employee_id: Some(id.to_owned()), ..Line::default() };
        let report = Report {
            error: Some(line("HIBOB_UNAVAILABLE", "")),
            errors: vec![line("MISSING_EMAIL", "1"), line("UNLISTED", "2"), line("MISSING_EMAIL", "3")],
            warnings: vec![line("MISSING_EMAIL", "4")],
            ..Report::default()
        };
        let groups = problems(Language::English.texts(), &report);
        let told: Vec<_> =
            groups.iter().map(|group| (group.code.as_str(), group.is_error, group.times.as_str())).collect();
        assert_eq!(
            told,
            [
                ("HIBOB_UNAVAILABLE", true, "1 time"),
                ("MISSING_EMAIL", true, "2 times"),
                ("UNLISTED", true, "1 time"),
                ("MISSING_EMAIL", false, "1 time"),
            ]
        );
        assert!(groups[1].explained.is_some() && groups[2].explained.is_none());
    }
}
