//! The frame of every page, and the pages about what did not work.

use crate::ask::Problem;
use crate::assets::{ICON, SCRIPT, STYLE};
use crate::texts::{Language, Texts};
use crate::visit::Signed;
use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use hibob_base::error::HostError;

/// What the frame of a page shows.
pub(crate) struct Page {
    pub(crate) t: &'static Texts,
    pub(crate) title: String,
    /// The page's own path, to come back to.
    pub(crate) path: String,
    /// Who has signed in.
    pub(crate) person: Option<String>,
    /// The pages above this one, each with its path.
    pub(crate) crumbs: Vec<(String, String)>,
    /// What has just not worked.
    pub(crate) notice: Option<Notice>,
    pub(crate) style: &'static str,
    pub(crate) script: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) languages: [Language; 4],
}

/// What has just not worked, and what to do.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) what: String,
    pub(crate) remedy: String,
    /// Whether it is in English, whatever the page's language is: it is the API's.
    pub(crate) is_english: bool,
}

impl Notice {
    pub(crate) fn own(what: &str, remedy: &str) -> Self {
        Self { what: what.to_owned(), remedy: remedy.to_owned(), is_english: false }
    }
}

impl From<&Problem> for Notice {
    fn from(problem: &Problem) -> Self {
        Self { what: problem.detail.clone(), remedy: problem.remedy.clone(), is_english: true }
    }
}

impl Page {
    pub(crate) fn new(t: &'static Texts, title: impl Into<String>, path: &str) -> Self {
        Self {
            t,
            title: title.into(),
            path: path.to_owned(),
            person: None,
            crumbs: Vec::new(),
            notice: None,
            style: &STYLE.path,
            script: &SCRIPT.path,
            icon: &ICON.path,
            languages: Language::ALL,
        }
    }

    pub(crate) fn signed(self, person: &str) -> Self {
        Self { person: Some(person.to_owned()), ..self }
    }

    /// This frame, of a page that is found at this path: that of a form is not one to come back to.
    pub(crate) fn at(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// This frame, below these pages.
    pub(crate) fn below(self, crumbs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { crumbs: crumbs.into_iter().collect(), ..self }
    }

    pub(crate) fn with_notice(self, notice: Option<Notice>) -> Self {
        Self { notice, ..self }
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    page: Page,
    status: u16,
    what: String,
    remedy: String,
    is_english: bool,
}

#[derive(Template)]
#[template(path = "bounce.html")]
struct Bounce<'p> {
    t: &'static Texts,
    path: &'p str,
}

/// A page as it is sent.
pub(crate) fn html(status: StatusCode, page: &impl Template) -> Response<Body> {
    let rendered = page.render().unwrap_or_else(|error| {
        tracing::error!("a page cannot be made: {error}");
        String::new()
    });
    let mut response = Response::new(Body::from(rendered));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// Has the browser go on to a page with `GET` (RFC 9110 section 15.4.4).
pub(crate) fn see_other(path: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(path) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, path);
    }
    response
}

/// A page that has the browser ask for this path again, now from a page of this console.
pub(crate) fn bounce(t: &'static Texts, path: &str) -> Response<Body> {
    html(StatusCode::OK, &Bounce { t, path })
}

/// What the API has refused, as a page. What does not exist and what this session may not see have the same page.
pub(crate) fn problem_page(signed: &Signed, problem: &Problem) -> Response<Body> {
    let t = signed.texts;
    let (title, what, remedy, is_english) = match problem.status {
        404 => (t.not_found, t.not_found_detail.to_owned(), t.not_found_remedy.to_owned(), false),
        403 => (t.forbidden, t.forbidden_detail.to_owned(), t.forbidden_remedy.to_owned(), false),
        _ => (t.refused, problem.detail.clone(), problem.remedy.clone(), true),
    };
    // Not the path that was asked for: it may be one that this session may not know of.
    let page = Page::new(t, title, "/console").signed(&signed.session.row.person);
    html(problem.status(), &ProblemPage { page, status: problem.status, what, remedy, is_english })
}

/// A refusal without a session.
pub(crate) fn plain_problem(t: &'static Texts, status: StatusCode, what: &str, remedy: &str) -> Response<Body> {
    let page = Page::new(t, t.refused, "/console");
    let (what, remedy) = (what.to_owned(), remedy.to_owned());
    html(status, &ProblemPage { page, status: status.as_u16(), what, remedy, is_english: false })
}

/// The host failed. The details are for the operator: they go to the log, and not into the page.
pub(crate) fn plain_failure(t: &'static Texts, error: &HostError) -> Response<Body> {
    tracing::error!("a page of the console failed: {error}");
    plain_problem(t, StatusCode::INTERNAL_SERVER_ERROR, t.host_failed, t.host_failed_remedy)
}
