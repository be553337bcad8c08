//! All tenants at a glance, those that need a person first.

use crate::answers::{Condition, Glance, Overview};
use crate::ask::{Failure, Problem};
use crate::clock::Moment;
use crate::page::{Page, html, see_other};
use crate::pages::{clock, tenant_path};
use crate::texts::{Texts, fill};
use crate::visit::Signed;
use crate::words::{Pill, RunRow, attention, job_kind, run_row, short};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

/// How many tenants are on the page.
const TENANTS: usize = 500;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    page: Page,
    number: String,
    /// What is left out, in words; none if everything is shown.
    cut: Option<String>,
    rows: Vec<Row>,
}

struct Row {
    tenant: String,
    path: String,
    pill: Pill,
    needs: Vec<Need>,
    last_run: Option<RunRow>,
    next: Option<(String, Moment)>,
}

/// What a tenant needs, with the place where a person does it.
pub(crate) struct Need {
    pub(crate) text: String,
    /// What the API has said about it, in English.
    pub(crate) english: String,
    pub(crate) link: Option<(String, String)>,
}

pub(crate) async fn show(signed: Signed) -> Response {
    signed.show(made(&signed)).await
}

pub(crate) async fn to_overview() -> Response {
    see_other("/console")
}

pub(crate) async fn no_such_page(signed: Signed) -> Response {
    Failure::Problem(Problem::own(StatusCode::NOT_FOUND, "", "")).response(&signed)
}

async fn made(signed: &Signed) -> Result<Response, Failure> {
    let t = signed.texts;
    let overview: Overview = signed.get(&format!("/v1/overview?limit={TENANTS}")).await?;
    // Who has one tenant sees it at once.
    if let ([only], Some(_)) = (overview.tenants.as_slice(), &signed.session.token.tenant) {
        return Ok(see_other(&tenant_path(&only.tenant)));
    }
    let number = u64::try_from(overview.number).unwrap_or(u64::MAX);
    let shown = overview.tenants.len();
    let cut =
        (shown < overview.number).then(|| fill(t.tenants_shown, &[&shown.to_string(), &overview.number.to_string()]));
    let rows = overview.tenants.iter().map(|glance| row(t, glance)).collect();
    let page = OverviewPage {
        page: signed.page(t.overview),
        number: t.number_of(number, t.tenants_number_one, t.tenants_number),
        cut,
        rows,
    };
    Ok(html(StatusCode::OK, &page))
}

fn row(t: &Texts, glance: &Glance) -> Row {
    let (clock, path) = (clock(&glance.time_zone), tenant_path(&glance.tenant));
    let next = glance.status.next_starts.first();
    let mut needs = needs(t, &glance.time_zone, &path, &glance.status.conditions);
    if let ("held" | "broken", true, Some(run)) = (glance.attention.as_str(), needs.is_empty(), &glance.last_run) {
        let link = Some((t.see_last_run.to_owned(), format!("{path}/runs/{}", run.run)));
        needs.push(Need { text: String::new(), english: String::new(), link });
    }
    if needs.is_empty() && glance.last_run.is_none() && glance.attention == "ready" {
        let link = Some((t.set_up.to_owned(), format!("{path}/setup")));
        needs.push(Need { text: t.no_runs.to_owned(), english: String::new(), link });
    }
    Row {
        tenant: glance.tenant.clone(),
        pill: attention(t, &glance.attention),
        needs,
        last_run: glance.last_run.as_ref().map(|run| run_row(t, &clock, run)),
        next: next.map(|next| (job_kind(t, &next.kind), clock.at(t, next.at))),
        path,
    }
}

/// What the conditions of a tenant ask of a person.
pub(crate) fn needs(t: &Texts, zone: &str, path: &str, conditions: &[Condition]) -> Vec<Need> {
    let clock = clock(zone);
    let at = |seconds: i64| {
        let moment = clock.at(t, seconds);
        format!("{} ({})", moment.shown, moment.zone)
    };
    let need = |text: String, link: Option<(&str, String)>| Need {
        text,
        english: String::new(),
        link: link.map(|(word, path)| (word.to_owned(), path)),
    };
    let of = |condition: &Condition| match condition {
        Condition::PlanWaiting { plan, lapses_at } => need(
            fill(t.plan_lapses, &[&at(*lapses_at)]),
            Some((t.decide_plan, format!("{path}/plans/{}", short(plan)))),
        ),
        Condition::RunInterrupted { since } => {
            need(fill(t.interrupted_since, &[&at(*since)]), Some((t.see_more, path.to_owned())))
        }
        Condition::SecretsMissing { names } => {
            need(fill(t.secrets_missing, &[&names.join(", ")]), Some((t.set_up, format!("{path}/setup"))))
        }
        Condition::Disabled { since, by, reason } => {
            let mut text = fill(t.disabled_since, &[&at(*since)]);
            if let (Some(by), Some(reason)) = (by, reason) {
                text.push(' ');
                text.push_str(&fill(t.disabled_by, &[by, reason]));
            }
            need(text, None)
        }
        Condition::Unreadable { code, message } => {
            Need { text: t.unreadable.to_owned(), english: format!("{code}: {message}"), link: None }
        }
        Condition::Other => need(t.broken.to_owned(), None),
    };
    conditions.iter().map(of).collect()
}
