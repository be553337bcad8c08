//! Tenants and their secrets.

use crate::api::act::json;
use crate::api::problem::Problem;
use crate::api::request::ApiRequest;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use hibob_base::person::check_person;
use hibob_base::secret::{Secret, SecretName, SecretSource};
use hibob_config::applied_by::AppliedBy;
use hibob_config::tenant::TenantConfig;
use hibob_jobs::history::line_json;
use hibob_jobs::interrupted;
use hibob_jobs::overview::Glance;
use hibob_jobs::tenant_status::TenantStatus;
use hibob_store::data_dir::DataDir;
use hibob_store::token::TokenRole;
use serde::Deserialize;
use serde_json::{Value, json as object};
use zeroize::Zeroizing;

/// The tenants that the token may be used for.
pub(super) async fn list(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let own = request.token.as_ref().and_then(|token| token.tenant.as_deref());
    let tenants = request.api.data.control().tenants().await?;
    let rows: Vec<Value> = tenants
        .into_iter()
        .filter(|(id, ..)| own.is_none_or(|own| own == id))
        .map(|(id, _, at)| object!({ "tenant": id, "applied_at": at }))
        .collect();
    Ok(json(StatusCode::OK, &object!({ "tenants": rows })))
}

/// The tenants that the token may be used for, each with what it needs; those that need a person first.
pub(super) async fn overview(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let own = request.token.as_ref().and_then(|token| token.tenant.as_deref());
    let data = &request.api.data;
    let mut glances = Vec::new();
    for (id, ..) in data.control().tenants().await?.into_iter().filter(|(id, ..)| own.is_none_or(|own| own == id)) {
        glances.push(Glance::of(data, &id).await?);
    }
    let number = glances.len();
    glances.sort_by(|one, other| (one.attention, &one.tenant).cmp(&(other.attention, &other.tenant)));
    let limit = usize::try_from(request.query.limit).unwrap_or(usize::MAX);
    let rows: Vec<Value> = glances.iter().take(limit).map(Glance::json).collect();
    Ok(json(StatusCode::OK, &object!({ "number": number, "tenants": rows })))
}

/// A tenant: what it does, and the state of its secrets. Only operators get the configuration, since it names files of
/// this machine.
pub(super) async fn show(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let data = &request.api.data;
    let config = data.config(request.tenant()).await?;
    let secrets = secrets_json(data, &config).await?;
    let database = data.tenant_database(&config.id).await?;
    let open = interrupted::find(data, &config.id, &database).await?;
    let glance = Glance::of(data, &config.id).await?;
    let mut body = object!({
        "tenant": config.id,
        "attention": glance.attention.word(),
        "last_run": glance.last_run.as_ref().map(line_json),
        "time_zone": config.time_zone(),
        "interrupted": open.map(|open| open.json()),
        "disabled_at": data.control().disabled_since(&config.id).await?,
        "status": glance.status.json(),
        "syncs": config.travelperk.is_some(),
        "issues_references": config.references.is_some(),
        "secrets": secrets,
    });
    let is_operator = request.token.as_ref().is_some_and(|token| token.role == TokenRole::Operator);
    if let (true, Some(body)) = (is_operator, body.as_object_mut()) {
        let config = serde_json::to_value(&config).map_err(|error| Problem::internal(&error))?;
        body.insert("config".to_owned(), config);
    }
    Ok(json(StatusCode::OK, &body))
}

/// The secrets that a tenant has in the store or takes from it, and those that it takes from elsewhere.
async fn secrets_json(data: &DataDir, config: &TenantConfig) -> Result<Vec<Value>, Problem> {
    let listed = data.secrets().list(config).await?;
    // From which variable or file of this machine is the operator's business.
    let is_elsewhere = |name: &SecretName| config.source(*name).is_some_and(|source| *source != SecretSource::Store);
    let elsewhere: Vec<&str> = SecretName::ALL.into_iter().filter(is_elsewhere).map(SecretName::as_str).collect();
    let stored = listed.iter().filter(|secret| !elsewhere.contains(&secret.name.as_str())).map(|secret| {
        object!({ "name": secret.name, "state": secret.state, "entered_at": secret.entered_at, "origins": secret.origins })
    });
    let others = elsewhere.iter().map(
        |name| object!({ "name": name, "state": "elsewhere", "entered_at": null, "origins": Value::Array(Vec::new()) }),
    );
    Ok(stored.chain(others).collect())
}

