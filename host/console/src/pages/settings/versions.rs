//! Who has changed which settings, and when.

use super::{ShownChange, shown_change};
use crate::answers::{SettingsVersions, Tenant};
use crate::ask::Failure;
use crate::clock::Moment;
use crate::page::{Page, html};
use crate::pages::{api_path, clock, crumbs, tenant_path};
use crate::texts::{Texts, fill};
use crate::visit::Signed;
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

#[derive(Template)]
#[template(path = "settings_versions.html")]
struct VersionsPage {
    page: Page,
    rows: Vec<Row>,
    zone: String,
}

struct Row {
    title: String,
    at: Moment,
    by: String,
    changes: Vec<ShownChange>,
}

pub(crate) async fn show(signed: Signed, Path(tenant): Path<String>) -> Response {
    signed.show(made(&signed, &tenant)).await
}

async fn made(signed: &Signed, tenant: &str) -> Result<Response, Failure> {
    let t = signed.texts;
    let about: Tenant = signed.get(&api_path(tenant)).await?;
    let versions: SettingsVersions = signed.get(&format!("{}/settings/versions", api_path(tenant))).await?;
    let (clock, path) = (clock(&about.time_zone), format!("{}/settings", tenant_path(tenant)));
    let rows = versions.versions.into_iter().map(|version| Row {
        title: fill(t.settings_version, &[&version.version.to_string()]),
        at: clock.at(t, version.stored_at),
        by: version.person.unwrap_or_else(|| stored_by(t, &version.stored_by)),
        changes: version.changes.iter().map(|row| shown_change(t, &row.key, &row.before, &row.after)).collect(),
    });
    let above = crumbs(signed, tenant).into_iter().chain([(t.settings.to_owned(), path)]);
    let page = VersionsPage {
        page: signed.page(fill(t.settings_versions_of, &[tenant])).below(above),
        rows: rows.collect(),
        zone: fill(t.times_in, &[clock.zone()]),
    };
    Ok(html(StatusCode::OK, &page))
}

/// By what a version was stored, where no person is known.
pub(crate) fn stored_by(t: &Texts, word: &str) -> String {
    let text = match word {
        "file" => t.settings_by_file,
        "command" => t.settings_by_command,
        "rollback" => t.settings_by_rollback,
        _ => t.settings_by_api,
    };
    text.to_owned()
}
