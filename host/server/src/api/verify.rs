//! Verifies a reference for whoever was shown it, such as a recruiter's system. The reference can be of any issuer.

use crate::api::act::json;
use crate::api::problem::Problem;
use crate::api::request::ApiRequest;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use hibob_verification::document::Document;
use hibob_verification::verdict::{self, Trusted};
use hibob_verification::{Inquiry, NameServers, Published};
use std::time::Duration;

/// How long a verification may take in all.
const TIME_MAX: Duration = Duration::from_secs(10);

/// How long DNS and the issuer's site may each take to answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(4);

/// The verdict, as `hibob verify --json` prints it. The document is kept nowhere.
pub(super) async fn verify(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let token = request.token.as_ref().map(|token| token.id.as_str()).unwrap_or_default();
    request.api.rates.verification(token)?;
    let document =
        Document::of_bytes(request.body.to_vec()).map_err(|none| Problem::unprocessable(none.message, none.remedy))?;
    let inquiry = match request.api.inquiry.get() {
        Some(inquiry) => Inquiry { timeout: ANSWER_TIME_MAX, ..inquiry.clone() },
        None => Inquiry {
            name_servers: NameServers::System,
            published: Published::Https { allow: Vec::new(), proxy: None, ca_file: None },
            timeout: ANSWER_TIME_MAX,
        },
    };
    let verifying = verdict::verify(&document, &inquiry, Trusted::default());
    let verified = tokio::time::timeout(TIME_MAX, verifying).await.map_err(|_| {
        let message = format!("the issuer's DNS and site did not answer within {} seconds", TIME_MAX.as_secs());
        Problem::new(StatusCode::GATEWAY_TIMEOUT, "TOO_SLOW", message, "nothing was decided; try again later")
    })?;
    Ok(json(StatusCode::OK, &verified.to_json()))
}