/// The body of a request to disable a tenant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DisableBody {
    by: String,
    reason: String,
}

/// The body of a request to enable a tenant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnableBody {
    by: String,
}

/// Disables a tenant, with who does so and why.
pub(super) async fn disable(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let body: DisableBody = read(request, r#"{"by": "ana@acme.example", "reason": "a new contract"}"#)?;
    request.api.data.disable(request.tenant(), Some(&body.by), Some(&body.reason)).await?;
    status(request).await
}

/// Enables a tenant in the name of an admin, as the command does.
pub(super) async fn enable(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let body: EnableBody = read(request, r#"{"by": "ana@acme.example"}"#)?;
    check_person(&body.by)?;
    let data = &request.api.data;
    let mut config = data.config(request.tenant()).await?;
    config.enabled_by = Some(body.by);
    // All else is as the operator has stored it, so it may name what the API may not.
    data.put(&config, AppliedBy::Operator).await?;
    data.enable(request.tenant()).await?;
    status(request).await
}

/// The JSON that a request has sent. The refusal shows `example`.
pub(super) fn read<'a, T: Deserialize<'a>>(request: &'a ApiRequest, example: &str) -> Result<T, Problem> {
    serde_json::from_slice(&request.body).map_err(|error| {
        Problem::bad_request(format!("this is not what is expected: {error}"), format!("send such as {example}"))
    })
}

/// The tenant's status as it is now.
async fn status(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let status = TenantStatus::of(&request.api.data, request.tenant()).await?;
    Ok(json(StatusCode::OK, &object!({ "tenant": request.tenant(), "status": status.json() })))
}

/// Stores a configuration, with the restrictions of the API (invariant 12).
pub(super) async fn put(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let sent: Value = serde_json::from_slice(&request.body).map_err(|error| {
        let remedy = "send the keys of a tenant's file as JSON; an operator prints them all with: hibob tenant schema";
        Problem::bad_request(format!("this is not a tenant's configuration: {error}"), remedy)
    })?;
    let config = TenantConfig::from_json(sent, AppliedBy::Api)?;
    if config.id != request.tenant() {
        let remedy = "give the same id in the path and in the configuration";
        return Err(Problem::unprocessable("the configuration is of another tenant", remedy));
    }
    let applied = request.api.data.put(&config, AppliedBy::Api).await?;
    let secrets: Vec<Value> =
        applied.to_enter.iter().map(|entry| object!({ "name": entry.name.as_str(), "reason": entry.reason })).collect();
    let status = if applied.stored.is_new { StatusCode::CREATED } else { StatusCode::OK };
    let body = object!({ "tenant": config.id, "new": applied.stored.is_new, "version": applied.stored.version, "secrets_to_enter": secrets });
    Ok(json(status, &body))
}

/// Stores a secret. No route ever answers it.
pub(super) async fn put_secret(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let name: SecretName = request
        .named
        .name
        .as_deref()
        .unwrap_or_default()
        .parse()
        .map_err(|names: String| Problem::unprocessable("this is not the name of a secret", names))?;
    let text = Zeroizing::new(String::from_utf8(request.body.to_vec()).unwrap_or_default());
    let secret = Secret::checked(&text).ok_or_else(|| {
        Problem::unprocessable("this is not a secret", "send one line of plain ASCII without spaces, and nothing else")
    })?;
    let config = request.api.data.config(request.tenant()).await?;
    let entered = request.api.data.secrets().set(&config, name, &secret).await?;
    let origins: Vec<String> = entered.origins.iter().map(ToString::to_string).collect();
    let body = object!({
        "tenant": config.id, "name": name.as_str(), "origins": origins, "replaced": entered.replaced, "in_use": entered.is_used,
    });
    Ok(json(StatusCode::OK, &body))
}
