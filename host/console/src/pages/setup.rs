//! Setting a tenant up in steps, in the order of TravelPerk's own guide. What is done is what the API says of it, so that
//! anybody can leave it and take it up at any step. A choice goes through the same difference as the settings.

mod guide;

use crate::answers::{Check, Plans, Settings, Setup, SetupStep, Tenant};
use crate::ask::Failure;
use crate::clock::Clock;
use crate::form::{Form, encoded};
use crate::page::{Page, html, see_other};
use crate::pages::settings::fields::{Control, Field, fields_of, read_over};
use crate::pages::settings::{Filled, carried, difference};
use crate::pages::tenant::{CheckView, check_view};
use crate::pages::{api_path, clock, crumbs, tenant_path};
use crate::texts::{Texts, fill};
use crate::visit::Signed;
use crate::words::{Pill, plan_state, secret_state, short, step_title};
use askama::Template;
use axum::extract::{Path, Request};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use guide::{Guide, guide};
use hibob_server::api::Sent;
use serde_json::{Value, json};

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    page: Page,
    path: String,
    progress: String,
    rows: Vec<Row>,
    /// Where to go on.
    next: Option<(String, String)>,
    /// What is left when all steps are done.
    is_scheduled: bool,
}

/// A step in the list.
struct Row {
    path: String,
    title: String,
    pill: Pill,
    settled: Option<String>,
}

#[derive(Template)]
#[template(path = "setup_step.html")]
struct StepPage {
    page: Page,
    /// The tenant's path.
    path: String,
    word: String,
    number: String,
    pill: Pill,
    settled: Option<String>,
    guide: Guide,
    secret: Option<SecretField>,
    permissions: Option<Permissions>,
    fields: Vec<Field>,
    version: i64,
    plan: Option<PlanField>,
    next: Option<(String, String)>,
    may_change: bool,
    needs_proof: bool,
    zone: String,
}

/// The secret that a step is about.
struct SecretField {
    name: &'static str,
    pill: Pill,
    is_elsewhere: bool,
    button: String,
}

/// The permissions, as the last check has found them, and whether one can be made.
struct Permissions {
    check: Option<CheckView>,
    check_runs: Option<String>,
    /// Why no check can be made yet.
    blocked: Option<String>,
}

/// The plan that is there to be decided about.
struct PlanField {
    found: Option<(String, Pill)>,
    blocked: Option<String>,
}

pub(crate) async fn show(signed: Signed, Path(tenant): Path<String>) -> Response {
    signed.show(list(&signed, &tenant)).await
}

async fn list(signed: &Signed, tenant: &str) -> Result<Response, Failure> {
    let t = signed.texts;
    let about: Tenant = signed.get(&api_path(tenant)).await?;
    let setup: Setup = signed.get(&format!("{}/setup", api_path(tenant))).await?;
    let (clock, path) = (clock(&about.time_zone), tenant_path(tenant));
    let open = setup.steps.iter().find(|step| !step.done);
    let page = SetupPage {
        page: signed.page(fill(t.setup_of, &[tenant])).below(crumbs(signed, tenant)),
        progress: progress(t, &setup),
        next: open.map(|step| (step_path(&path, &step.step), fill(t.setup_go_on, &[&step_title(t, &step.step)]))),
        rows: setup.steps.iter().map(|step| row(t, &clock, &path, step)).collect(),
        is_scheduled: !about.status.next_starts.is_empty(),
        path,
    };
    Ok(html(StatusCode::OK, &page))
}

/// How far it is, in words.
pub(crate) fn progress(t: &Texts, setup: &Setup) -> String {
    fill(t.setup_progress, &[&setup.done.to_string(), &setup.steps.len().to_string()])
}

fn step_path(tenant_path: &str, word: &str) -> String {
    format!("{tenant_path}/setup/{}", encoded(word))
}

fn row(t: &Texts, clock: &Clock, path: &str, step: &SetupStep) -> Row {
    Row {
        path: step_path(path, &step.step),
        title: step_title(t, &step.step),
        pill: state(t, step),
        settled: settled(t, clock, step),
    }
}

fn state(t: &Texts, step: &SetupStep) -> Pill {
    if step.done { Pill::good(t.done) } else { Pill::ask(t.setup_open) }
}

fn settled(t: &Texts, clock: &Clock, step: &SetupStep) -> Option<String> {
    let (by, at) = (step.settled_by.as_deref()?, step.settled_at?);
    let moment = clock.at(t, at);
    Some(fill(t.decided_by, &[by, &format!("{} ({})", moment.shown, moment.zone)]))
}

pub(crate) async fn show_step(signed: Signed, Path((tenant, step)): Path<(String, String)>) -> Response {
    signed.show(step_page(&signed, &tenant, &step, Filled::default())).await
}

