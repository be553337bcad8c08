//! The secrets of a tenant: which ones its settings name, whether each is there, and entering one. None is ever shown.

use crate::answers::{Secret, StoredSecret, Tenant};
use crate::ask::Failure;
use crate::clock::{Clock, Moment};
use crate::form::Form;
use crate::page::{Notice, Page, html, see_other};
use crate::pages::settings::Filled;
use crate::pages::{api_path, clock, crumbs, setup, tenant_path};
use crate::proof::proved;
use crate::texts::{Texts, fill};
use crate::visit::Signed;
use crate::words::{Pill, secret_name, secret_state};
use askama::Template;
use axum::extract::{Path, Request};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use hibob_base::secret::SecretName;
use hibob_server::api::Sent;

#[derive(Template)]
#[template(path = "secrets.html")]
struct SecretsPage {
    page: Page,
    path: String,
    rows: Vec<Row>,
    /// The name of the one that was stored just now.
    stored: Option<String>,
    may_change: bool,
    needs_proof: bool,
    zone: String,
}

struct Row {
    name: String,
    what: &'static str,
    pill: Pill,
    entered: Option<Moment>,
    origins: String,
    /// What the button says; none if it is not entered here.
    button: Option<String>,
}

pub(crate) async fn show(signed: Signed, Path(tenant): Path<String>) -> Response {
    signed.show(made(&signed, &tenant, None)).await
}

async fn made(signed: &Signed, tenant: &str, notice: Option<(StatusCode, Notice)>) -> Result<Response, Failure> {
    let t = signed.texts;
    let about: Tenant = signed.get(&api_path(tenant)).await?;
    let clock = clock(&about.time_zone);
    let stored = Form::query(signed.query.as_deref()).get("stored").parse::<SecretName>();
    let path = format!("{}/secrets", tenant_path(tenant));
    let (status, notice) = notice.map_or((StatusCode::OK, None), |(status, notice)| (status, Some(notice)));
    let page = SecretsPage {
        page: signed.page(fill(t.secrets_of, &[tenant])).at(&path).below(crumbs(signed, tenant)).with_notice(notice),
        path,
        rows: about.secrets.iter().map(|secret| row(t, &clock, secret)).collect(),
        stored: stored.ok().map(|name| fill(t.secret_stored, &[name.as_str()])),
        may_change: signed.may_change(),
        needs_proof: signed.session.needs_proof(),
        zone: fill(t.times_in, &[clock.zone()]),
    };
    Ok(html(status, &page))
}

fn row(t: &Texts, clock: &Clock, secret: &Secret) -> Row {
    let name = secret.name.parse::<SecretName>().ok();
    let is_entered_here = name.is_some() && secret.state != "elsewhere";
    let button = if secret.entered_at.is_some() { t.replace_secret } else { t.store_secret };
    Row {
        what: name.map_or(t.secret_of_people, |name| secret_name(t, name)),
        pill: secret_state(t, &secret.state),
        entered: secret.entered_at.map(|at| clock.at(t, at)),
        origins: secret.origins.join(", "),
        button: is_entered_here.then(|| fill(button, &[&secret.name])),
        name: secret.name.clone(),
    }
}

pub(crate) async fn enter(signed: Signed, Path(tenant): Path<String>, request: Request) -> Response {
    signed.show(entered(&signed, &tenant, request)).await
}

async fn entered(signed: &Signed, tenant: &str, request: Request) -> Result<Response, Failure> {
    let (t, form) = (signed.texts, Form::read(request).await?);
    let step = form.get("step");
    if !proved(signed, &form).await? {
        let notice = Notice::own(t.proof_wrong, t.proof_hint);
        return again(signed, tenant, step, StatusCode::FORBIDDEN, notice).await;
    }
    let Ok(name) = form.get("name").parse::<SecretName>() else {
        let notice = Notice::own(t.secret_unknown, t.secret_unknown_remedy);
        return again(signed, tenant, step, StatusCode::UNPROCESSABLE_ENTITY, notice).await;
    };
    let path = format!("{}/secrets/{name}", api_path(tenant));
    match signed.send::<StoredSecret>(Method::PUT, &path, Sent::Text(form.get("value"))).await {
        Ok(_) if !step.is_empty() => Ok(see_other(&setup::go_on(signed, tenant, step).await?)),
        Ok(stored) => Ok(see_other(&format!("{}/secrets?stored={}", tenant_path(tenant), stored.name))),
        Err(Failure::Problem(problem)) if matches!(problem.status, 413 | 422) => {
            again(signed, tenant, step, problem.status(), (&problem).into()).await
        }
        Err(failure) => Err(failure),
    }
}

/// The page that the form was on, with what has not worked.
async fn again(
    signed: &Signed,
    tenant: &str,
    step: &str,
    status: StatusCode,
    notice: Notice,
) -> Result<Response, Failure> {
    let notice = Some((status, notice));
    match step {
        "" => made(signed, tenant, notice).await,
        step => setup::step_page(signed, tenant, step, Filled { notice, ..Filled::default() }).await,
    }
}
