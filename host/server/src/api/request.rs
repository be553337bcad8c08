//! The checked parts of a request: what its path names, the limit, the body.

use crate::api::Api;
use crate::api::problem::Problem;
use crate::api::routes::{Asked, Body as Kind, Route};
use axum::body::Body;
use axum::body::Bytes;
use axum::extract::RawPathParams;
use axum::extract::rejection::RawPathParamsRejection;
use axum::http::{HeaderMap, header};
use hibob_store::token::StoredToken;
use std::sync::Arc;
use std::time::Duration;

/// The largest JSON body, in bytes. A tenant's whole configuration has a few thousand.
const JSON_BYTES_MAX: usize = 256 * 1024;

/// The largest document to verify, in bytes: a whole mail with its attachments may be one.
pub(super) const DOCUMENT_BYTES_MAX: usize = 5 * 1024 * 1024;

/// How long a body may take to arrive.
const BODY_TIME_MAX: Duration = Duration::from_secs(15);

/// How many rows a list has by default.
const ROWS: u32 = 100;

/// How many rows a list has at most.
pub(super) const ROWS_MAX: u32 = 1_000;

/// The longest tenant id, in characters.
const TENANT_CHARS_MAX: usize = 63;

/// The longest name of anything else, in characters.
const WORD_CHARS_MAX: usize = 64;

/// The longest part of a query, in characters.
const QUERY_CHARS_MAX: usize = 254;

/// The parameters of a path; an error if they are not text.
pub(super) type Params = Result<RawPathParams, RawPathParamsRejection>;

/// The things that a path names.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    /// The id of a tenant, which may or may not exist.
    pub(super) tenant: Option<String>,
    /// The name of a secret or a step, the first characters of a plan's digest, or a reference's id.
    pub(super) name: Option<String>,
    /// The number of a job or a run.
    pub(super) number: Option<i64>,
}

/// A request that the gate has permitted.
pub(super) struct ApiRequest {
    pub(super) api: Arc<Api>,
    pub(super) route: &'static Route,
    /// The caller's token; none where the route needs none.
    pub(super) token: Option<StoredToken>,
    pub(super) named: Named,
    pub(super) query: Query,
    pub(super) body: Bytes,
    /// The header `If-Match`.
    pub(super) if_match: Option<String>,
}

impl Named {
    /// Reads the parameters of a path.
    ///
    /// # Errors
    /// A part cannot be a name of its kind, which is answered like a thing that does not exist.
    pub(super) fn read(params: &Params) -> Result<Self, Problem> {
        let mut named = Self::default();
        let params = params.as_ref().map_err(|_| Problem::no_such_path())?;
        for (key, value) in params {
            match key {
                "tenant" => {
                    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
                    let is_id = value.len() <= TENANT_CHARS_MAX && value.bytes().all(fits) && !value.is_empty();
                    named.tenant = Some(is_id.then(|| value.to_owned()).ok_or_else(|| Problem::not_found("tenant"))?);
                }
                "name" => {
                    let fits = |byte: u8| byte.is_ascii_lowercase() || byte == b'.';
                    let is_name = value.len() <= WORD_CHARS_MAX && value.bytes().all(fits);
                    named.name = Some(is_name.then(|| value.to_owned()).ok_or_else(|| Problem::not_found("secret"))?);
                }
                "step" => {
                    let fits = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
                    let is_word = value.len() <= WORD_CHARS_MAX && value.bytes().all(fits);
                    named.name = Some(is_word.then(|| value.to_owned()).ok_or_else(|| Problem::not_found("step"))?);
                }
                "plan" => {
                    let is_hex = value.len() <= WORD_CHARS_MAX && value.bytes().all(|byte| byte.is_ascii_hexdigit());
                    named.name = Some(is_hex.then(|| value.to_owned()).ok_or_else(|| Problem::not_found("plan"))?);
                }
                "reference" => {
                    let fits = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
                    let is_id = value.len() <= WORD_CHARS_MAX && value.bytes().all(fits);
                    named.name = Some(is_id.then(|| value.to_owned()).ok_or_else(|| Problem::not_found("reference"))?);
                }
                // `job` or `run`, which are numbers.
                what => {
                    let number = value.parse().ok().filter(|number| *number > 0);
                    named.number = Some(number.ok_or_else(|| Problem::not_found(what))?);
                }
            }
        }
        Ok(named)
    }

    /// The job, run, secret, plan or reference, for the API log.
    pub(super) fn object(&self) -> Option<String> {
        self.name.clone().or_else(|| self.number.map(|number| number.to_string()))
    }
}

