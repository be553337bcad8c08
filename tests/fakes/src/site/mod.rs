//! A stand-in for the static web server on which an issuer puts its published folder.
//!
//! It is simple on purpose: GET and HEAD of files, no listing, no negotiation. So a test fails if the published folder
//! needs more than that.

mod files;
mod server;

use std::{collections::BTreeMap, path::Path, time::Duration};

use crate::{
    fault::{Fault, next_fault},
    message::{Delivery, Request, Response},
};
use files::Files;
pub use server::SiteServer;

/// A site's files and settings, and the log of its requests.
#[derive(Debug, Clone)]
pub struct Site {
    files: Files,
    /// Faults for single requests, used up as they match: 404, 500, a wrong content type, a closed connection.
    pub faults: Vec<Fault>,
    /// Redirects of one host that the site is asked by; the first that fits applies. Faults come before them.
    pub redirects: Vec<Redirect>,
    /// Delays of the answers to paths that contain the text. The first match applies.
    pub delays: Vec<(String, Duration)>,
    /// Whether pages of other origins may read the answers; no by default, as with real servers.
    pub cross_origin: bool,
    /// Content types by the end of the path. They take precedence over the usual ones.
    pub content_types: Vec<(String, String)>,
    log: Vec<Visit>,
}

/// A redirect for all paths that begin so.
#[derive(Debug, Clone)]
pub struct Redirect {
    /// The host of the request, without its port.
    pub host: String,
    /// The beginning of the path.
    pub path: String,
    /// The status: 301, 302, 303, 307 or 308.
    pub status: u16,
    /// The URL to go to, in which `{path}` stands for the path of the request.
    pub location: String,
}

/// A request in the log, with the status of its answer.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The request as it arrived.
    pub request: Request,
    /// The status of the answer; 0 if there was none.
    pub status: u16,
    /// The time of the request, in Unix seconds.
    pub at: f64,
}

/// A response with its delay.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The response.
    pub response: Response,
    /// The delay before it is sent.
    pub after: Duration,
}

impl Site {
    /// A site that serves what the folder has at the time of each request.
    #[must_use]
    pub fn folder(path: &Path) -> Self {
        Self::new(Files::Folder(path.to_owned()))
    }

    /// A site without files.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(Files::Map(BTreeMap::new()))
    }

    fn new(files: Files) -> Self {
        Self {
            files,
            faults: Vec::new(),
            redirects: Vec::new(),
            delays: Vec::new(),
            cross_origin: false,
            content_types: Vec::new(),
            log: Vec::new(),
        }
    }

    /// Adds a file at a path such as `/.well-known/did.json`, to a site that was created [empty](Site::empty).
    ///
    /// # Panics
    ///
    /// If the site is a folder; write the file into that.
    pub fn insert(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.map().insert(path.to_owned(), bytes.into());
    }

    /// Removes a file, and returns whether there was one.
    ///
    /// # Panics
    ///
    /// If the site is a folder.
    pub fn remove(&mut self, path: &str) -> bool {
        self.map().remove(path).is_some()
    }

    fn map(&mut self) -> &mut BTreeMap<String, Vec<u8>> {
        let map = match &mut self.files {
            Files::Map(map) => Some(map),
            Files::Folder(_) => None,
        };
        map.expect("a site of files, not of a folder")
    }

    /// Answers one request and logs it.
    pub fn handle(&mut self, request: &Request, now: f64) -> Answer {
        let fault = next_fault(&mut self.faults, request);
        let response = match fault {
            Some(kind) => kind.spoil(|| self.serve(request)),
            None => self.serve(request),
        };
        let status = match response.delivery {
            Delivery::Reset | Delivery::Hang => 0,
            Delivery::Whole | Delivery::Truncated(_) | Delivery::Chunked => response.status,
        };
        self.log.push(Visit { request: request.clone(), status, at: now });
        let delay = self.delays.iter().find(|(part, _)| request.path.contains(part.as_str()));
        Answer { response, after: delay.map_or(Duration::ZERO, |(_, delay)| *delay) }
    }

    /// All requests so far, in order.
    #[must_use]
    pub fn log(&self) -> &[Visit] {
        &self.log
    }

    fn serve(&self, request: &Request) -> Response {
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            return text(405, "Method Not Allowed").with_header("Allow", "GET, HEAD");
        }
        let host = request.header("host").map(|host| host.split(':').next().unwrap_or_default());
        let fits = |redirect: &&Redirect| {
            host.is_some_and(|host| host.eq_ignore_ascii_case(&redirect.host))
                && request.path.starts_with(&redirect.path)
        };
        if let Some(redirect) = self.redirects.iter().find(fits) {
            let location = redirect.location.replace("{path}", &request.path);
            return text(redirect.status, "Moved").with_header("Location", &location);
        }
        let Some((path, bytes)) = self.files.find(&request.decoded_path()) else { return text(404, "Not Found") };
        let set = self.content_types.iter().find(|(end, _)| path.ends_with(end.as_str()));
        let content_type = set.map_or_else(|| files::content_type(&path), |(_, content_type)| content_type);
        let response = Response::bytes(200, content_type, bytes);
        if self.cross_origin { response.with_header("Access-Control-Allow-Origin", "*") } else { response }
    }
}

fn text(status: u16, body: &str) -> Response {
    Response::bytes(status, "text/plain; charset=utf-8", body.as_bytes().to_vec())
}

#[cfg(test)]
mod tests;
