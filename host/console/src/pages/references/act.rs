//! What is done with references: issuing, waiving, delivering, revoking, and taking one as a file.

use super::{made, made_one};
use crate::answers::{QueuedJob, References};
use crate::ask::{Failure, read};
use crate::form::{Form, encoded};
use crate::page::{Notice, Page, html, see_other};
use crate::pages::{api_path, crumbs, tenant_path};
use crate::proof::proved;
use crate::texts::fill;
use crate::visit::Signed;
use askama::Template;
use axum::extract::{Path, Request};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use hibob_server::api::Sent;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The page that asks for the number where more are chosen than a run may issue.
#[derive(Template)]
#[template(path = "references_issue.html")]
struct ConfirmPage {
    page: Page,
    path: String,
    above: String,
    employees: String,
    is_now: bool,
    number: usize,
    button: String,
    needs_proof: bool,
}

pub(crate) async fn issue(signed: Signed, Path(tenant): Path<String>, request: Request) -> Response {
    signed.show(issued(&signed, &tenant, request)).await
}

async fn issued(signed: &Signed, tenant: &str, request: Request) -> Result<Response, Failure> {
    let (t, form) = (signed.texts, Form::read(request).await?);
    let employees: Option<BTreeSet<String>> = employees(&form).filter(|employees| !employees.is_empty());
    let Some(employees) = employees else {
        let notice = Notice::own(t.issue_nobody, t.issue_nobody_remedy);
        return made(signed, tenant, Some((StatusCode::UNPROCESSABLE_ENTITY, notice))).await;
    };
    let listed: References = signed.get(&format!("{}/references", api_path(tenant))).await?;
    let (number, is_now) = (employees.len(), form.has("now"));
    let mut allowed = 0;
    if number > listed.issuing_left {
        let typed = form.get("number");
        let total = number.to_string();
        let ask = |status, notice| {
            let path = format!("{}/references", tenant_path(tenant));
            let above = crumbs(signed, tenant).into_iter().chain([(t.references.to_owned(), path.clone())]);
            let page = ConfirmPage {
                page: signed.page(t.issue_references).at(&path).below(above).with_notice(notice),
                path,
                above: fill(t.issue_above, &[&total, &listed.issuing_left.to_string()]),
                employees: employees.iter().map(String::as_str).collect::<Vec<_>>().join("\n"),
                is_now,
                number,
                button: t.number_of(u64::try_from(number).unwrap_or(u64::MAX), t.issue_allow_one, t.issue_allow_more),
                needs_proof: signed.session.needs_proof(),
            };
            Ok(html(status, &page))
        };
        if typed.is_empty() {
            return ask(StatusCode::OK, None);
        }
        if typed != total {
            let notice = Notice::own(t.issue_wrong, &fill(t.number_wrong_remedy, &[&total]));
            return ask(StatusCode::UNPROCESSABLE_ENTITY, Some(notice));
        }
        if !proved(signed, &form).await? {
            return ask(StatusCode::FORBIDDEN, Some(Notice::own(t.proof_wrong, t.proof_hint)));
        }
        allowed = number;
    }
    let body = json!({ "employees": employees, "allow_issuing": allowed, "skip_grace_time": is_now });
    let path = format!("{}/references/issue", api_path(tenant));
    match signed.send::<QueuedJob>(Method::POST, &path, Sent::Json(&body)).await {
        Ok(queued) => Ok(see_other(&format!("{}/jobs/{}", tenant_path(tenant), queued.job))),
        Err(Failure::Problem(problem)) if matches!(problem.status, 409 | 422) => {
            made(signed, tenant, Some((problem.status(), (&problem).into()))).await
        }
        Err(failure) => Err(failure),
    }
}

/// Who was chosen, and whose numbers were entered; none if a line is no number.
fn employees(form: &Form) -> Option<BTreeSet<String>> {
    let lines = form.get("numbers").split(['\n', '\r', ',', ' ']).map(str::trim).filter(|line| !line.is_empty());
    let all: BTreeSet<String> = form.all("employee").into_iter().chain(lines).map(str::to_owned).collect();
    all.iter().all(|id| id.bytes().all(|byte| byte.is_ascii_digit())).then_some(all)
}

