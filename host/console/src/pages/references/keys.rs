//! The keys that sign references, with the DNS records to copy, and how those stand at this moment.

use crate::answers::{KeysInDns, Record, ReferenceKey, ReferenceKeys, Standing, Tenant};
use crate::ask::Failure;
use crate::clock::{Clock, Moment};
use crate::page::{Page, html};
use crate::pages::{api_path, clock, crumbs, tenant_path};
use crate::texts::{Texts, fill};
use crate::visit::Signed;
use crate::words::{Pill, dns_state};
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

/// The query that asks DNS.
const LOOK: &str = "dns";

#[derive(Template)]
#[template(path = "references_keys.html")]
struct KeysPage {
    page: Page,
    path: String,
    lead: String,
    keys: Vec<KeyView>,
    is_checked: bool,
    zone: String,
}

struct KeyView {
    selector: String,
    pill: Pill,
    made: Moment,
    records: Vec<RecordRow>,
}

struct RecordRow {
    name: String,
    value: String,
    standing: Option<Shown>,
}

/// How a record stands, and what is there instead.
type Shown = (Pill, Vec<String>);

pub(crate) async fn show(signed: Signed, Path(tenant): Path<String>) -> Response {
    signed.show(made(&signed, &tenant)).await
}

async fn made(signed: &Signed, tenant: &str) -> Result<Response, Failure> {
    let (t, api) = (signed.texts, api_path(tenant));
    let about: Tenant = signed.get(&api).await?;
    let keys: ReferenceKeys = signed.get(&format!("{api}/references/keys")).await?;
    let is_checked = signed.query.as_deref() == Some(LOOK);
    let standings = match is_checked {
        true => signed.get::<KeysInDns>(&format!("{api}/references/keys/dns")).await?.keys,
        false => Vec::new(),
    };
    let standing = |record: &Record| {
        let all = standings.iter().flat_map(|key| &key.dns_records);
        all.clone().find(|standing| standing.name == record.name).map(|standing| shown(t, standing))
    };
    let clock = clock(&about.time_zone);
    let list = format!("{}/references", tenant_path(tenant));
    let above = crumbs(signed, tenant).into_iter().chain([(t.references.to_owned(), list.clone())]);
    let page = KeysPage {
        page: signed.page(fill(t.keys_of, &[tenant])).below(above),
        path: format!("{list}/keys"),
        lead: fill(t.keys_lead, &[&keys.domain]),
        keys: keys.keys.iter().rev().map(|key| key_view(t, &clock, key, &standing)).collect(),
        is_checked,
        zone: fill(t.times_in, &[clock.zone()]),
    };
    Ok(html(StatusCode::OK, &page))
}

fn key_view(t: &Texts, clock: &Clock, key: &ReferenceKey, standing: &dyn Fn(&Record) -> Option<Shown>) -> KeyView {
    let pill = match (key.revoked_at, key.retired_at, key.signs_from) {
        (Some(_), ..) => Pill::bad(t.reference_revoked),
        (None, Some(_), _) => Pill::calm(t.key_retired),
        (None, None, Some(_)) => Pill::good(t.key_signs),
        (None, None, None) => Pill::ask(t.key_waits),
    };
    let row = |record: &Record| RecordRow {
        name: record.name.clone(),
        value: record.value.clone(),
        standing: standing(record),
    };
    KeyView {
        selector: key.selector.clone(),
        pill,
        made: clock.at(t, key.created_at),
        records: key.dns_records.iter().map(row).collect(),
    }
}

/// How a record stands, and what is there instead, or why nobody knows.
fn shown(t: &Texts, standing: &Standing) -> Shown {
    let texts = standing.found.iter().chain(&standing.why).cloned().collect();
    (dns_state(t, &standing.state), texts)
}
