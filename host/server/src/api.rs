//! The HTTP API of a host that serves: tenants, jobs and their progress, history, references; health and metrics.
//!
//! Every route is a row of one table ([`routes`]), from which the router, the permissions and the OpenAPI description
//! are made. Every request passes these steps (`gate.rs`):
//!
//! ```text
//! listen ▸ place ▸ host ▸ token ▸ rate ▸ role ▸ tenant ▸ body ▸ API log: begun ▸ the action ▸ API log: ended ▸ answer
//! ```

mod act;
mod answered;
mod answers;
mod caller;
mod checks;
mod events;
mod gate;
mod health;
mod history;
mod hosts;
mod jobs;
mod listen;
mod openapi;
mod places;
mod plans;
mod problem;
mod rate;
mod references;
mod request;
mod routes;
mod settings;
mod setup;
mod tenants;
#[cfg(test)]
mod tests;
mod timeline;
mod token;
mod verify;
mod watched;

pub use caller::{Asker, Caller, Sent};
pub use hosts::parse_host;
pub use listen::{Access, Listener};
pub use openapi::description;
pub use routes::Holder;

use crate::serve::Phase;
use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, on};
use gate::{finish, request_id};
use hibob_base::error::HostError;
use hibob_jobs::references::{NameServers, name_servers};
use hibob_store::data_dir::DataDir;
use hibob_verification::Inquiry;
use problem::Problem;
use rate::Rates;
use request::Params;
use routes::{Method, ROUTES};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// The default address, which only this machine can reach.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:8080";

/// The most progress streams, of all tokens together. Each asks the database twice a second.
const STREAMS_MAX: usize = 64;

/// How long the worker loop may take for one look at the queue before the host counts as not ready.
const LOOK_TIME_MAX: Duration = Duration::from_secs(30);

/// The API of one host.
#[derive(Debug)]
pub struct Api {
    data: DataDir,
    rates: Rates,
    phase: watch::Receiver<Phase>,
    is_plugin_loaded: AtomicBool,
    look_age_max: Duration,
    streams: Arc<Semaphore>,
    beside: OnceLock<Router>,
    inquiry: OnceLock<Inquiry>,
    name_servers: OnceLock<NameServers>,
}

impl Api {
    /// The API over a data directory. It answers until the phase says to leave. The worker loop looks at the queue
    /// every `sweep`.
    pub fn new(data: DataDir, phase: watch::Receiver<Phase>, sweep: Duration) -> Arc<Self> {
        Arc::new(Self {
            data,
            rates: Rates::default(),
            phase,
            is_plugin_loaded: AtomicBool::new(false),
            look_age_max: sweep + LOOK_TIME_MAX,
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            beside: OnceLock::new(),
            inquiry: OnceLock::new(),
            name_servers: OnceLock::new(),
        })
    }

    /// Has listeners answer these paths too, such as those of the console. They have none of the API's, and no fallback. A
    /// second call changes nothing.
    pub fn answer_beside(&self, router: Router) {
        let _ = self.beside.set(router);
    }

    /// Has references verified by these lookups, within the API's own time limits. Without it, the system's resolver and
    /// the issuers' sites on the public internet are asked. A second call changes nothing.
    pub fn verify_with(&self, inquiry: Inquiry) {
        let _ = self.inquiry.set(inquiry);
    }

    /// Has DNS asked of these servers instead of those in `HIBOB_DNS` or of the system. A second call changes nothing.
    pub fn ask_names_of(&self, servers: NameServers) {
        let _ = self.name_servers.set(servers);
    }

    fn name_servers(&self) -> Result<NameServers, HostError> {
        self.name_servers.get().map_or_else(name_servers, |servers| Ok(servers.clone()))
    }

    /// What a listener answers: the API, and what is answered beside it.
    fn whole(self: &Arc<Self>) -> Router {
        match self.beside.get() {
            Some(beside) => self.router().merge(beside.clone()),
            None => self.router(),
        }
    }

    /// Notes that the plugin is loaded, so that the host can count as ready.
    pub fn set_plugin_loaded(&self) {
        self.is_plugin_loaded.store(true, Ordering::Relaxed);
    }

    /// The router. Each request must carry the address of its client as an extension.
    pub fn router(self: &Arc<Self>) -> Router {
        let mut paths: Vec<(&'static str, MethodRouter)> = Vec::new();
        for route in &ROUTES {
            let api = self.clone();
            let answer = move |params: Params, request: Request| api.clone().answer(route, params, request);
            let filter = match route.method {
                Method::Put => MethodFilter::PUT,
                Method::Post => MethodFilter::POST,
                Method::Delete => MethodFilter::DELETE,
                Method::Get => MethodFilter::GET,
            };
            match paths.iter_mut().find(|(path, _)| *path == route.path) {
                Some((_, methods)) => *methods = std::mem::take(methods).on(filter, answer),
                None => paths.push((route.path, on(filter, answer))),
            }
        }
        let router = paths.into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods));
        router
            .method_not_allowed_fallback(async || finish(Problem::method_not_allowed().into_response(), &request_id()))
            .fallback(async || finish(Problem::no_such_path().into_response(), &request_id()))
    }
}
