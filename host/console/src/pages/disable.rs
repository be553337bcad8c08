//! Disabling a tenant, with a page that says what stops and what stays; and enabling it again.

use crate::answers::Tenant;
use crate::ask::Failure;
use crate::form::Form;
use crate::page::{Page, html, see_other};
use crate::pages::{api_path, crumbs, tenant, tenant_path};
use crate::texts::fill;
use crate::visit::Signed;
use askama::Template;
use axum::extract::{Path, Request};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use hibob_server::api::Sent;
use serde_json::{Value, json};

#[derive(Template)]
#[template(path = "disable.html")]
struct DisablePage {
    page: Page,
    path: String,
}

pub(crate) async fn confirm(signed: Signed, Path(tenant): Path<String>) -> Response {
    signed
        .show(async {
            let _: Tenant = signed.get(&api_path(&tenant)).await?;
            let title = fill(signed.texts.disable_title, &[&tenant]);
            let page = signed.page(title).below(crumbs(&signed, &tenant));
            Ok(html(StatusCode::OK, &DisablePage { page, path: tenant_path(&tenant) }))
        })
        .await
}

pub(crate) async fn disable(signed: Signed, Path(tenant): Path<String>, request: Request) -> Response {
    signed
        .show(async {
            let form = Form::read(request).await?;
            let body = json!({ "by": signed.session.row.person, "reason": form.get("reason") });
            sent(&signed, &tenant, "disable", &body).await
        })
        .await
}

pub(crate) async fn enable(signed: Signed, Path(tenant): Path<String>) -> Response {
    let body = json!({ "by": signed.session.row.person });
    signed.show(sent(&signed, &tenant, "enable", &body)).await
}

async fn sent(signed: &Signed, tenant: &str, action: &str, body: &Value) -> Result<Response, Failure> {
    let path = format!("{}/{action}", api_path(tenant));
    match signed.send::<Value>(Method::POST, &path, Sent::Json(body)).await {
        Ok(_) => Ok(see_other(&tenant_path(tenant))),
        Err(Failure::Problem(problem)) if problem.status == 422 => {
            Ok(tenant::with_notice(signed, tenant, problem.status(), (&problem).into()).await)
        }
        Err(failure) => Err(failure),
    }
}
