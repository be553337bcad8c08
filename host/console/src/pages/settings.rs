//! The settings of a tenant: a form that is made of the table of keys, the difference in words, and storing it.
//!
//! ```text
//! form ▸ POST …/settings (API: settings/changes) ▸ difference ▸ POST …/settings/store (API: PUT settings, If-Match)
//! ```

pub(crate) mod fields;
mod versions;

pub(crate) use versions::{show as versions, stored_by};

use crate::answers::{Settings, SettingsChange, Tenant};
use crate::ask::{Failure, Problem, WrongSetting};
use crate::form::Form;
use crate::page::{Notice, Page, html, see_other};
use crate::pages::{api_path, crumbs, setup, tenant_path};
use crate::proof::proved;
use crate::texts::{Texts, fill};
use crate::visit::Signed;
use crate::words::value;
use askama::Template;
use axum::extract::{Path, Request};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use fields::{Control, Group, Shown, groups, of_operator, read};
use hibob_server::api::Sent;
use serde_json::{Value, json};

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    page: Page,
    path: String,
    version: i64,
    /// The number of the version that was stored just now.
    stored: Option<String>,
    groups: Vec<Group>,
    of_operator: Vec<Shown>,
    may_change: bool,
}

#[derive(Template)]
#[template(path = "settings_change.html")]
struct ChangePage {
    page: Page,
    path: String,
    /// The page with the form, and the step that it is of, if it is.
    back: String,
    step: String,
    version: i64,
    /// What is sent, as JSON.
    sent: String,
    changes: Vec<ShownChange>,
    losses: Vec<String>,
    button: String,
    needs_proof: bool,
}

/// A setting with its values before and after; none is the default.
struct ShownChange {
    key: String,
    before: Option<String>,
    after: Option<String>,
}

pub(crate) async fn show(signed: Signed, Path(tenant): Path<String>) -> Response {
    signed.show(form(&signed, &tenant, Filled::default())).await
}

/// What a form shows beside what is stored.
#[derive(Default)]
pub(crate) struct Filled {
    /// What somebody has entered, and of which version.
    pub(crate) entered: Option<(Value, i64)>,
    pub(crate) wrong: Vec<WrongSetting>,
    pub(crate) notice: Option<(StatusCode, Notice)>,
}

/// The form that something came from: the page of a step of the setting up, or that of all settings.
async fn back(signed: &Signed, tenant: &str, step: &str, filled: Filled) -> Result<Response, Failure> {
    match step {
        "" => form(signed, tenant, filled).await,
        step => setup::step_page(signed, tenant, step, filled).await,
    }
}

async fn form(signed: &Signed, tenant: &str, filled: Filled) -> Result<Response, Failure> {
    let t = signed.texts;
    let _: Tenant = signed.get(&api_path(tenant)).await?;
    let stored: Settings = signed.get(&format!("{}/settings", api_path(tenant))).await?;
    let (status, notice) = filled.notice.map_or((StatusCode::OK, None), |(status, notice)| (status, Some(notice)));
    let path = format!("{}/settings", tenant_path(tenant));
    let number = Form::query(signed.query.as_deref()).get("stored").parse::<i64>().ok();
    let has_references = stored.settings.get("references").is_some_and(|table| !table.is_null());
    let (entered, version) = filled.entered.unwrap_or_else(|| (stored.settings.clone(), stored.version));
    let page = SettingsPage {
        page: signed.page(fill(t.settings_of, &[tenant])).at(&path).below(crumbs(signed, tenant)).with_notice(notice),
        path,
        version,
        stored: number.map(|number| fill(t.settings_stored, &[&number.to_string()])),
        groups: groups(t, &entered, &filled.wrong, has_references),
        of_operator: of_operator(t, &stored.settings),
        may_change: signed.may_change(),
    };
    Ok(html(status, &page))
}

/// The difference between what was entered and what is stored; or the form again, with what is wrong.
pub(crate) async fn compare(signed: Signed, Path(tenant): Path<String>, request: Request) -> Response {
    signed
        .show(async {
            let sent = Form::read(request).await?;
            let version = sent.get("version").parse::<i64>().unwrap_or_default();
            if sent.has("settings") {
                // Back from the difference, to change more.
                let entered = Some((carried(&sent)?, version));
                return form(&signed, &tenant, Filled { entered, ..Filled::default() }).await;
            }
            difference(&signed, &tenant, "", read(&sent), version, None).await
        })
        .await
}

/// What a page has carried along, as JSON.
pub(crate) fn carried(form: &Form) -> Result<Value, Failure> {
    serde_json::from_str(form.get("settings")).map_err(|error| {
        let remedy = "open the settings again, and make the change there";
        Failure::Problem(Problem::own(StatusCode::BAD_REQUEST, &format!("these are no settings: {error}"), remedy))
    })
}

