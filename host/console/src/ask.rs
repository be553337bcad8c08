//! Asking the API, and what is shown if it refuses.

use crate::page::{plain_failure, problem_page, see_other};
use crate::visit::Signed;
use axum::body::Body;
use axum::http::{Method, Response, StatusCode};
use hibob_base::error::HostError;
use hibob_base::text::is_obeyed;
use hibob_server::api::{Asker, Sent};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The most bytes of an answer that a page is made of.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Why the API has refused something (RFC 9457), in its own words.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) detail: String,
    pub(crate) remedy: String,
    /// The settings that are wrong, if that is the reason.
    #[serde(default)]
    pub(crate) settings: Vec<WrongSetting>,
}

/// A setting that is wrong.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct WrongSetting {
    pub(crate) key: String,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

impl Problem {
    /// A refusal of the console itself.
    pub(crate) fn own(status: StatusCode, detail: &str, remedy: &str) -> Self {
        Self { status: status.as_u16(), detail: detail.to_owned(), remedy: remedy.to_owned(), settings: Vec::new() }
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// What is answered instead of a page.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The session's token counts no more.
    SignIn,
    /// The API, or the console, has refused it.
    Problem(Problem),
    /// The host failed.
    Host(HostError),
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        Self::Host(error)
    }
}

impl Failure {
    /// There is no such page.
    pub(crate) fn nowhere() -> Self {
        Self::Problem(Problem::own(StatusCode::NOT_FOUND, "", ""))
    }

    pub(crate) fn response(self, signed: &Signed) -> Response<Body> {
        match self {
            Self::SignIn => see_other("/console/sign-in"),
            Self::Problem(problem) => problem_page(signed, &problem),
            Self::Host(error) => plain_failure(signed.texts, &error),
        }
    }
}

impl Signed {
    /// The API's answer to a `GET`.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        read(self.ask(Method::GET, path, Sent::Nothing).await).await
    }

    /// The API's answer to a request that changes something.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        sent: Sent<'_>,
    ) -> Result<T, Failure> {
        read(self.ask(method, path, sent).await).await
    }

    /// The API's answer as it is, whose body may go on.
    pub(crate) async fn ask(&self, method: Method, path: &str, sent: Sent<'_>) -> Response<Body> {
        let row = &self.session.row;
        let asker = Asker::SessionOf { token: &row.token, person: &row.person };
        self.console.caller.ask(asker, self.from, method, path, sent).await
    }
}

/// The content of an answer in JSON, or the problem that it has instead.
pub(crate) async fn read<T: DeserializeOwned>(response: Response<Body>) -> Result<T, Failure> {
    let status = response.status();
    let broken = |what: &dyn std::fmt::Display| {
        Failure::Host(HostError::Engine(format!("an answer of the API cannot be read: {what}")))
    };
    let body = axum::body::to_bytes(response.into_body(), ANSWER_BYTES_MAX).await.map_err(|error| broken(&error))?;
    if status.is_success() {
        let mut value: Value = serde_json::from_slice(&body).map_err(|error| broken(&error))?;
        make_inert(&mut value);
        return serde_json::from_value(value).map_err(|error| broken(&error));
    }
    if status == StatusCode::UNAUTHORIZED {
        return Err(Failure::SignIn);
    }
    Err(serde_json::from_slice(&body).map_or_else(|error| broken(&error), Failure::Problem))
}

/// Replaces, in all texts of an answer, the characters that would act instead of being seen: those that a terminal obeys,
/// which turn the direction of writing among others, and those without width that hide in a name. What joins letters or
/// emoji stays.
fn make_inert(value: &mut Value) {
    match value {
        Value::String(text) if text.chars().any(is_acting) => {
            *text = text.chars().map(|c| if is_acting(c) { '\u{fffd}' } else { c }).collect();
        }
        Value::Array(values) => values.iter_mut().for_each(make_inert),
        Value::Object(fields) => fields.values_mut().for_each(make_inert),
        _ => {}
    }
}

fn is_acting(c: char) -> bool {
    (is_obeyed(c) && c != '\n') || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_acts_is_shown_and_what_joins_stays() {
        let mut value = json!({ "a": ["Ana\u{202e}gnp", "x\u{200b}y\u{1b}"], "b": "\u{645}\u{200c}\u{646}", "c": 7 });
        make_inert(&mut value);
        let expected = json!({ "a": ["Ana\u{fffd}gnp", "x\u{fffd}y\u{fffd}"], "b": "\u{645}\u{200c}\u{646}", "c": 7 });
        assert_eq!(value, expected);
    }
}
