//! The settings of a tenant: reading, comparing and changing them, and who has changed what.

use crate::api::act::json;
use crate::api::problem::Problem;
use crate::api::request::ApiRequest;
use crate::api::tenants::read;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use hibob_base::person::check_person;
use hibob_config::key::difference::SettingChange;
use hibob_config::key::who::{Who, settings};
use hibob_store::api_log::UNKNOWN;
use hibob_store::database::{SETTINGS_CHANGED, settings_changed};
use hibob_store::settings::{SettingsChange, Settler};
use hibob_store::token::TokenRole;
use serde::Deserialize;
use serde_json::{Value, json as object};

/// The body of a request that compares settings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CompareBody {
    settings: Value,
}

/// The body of a request that changes settings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeBody {
    settings: Value,
    by: String,
    /// Whether what would be lost is meant.
    #[serde(default)]
    confirm: bool,
}

/// The settings as they are now, with their version as entity tag, and which of them an admin changes.
pub(super) async fn show(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let (version, shown) = request.api.data.settings(request.tenant(), for_whom(request)).await?;
    let may_change: Vec<String> =
        settings().iter().filter(|setting| setting.who == Who::Admin).map(|setting| setting.path()).collect();
    let body = object!({
        "tenant": request.tenant(), "version": version, "settings": shown, "may_change": may_change,
    });
    Ok(tagged(json(StatusCode::OK, &body), version))
}

/// What these settings would change, and what would be lost. Nothing is stored.
pub(super) async fn compare(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let body: CompareBody = read(request, r#"{"settings": {"sync": {"sites": ["London"]}}}"#)?;
    let change = request.api.data.settings_change(request.tenant(), &body.settings).await?;
    Ok(tagged(json(StatusCode::OK, &change_json(request, &change)), change.over))
}

/// Stores these settings in place of the version that `If-Match` names.
pub(super) async fn put(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let example = r#"{"settings": {"sync": {"sites": ["London"]}}, "by": "ana@acme.example"}"#;
    let body: ChangeBody = read(request, example)?;
    check_person(&body.by)?;
    let data = &request.api.data;
    let over = over(request)?;
    let change = data.settings_change(request.tenant(), &body.settings).await?;
    if let Some(over) = over.filter(|over| *over != change.over) {
        return Err(precondition(settings_changed(request.tenant(), change.over, over)));
    }
    if !change.losses.is_empty() && !body.confirm {
        let remedy = r#"if that is meant, send it again with "confirm": true"#;
        return Err(Problem::new(StatusCode::CONFLICT, "LOSSES_UNCONFIRMED", change.losses.join("; "), remedy));
    }
    let token = request.token.as_ref().map_or(UNKNOWN, |token| token.id.as_str());
    let applied = match data.put_settings(&change, Settler { person: &body.by, token }).await {
        Err(error) if error.code() == SETTINGS_CHANGED => return Err(precondition(error)),
        applied => applied?,
    };
    let mut answer = change_json(request, &change);
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("version".to_owned(), applied.stored.version.into());
    }
    Ok(tagged(json(StatusCode::OK, &answer), applied.stored.version))
}

/// The versions of the settings, the newest first: who has changed what, and when.
pub(super) async fn versions(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let versions = request.api.data.settings_versions(request.tenant(), for_whom(request)).await?;
    let limit = usize::try_from(request.query.limit).unwrap_or(usize::MAX);
    let rows = versions.iter().take(limit).map(|changed| {
        let version = &changed.version;
        object!({
            "version": version.version, "stored_at": version.stored_at, "stored_by": version.stored_by,
            "person": version.person, "token": version.token, "changes": changes_json(&changed.changes),
        })
    });
    let rows: Vec<Value> = rows.collect();
    Ok(json(StatusCode::OK, &object!({ "tenant": request.tenant(), "versions": rows })))
}

fn change_json(request: &ApiRequest, change: &SettingsChange) -> Value {
    object!({
        "tenant": request.tenant(), "version": change.over, "changes": changes_json(&change.changes),
        "losses": change.losses,
    })
}

/// The changes, with values in JSON; null for the default.
fn changes_json(changes: &[SettingChange]) -> Value {
    let value = |text: &Option<String>| {
        text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok()).unwrap_or_default()
    };
    let row = |change: &SettingChange| object!({ "key": change.key, "before": value(&change.before), "after": value(&change.after) });
    changes.iter().map(row).collect()
}

/// Files and variables of this machine are the operator's business.
fn for_whom(request: &ApiRequest) -> Who {
    let is_operator = request.token.as_ref().is_some_and(|token| token.role == TokenRole::Operator);
    if is_operator { Who::Operator } else { Who::Admin }
}

/// The version that the request wants to replace (RFC 9110 section 13.1.1); none for whichever there is.
fn over(request: &ApiRequest) -> Result<Option<i64>, Problem> {
    let remedy = "send the ETag of GET …/settings as If-Match, such as If-Match: \"7\"";
    match request.if_match.as_deref() {
        None => {
            let message = "the request does not say which version of the settings it changes";
            Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "NO_VERSION", message, remedy))
        }
        Some("*") => Ok(None),
        Some(tag) => {
            let version = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
            let version = version.and_then(|version| version.parse::<i64>().ok());
            version.map(Some).ok_or_else(|| Problem::bad_request("this is no version of the settings", remedy))
        }
    }
}

fn precondition(error: hibob_base::error::HostError) -> Problem {
    Problem::from(error).with_status(StatusCode::PRECONDITION_FAILED)
}

fn tagged(mut response: Response<Body>, version: i64) -> Response<Body> {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
