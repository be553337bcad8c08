//! The pages, each with what it asks the API for.

pub(crate) mod decide;
pub(crate) mod disable;
pub(crate) mod history;
pub(crate) mod job;
pub(crate) mod overview;
pub(crate) mod plan;
pub(crate) mod references;
pub(crate) mod run;
pub(crate) mod secrets;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod sign_in;
pub(crate) mod tenant;
pub(crate) mod timeline;

use crate::clock::Clock;
use crate::form::encoded;
use crate::session::now;
use crate::visit::Signed;

/// The path of a tenant's page.
pub(crate) fn tenant_path(tenant: &str) -> String {
    format!("/console/tenants/{}", encoded(tenant))
}

/// The path of a tenant in the API.
pub(crate) fn api_path(tenant: &str) -> String {
    format!("/v1/tenants/{}", encoded(tenant))
}

/// The pages above one of a tenant.
pub(crate) fn crumbs(signed: &Signed, tenant: &str) -> [(String, String); 2] {
    [(signed.texts.overview.to_owned(), "/console".to_owned()), (tenant.to_owned(), tenant_path(tenant))]
}

/// A clock of a tenant's zone.
pub(crate) fn clock(zone: &str) -> Clock {
    Clock::new(zone, now())
}