pub(crate) async fn waive(signed: Signed, Path(tenant): Path<String>, request: Request) -> Response {
    signed
        .show(async {
            let form = Form::read(request).await?;
            let (employee, reason, by) = (form.get("employee"), form.get("reason"), &signed.session.row.person);
            let body = json!({ "employee": employee, "reason": reason, "by": by });
            let path = format!("{}/references/waive", api_path(&tenant));
            match signed.send::<Value>(Method::POST, &path, Sent::Json(&body)).await {
                Ok(_) => Ok(see_other(&format!("{}/references", tenant_path(&tenant)))),
                Err(Failure::Problem(problem)) if matches!(problem.status, 409 | 422) => {
                    made(&signed, &tenant, Some((problem.status(), (&problem).into()))).await
                }
                Err(failure) => Err(failure),
            }
        })
        .await
}

/// The path of a reference in the API, with what is done.
fn api_of(tenant: &str, reference: &str, action: &str) -> String {
    format!("{}/references/{}/{action}", api_path(tenant), encoded(reference))
}

pub(crate) async fn deliver(
    signed: Signed,
    Path((tenant, reference)): Path<(String, String)>,
    request: Request,
) -> Response {
    signed
        .show(async {
            let form = Form::read(request).await?;
            let body = json!({ "again": form.has("again") });
            let path = api_of(&tenant, &reference, "deliver");
            match signed.send::<QueuedJob>(Method::POST, &path, Sent::Json(&body)).await {
                Ok(queued) => Ok(see_other(&format!("{}/jobs/{}", tenant_path(&tenant), queued.job))),
                Err(failure) => or_words(&signed, &tenant, &reference, failure).await,
            }
        })
        .await
}

pub(crate) async fn revoke(
    signed: Signed,
    Path((tenant, reference)): Path<(String, String)>,
    request: Request,
) -> Response {
    signed
        .show(async {
            let (t, form) = (signed.texts, Form::read(request).await?);
            if !proved(&signed, &form).await? {
                let notice = Notice::own(t.proof_wrong, t.proof_hint);
                return made_one(&signed, &tenant, &reference, Some((StatusCode::FORBIDDEN, notice))).await;
            }
            let body = json!({ "reason": form.get("reason") });
            let path = api_of(&tenant, &reference, "revoke");
            match signed.send::<Value>(Method::POST, &path, Sent::Json(&body)).await {
                Ok(_) => Ok(see_other(&format!("{}/references/{}", tenant_path(&tenant), encoded(&reference)))),
                Err(failure) => or_words(&signed, &tenant, &reference, failure).await,
            }
        })
        .await
}

async fn or_words(signed: &Signed, tenant: &str, reference: &str, failure: Failure) -> Result<Response, Failure> {
    match failure {
        Failure::Problem(problem) if matches!(problem.status, 409 | 422) => {
            made_one(signed, tenant, reference, Some((problem.status(), (&problem).into()))).await
        }
        failure => Err(failure),
    }
}

pub(crate) async fn pdf(signed: Signed, Path((tenant, reference)): Path<(String, String)>) -> Response {
    signed.show(file(&signed, &tenant, &reference, "export")).await
}

pub(crate) async fn json(signed: Signed, Path((tenant, reference)): Path<(String, String)>) -> Response {
    signed.show(file(&signed, &tenant, &reference, "credential")).await
}

/// A file as the API makes it.
async fn file(signed: &Signed, tenant: &str, reference: &str, action: &str) -> Result<Response, Failure> {
    let answer = signed.ask(Method::GET, &api_of(tenant, reference, action), Sent::Nothing).await;
    if answer.status() == StatusCode::OK {
        return Ok(answer);
    }
    let failure = read::<Value>(answer).await.err().unwrap_or(Failure::SignIn);
    or_words(signed, tenant, reference, failure).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_from_lines_and_choices_each_once() {
        let form = |fields: &[(&str, &str)]| {
            Form::of(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        let found = employees(&form(&[("employee", "7"), ("employee", "8"), ("numbers", "8\r\n\r\n 9\n10, 11")]));
        assert_eq!(found.unwrap().into_iter().collect::<Vec<_>>(), ["10", "11", "7", "8", "9"]);
        assert_eq!(employees(&form(&[("numbers", "7\nAna")])), None);
        assert_eq!(employees(&form(&[])), Some(BTreeSet::new()));
    }
}