/// The page of a step, with what was entered there and what has just not worked.
pub(crate) async fn step_page(signed: &Signed, tenant: &str, word: &str, filled: Filled) -> Result<Response, Failure> {
    let (t, api, path) = (signed.texts, api_path(tenant), tenant_path(tenant));
    let about: Tenant = signed.get(&api).await?;
    let setup: Setup = signed.get(&format!("{api}/setup")).await?;
    let found = setup.steps.iter().enumerate().find(|(_, step)| step.step == word);
    let Some((place, step)) = found else { return Err(Failure::nowhere()) };
    let after = setup.steps.get(place + 1);
    let clock = clock(&about.time_zone);
    let stored: Settings = signed.get(&format!("{api}/settings")).await?;
    let (status, notice) = filled.notice.map_or((StatusCode::OK, None), |(status, notice)| (status, Some(notice)));
    let (entered, version) = filled.entered.unwrap_or_else(|| (stored.settings.clone(), stored.version));
    let is_ready =
        about.secrets.iter().all(|secret| matches!(secret.state.as_str(), "in-use" | "elsewhere" | "unused"));
    let blocked = (!is_ready).then(|| t.setup_needs_secrets.to_owned());
    let above = crumbs(signed, tenant).into_iter().chain([(t.setup.to_owned(), format!("{path}/setup"))]);
    let number = fill(t.setup_step, &[&(place + 1).to_string(), &setup.steps.len().to_string()]);
    let page = StepPage {
        page: signed.page(step_title(t, word)).at(&step_path(&path, word)).below(above).with_notice(notice),
        number,
        pill: state(t, step),
        settled: settled(t, &clock, step),
        guide: guide(t, word, &stored.settings),
        secret: secret_of(word).map(|name| secret_field(t, &about, name)),
        permissions: if word == "permissions" {
            let check: Check = signed.get(&format!("{api}/check")).await?;
            let check_runs = check.running.map(|job| format!("{path}/jobs/{}", job.job));
            let check = check.check.map(|job| check_view(t, &clock, job));
            Some(Permissions { check, check_runs, blocked: blocked.clone() })
        } else {
            None
        },
        fields: fields_of(t, guide::settings_of(word), &entered, &filled.wrong),
        version,
        plan: if word == "first-plan" {
            let plans: Plans = signed.get(&format!("{api}/plans?limit=5")).await?;
            let found =
                plans.plans.iter().find(|plan| matches!(plan.state.as_str(), "waiting" | "offered" | "approved"));
            let found = found.map(|plan| (format!("{path}/plans/{}", short(&plan.plan)), plan_state(t, &plan.state)));
            Some(PlanField { found, blocked })
        } else {
            None
        },
        next: after.map(|step| (step_path(&path, &step.step), fill(t.setup_next, &[&step_title(t, &step.step)]))),
        may_change: signed.may_change(),
        needs_proof: signed.session.needs_proof(),
        zone: fill(t.times_in, &[clock.zone()]),
        word: word.to_owned(),
        path,
    };
    Ok(html(status, &page))
}

/// The secret that a step is about.
fn secret_of(word: &str) -> Option<&'static str> {
    match word {
        "service-user" => Some("hibob.token"),
        "key" => Some("travelperk.key"),
        _ => None,
    }
}

fn secret_field(t: &Texts, about: &Tenant, name: &'static str) -> SecretField {
    let own = about.secrets.iter().find(|secret| secret.name == name);
    let is_entered = own.is_some_and(|secret| secret.entered_at.is_some());
    SecretField {
        name,
        pill: secret_state(t, own.map_or("missing", |secret| secret.state.as_str())),
        is_elsewhere: own.is_some_and(|secret| secret.state == "elsewhere"),
        button: fill(if is_entered { t.replace_secret } else { t.store_secret }, &[name]),
    }
}

/// A choice: if it changes settings, the difference comes first; else the step is settled.
pub(crate) async fn choose(signed: Signed, Path((tenant, step)): Path<(String, String)>, request: Request) -> Response {
    signed.show(chosen(&signed, &tenant, &step, request)).await
}

async fn chosen(signed: &Signed, tenant: &str, word: &str, request: Request) -> Result<Response, Failure> {
    let sent = Form::read(request).await?;
    let version = sent.get("version").parse::<i64>().unwrap_or_default();
    if sent.has("settings") {
        // Back from the difference, to change more.
        let entered = Some((carried(&sent)?, version));
        return step_page(signed, tenant, word, Filled { entered, ..Filled::default() }).await;
    }
    let stored: Settings = signed.get(&format!("{}/settings", api_path(tenant))).await?;
    let entered = read_over(&sent, &stored.settings, guide::settings_of(word));
    difference(signed, tenant, word, entered, version, None).await
}

/// Notes that the person of the session has settled a step, and goes on to the next one that is open.
pub(crate) async fn settle(signed: &Signed, tenant: &str, word: &str) -> Result<Response, Failure> {
    let body = json!({ "by": signed.session.row.person });
    let path = format!("{}/setup/{}", api_path(tenant), encoded(word));
    let _: Value = signed.send(Method::PUT, &path, Sent::Json(&body)).await?;
    Ok(see_other(&go_on(signed, tenant, word).await?))
}

/// The step after this one that is open; the list of steps if there is none.
pub(crate) async fn go_on(signed: &Signed, tenant: &str, word: &str) -> Result<String, Failure> {
    let setup: Setup = signed.get(&format!("{}/setup", api_path(tenant))).await?;
    let path = tenant_path(tenant);
    let rest = setup.steps.iter().skip_while(|step| step.step != word).skip(1);
    let open = rest.chain(&setup.steps).find(|step| !step.done);
    Ok(open.map_or_else(|| format!("{path}/setup"), |step| step_path(&path, &step.step)))
}
