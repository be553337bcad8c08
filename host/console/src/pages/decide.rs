//! Approving and rejecting a plan, in the name of whoever has signed in.

use crate::answers::{Changes, Decision};
use crate::ask::Failure;
use crate::form::{Form, encoded};
use crate::page::{Notice, see_other};
use crate::pages::{api_path, plan, tenant_path};
use crate::proof::proved;
use crate::texts::fill;
use crate::visit::Signed;
use axum::extract::{Path, Request};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use hibob_server::api::Sent;
use serde_json::json;

pub(crate) async fn approve(
    signed: Signed,
    Path((tenant, plan)): Path<(String, String)>,
    request: Request,
) -> Response {
    signed.show(approved(&signed, &tenant, &plan, request)).await
}

async fn approved(signed: &Signed, tenant: &str, plan: &str, request: Request) -> Result<Response, Failure> {
    let (t, form) = (signed.texts, Form::read(request).await?);
    let api = format!("{}/plans/{}", api_path(tenant), encoded(plan));
    let shown: Changes = signed.get(&format!("{api}/changes?limit=1")).await?;
    let total: u64 = shown.kinds.values().sum();
    if !shown.approval.why.is_empty() && total > 0 && form.get("number") != total.to_string() {
        let notice = Notice::own(t.number_wrong, &fill(t.number_wrong_remedy, &[&total.to_string()]));
        return Ok(plan::with_notice(signed, tenant, plan, StatusCode::UNPROCESSABLE_ENTITY, notice).await);
    }
    if !proved(signed, &form).await? {
        let notice = Notice::own(t.proof_wrong, t.proof_hint);
        return Ok(plan::with_notice(signed, tenant, plan, StatusCode::FORBIDDEN, notice).await);
    }
    let body = json!({ "by": signed.session.row.person });
    match signed.send::<Decision>(Method::POST, &format!("{api}/approve"), Sent::Json(&body)).await {
        Ok(Decision { job: Some(job) }) => Ok(see_other(&format!("{}/jobs/{job}", tenant_path(tenant)))),
        Ok(Decision { job: None }) => Ok(see_other(&format!("{}/plans/{}", tenant_path(tenant), encoded(plan)))),
        Err(failure) => or_words(signed, tenant, plan, failure).await,
    }
}

pub(crate) async fn reject(signed: Signed, Path((tenant, plan)): Path<(String, String)>, request: Request) -> Response {
    signed
        .show(async {
            let form = Form::read(request).await?;
            let body = json!({ "by": signed.session.row.person, "reason": form.get("reason") });
            let path = format!("{}/plans/{}/reject", api_path(&tenant), encoded(&plan));
            match signed.send::<Decision>(Method::POST, &path, Sent::Json(&body)).await {
                Ok(_) => Ok(see_other(&format!("{}/plans/{}", tenant_path(&tenant), encoded(&plan)))),
                Err(failure) => or_words(&signed, &tenant, &plan, failure).await,
            }
        })
        .await
}

/// The plan as it is now, with why it was not decided: somebody else may have been quicker.
async fn or_words(signed: &Signed, tenant: &str, plan: &str, failure: Failure) -> Result<Response, Failure> {
    match failure {
        Failure::Problem(problem) if matches!(problem.status, 409 | 422) => {
            Ok(plan::with_notice(signed, tenant, plan, problem.status(), (&problem).into()).await)
        }
        failure => Err(failure),
    }
}