/// The difference between what was entered and what is stored. A step without any is settled.
pub(crate) async fn difference(
    signed: &Signed,
    tenant: &str,
    step: &str,
    entered: Value,
    version: i64,
    notice: Option<(StatusCode, Notice)>,
) -> Result<Response, Failure> {
    let t = signed.texts;
    let path = format!("{}/settings/changes", api_path(tenant));
    let asked = json!({ "settings": entered });
    let change = match signed.send::<SettingsChange>(Method::POST, &path, Sent::Json(&asked)).await {
        Ok(change) => change,
        Err(Failure::Problem(problem)) if problem.status == 422 => {
            return wrong(signed, tenant, step, entered, version, &problem).await;
        }
        Err(failure) => return Err(failure),
    };
    if change.changes.is_empty() && !step.is_empty() {
        return setup::settle(signed, tenant, step).await;
    }
    if change.changes.is_empty() {
        let notice = Some((StatusCode::OK, Notice::own(t.settings_nothing, t.settings_nothing_remedy)));
        return form(signed, tenant, Filled { entered: Some((entered, version)), notice, ..Filled::default() }).await;
    }
    let (status, notice) = notice.map_or((StatusCode::OK, None), |(status, notice)| (status, Some(notice)));
    let path = format!("{}/settings", tenant_path(tenant));
    let number = u64::try_from(change.changes.len()).unwrap_or(u64::MAX);
    let above = crumbs(signed, tenant).into_iter().chain([(t.settings.to_owned(), path.clone())]);
    let back = if step.is_empty() { path.clone() } else { format!("{}/setup/{step}", tenant_path(tenant)) };
    let page = ChangePage {
        back,
        step: step.to_owned(),
        page: signed.page(fill(t.settings_change_of, &[tenant])).at(&path).below(above).with_notice(notice),
        path,
        version,
        sent: entered.to_string(),
        changes: change.changes.iter().map(|row| shown_change(t, &row.key, &row.before, &row.after)).collect(),
        losses: change.losses,
        button: t.number_of(number, t.settings_store_one, t.settings_store_more),
        needs_proof: signed.session.needs_proof(),
    };
    Ok(html(status, &page))
}

fn shown_change(t: &Texts, key: &str, before: &Value, after: &Value) -> ShownChange {
    let shown = |side: &Value| (!side.is_null()).then(|| value(t, side).unwrap_or_else(|| t.empty.to_owned()));
    ShownChange { key: key.to_owned(), before: shown(before), after: shown(after) }
}

/// The form with what was entered, and what is wrong with it.
async fn wrong(
    signed: &Signed,
    tenant: &str,
    step: &str,
    entered: Value,
    version: i64,
    problem: &Problem,
) -> Result<Response, Failure> {
    let filled = Filled {
        entered: Some((entered, version)),
        wrong: problem.settings.clone(),
        notice: Some((problem.status(), problem.into())),
    };
    back(signed, tenant, step, filled).await
}

pub(crate) async fn store(signed: Signed, Path(tenant): Path<String>, request: Request) -> Response {
    signed.show(stored(&signed, &tenant, request)).await
}

async fn stored(signed: &Signed, tenant: &str, request: Request) -> Result<Response, Failure> {
    let (t, sent) = (signed.texts, Form::read(request).await?);
    let (entered, version) = (carried(&sent)?, sent.get("version").parse::<i64>().unwrap_or_default());
    let step = sent.get("step");
    if !proved(signed, &sent).await? {
        let notice = Notice::own(t.proof_wrong, t.proof_hint);
        return difference(signed, tenant, step, entered, version, Some((StatusCode::FORBIDDEN, notice))).await;
    }
    let is_meant = sent.get("confirm") == "yes";
    let body = json!({ "settings": entered, "by": signed.session.row.person, "confirm": is_meant });
    let (path, tag) = (format!("{}/settings", api_path(tenant)), format!("\"{version}\""));
    match signed.send::<SettingsChange>(Method::PUT, &path, Sent::Over(&body, &tag)).await {
        Ok(_) if !step.is_empty() => setup::settle(signed, tenant, step).await,
        Ok(change) => Ok(see_other(&format!("{}/settings?stored={}", tenant_path(tenant), change.version))),
        Err(Failure::Problem(problem)) => match problem.status {
            // What would be lost was not confirmed.
            409 => {
                let notice = Notice::own(t.settings_unconfirmed, t.settings_unconfirmed_remedy);
                difference(signed, tenant, step, entered, version, Some((problem.status(), notice))).await
            }
            // Somebody else was quicker: the settings as they are now.
            412 => {
                let notice = Some((problem.status(), (&problem).into()));
                back(signed, tenant, step, Filled { notice, ..Filled::default() }).await
            }
            422 => wrong(signed, tenant, step, entered, version, &problem).await,
            _ => Err(Failure::Problem(problem)),
        },
        Err(failure) => Err(failure),
    }
}
