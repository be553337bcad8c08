//! Approving and rejecting a plan, in the name of whoever has signed in.

use crate::answers::{Changes, Decision, Token};
use crate::ask::{Failure, read};
use crate::form::{Form, encoded};
use crate::page::{Notice, see_other};
use crate::pages::{api_path, plan, tenant_path};
use crate::session::{digest, now};
use crate::texts::fill;
use crate::visit::Signed;
use axum::extract::{Path, Request};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use hibob_base::error::HostError;
use hibob_server::api::Asker;
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
    if signed.session.needs_proof() && !proved(signed, form.get("proof")).await? {
        let notice = Notice::own(t.proof_wrong, t.proof_hint);
        return Ok(plan::with_notice(signed, tenant, plan, StatusCode::FORBIDDEN, notice).await);
    }
    let body = json!({ "by": signed.session.row.person });
    match signed.send::<Decision>(Method::POST, &format!("{api}/approve"), Some(&body)).await {
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
            match signed.send::<Decision>(Method::POST, &path, Some(&body)).await {
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

/// Whether this is the token of the session, or a link of its person with the same rights, which is used up by that. It
/// counts as showing the token from now on.
async fn proved(signed: &Signed, proof: &str) -> Result<bool, Failure> {
    let code = proof.rsplit_once("code=").map_or(proof, |(_, code)| code);
    let is_right = match digest(code) {
        Some(digest) => is_own_link(signed, &digest).await?,
        None => is_own_token(signed, proof).await?,
    };
    if is_right {
        let now = now();
        signed.console.data.control().note_console_session(&signed.session.digest, now, now).await?;
    }
    Ok(is_right)
}

/// The gate counts and records wrong tokens, as it does everywhere.
async fn is_own_token(signed: &Signed, token: &str) -> Result<bool, Failure> {
    let answer = signed.console.caller.ask(Asker::Token(token), signed.from, Method::GET, "/v1/token", None).await;
    match read::<Token>(answer).await {
        Ok(token) => Ok(token.token == signed.session.token.id),
        Err(Failure::SignIn) => Ok(false),
        Err(Failure::Problem(problem)) if problem.status < 500 => Ok(false),
        Err(failure) => Err(failure),
    }
}

async fn is_own_link(signed: &Signed, digest: &[u8; 32]) -> Result<bool, HostError> {
    let control = signed.console.data.control();
    let Some((token, person)) = control.take_console_link(digest, now()).await? else { return Ok(false) };
    let own = &signed.session.token;
    let is_same = |token: &hibob_store::token::StoredToken| {
        token.is_valid(now()) && (token.role, &token.tenant) == (own.role, &own.tenant)
    };
    let token = control.token(&token).await?;
    Ok(person == signed.session.row.person && token.as_ref().is_some_and(is_same))
}
