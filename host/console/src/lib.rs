//! The console: web pages of a host that serves, for people who set the sync up, decide about plans and read what was done.
//!
//! A page asks the API ([`hibob_server::api::Caller`]) and shows what it answers, so each page passes the same gate as a
//! request from outside: rate, role, tenant and API log. This crate has no query of its own but for its sessions. Pages are
//! whole HTML documents that work without JavaScript; the script adds a live progress bar and a filter.
//!
//! ```text
//! browser ▸ listener (hosts, Origin) ▸ cross-site check ▸ session ▸ page ▸ API's gate ▸ action
//! ```

mod answers;
mod ask;
mod assets;
mod clock;
mod form;
mod guard;
mod page;
mod pages;
mod proof;
mod session;
#[cfg(test)]
mod tests;
mod texts;
mod visit;
mod words;

pub use session::{LINK_SECONDS, new_link};

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use hibob_server::api::{Api, Caller};
use hibob_store::data_dir::DataDir;
use pages::{
    decide, disable, history, job, overview, plan, references, run, secrets, settings, setup, sign_in, tenant, timeline,
};
use std::sync::Arc;

/// Where the console is, below the address of the API.
pub const PATH: &str = "/console";

/// What all pages need.
#[derive(Debug)]
pub(crate) struct Console {
    caller: Caller,
    data: DataDir,
}

/// The console of this API, to be answered beside it ([`Api::answer_beside`]).
pub fn router(api: &Arc<Api>, data: DataDir) -> Router {
    let console = Arc::new(Console { caller: Caller::new(api), data });
    Router::new()
        .route("/console", get(overview::show))
        .route("/console/", get(overview::to_overview))
        .route("/console/sign-in", get(sign_in::form).post(sign_in::by_token))
        .route("/console/link", get(sign_in::link).post(sign_in::by_link))
        .route("/console/sign-out", post(sign_in::out))
        .route("/console/language", post(sign_in::language_chosen))
        .route("/console/assets/{file}", get(assets::answer))
        .route("/console/tenants/{tenant}", get(tenant::show))
        .route("/console/tenants/{tenant}/jobs", post(job::start))
        .route("/console/tenants/{tenant}/jobs/{job}", get(job::show))
        .route("/console/tenants/{tenant}/jobs/{job}/events", get(job::events))
        .route("/console/tenants/{tenant}/jobs/{job}/cancel", post(job::cancel))
        .route("/console/tenants/{tenant}/plans/{plan}", get(plan::show))
        .route("/console/tenants/{tenant}/plans/{plan}/approve", post(decide::approve))
        .route("/console/tenants/{tenant}/plans/{plan}/reject", post(decide::reject))
        .route("/console/tenants/{tenant}/timeline", get(timeline::show))
        .route("/console/tenants/{tenant}/runs", get(history::show))
        .route("/console/tenants/{tenant}/runs/resume", post(run::resume))
        .route("/console/tenants/{tenant}/runs/abandon", post(run::abandon))
        .route("/console/tenants/{tenant}/runs/{run}", get(run::show))
        .route("/console/tenants/{tenant}/runs/{run}/workbook", get(run::workbook))
        .route("/console/tenants/{tenant}/references", get(references::show))
        .route("/console/tenants/{tenant}/references/issue", post(references::issue))
        .route("/console/tenants/{tenant}/references/waive", post(references::waive))
        .route("/console/tenants/{tenant}/references/keys", get(references::keys))
        .route("/console/tenants/{tenant}/references/{reference}", get(references::one))
        .route("/console/tenants/{tenant}/references/{reference}/pdf", get(references::pdf))
        .route("/console/tenants/{tenant}/references/{reference}/json", get(references::json))
        .route("/console/tenants/{tenant}/references/{reference}/deliver", post(references::deliver))
        .route("/console/tenants/{tenant}/references/{reference}/revoke", post(references::revoke))
        .route("/console/tenants/{tenant}/secrets", get(secrets::show).post(secrets::enter))
        .route("/console/tenants/{tenant}/settings", get(settings::show).post(settings::compare))
        .route("/console/tenants/{tenant}/settings/store", post(settings::store))
        .route("/console/tenants/{tenant}/settings/versions", get(settings::versions))
        .route("/console/tenants/{tenant}/setup", get(setup::show))
        .route("/console/tenants/{tenant}/setup/{step}", get(setup::show_step).post(setup::choose))
        .route("/console/tenants/{tenant}/disable", get(disable::confirm).post(disable::disable))
        .route("/console/tenants/{tenant}/enable", post(disable::enable))
        .route("/console/{*rest}", get(overview::no_such_page))
        .layer(from_fn(guard::guard))
        .with_state(console)
}
