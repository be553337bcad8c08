//! What happened to a tenant, in one list.

use crate::api::act::json;
use crate::api::problem::Problem;
use crate::api::request::ApiRequest;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use hibob_jobs::timeline::{EventKind, Place, events};
use hibob_store::token::TokenRole;

pub(super) async fn show(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let query = &request.query;
    let unknown = || {
        let words: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.word()).collect();
        Problem::bad_request("there is no such kind of event", format!("choose from {}", words.join(", ")))
    };
    let kind = query.kind.as_deref().map(|word| EventKind::of_word(word).ok_or_else(unknown)).transpose()?;
    let no_place = || Problem::bad_request("this is no place in the list", "give the `next` of an answer as `after`");
    let after = query.after.as_deref().map(|id| Place::of_id(id).ok_or_else(no_place)).transpose()?;
    // Who may not see references sees nothing of what is done with them.
    let is_reader = request.token.as_ref().is_none_or(|token| token.role == TokenRole::Reader);
    let may_see = |kind: &EventKind| !is_reader || *kind != EventKind::References;
    let kinds: Vec<EventKind> =
        EventKind::ALL.into_iter().filter(|own| kind.is_none_or(|kind| kind == *own)).filter(may_see).collect();
    let (events, is_more) = events(&request.api.data, request.tenant(), &kinds, after, query.limit).await?;
    let next = events.last().filter(|_| is_more).map(|event| event.id.clone());
    let body = serde_json::json!({ "tenant": request.tenant(), "events": events, "next": next });
    Ok(json(StatusCode::OK, &body))
}