/// What a query selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    /// How many rows to list.
    pub(super) limit: u32,
    pub(super) kind: Option<String>,
    pub(super) text: Option<String>,
    pub(super) after: Option<String>,
    /// Unix seconds.
    pub(super) from: Option<i64>,
    /// Unix seconds.
    pub(super) until: Option<i64>,
}

impl Query {
    /// Reads a query (`application/x-www-form-urlencoded`). A route that takes none does not look at it.
    ///
    /// # Errors
    /// The route does not take one of its parts, a part comes twice, or its value is none.
    pub(super) fn read(route: &Route, query: Option<&str>) -> Result<Self, Problem> {
        let mut read = Self { limit: ROWS, kind: None, text: None, after: None, from: None, until: None };
        if !route.has_limit && route.query.is_empty() {
            return Ok(read);
        }
        let mut seen: Vec<String> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let asked = route.query.iter().find(|asked| asked.name() == name);
            if seen.iter().any(|seen| *seen == name) || (asked.is_none() && !(route.has_limit && name == "limit")) {
                return Err(unknown(route));
            }
            seen.push(name.into_owned());
            let fits = value.chars().count() <= QUERY_CHARS_MAX;
            let text = || Some(value.clone().into_owned()).filter(|text| fits && !text.is_empty()).ok_or_else(too_long);
            let seconds = || value.parse::<i64>().map_err(|_| no_time());
            match asked {
                None => read.limit = limit(&value)?,
                Some(Asked::Kind) => read.kind = Some(text()?),
                Some(Asked::Text) => read.text = Some(text()?),
                Some(Asked::After) => read.after = Some(text()?),
                Some(Asked::From) => read.from = Some(seconds()?),
                Some(Asked::Until) => read.until = Some(seconds()?),
            }
        }
        Ok(read)
    }
}

fn limit(value: &str) -> Result<u32, Problem> {
    value.parse().ok().filter(|number| (1..=ROWS_MAX).contains(number)).ok_or_else(|| {
        Problem::bad_request("this is not how many rows to list", format!("ask for ?limit=N, from 1 to {ROWS_MAX}"))
    })
}

fn unknown(route: &Route) -> Problem {
    let own = route.query.iter().map(|asked| asked.name());
    let names: Vec<&str> = own.chain(route.has_limit.then_some("limit")).collect();
    Problem::bad_request(
        "the query has a part that this route does not take, or one that comes twice",
        format!("ask for any of these, each once: {}", names.join(", ")),
    )
}

fn too_long() -> Problem {
    let remedy = format!("give each from 1 to {QUERY_CHARS_MAX} characters");
    Problem::bad_request("a part of the query is empty or too long", remedy)
}

fn no_time() -> Problem {
    Problem::bad_request("this is no time", "give it in Unix seconds, such as from=1795485600")
}

/// Checks that a text is declared as one. A form or a JSON string would be stored with its quotes and escapes.
pub(super) fn media_type(route: &Route, headers: &HeaderMap) -> Result<(), Problem> {
    let is_text = || {
        let is_plain = headers.get(header::CONTENT_TYPE)?.to_str().ok().map(is_plain_text)?;
        Some(is_plain && !headers.contains_key(header::CONTENT_ENCODING))
    };
    if route.body == Kind::Text && is_text() != Some(true) {
        return Err(Problem::unsupported_media_type());
    }
    Ok(())
}

/// Whether a content type (RFC 9110 section 8.3) is `text/plain` in ASCII or UTF-8.
fn is_plain_text(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let is_plain = parts.next().is_some_and(|media_type| media_type.eq_ignore_ascii_case("text/plain"));
    is_plain
        && parts.filter_map(|parameter| parameter.split_once('=')).all(|(name, value)| {
            let value = value.trim_matches('"');
            !name.eq_ignore_ascii_case("charset")
                || value.eq_ignore_ascii_case("utf-8")
                || value.eq_ignore_ascii_case("us-ascii")
        })
}

/// The whole body, if the route reads one.
pub(super) async fn body(route: &Route, body: Body) -> Result<Bytes, Problem> {
    let bytes_max = match route.body {
        Kind::None => return Ok(Bytes::new()),
        Kind::Json(_) => JSON_BYTES_MAX,
        Kind::Document => DOCUMENT_BYTES_MAX,
        Kind::Text => usize::try_from(hibob_base::secret::SECRET_BYTES_MAX).unwrap_or(usize::MAX),
    };
    let read = axum::body::to_bytes(body, bytes_max);
    let read = tokio::time::timeout(BODY_TIME_MAX, read).await.map_err(|_| Problem::slow_body())?;
    read.map_err(|_| Problem::too_large(bytes_max))
}
